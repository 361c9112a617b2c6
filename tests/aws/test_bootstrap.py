"""The bootstrap of the functions, as Lambda runs it: events, batches, deadlines, freezes, kills."""

import json

import pytest

from audit import Audit
from deployment import ADMIN_TOKEN, Deployment
from faults import fault_proxy
from harness import order_body, poll
from lambda_double import TIMEOUTS, LambdaDouble
from lambda_instance import FunctionError
from shops import BOOTSTRAP, lambda_shop

EMAIL = "marked-for-privacy@example.com"


@pytest.fixture(scope="module")
def deployment(servers):
    """Poison is dead after two short visibility timeouts."""
    return Deployment(servers, visibility_timeout=1, max_receive_count=2).create()


@pytest.fixture(scope="module")
def service(deployment, tmp_path_factory):
    """The functions alone: what is in a queue stays there."""
    with LambdaDouble(BOOTSTRAP, deployment.environment(), tmp_path_factory.mktemp("service")) as service:
        yield service


def v2(method, path, body=None, headers=None, **members):
    return {"version": "2.0", "routeKey": f"{method} {path}", "rawPath": path, "rawQueryString": "",
            "headers": headers or {"content-type": "application/json"}, "isBase64Encoded": False,
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default", "requestId": "r"},
            **({"body": body} if body is not None else {}), **members}


def records(*bodies):
    return {"Records": [{"messageId": f"m{i}", "receiptHandle": f"h{i}", "body": body, "attributes": {},
                         "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
                         "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:payment"}
                        for i, body in enumerate(bodies)]}


def nudge(order_id, stage="payment", **members):
    return json.dumps({"v": 1, "stage": stage, "orderId": order_id, **members})


def failures(answer):
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def submit(service, **members):
    answer = service.invoke("order-submission", v2("POST", "/orders", json.dumps(order_body(**members))))
    assert answer["statusCode"] == 201, answer
    return json.loads(answer["body"])["orderId"]


def status(service, order_id):
    return json.loads(service.invoke("order-status", v2("GET", f"/orders/{order_id}"))["body"])["status"]


# API Gateway. Events of both payload versions are read in src/apps/lambda/api_gateway_event_test.cc.

@pytest.mark.parametrize("event", [{}, [], {"Records": []}, {"rawPath": "/orders"}])
def test_an_event_that_is_no_request_gets_400(service, event):
    assert service.invoke("order-submission", event)["statusCode"] == 400


# SQS.

@pytest.mark.parametrize("poison", [
    "not JSON", "[]", '{"v":2,"stage":"payment","orderId":"0199c000-0000-7000-8000-000000000001"}',
    '{"v":1,"stage":"baking","orderId":"0199c000-0000-7000-8000-000000000001"}', '{"v":1,"stage":"payment"}',
    '{"v":1,"stage":"payment","orderId":"1"}'])
def test_a_poison_message_fails_alone(service, poison):
    order_id = submit(service)
    assert failures(service.invoke("payment-processor", records(poison, nudge(order_id)))) == ["m0"]
    assert status(service, order_id) == "AUTHORIZED"


def test_an_order_doubled_in_one_batch_is_authorized_once(service, deployment):
    order_id = submit(service)
    assert failures(service.invoke("payment-processor", records(*[nudge(order_id)] * 10))) == []
    assert status(service, order_id) == "AUTHORIZED"
    Audit(deployment).assert_clean()


def test_a_nudge_that_is_stale_does_nothing(service):
    order_id = submit(service)
    for _ in range(2):
        assert failures(service.invoke("payment-processor", records(nudge(order_id)))) == []
    assert failures(service.invoke("fulfillment-processor", records(nudge(order_id, "fulfillment")))) == []
    assert status(service, order_id) == "AUTHORIZED"


def test_a_batch_without_records_succeeds(service):
    assert failures(service.invoke("payment-processor", {"Records": []})) == []


@pytest.mark.parametrize("event", [{"a": 1}, [], v2("GET", "/orders")])
def test_an_event_that_is_no_batch_fails_the_invocation(service, event):
    with pytest.raises(FunctionError):
        service.invoke("payment-processor", event)


