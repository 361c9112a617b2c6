"""Whole lives of orders on AWS, in both of its ways to run: what tests/e2e shows of the local home."""

import pytest

from audit import Audit
from deployment import Deployment
from harness import LIFE, order_body, poll, quote, unique
from shops import lambda_shop, serve_shop

LONG = 30.0  # a loaded machine, and a JVM that warms up


@pytest.fixture(scope="module", params=["lambda", "serve"])
def deployed(request, servers, tmp_path_factory):
    """(deployment, shop); audited when all tests have run."""
    deployment = Deployment(servers).create()
    start = lambda_shop if request.param == "lambda" else serve_shop
    with start(deployment, tmp_path_factory.mktemp(request.param)) as shop:
        yield deployment, shop
    Audit(deployment).assert_clean()
    assert set(deployment.dead_letters().values()) == {0}


@pytest.fixture
def shop(deployed):
    return deployed[1]


def test_the_first_curl_works_on_an_empty_store(shop):
    order = shop.create({"customerEmail": "test@example.com",
                         "items": [{"name": "Widget", "price": 29.99, "quantity": 2}]})
    assert (order["status"], order["totalMinor"]) == ("PENDING", 5998)
    end = shop.await_end(order["orderId"], LONG)
    assert (end["status"], end["paymentStatus"], end["fulfillmentStatus"]) == ("SHIPPED", "captured", "shipped")
    assert end["trackingNumber"] and end["carrier"]
    assert shop.events(order["orderId"]) == LIFE


def test_a_declined_card_ends_the_order(shop):
    order = shop.create(order_body(paymentMethod="pm_card_chargeDeclined"))
    end = shop.await_end(order["orderId"], LONG)
    assert (end["status"], end["reason"]) == ("PAYMENT_DECLINED", "card_declined")


def test_a_sold_out_order_is_voided_and_nothing_is_oversold(shop):
    sku = unique("mug")
    shop.put_product(sku, 3)
    orders = [shop.create(order_body(sku=sku, quantity=2))["orderId"] for _ in range(2)]
    ends = {order_id: shop.await_end(order_id, LONG) for order_id in orders}
    assert sorted(end["status"] for end in ends.values()) == ["OUT_OF_STOCK", "SHIPPED"]
    sold_out, = (end for end in ends.values() if end["status"] == "OUT_OF_STOCK")
    assert sold_out["paymentStatus"] == "voided"
    assert shop.stock(sku) == {"available": 1, "reserved": 0, "shipped": 2, "received": 3}


def test_an_order_reserves_all_its_lines_or_none(shop):
    plenty, scarce = unique("plenty"), unique("scarce")
    shop.put_product(plenty, 10), shop.put_product(scarce, 1)
    items = [{"name": sku, "sku": sku, "price": 29.99, "quantity": 2} for sku in (plenty, scarce)]
    order = shop.create({"customerEmail": "a@example.com", "items": items})
    assert shop.await_end(order["orderId"], LONG)["status"] == "OUT_OF_STOCK"
    assert shop.stock(plenty)["available"] == 10 and shop.stock(scarce)["available"] == 1


@pytest.mark.parametrize("token", ["pm_sim_unknown_before", "pm_sim_unknown_after"])
def test_an_unknown_outcome_is_asked_again_under_the_same_key(shop, token):
    order = shop.create(order_body(paymentMethod=token))
    assert shop.await_end(order["orderId"], LONG)["status"] == "SHIPPED"
    assert "WorkDeferred" in shop.events(order["orderId"])


def test_a_capture_refused_for_good_gives_the_stock_back(shop):
    sku = unique("mug")
    shop.put_product(sku, 1)
    order = shop.create(order_body(sku=sku, paymentMethod="pm_sim_capture_declined"))
    assert shop.await_end(order["orderId"], LONG)["status"] == "PAYMENT_DECLINED"
    assert shop.stock(sku)["available"] == 1


def test_one_key_is_one_order(shop):
    key, body = unique("key"), order_body(email=f"{unique('k')}@example.com")
    first, again = shop.post_order(body, key), shop.post_order(body, key)
    assert (first.status, again.status) == (201, 201) and first.body == again.body
    assert again.headers["idempotent-replayed"] == "true"
    other = shop.post_order({**body, "items": [{"name": "Other", "price": 1, "quantity": 1}]}, key)
    other.problem(422, "idempotency_key_reused")
    shop.await_end(first.json["orderId"], LONG)
    assert shop.post_order(body, key).body == first.body


def test_a_cancelled_order_holds_nothing(shop):
    sku = unique("mug")
    shop.put_product(sku, 5)
    order = shop.create(order_body(sku=sku))
    answer = shop.admin("POST", f"/orders/{order['orderId']}/cancel")
    end = shop.await_end(order["orderId"], LONG)
    assert (answer.status, end["status"]) in ((200, "CANCELLED"), (409, "SHIPPED"))
    stock = shop.stock(sku)
    assert (stock["reserved"], stock["available"]) == (0, 5 if end["status"] == "CANCELLED" else 4)


def test_orders_are_listed_by_customer_and_status(shop):
    email = f"{unique('list')}@example.com"
    placed = [shop.create(order_body(email=email))["orderId"] for _ in range(3)]
    for order_id in placed:
        shop.await_end(order_id, LONG)
    # Indices are eventually consistent on AWS.
    poll(lambda: len(shop.list_orders(customerEmail=email)) == 3, LONG, "the list")
    assert [order["orderId"] for order in shop.list_orders(customerEmail=email, limit=2)] == placed[::-1]
    assert {order["orderId"] for order in shop.list_orders(customerEmail=email, status="SHIPPED")} == set(placed)
    assert shop.list_orders(customerEmail=email, status="CANCELLED") == []


def test_admin_routes_require_the_token(shop):
    assert shop.get("/orders").status == 401
    assert shop.request("GET", "/queues", headers={"Authorization": "Bearer wrong"}).status == 401
    assert shop.admin("GET", "/queues").status == 200


@pytest.mark.parametrize("body, status, code", [
    ("{", 400, None), ("[]", 400, None), ({"customerEmail": "a@b.c", "items": []}, 422, None)])
def test_a_bad_request_stores_nothing(deployed, body, status, code):
    deployment, shop = deployed
    before = len(deployment.orders())
    shop.post_order(body).problem(status, code)
    assert len(deployment.orders()) == before


def test_names_are_returned_unchanged(shop):
    # But for '/' and '?': an HTTP API hands over the decoded path, where nothing tells them from those of
    # the path itself. Only the local home can sell such a thing.
    sku = f"Tasse 100% «ü» #&+;={unique('x')}"
    shop.put_product(sku, 1, name="Große Tasse ☕")
    assert shop.get(f"/products/{quote(sku)}").json["name"] == "Große Tasse ☕"


def test_an_unknown_order_is_not_found(shop):
    assert shop.get("/orders/0199c000-0000-7000-8000-000000000001").status == 404
    assert shop.get("/orders/..%2Fadmin").status == 404
