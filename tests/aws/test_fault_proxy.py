"""The proxy injects the faults that it is asked for, and no others."""

import http.client

import pytest

from faults import fault_proxy
from services import DynamoDb, ServiceError, Sqs

GONE = (OSError, http.client.HTTPException)


@pytest.mark.parametrize("fault, refused, has_effect", [
    (None, None, True), ("throttled", ServiceError, False), ("failed", ServiceError, False), ("reset", GONE, False),
    ("lost", GONE, True), ("conflict", ServiceError, False)])
def test_a_fault_of_dynamodb_is_before_or_after_the_effect(deployment, tmp_path, fault, refused, has_effect):
    table = deployment.table("orders")
    with fault_proxy(deployment.servers.dynamodb, tmp_path) as proxy:
        client = DynamoDb(proxy.port)
        put = {"Put": {"TableName": table, "Item": {"id": {"S": "1"}}}}
        if refused:
            proxy.inject(**{fault: 1})
            with pytest.raises(refused):
                client.call("TransactWriteItems", TransactItems=[put])
            proxy.stop()
        else:
            client.call("TransactWriteItems", TransactItems=[put])
        assert client.scan(table) == [{"id": "1"}] * has_effect
        assert proxy.counts() == {"injected": {fault: 1} if fault else {}, "asked": {"TransactWriteItems": 1, "Scan": 1}}


def test_faults_of_sqs(deployment, tmp_path):
    url = deployment.queue_url("payment")
    with fault_proxy(deployment.servers.sqs, tmp_path) as proxy:
        client = Sqs(proxy.port)
        proxy.inject(partial=1)
        entries = [{"Id": str(i), "MessageBody": "a"} for i in range(10)]
        answer = client.call("SendMessageBatch", QueueUrl=url, Entries=entries)
        assert len(answer["Successful"]) + len(answer["Failed"]) == 10 and answer["Failed"]
        assert client.depth(url) == len(answer["Successful"])
        proxy.inject(twice=1)
        client.call("SendMessage", QueueUrl=url, MessageBody="a")
        assert client.depth(url) == len(answer["Successful"]) + 2
        proxy.close_idle()
        assert client.local.client.connection.sock.recv(1) == b""
