"""Whole lives of orders on AWS, in its ways to run: tests of the local home that hold for AWS too, and some of
its own."""

import json

import pytest

from audit import Audit
from deployment import Deployment
from harness import order_body, poll, quote, unique
from shops import (ARM64_BOOTSTRAP, QEMU, STATIC_BOOTSTRAP, arm64_lambda_shop, lambda_shop, serve_shop,
                   static_lambda_shop)
from test_admin import test_admin_routes_require_the_token
from test_idempotency import (
    test_a_refused_order_does_not_use_the_key_up, test_a_repeated_post_answers_the_same_order,
    test_another_body_under_the_same_key_is_refused)
from test_orders import (
    test_address_and_metadata_come_back, test_an_unknown_order_is_not_found, test_declined_card,
    test_first_curl_is_answered_with_the_whole_order, test_first_curl_is_shipped,
    test_lines_of_one_sku_are_out_of_stock_together, test_lines_of_one_sku_are_summed,
    test_refused_capture_gives_the_stock_back, test_timeline_tells_every_step_in_order,
    test_unknown_outcome_is_asked_again_and_takes_effect_once)


@pytest.fixture(scope="module", params=[
    lambda_shop, serve_shop,
    pytest.param(static_lambda_shop, marks=pytest.mark.skipif(
        not STATIC_BOOTSTRAP.exists(), reason="build/lambda/bootstrap is not built")),
    pytest.param(arm64_lambda_shop, marks=pytest.mark.skipif(
        not (QEMU and ARM64_BOOTSTRAP.exists()),
        reason="build/lambda-arm64/bootstrap is not built, or there is no qemu-aarch64-static"))],
    ids=["lambda", "serve", "static lambda", "arm64 lambda"])
def deployed(request, servers, tmp_path_factory):
    """(deployment, shop); audited when all tests have run."""
    deployment = Deployment(servers).create()
    with request.param(deployment, tmp_path_factory.mktemp("shop")) as shop:
        # The first queries of DynamoDB Local take longer than a function waits.
        poll(lambda: shop.admin("GET", "/orders").status == 200, what="the first list")
        yield deployment, shop
        poll(lambda: Audit(deployment).at_rest(), what="the end of all orders")
    Audit(deployment).assert_clean()
    assert set(deployment.dead_letters().values()) == {0}


@pytest.fixture
def server(deployed):
    return deployed[1]


def test_a_cancelled_order_holds_nothing(server):
    sku = unique("mug")
    server.put_product(sku, 5)
    order = server.create(order_body(sku=sku))
    answer = server.admin("POST", f"/orders/{order['orderId']}/cancel")
    end = server.await_end(order["orderId"])
    assert (answer.status, end["status"]) in ((200, "CANCELLED"), (409, "SHIPPED"))
    stock = server.stock(sku)
    assert (stock["reserved"], stock["available"]) == (0, 5 if end["status"] == "CANCELLED" else 4)


def test_orders_are_listed_by_customer_and_status(server):
    email = f"{unique('list')}@example.com"
    placed = [server.create(order_body(email=email))["orderId"] for _ in range(3)]
    for order_id in placed:
        server.await_end(order_id)
    # Indices are eventually consistent on AWS.
    poll(lambda: len(server.list_orders(customerEmail=email)) == 3, what="the list")
    assert [order["orderId"] for order in server.list_orders(customerEmail=email, limit=2)] == placed[::-1]
    assert {order["orderId"] for order in server.list_orders(customerEmail=email, status="SHIPPED")} == set(placed)
    assert server.list_orders(customerEmail=email, status="CANCELLED") == []


A_HUNDRED_SKUS = {"customerEmail": "a@b.c", "items": [{"name": str(i), "price": 1, "quantity": 1} for i in range(100)]}


@pytest.mark.parametrize("body, status", [("{", 400), ("[]", 400), ({"customerEmail": "a@b.c", "items": []}, 422),
                                          (A_HUNDRED_SKUS, 422)])
def test_a_bad_request_stores_nothing(deployed, body, status):
    deployment, shop = deployed
    before = len(deployment.orders())
    shop.post_order(body).problem(status)
    assert len(deployment.orders()) == before


def test_names_are_returned_unchanged(server):
    # But for '?', where an HTTP API ends the decoded path. Only the local home can sell such a thing.
    for name in "Tasse 100% «ü» #&+;=", "A%41", "%2F", "%252F", "mug/blue", "a/adjustments":
        sku = unique(name)
        server.put_product(sku, 1, name="Große Tasse ☕")
        answer = server.get(f"/products/{quote(sku)}")
        assert answer.status == 200 and answer.json["sku"] == sku and answer.json["name"] == "Große Tasse ☕"
        added = server.admin("POST", f"/products/{quote(sku)}/adjustments", {"quantity": 2, "reason": "found"})
        assert added.status == 200 and added.json["sku"] == sku and server.stock(sku)["available"] == 3
    assert server.get("/orders/..%2Fadmin").status == 404


@pytest.mark.parametrize("keys", [("a", "b"), ("a", "a")], ids=["two", "two equal"])
def test_two_idempotency_keys_are_refused(server, keys):
    headers = "".join(f"Idempotency-Key: {key}\r\n" for key in keys).encode()
    body = json.dumps(order_body()).encode()
    request = (b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
               + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.send_raw(request).problem(400, "invalid_idempotency_key")
