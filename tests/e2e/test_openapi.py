"""docs/openapi.yaml against the running service, in both directions: everything that is documented is
provoked and is as documented, examples included; everything that is answered is documented."""

import copy
import json
import re
from collections import namedtuple

import jsonschema
import pytest
import yaml

from harness import ROOT, import_waiting, poll, post_bytes, quote, running, urlencode

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# What differs from run to run, wherever it stands in an answer.
VOLATILE = {"orderId", "createdAt", "updatedAt", "at", "since", "nextCursor", "trackingNumber", "version",
            "oldestAgeSeconds"}

Answer = namedtuple("Answer", "operation example response")


class Contract:
    def __init__(self, text):
        self.document = yaml.safe_load(text)
        self.strict = self.document | {"components": close_objects(copy.deepcopy(self.document["components"]))}
        self.operations = {}  # operationId -> (method, path, operation)
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = dict(item[method])
                    parameters = item.get("parameters", []) + operation.get("parameters", [])
                    operation["parameters"] = [self.resolve(parameter) for parameter in parameters]
                    self.operations[operation["operationId"]] = (method.upper(), path, operation)

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node

    def response(self, operation_id, status):
        return self.resolve(self.operations[operation_id][2]["responses"][str(status)])

    def request_examples(self, operation_id):
        body = self.operations[operation_id][2].get("requestBody", {"content": {}})
        content = body["content"].get("application/json", {})
        refused = content.get("x-refused-examples", {})
        return examples_of(content) | examples_of({"examples": refused})

    def response_examples(self, operation_id):
        """{(status, name): value} of an operation."""
        return {(status, name): value
                for status in self.operations[operation_id][2]["responses"]
                for content in self.response(operation_id, status)["content"].values()
                for name, value in examples_of(content).items()}

    def errors(self, schema, value, strict=False):
        document = self.strict if strict else self.document
        validator = jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver.from_schema(document),
            format_checker=jsonschema.FormatChecker())
        return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(value)]


def examples_of(content):
    return {name: example["value"] for name, example in content.get("examples", {}).items()}


def close_objects(node):
    """Refuses in every object what its schema does not list, so that no member of an answer is undocumented."""
    if isinstance(node, dict):
        for value in node.values():
            close_objects(value)
        if node.get("type") == "object" and "properties" in node:
            node.setdefault("additionalProperties", False)
    elif isinstance(node, list):
        for value in node:
            close_objects(value)
    return node


