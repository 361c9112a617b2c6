"""GET /orders: filters, newest first, pages that miss nothing and repeat nothing."""

from datetime import datetime, timedelta, timezone

import pytest

from harness import order_body, poll, running, urlencode


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


def test_newest_first(shop):
    newest_first = ids(reversed(shop.orders))
    assert ids(shop.list_orders()) == newest_first
    assert ids(shop.list_page()["orders"]) == newest_first[:50]


@pytest.mark.parametrize("limit", [1, 7, 60, 200])
def test_pages_hold_every_order_once(shop, limit):
    assert ids(shop.list_orders(limit=limit)) == ids(reversed(shop.orders))
    assert len(shop.list_page(limit=limit)["orders"]) <= limit


@pytest.mark.parametrize("customer", [0, 1, 2])
@pytest.mark.parametrize("limit", [3, 50])
def test_by_customer(shop, customer, limit):
    email = f"customer+{customer}@example.com"
    found = shop.list_orders(customerEmail=email, limit=limit)
    assert ids(found) == ids(reversed(shop.orders[customer::3]))
    assert {order["customerEmail"] for order in found} == {email}


def test_by_unknown_customer(shop):
    assert shop.list_orders(customerEmail="nobody@example.com") == []


@pytest.mark.parametrize("limit", [4, 50])
def test_by_status(shop, limit):
    declined = shop.list_orders(status="PAYMENT_DECLINED", limit=limit)
    assert ids(declined) == ids(reversed(shop.orders[::5]))
    assert len(shop.list_orders(status="SHIPPED", limit=limit)) == 48
    assert shop.list_orders(status="PENDING") == []


def test_by_customer_and_status(shop):
    found = shop.list_orders(customerEmail="customer+0@example.com", status="PAYMENT_DECLINED", limit=1)
    assert ids(found) == ids(reversed(shop.orders[::15]))


def test_by_time(shop):
    middle = shop.orders[30]["createdAt"]
    # from: at or after; to: before.
    assert ids(shop.list_orders(from_=middle)) == ids(
        reversed([o for o in shop.orders if o["createdAt"] >= middle]))
    assert ids(shop.list_orders(to=middle, limit=7)) == ids(
        reversed([o for o in shop.orders if o["createdAt"] < middle]))
    assert shop.list_orders(from_=middle, to=middle) == []
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).date().isoformat()
    assert shop.list_orders(from_=tomorrow) == []
    assert len(shop.list_orders(to=tomorrow, status="SHIPPED", customerEmail="customer+1@example.com")) == 16


def test_a_listed_order_is_the_order(shop):
    listed = shop.list_page(limit=1)["orders"][0]
    assert listed == shop.order(listed["orderId"])


@pytest.mark.parametrize("query", [
    {"cursor": "forged"}, {"cursor": "AAAAAAAAAAAAAAAA"}, {"cursor": "x" * 500}, {"cursor": "é"},
    {"cursor": ""}, {"limit": 0}, {"limit": -1}, {"limit": 201}, {"limit": 10**9}, {"limit": "1e1"},
    {"limit": ""}, {"limit": "9" * 30}, {"status": "LOST"}, {"status": "shipped"}, {"from": "yesterday"},
    {"from": "2026-02-30"}, {"to": "2026-01-01T00:00:00"}, {"to": ""}, {"colour": "red"},
])
def test_bad_queries(shop, query):
    answer = shop.admin("GET", "/orders?" + urlencode(query))
    answer.problem(400)


@pytest.mark.parametrize("query", ["limit=1&limit=2", "status=SHIPPED&status=SHIPPED",
                                   "limit=1&%6cimit=2", "limit=%zz", "customerEmail=%00"])
def test_bad_query_strings(shop, query):
    shop.admin("GET", "/orders?" + query).problem(400)


def test_a_cursor_belongs_to_its_query(shop):
    cursor = shop.list_page(limit=5, customerEmail="customer+0@example.com")["nextCursor"]
    other = urlencode({"limit": 5, "customerEmail": "customer+1@example.com", "cursor": cursor})
    shop.admin("GET", "/orders?" + other).problem(400)


def test_a_changed_cursor_is_refused(shop):
    cursor = shop.list_page(limit=5)["nextCursor"]
    for at in (0, len(cursor) // 2, len(cursor) - 1):
        changed = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1:]
        answer = shop.admin("GET", "/orders?" + urlencode({"limit": 5, "cursor": changed}))
        answer.problem(400)


def test_orders_that_arrive_between_pages_do_not_change_them(fresh_server):
    server = fresh_server
    first = [server.create(order_body())["orderId"] for _ in range(10)]
    page = server.list_page(limit=4)
    for _ in range(5):
        server.create(order_body())
    seen = ids(page["orders"])
    while page.get("nextCursor"):
        page = server.list_page(limit=4, cursor=page["nextCursor"])
        seen += ids(page["orders"])
    assert seen == first[::-1]


def test_a_new_order_is_listed_at_once_and_the_status_follows(fresh_server):
    server = fresh_server
    order_id = server.hold()
    assert ids(server.list_orders(status="PENDING")) == [order_id]
    both = [server.release(), order_id]
    poll(lambda: ids(server.list_orders(status="SHIPPED")) == both, what="listed as SHIPPED")
    assert server.list_orders(status="PENDING") == []
