"""The double does what Lambda, SQS event sources and API Gateway do. It is tested with a scripted runtime
(fake_bootstrap.py), so that a failure in another file points to the functions and not to the double."""

import base64
import contextlib
import json
import sys
import time
from pathlib import Path

import pytest

from api_gateway import api_gateway
from deployment import Deployment
from event_source import EventSource, failed_ids
from harness import Client, poll
from lambda_double import FunctionError, LambdaDouble

FAKE = [sys.executable, Path(__file__).resolve().parent / "fake_bootstrap.py"]
NAMES = ("order-submission", "order-status", "order-admin", "payment-processor", "order-recovery")


@pytest.fixture
def double(tmp_path):
    """Starts a double of the fake runtime with options of the test's own."""
    with contextlib.ExitStack() as stack:
        def start(timeout=20, environment=None, **options):
            return stack.enter_context(LambdaDouble(
                FAKE, environment or {}, tmp_path / "lambda", timeouts=dict.fromkeys(NAMES, timeout), **options))
        yield start


@pytest.fixture
def queue(servers):
    deployment = Deployment(servers, visibility_timeout=1, max_receive_count=2).create()
    return deployment


def source(deployment, function, **options):
    return EventSource(function, deployment.servers.sqs, deployment.queue_url("payment"), **options)


def empty(deployment):
    return deployment.servers.sqs.depth(deployment.queue_url("payment")) == 0


# Invocations.

def test_an_instance_is_kept_for_the_next_invocation(double):
    function = double().function("order-status")
    first, second = function.invoke({"do": "echo", "n": 1}), function.invoke({"do": "echo", "n": 2})
    assert first["event"]["n"] == 1 and second["event"]["n"] == 2
    assert first["pid"] == second["pid"] and first["id"] != second["id"]
    assert abs(first["deadline"] / 1000 - time.time() - 20) < 5
    assert function.cold_starts == 1


def test_an_instance_is_frozen_between_invocations(double):
    function = double().function("order-status")
    pids = {function.invoke({"do": "echo"})["pid"] for _ in range(3)}
    instance, = function.instances
    assert pids == {instance.process.pid}
    poll(lambda: instance.frozen, what="the freeze")


def test_an_error_fails_the_invocation_and_keeps_the_instance(double):
    function = double().function("order-status")
    with pytest.raises(FunctionError, match="ValueError: as asked for"):
        function.invoke({"do": "error"})
    function.invoke({"do": "echo"})
    assert function.cold_starts == 1


def test_a_process_that_ends_is_replaced(double):
    function = double().function("order-status")
    with pytest.raises(FunctionError, match="Runtime.ExitError: exit status: 7"):
        function.invoke({"do": "exit"})
    function.invoke({"do": "echo"})
    assert function.cold_starts == 2


def test_an_invocation_is_killed_at_its_deadline(double):
    function = double(timeout=0.3).function("order-status")
    with pytest.raises(FunctionError, match="timed out after 0.30 seconds"):
        function.invoke({"do": "hang"})
    assert not function.instances


def test_an_init_error_is_returned_to_the_caller(double):
    function = double(environment={"FAKE_INIT_ERROR": "1"}).function("order-status")
    with pytest.raises(FunctionError, match="Fake.Init: as asked for"):
        function.invoke({"do": "echo"})


def test_an_early_init_error_is_returned_too(double):
    function = double(environment={"FAKE_INIT_ERROR": "1"},
                      mishap=lambda instance: poll(lambda: instance.over, what="its end")).function("order-status")
    with pytest.raises(FunctionError, match="Fake.Init: as asked for"):
        function.invoke({"do": "echo"})


def test_a_function_gets_no_variable_of_this_machine(double, monkeypatch):
    monkeypatch.setenv("FAKE_INIT_ERROR", "1")
    double().function("order-status").invoke({"do": "echo"})


def test_a_schedule_invokes_order_recovery(double):
    assert double().recover()["event"]["source"] == "aws.events"


# Batches.

def test_done_messages_are_deleted_and_failed_ones_redelivered_until_dead(double, queue):
    service = double()
    for _ in range(11):
        queue.send("payment", {"do": "echo"})
    queue.send("payment", {"do": "fail"})
    with source(queue, service.function("payment-processor"), pollers=1) as events:
        poll(lambda: queue.dead_letters()["payment"] == 1, 20, "the dead letter")
        assert empty(queue)
    assert max(events.batches) == 10
    assert events.failed_records == 2 and events.failed_batches == 0


