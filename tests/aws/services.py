"""A client for DynamoDB and SQS: their JSON protocols, unsigned, since neither server here verifies a
signature."""

from harness import Shop

# Names an access key and a region, which is what DynamoDB Local reads of it.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=orderflowtest/20260101/us-east-1/{}/aws4_request, "
                 "SignedHeaders=host, Signature=0")


class ServiceError(Exception):
    """An answer other than 200."""


class Service(Shop):
    def __init__(self, port, name, prefix):
        super().__init__(port)
        self.name, self.prefix, self.url = name, prefix, f"http://127.0.0.1:{port}"

    def call(self, operation, **parameters):
        answer = self.request("POST", "/", parameters, {
            "X-Amz-Target": f"{self.prefix}.{operation}", "Content-Type": "application/x-amz-json-1.0",
            "Authorization": AUTHORIZATION.format(self.name)})
        if answer.status != 200:
            raise ServiceError(answer)
        return answer.json if answer.body else {}


class DynamoDb(Service):
    def __init__(self, port):
        super().__init__(port, "dynamodb", "DynamoDB_20120810")

    def scan(self, table):
        """Every item of a table, as plain values."""
        items, start = [], {}
        while True:
            page = self.call("Scan", TableName=table, ConsistentRead=True, **start)
            items += [{name: plain(value) for name, value in item.items()} for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return items
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class Sqs(Service):
    def __init__(self, port):
        super().__init__(port, "sqs", "AmazonSQS")

    def attributes(self, queue_url):
        return self.call("GetQueueAttributes", QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]

    def depth(self, queue_url):
        """Messages that are ready, in flight or delayed."""
        found = self.attributes(queue_url)
        return sum(int(found["ApproximateNumberOfMessages" + state])
                   for state in ("", "NotVisible", "Delayed"))


def plain(value):
    """{"N": "1"} as 1; what orderflow stores is whole numbers and text."""
    (kind, content), = value.items()
    return int(content) if kind == "N" else content
