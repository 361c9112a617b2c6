"""The proxy injects the faults that it is asked for, and no others."""

import http.client

import pytest

from faults import fault_proxy
from services import DynamoDb, ServiceError, Sqs


@pytest.fixture
def dynamodb(deployment, tmp_path):
    with fault_proxy(deployment.servers.dynamodb, tmp_path) as proxy:
        yield proxy, DynamoDb(proxy.port), dict(TableName=deployment.table("orders"))


@pytest.fixture
def sqs(deployment, tmp_path):
    with fault_proxy(deployment.servers.sqs, tmp_path) as proxy:
        yield proxy, Sqs(proxy.port), deployment.queue_url("payment")


def put(dynamodb, table):
    return dynamodb.call("PutItem", **table, Item={"id": {"S": "1"}})


def test_without_faults_the_proxy_changes_nothing(dynamodb):
    proxy, client, table = dynamodb
    put(client, table)
    assert client.scan(table["TableName"]) == [{"id": "1"}]
    assert proxy.counts() == {"injected": {}, "asked": {"PutItem": 1, "Scan": 1}}


@pytest.mark.parametrize("fault, codes", [
    ("throttled", ("ProvisionedThroughputExceededException",)), ("failed", ("", "InternalServerError"))])
def test_a_refused_request_has_no_effect(dynamodb, fault, codes):
    proxy, client, table = dynamodb
    proxy.inject(**{fault: 1})
    with pytest.raises(ServiceError) as refused:
        put(client, table)
    assert refused.value.code in codes
    proxy.stop()
    assert client.scan(table["TableName"]) == []


@pytest.mark.parametrize("fault, items", [("reset", []), ("lost", [{"id": "1"}])])
def test_a_broken_connection_is_before_or_after_the_effect(dynamodb, fault, items):
    proxy, client, table = dynamodb
    proxy.inject(**{fault: 1})
    with pytest.raises((OSError, http.client.HTTPException)):
        put(client, table)
    proxy.stop()
    assert client.scan(table["TableName"]) == items


def test_a_transaction_is_cancelled_with_a_reason_for_each_item(dynamodb):
    proxy, client, table = dynamodb
    proxy.inject(conflict=1)
    with pytest.raises(ServiceError) as refused:
        client.call("TransactWriteItems", TransactItems=[{"Put": {**table, "Item": {"id": {"S": i}}}} for i in "12"])
    assert refused.value.code == "TransactionCanceledException"
    proxy.stop()
    assert client.scan(table["TableName"]) == []


def test_a_batch_is_sent_in_part_and_says_so(sqs):
    proxy, client, url = sqs
    proxy.inject(partial=1)
    entries = [{"Id": str(i), "MessageBody": "a"} for i in range(10)]
    answer = client.call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert len(answer["Successful"]) + len(answer["Failed"]) == 10 and answer["Failed"]
    assert client.depth(url) == len(answer["Successful"])


def test_a_message_is_sent_twice(sqs):
    proxy, client, url = sqs
    proxy.inject(twice=1)
    client.call("SendMessage", QueueUrl=url, MessageBody="a")
    assert client.depth(url) == 2


def test_an_idle_connection_is_closed(sqs):
    proxy, client, url = sqs
    client.depth(url)
    proxy.close_idle()
    assert client.local.connection.sock.recv(1) == b""
