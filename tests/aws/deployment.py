"""What Terraform makes on AWS, made on the local servers: three tables, three queues with their
dead-letter queues, and the environment that tells the functions of them. terraform/ agrees with this
file; a test there holds one against the other."""

import json
from dataclasses import dataclass, field

from harness import unique

STAGES = ("payment", "inventory", "fulfillment")
RETENTION_SECONDS = 14 * 24 * 3600
ADMIN_TOKEN = "admin-token-of-the-tests"
ID_KEY = "id-key-of-the-tests-0123456789abcdef"

# Everything on demand. Range keys and indices: what is listed under what, in order of what.
ORDERS = dict(
    KeySchema=[dict(AttributeName="id", KeyType="HASH")],
    AttributeDefinitions=[dict(AttributeName=name, AttributeType="S")
                          for name in ("id", "customer", "shard", "sort", "listed", "open", "look")],
    GlobalSecondaryIndexes=[
        dict(IndexName=f"by_{name}", Projection=dict(ProjectionType="KEYS_ONLY"),
             KeySchema=[dict(AttributeName=name, KeyType="HASH"),
                        dict(AttributeName=range_key, KeyType="RANGE")])
        for name, range_key in (("customer", "sort"), ("shard", "sort"), ("listed", "sort"), ("open", "look"))],
)
PRODUCTS = dict(
    KeySchema=[dict(AttributeName="sku", KeyType="HASH"), dict(AttributeName="entry", KeyType="RANGE")],
    AttributeDefinitions=[dict(AttributeName=name, AttributeType="S") for name in ("sku", "entry", "kind")],
    GlobalSecondaryIndexes=[
        dict(IndexName="by_kind", Projection=dict(ProjectionType="KEYS_ONLY"),
             KeySchema=[dict(AttributeName="kind", KeyType="HASH"),
                        dict(AttributeName="sku", KeyType="RANGE")])],
)
SIMULATED = dict(
    KeySchema=[dict(AttributeName="id", KeyType="HASH")],
    AttributeDefinitions=[dict(AttributeName="id", AttributeType="S")],
)


@dataclass
class Deployment:
    """One shop on the servers, under names of its own. `visibility_timeout` is in seconds: on AWS six
    times the timeout of the function, here as short as the test wants its redeliveries."""
    servers: object
    visibility_timeout: int = 180
    max_receive_count: int = 5
    name: str = field(default_factory=lambda: unique("shop"))

    def create(self):
        for table, shape in (("orders", ORDERS), ("products", PRODUCTS), ("simulated", SIMULATED)):
            self.servers.dynamodb.call("CreateTable", TableName=self.table(table),
                                       BillingMode="PAY_PER_REQUEST", **shape)
        for stage in STAGES:
            self.create_queue(f"{self.name}-{stage}")
        return self

    def create_queue(self, name):
        dead = self.servers.sqs.call(
            "CreateQueue", QueueName=f"{name}-dead",
            Attributes={"MessageRetentionPeriod": str(RETENTION_SECONDS)})["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.servers.sqs.attributes(dead)["QueueArn"],
                   "maxReceiveCount": self.max_receive_count}
        return self.servers.sqs.call("CreateQueue", QueueName=name, Attributes={
            "VisibilityTimeout": str(self.visibility_timeout),
            "RedrivePolicy": json.dumps(redrive)})["QueueUrl"]

    def table(self, name):
        return f"{self.name}-{name}"

    def queue_url(self, stage):
        return f"{self.servers.sqs.url}/000000000000/{self.name}-{stage}"

    def dead_queue_url(self, stage):
        return self.queue_url(stage) + "-dead"

    def environment(self, dynamodb_url=None, sqs_url=None):
        """For the Lambda functions and for `serve --store aws`. URLs where a proxy stands between."""
        queues = {f"ORDERFLOW_{stage.upper()}_QUEUE_URL": self.queue_url(stage) for stage in STAGES}
        tables = {f"ORDERFLOW_{name.upper()}_TABLE": self.table(name)
                  for name in ("orders", "products", "simulated")}
        return {
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "orderflowtest", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
            "AWS_SESSION_TOKEN": "session-of-the-tests",
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url or self.servers.dynamodb.url,
            "AWS_ENDPOINT_URL_SQS": sqs_url or self.servers.sqs.url,
            "ORDERFLOW_MESSAGE_RECEIVES_MAX": str(self.max_receive_count),
            "ORDERFLOW_ADMIN_TOKEN": ADMIN_TOKEN, "ORDERFLOW_ID_KEY": ID_KEY,
            **queues, **tables,
        }

    # What the tests look at.

    def orders(self):
        return self.servers.dynamodb.scan(self.table("orders"))

    def dead_letters(self):
        return {stage: self.servers.sqs.depth(self.dead_queue_url(stage)) for stage in STAGES}

    def send(self, stage, body):
        """One message, as text or as what json makes of it."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.servers.sqs.call("SendMessage", QueueUrl=self.queue_url(stage), MessageBody=text)