def test_a_record_without_an_id_fails_the_batch(service):
    event = records(nudge(submit(service)))
    del event["Records"][0]["messageId"]
    with pytest.raises(FunctionError):
        service.invoke("payment-processor", event)


def test_poison_ends_in_the_dead_letter_queue_and_its_neighbours_proceed(servers, tmp_path):
    deployment = Deployment(servers, visibility_timeout=3, max_receive_count=2).create()
    with lambda_shop(deployment, tmp_path) as shop:
        deployment.send("inventory", "poison")
        order = shop.create(order_body())
        assert shop.await_end(order["orderId"])["status"] == "SHIPPED"
        poll(lambda: deployment.dead_letters() == {"payment": 0, "inventory": 1, "fulfillment": 0}, what="the death")


# The process.

def test_an_instance_that_was_frozen_for_long_goes_on(servers, tmp_path):
    deployment = Deployment(servers).create()
    with fault_proxy(servers.dynamodb, tmp_path) as store, fault_proxy(servers.sqs, tmp_path) as queues, \
            LambdaDouble(BOOTSTRAP, deployment.environment(store.url, queues.url), tmp_path) as service:
        for _ in range(3):
            submit(service)
            instance, = service.function("order-submission").instances
            poll(lambda: instance.frozen, what="the freeze")
            # Meanwhile the other side has closed every connection.
            store.close_idle(), queues.close_idle()
        assert service.function("order-submission").cold_starts == 1


@pytest.mark.parametrize("missing", ["ORDERFLOW_ORDERS_TABLE", "AWS_REGION"])
def test_a_missing_setting_is_an_init_error_that_names_it(deployment, tmp_path, missing):
    environment = {k: v for k, v in deployment.environment().items()
                   if k != missing and not (missing == "AWS_REGION" and k == "AWS_DEFAULT_REGION")}
    with LambdaDouble(BOOTSTRAP, environment, tmp_path) as service:
        with pytest.raises(FunctionError, match=missing):
            service.invoke("order-status", v2("GET", "/orders/1"))


def test_a_batch_stops_before_the_deadline_and_gives_back_the_rest(servers, tmp_path):
    deployment = Deployment(servers).create()
    with fault_proxy(servers.dynamodb, tmp_path) as store, \
            LambdaDouble(BOOTSTRAP, deployment.environment(store.url), tmp_path,
                         timeouts={**TIMEOUTS, "payment-processor": 5}) as service:
        orders = [submit(service) for _ in range(3)]
        store.inject(hung=1)
        answer = service.invoke("payment-processor", records(*map(nudge, orders)))
        assert sorted(failures(answer)) == ["m0", "m1", "m2"]
        store.stop()
        assert failures(service.invoke("payment-processor", records(*map(nudge, orders)))) == []
        assert {status(service, order_id) for order_id in orders} == {"AUTHORIZED"}
        assert service.function("payment-processor").cold_starts == 1


def test_a_store_that_does_not_answer_is_503_until_it_answers_again(servers, tmp_path):
    deployment = Deployment(servers).create()
    with fault_proxy(servers.dynamodb, tmp_path) as store, \
            LambdaDouble(BOOTSTRAP, deployment.environment(store.url), tmp_path) as service:
        order_id = submit(service)
        store.inject(reset=1)
        answer = service.invoke("order-status", v2("GET", f"/orders/{order_id}"))
        assert answer["statusCode"] in (500, 503, 504)
        store.stop()
        assert status(service, order_id) == "PENDING"


def test_logs_are_json_with_the_request_and_without_personal_data(deployment, tmp_path):
    with LambdaDouble(BOOTSTRAP, deployment.environment(), tmp_path) as service:
        order_id = submit(service, email=EMAIL)
        service.invoke("payment-processor", records(nudge(order_id), "poison"))
        service.invoke("order-status", v2("GET", f"/orders/{order_id}"))
        logs = service.logs()
    lines = [json.loads(line) for line in logs.splitlines()]
    assert lines and any("requestId" in line for line in lines)
    assert EMAIL not in logs and "marked-for-privacy" not in logs
    assert ADMIN_TOKEN not in logs and "secret-of-the-tests" not in logs
