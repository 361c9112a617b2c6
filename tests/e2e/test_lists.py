"""GET /orders: filters, newest first, pages that miss nothing and repeat nothing. The contract suite of the store
(tests/contract/order_list_contract.cc) has each filter alone, and orders that arrive between pages."""

from datetime import datetime, timedelta, timezone

import pytest

from harness import order_body, poll, running, unique, urlencode


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """60 orders of three customers, in order; every fifth declined."""
    with running(tmp_path_factory.mktemp("lists")) as server:
        server.orders = []
        for i in range(60):
            token = "pm_card_chargeDeclined" if i % 5 == 0 else "pm_card_visa"
            body = order_body(f"customer+{i % 3}@example.com", paymentMethod=token)
            server.orders.append(server.create(body))
        for order in server.orders:
            server.await_end(order["orderId"])
        yield server


def ids(orders):
    return [order["orderId"] for order in orders]


@pytest.mark.parametrize("limit", [1, 7, 60, 200])
def test_pages_hold_every_order_once_newest_first(shop, limit):
    assert ids(shop.list_orders(limit=limit)) == ids(reversed(shop.orders))
    assert len(shop.list_page(limit=limit)["orders"]) <= limit
    assert len(shop.list_page()["orders"]) == 50


@pytest.mark.parametrize("query, expected", [
    (dict(customerEmail="customer+1@example.com"), lambda i: i % 3 == 1),
    (dict(status="PAYMENT_DECLINED"), lambda i: i % 5 == 0), (dict(status="PENDING"), lambda i: False),
    (dict(customerEmail="customer+0@example.com", status="PAYMENT_DECLINED"), lambda i: i % 15 == 0),
    (dict(customerEmail="nobody@example.com"), lambda i: False)], ids=str)
def test_filters(shop, query, expected):
    wanted = [order for i, order in enumerate(shop.orders) if expected(i)]
    assert ids(shop.list_orders(**query, limit=4)) == ids(reversed(wanted))


def test_a_plus_in_a_query_stands_for_itself(shop):
    page = shop.admin("GET", "/orders?customerEmail=customer+1@example.com").json
    assert ids(page["orders"]) == ids(reversed(shop.orders[1::3]))


def test_by_time(shop):
    middle = shop.orders[30]["createdAt"]
    # from: at or after; to: before.
    assert ids(shop.list_orders(from_=middle)) == ids(
        reversed([o for o in shop.orders if o["createdAt"] >= middle]))
    assert ids(shop.list_orders(to=middle, limit=7)) == ids(
        reversed([o for o in shop.orders if o["createdAt"] < middle]))
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).date().isoformat()
    assert shop.list_orders(from_=tomorrow) == []
    assert len(shop.list_orders(to=tomorrow, status="SHIPPED", customerEmail="customer+1@example.com")) == 16


def test_a_listed_order_is_the_order(shop):
    listed = shop.list_page(limit=1)["orders"][0]
    assert listed == shop.order(listed["orderId"])


def test_a_cursor_belongs_to_its_query_and_cannot_be_changed(shop):
    cursor = shop.list_page(limit=5, customerEmail="customer+0@example.com")["nextCursor"]
    forged = [("customer+1@example.com", cursor)]
    for at in (0, len(cursor) // 2, len(cursor) - 1):
        changed = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1:]
        forged.append(("customer+0@example.com", changed))
    for email, text in forged:
        query = urlencode({"limit": 5, "customerEmail": email, "cursor": text})
        shop.admin("GET", "/orders?" + query).problem(400)


def test_a_new_order_is_listed_at_once_and_the_status_follows(fresh_server):
    server = fresh_server
    order_id = server.hold()
    assert ids(server.list_orders(status="PENDING")) == [order_id]
    both = [server.release(), order_id]
    poll(lambda: ids(server.list_orders(status="SHIPPED")) == both, what="listed as SHIPPED")
    assert server.list_orders(status="PENDING") == []


def test_the_filter_by_customer_ignores_case(server):
    name = unique("Case")
    emails = [f"{name}@example.com", f"{name.upper()}@EXAMPLE.COM", f"{name}@Example.com"]
    ids = [server.create(order_body(email))["orderId"] for email in emails]
    for asked in (*emails, f"{name.lower()}@example.COM"):
        found = server.list_orders(customerEmail=asked, limit=2)
        assert [order["orderId"] for order in found] == ids[::-1], asked
        assert [order["customerEmail"] for order in found] == emails[::-1]  # as it was sent