def masked(value):
    if isinstance(value, dict):
        return {key: "*" if key in VOLATILE and item is not None else masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def not_provoked(operation_id, status):
    """What takes a fault, half a minute, or the other home; the unit tests of src/api give these answers."""
    return status in ("408", "500", "503") or (operation_id, status) == ("getMetrics", "404")


class Session:
    """Asks the service by operationId and keeps what it answered."""

    def __init__(self, contract, server):
        self.contract, self.server, self.answers = contract, server, []

    def ask(self, operation_id, example=None, body=None, headers=None, query=None, admin=True, **path_values):
        """`example` names the example that the answer must equal, and the body, where it names one of those."""
        method, path, operation = self.contract.operations[operation_id]
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                value = path_values.get(parameter["name"], parameter["example"])
                path = path.replace("{%s}" % parameter["name"], quote(value))
        if query:
            path += "?" + (query if isinstance(query, str) else urlencode(query))
        headers = dict(headers or {})
        if admin and "security" in operation:
            headers["Authorization"] = f"Bearer {self.server.token}"
        if body is None:
            body = self.contract.request_examples(operation_id).get(example)
        response = self.server.request(method, path, body, headers)
        self.answers.append(Answer(operation_id, example, response))
        return response

    def ask_too_large(self, operation_id):
        """Declares a body over the limit and sends none of it."""
        headers = {"Content-Type": "application/json", "Content-Length": str(256 * 1024 + 1)}
        self.ask(operation_id, headers=headers)

    def ask_twice_the_key(self):
        body = self.contract.request_examples("submitOrder")["smallest"]
        answer = self.server.send_raw(post_bytes(body, b"Idempotency-Key: a", b"Idempotency-Key: b"))
        self.answers.append(Answer("submitOrder", "invalidIdempotencyKey", answer))


def provoke(session):
    """Every documented status and example, each at least once; the order of the steps is part of it."""
    ask, server = session.ask, session.server
    twice = '{"reason":"one","reason":"two"}'
    text_body = {"headers": {"Content-Type": "text/plain"}, "body": "{}"}

    # The catalogue.
    ask("putProduct", "created")
    ask("getProduct", "mug")
    ask("listProducts", "one")
    ask("adjustStock", "delivery")
    ask("adjustStock", "belowZero")
    ask("adjustStock", "invalidAdjustment")
    key = {"Idempotency-Key": "delivery-4712"}
    adjustment = {"quantity": -1, "reason": "broken"}
    ask("adjustStock", body=adjustment, headers=key)
    assert ask("adjustStock", body=adjustment, headers=key).headers["idempotent-replayed"] == "true"
    ask("adjustStock", "adjustmentKeyReused", body=adjustment | {"quantity": -2}, headers=key)
    ask("adjustStock", "emptyKey", body=adjustment, headers={"Idempotency-Key": ""})
    ask("adjustStock", body={"quantity": 1, "reason": "found"})
    ask("adjustStock", "unknown", body={"quantity": 1, "reason": "x"}, sku="nowhere")
    ask("adjustStock", body=twice)
    ask("adjustStock", "notJson", **text_body)
    ask("adjustStock", "missing", body={}, admin=False)
    ask("putProduct", "invalidProduct")
    ask("putProduct", "exists", body={"name": "Mug", "price": 1}, headers={"If-None-Match": "*"})
    ask("putProduct", "twice", body=twice)
    ask("putProduct", "notJson", **text_body)
    ask("putProduct", "missing", body={}, admin=False)
    ask("getProduct", "unknown", sku="nowhere")
    ask("listProducts", query={"limit": 2})
    ask("listProducts", query={"cursor": "forged"})

    # An order, and what else may be ordered.
    order_id = ask("submitOrder", "smallest").json["orderId"]
    server.await_status(order_id, "SHIPPED")
    ask("getOrder", "shipped", orderId=order_id)
    shipped = {"customerEmail": "test@example.com", "status": "SHIPPED", "from": "2026-03-01",
               "to": "2036-03-01T00:00:00Z", "limit": 2}
    ask("listOrders", "shipped", query=shipped)
    ask("submitOrder", "everything")
    mug = ask("submitOrder", "fromCatalogue").json["orderId"]
    server.await_status(mug, "SHIPPED")
    ask("getTimeline", "shipped", orderId=mug)
    cursor = poll(lambda: ask("listOrders", query={"limit": 1}).json["nextCursor"])
    ask("listOrders", query={"limit": 1, "cursor": cursor})
    ask("submitOrder", "invalidValues")
    ask("submitOrder", "priceMismatch")
    ask("putProduct", "changed")

    # Idempotency.
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    ask("submitOrder", "smallest", headers=key)
    assert ask("submitOrder", "smallest", headers=key).headers["idempotent-replayed"] == "true"
    other = session.contract.request_examples("submitOrder")["smallest"] | {"currency": "EUR"}
    ask("submitOrder", "idempotencyKeyReused", body=other, headers=key)
    session.ask_twice_the_key()

    # Cancel: an order that the sandbox never authorizes waits long enough.
    waiting = {**session.contract.request_examples("submitOrder")["smallest"],
               "paymentMethod": "pm_sim_unknown_always"}
    order = ask("submitOrder", body=waiting).json["orderId"]
    ask("getTimeline", orderId=order)
    ask("cancelOrder", "invalidReason", orderId=order)
    ask("cancelOrder", "withReason", orderId=order)
    ask("cancelOrder", orderId=order)
    ask("cancelOrder", "shipped", orderId=mug)
    ask("cancelOrder", "twice", body=twice, orderId=mug)
    ask("cancelOrder", "notJson", orderId=mug, **text_body)
    ask("cancelOrder", "missing", orderId=mug, admin=False)

    # Retry.
    ask("retryOrder", "nothingParked", orderId=mug)
    ask("retryOrder", "body", body={}, orderId=mug)
    ask("retryOrder", "missing", orderId=mug, admin=False)

    # What many routes have.
    for operation in ("getOrder", "getTimeline", "cancelOrder", "retryOrder"):
        ask(operation, "notAnId", orderId="4711")
        ask(operation, orderId="01890000-0000-7000-8000-000000000000")
        ask(operation, orderId="../admin")
    for operation in ("submitOrder", "cancelOrder", "retryOrder", "retryQueue", "putProduct", "adjustStock"):
        session.ask_too_large(operation)
    ask("submitOrder", "invalidJson", body='{"customerEmail')
    ask("submitOrder", "notJson", **text_body)
    without_query = ("getOrder", "getTimeline", "getProduct", "getQueues", "getHealth", "getReadiness",
                     "getMetrics", "getContract")
    for operation in without_query:
        ask(operation, "unknownParameter", query="pretty=1")
    for operation in (*without_query, "listOrders", "listProducts"):
        ask(operation, "badEscape", query="%zz")
    for name, value in (("limit", "-1"), ("status", "shipped"), ("from", "yesterday"), ("cursor", "forged")):
        ask("listOrders", query={name: value})
    ask("listOrders", "missing", admin=False)
    ask("getQueues", "missing", admin=False)
    ask("retryQueue", "invalidLimit")
    ask("retryQueue", "twice", body=twice)
    ask("retryQueue", "notJson", **text_body)
    ask("retryQueue", "missing", body={}, admin=False)
    ask("retryQueue", "noSuchQueue", body={}, queue="shipping")

    for operation, (_, _, documented) in session.contract.operations.items():
        if "421" in documented["responses"]:
            ask(operation, "foreignHost", headers={"Host": "shop.example"})

    # The service itself.
    ask("getHealth", "alive")
    ask("getReadiness", "ready")
    ask("getMetrics")
    ask("getContract")
    poll(lambda: all(queue["ready"] + queue["inFlight"] + queue["delayed"] == 0
                     for queue in ask("getQueues").json["queues"]))
    ask("getQueues", "idle")


def provoke_parked(session, order_id, other):
    """What only a parked order can show."""
    for each in (order_id, other):
        poll(lambda: "attention" in session.ask("getOrder", orderId=each).json)
    session.ask("getTimeline", orderId=order_id)
    session.ask("listOrders")
    session.ask("getQueues", "parked")
    session.ask("retryOrder", "retried", orderId=order_id)
    session.ask("retryQueue", "someOfThem")


@pytest.fixture(scope="module")
def contract():
    return Contract((ROOT / "docs/openapi.yaml").read_text())


@pytest.fixture(scope="module")
def answers(contract, tmp_path_factory):
    """What the service says to all of it. On folders of its own: examples say how much is in stock."""
    folder = tmp_path_factory.mktemp("openapi")
    with running(folder / "shop") as server:
        session = Session(contract, server)
        provoke(session)
    with running(folder / "waiting") as server:
        order_id, other = import_waiting(server, folder / "parked-data", hours=21, count=2)
    with running(folder / "parked", data=folder / "parked-data") as server:
        session.server = server
        provoke_parked(session, order_id, other)
    return session.answers


def test_the_service_serves_this_contract(server):
    answer = server.get("/openapi.yaml")
    assert answer.headers["content-type"] == "text/yaml"
    assert answer.body == (ROOT / "docs/openapi.yaml").read_bytes()


def test_the_contract_is_sound(contract):
    assert contract.document["openapi"].startswith("3.1.")
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(contract.document)):
        contract.resolve({"$ref": reference})
    for name, schema in contract.document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema.get("type") != "object" or "properties" in schema, name
    for method, path, operation in contract.operations.values():
        names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert names == set(re.findall(r"\{(\w+)\}", path)), (method, path)
        for parameter in operation["parameters"]:
            example = parameter.get("example")
            assert example is None or not contract.errors(parameter["schema"], example), parameter


