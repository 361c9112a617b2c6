"""The audit finds each kind of damage: every test damages a clean shop and expects the name of the broken rule."""

import json

import pytest

from audit import Audit, customer_key

ID = "0199c000-0000-7000-8000-000000000001"
AT = 1767323045678
RECEIVED, AUTHORIZED, RESERVED = [0, AT, 0], [1, 1, 1, 1, 200], [3, 2, 2, 0, 0, [["Mug", 2]]]
CLAIMED, CAPTURED, SHIPPED = [5, 3, 3], [6, 4, 3, 1, 200], [8, 5, 3, 1, 0, [["Mug", 2]]]


class Tables:
    """A deployment of one order and one product, as plain items."""

    def __init__(self, *events, status=4, entries="authorize:1 200 ok\ncapture:1 200 ok\n", shipment=True, **item):
        body = {"v": 1, "at": AT, "email": "a@b.c", "currency": "USD", "lines": [["Mug", 100, 2]]}
        self.state = {"s": status, "e": list(events) or [RECEIVED, AUTHORIZED, RESERVED, CLAIMED, CAPTURED, SHIPPED]}
        self.order = {"id": ID, "version": len(self.state["e"]), "status": "SHIPPED", "body": json.dumps(body),
                      "customer": customer_key("a@b.c"), "day": "2026-01-02", "sort": f"{AT:013d}#{ID}", **item}
        self.product = {"sku": "Mug", "entry": "product", "available": 8, "reserved": 0, "shipped": 2, "received": 10}
        self.ledger = 10
        self.books = {"id": ID, "entries": entries, **({"shipment": 1} if shipment else {})}
        self.servers = self.dynamodb = self

    def table(self, name):
        return name

    def scan(self, table):
        if table == "orders":
            return [{**self.order, "state": json.dumps(self.state)}]
        if table == "simulated":
            return [self.books]
        row = {"sku": "Mug", "entry": f"ledger#{AT}#1", "quantity": self.ledger, "at": AT, "reason": "r"}
        return [self.product, row]


def checks(tables):
    return {fault.split()[0] for fault in Audit(tables).faults}


def test_a_shop_in_order_is_clean():
    audit = Audit(Tables())
    audit.assert_clean()
    assert audit.at_rest() and audit.statuses() == {"SHIPPED": 1}


def captured_twice(tables):
    tables.state["e"].insert(5, CAPTURED)


def shipped_uncaptured(tables):
    tables.state["e"][4] = [6, 4, 3, 1, 100]


def two_captures_at_the_provider(tables):
    tables.books["entries"] += "capture:2 200 ok\n"


def two_answers_to_one_attempt(tables):
    tables.books["entries"] += "capture:1 200 declined\n"


def no_shipment(tables):
    del tables.books["shipment"]


def oversold(tables):
    tables.product.update(available=-1, received=1)


def lost_stock(tables):
    tables.product["received"] = 11


def an_unreceived_ledger_row(tables):
    tables.ledger = 9


def stock_not_shipped(tables):
    tables.product.update(available=9, shipped=1)


def a_step_left_out(tables):
    del tables.state["e"][3]
    tables.order["version"] = 5


def a_lost_version(tables):
    tables.order["version"] = 5


def still_due(tables):
    tables.state["due"] = tables.order["due"] = AT


def still_listed(tables):
    tables.order["listed"] = "open#1"


def another_customer(tables):
    tables.order["customer"] = customer_key("x@b.c")


def a_stranger(tables):
    tables.books["id"] = "0199c000-0000-7000-8000-000000000002"


@pytest.mark.parametrize("break_it, check", [
    (captured_twice, "M1"), (shipped_uncaptured, "M3"), (two_captures_at_the_provider, "E1"),
    (two_answers_to_one_attempt, "E1"), (no_shipment, "E1"), (oversold, "S1"), (lost_stock, "S1"),
    (an_unreceived_ledger_row, "S1"), (stock_not_shipped, "S1"), (a_step_left_out, "T1"), (a_lost_version, "D1"), (still_due, "L1"),
    (still_listed, "D1"), (another_customer, "D1"), (a_stranger, "E1")])
def test_each_kind_of_damage_is_found(break_it, check):
    tables = Tables()
    break_it(tables)
    assert check in checks(tables)


def test_an_authorization_that_was_not_voided_is_found():
    cancelled = Tables(RECEIVED, AUTHORIZED, [9, 2, 4], [10, 3, 1, 1, 200], status=7, shipment=False,
                       entries="authorize:1 200 ok\n")
    cancelled.order.update(status="CANCELLED", listed="ended#CANCELLED")
    cancelled.product.update(available=10, shipped=0)
    assert checks(cancelled) == {"M5", "M4"}
    cancelled.books["entries"] += "void:1 200 ok\n"
    assert checks(cancelled) == set()


def test_a_parked_order_is_at_rest():
    parked = Tables(RECEIVED, [12, 1, 1, 1, 0, [], "timeout"], status=0, entries="", shipment=False)
    parked.state.update(parked=["timeout", AT + 1], due=AT)
    parked.order.update(status="PENDING", listed="parked", due=AT)
    parked.product.update(available=10, shipped=0)
    audit = Audit(parked)
    audit.assert_clean()
    assert audit.at_rest() and audit.statuses() == {"parked": 1}
