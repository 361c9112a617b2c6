"""A client for DynamoDB and SQS with the standard library alone: their JSON protocols, unsigned, since
neither server here verifies a signature. One connection a thread."""

import base64
import http.client
import json
import threading
from decimal import Decimal

# Names an access key and a region, which is what DynamoDB Local reads of it.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=orderflowtest/20260101/us-east-1/{}/aws4_request, "
                 "SignedHeaders=host, Signature=0")
TIMEOUT = 30


class ServiceError(Exception):
    """An answer other than 200. `code` is the name of the error without its prefix."""

    def __init__(self, status, body):
        super().__init__(status, body[:500])
        self.status = status
        try:
            self.code = json.loads(body).get("__type", "").rpartition("#")[2]
        except ValueError:
            self.code = ""


class Service:
    def __init__(self, port, name, prefix, content_type="application/x-amz-json-1.0"):
        self.port, self.name, self.prefix, self.content_type = port, name, prefix, content_type
        self.url = f"http://127.0.0.1:{port}"
        self.local = threading.local()

    def call(self, operation, **parameters):
        headers = {"X-Amz-Target": f"{self.prefix}.{operation}", "Content-Type": self.content_type,
                   "Authorization": AUTHORIZATION.format(self.name)}
        status, body = self.post(json.dumps(parameters), headers)
        if status != 200:
            raise ServiceError(status, body)
        return json.loads(body) if body else {}

    def post(self, body, headers):
        """Asks again on a new connection where the old one was closed while it was idle."""
        for last_try in (False, True):
            connection = getattr(self.local, "connection", None)
            if not connection:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
                self.local.connection = connection
            try:
                connection.request("POST", "/", body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if last_try:
                    raise


class DynamoDb(Service):
    def __init__(self, port):
        super().__init__(port, "dynamodb", "DynamoDB_20120810")

    def scan(self, table):
        """Every item of a table, as plain values."""
        items, start = [], {}
        while True:
            page = self.call("Scan", TableName=table, ConsistentRead=True, **start)
            items += [plain(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return items
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class Sqs(Service):
    def __init__(self, port):
        super().__init__(port, "sqs", "AmazonSQS")

    def attributes(self, queue_url, *names):
        return self.call("GetQueueAttributes", QueueUrl=queue_url,
                         AttributeNames=list(names) or ["All"])["Attributes"]

    def depth(self, queue_url):
        """Messages that are ready, in flight or delayed."""
        found = self.attributes(queue_url)
        return sum(int(found["ApproximateNumberOfMessages" + state])
                   for state in ("", "NotVisible", "Delayed"))


def plain(item):
    """{"n": {"N": "1"}} as {"n": 1}. Numbers with a point are Decimal, binary is bytes."""
    return {name: plain_value(value) for name, value in item.items()}


def plain_value(value):
    (kind, content), = value.items()
    match kind:
        case "N":
            return int(content) if content.lstrip("-").isdigit() else Decimal(content)
        case "B":
            return base64.b64decode(content)
        case "M":
            return plain(content)
        case "L":
            return [plain_value(entry) for entry in content]
        case "NULL":
            return None
        case _:  # S, BOOL, and sets as they are
            return content