def test_every_response_example_is_valid(contract):
    for operation_id in contract.operations:
        for (status, name), value in contract.response_examples(operation_id).items():
            for content in contract.response(operation_id, status)["content"].values():
                errors = contract.errors(content["schema"], value, strict=True)
                assert not errors, (operation_id, status, name, errors)


def test_every_request_example_is_valid_where_it_is_accepted(contract):
    for operation_id in contract.operations:
        accepted = {name for status, name in contract.response_examples(operation_id) if status < "300"}
        for name, value in contract.request_examples(operation_id).items():
            schema = contract.operations[operation_id][2]["requestBody"]["content"]["application/json"]["schema"]
            if name in accepted:
                assert not contract.errors(schema, value), (operation_id, name)


def test_every_answer_is_as_documented(contract, answers):
    for operation_id, _, answer in answers:
        where = (operation_id, answer)
        assert str(answer.status) in contract.operations[operation_id][2]["responses"], where
        response = contract.response(operation_id, answer.status)
        for name, header in response.get("headers", {}).items():
            header, value = contract.resolve(header), answer.headers.get(name.lower())
            assert value is not None or not header.get("required"), (name, where)
            if header["schema"].get("type") == "integer":
                value = int(value)
            assert value is None or not contract.errors(header["schema"], value), (name, where)
        media_type = answer.headers["content-type"].split(";")[0]
        assert media_type in response["content"], where
        if media_type.endswith("json"):
            value = json.loads(answer.body)
            errors = contract.errors(response["content"][media_type]["schema"], value, strict=True)
            assert not errors, (errors, where)
            assert media_type == "application/json" or value["status"] == answer.status, where


def test_every_documented_status_is_given(contract, answers):
    given = {(operation_id, str(answer.status)) for operation_id, _, answer in answers}
    documented = {(operation_id, status) for operation_id, (_, _, operation) in contract.operations.items()
                  for status in operation["responses"]}
    missing = {each for each in documented - given if not not_provoked(*each)}
    assert not missing


