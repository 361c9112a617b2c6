"""Products and their stock: kept exactly, however many buyers race for the last piece."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from harness import order_body, quote, unique


def test_put_creates_then_replaces(server):
    sku = unique("crud")
    created = server.put_product(sku, available=7, price=12.5, name="Lamp")
    assert created.status == 201
    product = created.json
    assert (product["sku"], product["name"]) == (sku, "Lamp")
    assert (product["price"], product["currency"]) == (Decimal("12.5"), "USD")
    assert product["stock"] == {"available": 7, "reserved": 0, "shipped": 0, "received": 7}
    replaced = server.put_product(sku, available=3, price=13, name="Lamp II")
    assert replaced.status == 200
    assert replaced.json["stock"] == {"available": 3, "reserved": 0, "shipped": 0, "received": 3}
    got = server.get(f"/products/{sku}")
    assert got.status == 200 and got.json == replaced.json
    assert got.json["name"] == "Lamp II" and got.json["price"] == 13
    kept = server.admin("PUT", f"/products/{sku}", {"name": "Without a count", "price": 1})
    assert kept.status == 200 and kept.json["stock"] == got.json["stock"]


def test_product_currency(server):
    sku = unique("yen")
    assert server.put_product(sku, available=2, price=500, currency="JPY").json["currency"] == "JPY"
    order = server.create(order_body(sku=sku, price=500, currency="JPY"))
    assert order["totalMinor"] == 500
    problem = server.post_order(order_body(sku=sku, price=500)).problem(422, "price_mismatch")
    assert problem["errors"][0]["pointer"] == "/items/0/sku"


@pytest.mark.parametrize("sku", ["a b", "ä/ö", "50% & more?", "🛒", "a+b", "."])
def test_any_name_can_be_a_sku(server, sku):
    sku = unique("sku") + sku
    location = server.put_product(sku, available=1).headers["location"]
    assert location == f"/products/{quote(sku)}" and server.get(location).json["sku"] == sku
    order = server.create(order_body(sku=sku))
    server.await_status(order["orderId"], "SHIPPED")
    assert server.stock(sku)["shipped"] == 1


def test_adjustments_add_and_remove(server):
    sku = unique("adjusted")
    server.put_product(sku, available=5)
    path = f"/products/{sku}/adjustments"
    added = server.admin("POST", path, {"quantity": 10, "reason": "delivery"})
    assert added.status == 200
    assert added.json["stock"] == {"available": 15, "reserved": 0, "shipped": 0, "received": 15}
    removed = server.admin("POST", path, {"quantity": -15, "reason": "broken"})
    assert removed.json["stock"] == {"available": 0, "reserved": 0, "shipped": 0, "received": 0}
    server.admin("POST", path, {"quantity": -1, "reason": "one too many"}).problem(409)
    assert server.stock(sku)["available"] == 0


@pytest.mark.parametrize("body, pointer", [
    ({"quantity": 0, "reason": "x"}, "/quantity"), ({"quantity": 1.5, "reason": "x"}, "/quantity"),
    ({"quantity": "1", "reason": "x"}, "/quantity"), ({"reason": "x"}, "/quantity"),
    ({"quantity": 10**19, "reason": "x"}, "/quantity"), ({"quantity": 10**13, "reason": "x"}, "/quantity"),
    ({"quantity": 1}, "/reason"), ({"quantity": 1, "reason": ""}, "/reason"),
    ({"quantity": 1, "reason": "x", "sku": "y"}, "/sku"),
])
def test_bad_adjustments(server, body, pointer):
    sku = unique("adjusted")
    server.put_product(sku, available=5)
    problem = server.admin("POST", f"/products/{sku}/adjustments", body).problem(422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert server.stock(sku)["available"] == 5


@pytest.mark.parametrize("body, pointer", [
    ({"price": 1}, "/name"), ({"name": "W"}, "/price"), ({"name": "W", "price": -1}, "/price"),
    ({"name": "W", "price": 1.001}, "/price"), ({"name": "", "price": 1}, "/name"),
    ({"name": "W", "price": 1, "available": -1}, "/available"),
    ({"name": "W", "price": 1, "available": 10**13}, "/available"),
    ({"name": "W", "price": 1, "available": None}, "/available"), ({"name": "W", "price": 10**11}, "/price"),
    ({"name": "W", "price": 5.5, "currency": "JPY"}, "/price"),
    ({"name": "W", "price": 1, "currency": "usd"}, "/currency"),
    ({"name": "W", "price": 1, "stock": 5}, "/stock"),
])
def test_bad_products(server, body, pointer):
    sku = unique("bad")
    problem = server.admin("PUT", f"/products/{sku}", body).problem(422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    server.get(f"/products/{sku}").problem(404)


@pytest.mark.parametrize("sku", ["", "s" * 257])
def test_bad_skus(server, sku):
    server.admin("PUT", f"/products/{sku}", {"name": "W", "price": 1}).problem(400, "invalid_target")


def test_stock_cannot_grow_beyond_its_limit(server):
    sku = unique("full")
    server.put_product(sku, available=10**12)
    adjust = {"quantity": 1, "reason": "one too many"}
    problem = server.admin("POST", f"/products/{sku}/adjustments", adjust).problem(422, "invalid_value")
    assert [error["pointer"] for error in problem["errors"]] == ["/quantity"]
    assert server.stock(sku)["available"] == 10**12


def test_products_are_listed_in_pages(fresh_server):
    skus = [f"sku-{i:03}" for i in range(25)]
    for sku in reversed(skus):
        fresh_server.put_product(sku, available=1)
    found, cursor = [], ""
    while cursor is not None:
        page = fresh_server.get(f"/products?limit=7{cursor}").json
        assert len(page["products"]) <= 7
        found += [product["sku"] for product in page["products"]]
        cursor = page["nextCursor"] and f"&cursor={quote(page['nextCursor'])}"
    assert found == skus


def test_two_hundred_buyers_race_for_fifty_pieces(fresh_server):
    server, sku = fresh_server, "rare"
    server.put_product(sku, available=50)
    server.put_product("plenty", available=1000)
    gate = threading.Barrier(200)

    def buy(buyer):
        items = [{"sku": s, "name": s, "price": 29.99, "quantity": 1} for s in ("plenty", sku)]
        gate.wait(10)
        return server.create({"customerEmail": f"buyer{buyer}@example.com", "items": items})["orderId"]

    with ThreadPoolExecutor(200) as pool:
        ids = list(pool.map(buy, range(200)))
    ends = [server.await_end(order_id) for order_id in ids]
    outcomes = [(order["status"], order["paymentStatus"]) for order in ends]
    assert outcomes.count(("SHIPPED", "captured")) == 50
    assert outcomes.count(("OUT_OF_STOCK", "voided")) == 150
    assert server.stock(sku) == {"available": 0, "reserved": 0, "shipped": 50, "received": 50}
    # Who did not get the rare piece holds none of the other either.
    assert server.stock("plenty") == {"available": 950, "reserved": 0, "shipped": 50, "received": 1000}
    server.assert_audit_clean()


def test_adjustments_race_orders(fresh_server):
    server, sku = fresh_server, "moving"
    server.put_product(sku, available=0)

    def act(i):
        if i % 2:
            adjust = {"quantity": 3 if i % 4 == 1 else -2, "reason": "count"}
            answer = server.admin("POST", f"/products/{sku}/adjustments", adjust)
            assert answer.status in (200, 409), answer
            return adjust["quantity"] if answer.status == 200 else 0
        return server.create(order_body(sku=sku))["orderId"]

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(act, range(400)))
    orders = [server.await_end(r) for r in results if isinstance(r, str)]
    shipped = sum(order["status"] == "SHIPPED" for order in orders)
    received = sum(r for r in results if isinstance(r, int))
    assert server.stock(sku) == {"available": received - shipped, "reserved": 0, "shipped": shipped,
                                 "received": received}
    server.assert_audit_clean()
