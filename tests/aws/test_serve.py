"""`serve --store aws` as containers run it: killed, replaced, several at once on the same tables."""

import pytest

from audit import Audit
from deployment import Deployment
from harness import order_body, poll, unique
from lambda_double import LambdaDouble
from shops import BOOTSTRAP, serve_shop

LONG = 60.0  # the redelivery of what a killed process had received, and a void that is owed
ORDERS = 60


@pytest.fixture
def deployment(servers):
    return Deployment(servers, visibility_timeout=2).create()


@pytest.fixture
def functions(deployment, tmp_path):
    with LambdaDouble(BOOTSTRAP, deployment.environment(), tmp_path / "lambda") as functions:
        yield functions


def place(shop, sku, count):
    return [shop.create(order_body(sku=sku))["orderId"] for _ in range(count)]


def await_audit(deployment, functions):
    """With order-recovery as a function: the process does it itself, but a minute apart."""
    def at_rest():
        functions.recover()
        return Audit(deployment).at_rest()
    poll(at_rest, LONG, "the end of all orders")
    audit = Audit(deployment)
    audit.assert_clean()
    return audit


def test_a_process_that_is_killed_loses_nothing(deployment, functions, tmp_path):
    sku = unique("mug")
    with serve_shop(deployment, tmp_path / "first") as shop:
        shop.put_product(sku, ORDERS)
        placed = place(shop, sku, ORDERS)
        shop.kill9()
    with serve_shop(deployment, tmp_path / "second") as shop:
        audit = await_audit(deployment, functions)
        assert shop.stock(sku) == {"available": 0, "reserved": 0, "shipped": ORDERS, "received": ORDERS}
    assert audit.statuses() == {"SHIPPED": ORDERS}
    assert {order.id for order in audit.orders} == set(placed)


def test_two_processes_share_the_work_and_the_stock(deployment, functions, tmp_path):
    sku = unique("mug")
    with serve_shop(deployment, tmp_path / "one") as one, \
            serve_shop(deployment, tmp_path / "two") as two:
        one.put_product(sku, ORDERS // 2)
        for shop in (one, two) * (ORDERS // 4):
            place(shop, sku, 2)
        audit = await_audit(deployment, functions)
        assert one.stock(sku) == two.stock(sku)
    assert audit.statuses() == {"SHIPPED": ORDERS // 2, "OUT_OF_STOCK": ORDERS // 2}