def test_every_example_is_true(contract, answers):
    shown = set()
    for operation_id, name, answer in answers:
        if name is None:
            continue
        examples = contract.response_examples(operation_id)
        example = examples.get((str(answer.status), name))
        assert example is not None, f"{operation_id} {name} is not documented for {answer}"
        value = json.loads(answer.body)
        if name != "parked":  # how much waits beside the parked order is a matter of the moment
            assert masked(value) == masked(example), (operation_id, name)
        assert list(value) == list(example), (operation_id, name)
        shown.add((name, json.dumps(example)))
    # A response that operations share is shown by any of them.
    documented = {(name, json.dumps(value)) for operation_id in contract.operations
                  for (status, name), value in contract.response_examples(operation_id).items()
                  if not not_provoked(operation_id, status)}
    assert not documented - shown


def test_every_link_leads_from_its_answer_to_an_operation(contract, answers):
    """By the answer alone, as tools that walk a contract do it."""
    followed = set()
    for operation_id, _, answer in answers:
        response = contract.response(operation_id, answer.status)
        for name, link in response.get("links", {}).items():
            link = contract.resolve(link)
            parameters = {each["name"]: each for each in contract.operations[link["operationId"]][2]["parameters"]}
            for parameter, expression in link["parameters"].items():
                value = json.loads(answer.body)[expression.removeprefix("$response.body#/")]
                if value is not None:
                    assert not contract.errors(parameters[parameter]["schema"], value), (operation_id, name)
                    followed.add((operation_id, name))
    documented = {(operation_id, name) for operation_id in contract.operations
                  for status in contract.operations[operation_id][2]["responses"]
                  for name in contract.response(operation_id, status).get("links", {})}
    assert documented >= {("submitOrder", name) for name in ("order", "timeline", "cancel", "retry")}
    assert documented - followed <= {("listProducts", "next")}  # there is one product only


TEXTS = ["", "a", " ", "\n", "a\n", "\na", "\u3000", "\ufeff", "\x85", "\x1f", "\u200b", "a\0", "\0", "\u2028", "a\u2028b",
         "DE", "DE\n", "USD", "USD\n", "US", "usd", ".", "..", "...", "pm_x", "pm_x\n", "pm x", "a@b", "a@b\n", "a@b@c",
         "a\u00a0@b", "a@\ufeffb", "a@b\x85", "a@b\u3000", "@b", "a@", "a@b.\u00e9", "x" * 254, "x" * 255, "x" * 256,
         "x" * 257, "\u65e5" * 256, "\u65e5" * 257, "\U0001f600" * 256, "\U0001f600" * 257, "x" * 252 + "@b", "x" * 253 + "@b"]


@pytest.mark.parametrize("member", ["customerEmail", "paymentMethod", "currency", "name", "sku", "line1", "line2",
                                    "country", "metadata key", "metadata value"])
def test_the_contract_takes_the_texts_that_the_service_takes(contract, server, member):
    schema = {"$ref": "#/components/schemas/OrderDraft"}
    for text in TEXTS:
        item = {"name": "Widget", "price": 1, "quantity": 1}
        address = {"line1": "12 Harbour Street", "city": "Hamburg", "country": "DE"}
        body = {"customerEmail": "a@example.com", "shippingAddress": address, "items": [item]}
        if member == "metadata key":
            body["metadata"] = {text: "x"}
        elif member == "metadata value":
            body["metadata"] = {"x": text}
        else:
            place = item if member in ("name", "sku") else address if member in ("line1", "line2", "country") else body
            place[member] = text
        answer = server.post_order(body)
        assert answer.status in (201, 422), answer
        expected = [] if answer.status == 201 else ["invalid"]
        assert bool(contract.errors(schema, body)) == bool(expected), (member, text, answer)


def test_every_request_example_is_sent(contract, answers):
    sent = {(operation_id, name) for operation_id, name, _ in answers}
    for operation_id in contract.operations:
        for name in contract.request_examples(operation_id):
            assert (operation_id, name) in sent


def test_nothing_beyond_the_contract_is_served(contract, server):
    values = {"{orderId}": "01890000-0000-7000-8000-000000000000", "{sku}": "nowhere", "{queue}": "payment"}
    for path, item in contract.document["paths"].items():
        target = re.sub(r"\{\w+\}", lambda match: values[match[0]], path)
        documented = {method.upper() for method in METHODS if method in item}
        if "GET" in documented:
            documented.add("HEAD")
        for method in (*map(str.upper, METHODS), "TRACE", "PROPFIND"):
            if method in documented:
                continue
            answer = server.request(method, target)
            assert answer.status == 405, (method, target, answer)
            if method != "HEAD":
                answer.problem(405)
            assert set(answer.headers["allow"].split(", ")) == documented, (method, target)
    for target in ("/", "/admin", "/order", "/orders/", "/metrics/x", "/docs", "/swagger.json", "/v1/orders"):
        server.get(target).problem(404, "not_found")
