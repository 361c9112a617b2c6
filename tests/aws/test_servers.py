"""The servers stand in for AWS in the ways that the other tests rely on."""

import base64
import json

import pytest

from deployment import STAGES, Deployment
from services import ServiceError


def test_tables_have_their_indices(deployment):
    for table, indices in (("orders", {"by_listed", "by_customer", "by_day"}), ("products", {"by_kind"}),
                           ("simulated", set())):
        described = deployment.servers.dynamodb.call("DescribeTable", TableName=deployment.table(table))["Table"]
        found = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", [])}
        assert set(found) == indices
        assert all(index["Projection"]["ProjectionType"] == "KEYS_ONLY" for index in found.values())


def test_a_conditional_put_is_refused_by_name(deployment):
    put = dict(TableName=deployment.table("orders"), Item={"id": {"S": "1"}},
               ConditionExpression="attribute_not_exists(id)")
    deployment.servers.dynamodb.call("PutItem", **put)
    with pytest.raises(ServiceError) as refused:
        deployment.servers.dynamodb.call("PutItem", **put)
    assert refused.value.code == "ConditionalCheckFailedException"


def test_items_are_read_as_plain_values(deployment):
    deployment.servers.dynamodb.call("PutItem", TableName=deployment.table("simulated"), Item={
        "id": {"S": "1"}, "n": {"N": "-12"}, "b": {"B": base64.b64encode(b"\0\1").decode()},
        "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}}})
    item, = deployment.servers.dynamodb.scan(deployment.table("simulated"))
    assert item == {"id": "1", "n": -12, "b": b"\0\1", "m": {"l": [True, None]}}


def test_queues_redrive_to_their_dead_letter_queue(deployment):
    for stage in STAGES:
        found = deployment.servers.sqs.attributes(deployment.queue_url(stage))
        redrive = json.loads(found["RedrivePolicy"])
        assert redrive["maxReceiveCount"] == 5
        dead = deployment.servers.sqs.attributes(deployment.dead_queue_url(stage))
        assert redrive["deadLetterTargetArn"] == dead["QueueArn"]
        assert dead["MessageRetentionPeriod"] == "1209600"


def test_a_message_is_redelivered_until_dead(servers):
    deployment = Deployment(servers, max_receive_count=2).create()
    deployment.send("payment", "poison")
    url = deployment.queue_url("payment")
    for receive in (1, 2):
        message, = servers.sqs.call("ReceiveMessage", QueueUrl=url,
                                    AttributeNames=["All"])["Messages"]
        assert message["Attributes"]["ApproximateReceiveCount"] == str(receive)
        servers.sqs.call("ChangeMessageVisibility", QueueUrl=url, VisibilityTimeout=0,
                         ReceiptHandle=message["ReceiptHandle"])
    assert not servers.sqs.call("ReceiveMessage", QueueUrl=url).get("Messages")
    assert deployment.dead_letters() == {"payment": 1, "inventory": 0, "fulfillment": 0}
