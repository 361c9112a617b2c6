"""An SQS event source mapping: polls a queue, invokes a function with batches of up to 10 records, and
deletes what was done. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

What is not deleted becomes visible again after the queue's visibility timeout, and after maxReceiveCount
the queue moves it to its dead-letter queue: the emulator does both."""

import random
import threading

from lambda_instance import FunctionError

WAIT_SECONDS = 1  # on AWS up to 20: here this is how long a stop takes
BATCH_MAX = 10


class EventSource:
    """`pollers` is the maximum concurrency. Of each message: `redelivered` is the chance that it comes
    once more after it was done, as it may on SQS at any time, `lost` that it never comes, which stands
    for a function that died before it sent it. With a `seed`, batches come shuffled, too."""

    def __init__(self, function, sqs, queue_url, pollers=2, redelivered=0.0, lost=0.0, seed=None):
        self.function, self.sqs, self.queue_url = function, sqs, queue_url
        self.arn = sqs.attributes(queue_url)["QueueArn"]
        self.redelivered, self.lost, self.random = redelivered, lost, random.Random(seed)
        self.shuffles = seed is not None
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.batches, self.failed_records, self.failed_batches = [], 0, 0
        self.repeats = self.losses = 0
        self.failure = None
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(pollers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        if self.failure:
            raise self.failure

    def run(self):
        try:
            while not self.stopping.is_set():
                if messages := self.lose_some(self.receive()):
                    self.deliver(messages)
        except BaseException as failure:  # of the double itself: the test is to fail
            self.failure = failure

    def receive(self):
        return self.sqs.call("ReceiveMessage", QueueUrl=self.queue_url, MaxNumberOfMessages=BATCH_MAX,
                             WaitTimeSeconds=WAIT_SECONDS, AttributeNames=["All"],
                             MessageAttributeNames=["All"]).get("Messages", [])

    def lose_some(self, messages):
        with self.lock:
            lost = [message for message in messages if self.random.random() < self.lost]
            self.losses += len(lost)
        self.delete_batch(lost)
        return [message for message in messages if message not in lost]

    def deliver(self, messages):
        if self.shuffles:
            with self.lock:
                self.random.shuffle(messages)
        records = [self.record(message) for message in messages]
        try:
            answer = self.function.invoke({"Records": records})
            failed = failed_ids(answer, {record["messageId"] for record in records})
        except FunctionError:
            failed = None
        with self.lock:
            self.batches.append(len(messages))
            self.failed_batches += failed is None
            self.failed_records += len(failed or ())
        if failed is not None:
            self.delete([message for message in messages if message["MessageId"] not in failed])

    def delete(self, messages):
        with self.lock:
            kept = [m for m in messages if self.random.random() < self.redelivered]
            self.repeats += len(kept)
        for message in kept:
            self.sqs.call("ChangeMessageVisibility", QueueUrl=self.queue_url, VisibilityTimeout=0,
                          ReceiptHandle=message["ReceiptHandle"])
        self.delete_batch([m for m in messages if m not in kept])

    def delete_batch(self, messages):
        if messages:
            self.sqs.call("DeleteMessageBatch", QueueUrl=self.queue_url, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])

    def record(self, message):
        return {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"], "attributes": message.get("Attributes", {}),
                "messageAttributes": message.get("MessageAttributes", {}), "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs", "eventSourceARN": self.arn, "awsRegion": "us-east-1"}


def failed_ids(answer, sent):
    """The records that a function says it has not done; None is the whole batch. An answer without
    failures is success; one that names a record that was not sent, or none, fails the batch."""
    if not answer:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return None
    named = {failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures}
    return named if named <= sent else None