def test_a_batch_whose_process_died_is_redelivered_to_a_new_one(double, queue):
    function = double().function("payment-processor")
    queue.send("payment", {"do": "echo"})
    victim = []

    def kill_the_first(instance):
        if not victim:
            victim.append(instance)
            instance.kill()
    function.mishap = kill_the_first
    with source(queue, function) as events:
        poll(lambda: events.failed_batches == 1 and empty(queue), 20, "the redelivery")
    assert function.cold_starts == 2 and queue.dead_letters()["payment"] == 0


def test_a_batch_that_hangs_is_redelivered_until_dead(double, queue):
    queue.send("payment", {"do": "hang"})
    with source(queue, double(timeout=0.3).function("payment-processor")) as events:
        poll(lambda: queue.dead_letters()["payment"] == 1, 20, "the dead letter")
    assert events.failed_batches == 2


def test_messages_may_come_twice(double, queue):
    queue.send("payment", {"do": "echo"})
    with source(queue, double().function("payment-processor"), redelivered=1.0, seed=1) as events:
        poll(lambda: events.repeats >= 2, 20, "the second delivery")


@pytest.mark.parametrize("answer, failed", [
    (None, set()), ({}, set()), ({"batchItemFailures": []}, set()), ("text", set()),
    ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
    ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, None),
    ({"batchItemFailures": [{"itemIdentifier": None}]}, None),
    ({"batchItemFailures": [{}]}, None), ({"batchItemFailures": "a"}, None)])
def test_partial_batch_answers_mean_what_they_mean_on_aws(answer, failed):
    assert failed_ids(answer, {"a", "b"}) == failed


# HTTP.

@pytest.fixture
def ask(double):
    service = double()
    with contextlib.ExitStack() as stack:
        def request(method, path, body=None, headers=None, payload="2.0"):
            client = Client(stack.enter_context(api_gateway(service, payload)))
            stack.callback(client.close)
            return client.request(method, path, body, headers)
        yield request


def test_requests_go_to_the_function_of_their_route(ask):
    for method, path, function in (("POST", "/orders", "order-submission"), ("GET", "/orders/1", "order-status"),
                                   ("GET", "/orders/1/timeline", "order-status"), ("GET", "/orders", "order-admin"),
                                   ("PUT", "/products/a", "order-admin"), ("PATCH", "/orders", "order-admin"),
                                   ("GET", "/nowhere", "order-admin")):
        answer = ask(method, path)
        assert (answer.status, answer.headers["x-function"]) == (201, function)


def test_an_http_api_sends_version_2_events(ask):
    event = ask("GET", "/products/Shirt%2C%20red?limit=2&cursor=a%20b&cursor=c",
                headers={"X-Several": "1", "Authorization": "Bearer t"}).json
    assert event["version"] == "2.0" and event["routeKey"] == "GET /products/{sku}"
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/products/Shirt, red"
    assert event["rawQueryString"] == "limit=2&cursor=a%20b&cursor=c"
    assert event["queryStringParameters"] == {"limit": "2", "cursor": "a b,c"}
    assert event["pathParameters"] == {"sku": "Shirt, red"}
    assert event["headers"]["authorization"] == "Bearer t" and "body" not in event


def test_a_rest_api_sends_version_1_events(ask):
    event = ask("POST", "/orders", {"a": 1}, payload="1.0").json
    assert event["httpMethod"] == "POST" and event["path"] == event["resource"] == "/orders"
    assert event["body"] == '{"a": 1}' and event["isBase64Encoded"] is False
    assert event["queryStringParameters"] is None and event["requestContext"]["stage"] == "prod"


@pytest.mark.parametrize("body, content_type", [(b"\xff\xfe", "application/json"), (b"a", "image/png")])
def test_a_body_that_is_not_text_comes_base64(ask, body, content_type):
    event = ask("POST", "/orders", body, {"Content-Type": content_type}).json
    assert event["isBase64Encoded"] is True and base64.b64decode(event["body"]) == body


def test_a_function_that_fails_is_a_500(tmp_path):
    with LambdaDouble(["/bin/false"], {}, tmp_path) as service, api_gateway(service) as port:
        client = Client(port)
        answer = client.request("GET", "/orders/1")
        client.close()
    assert answer.status == 500 and json.loads(answer.body) == {"message": "Internal Server Error"}
