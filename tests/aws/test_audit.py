"""The audit finds each kind of damage: every test damages a clean shop and expects the name of the broken rule."""

import json

import pytest

from audit import Audit, customer_key

ID = "0199c000-0000-7000-8000-000000000001"
AT = 1767323045678
RECEIVED, AUTHORIZED, RESERVED = [0, AT, 0], [1, 1, 1, 1, 200], [3, 2, 2, 0, 0, [["Mug", 2]]]
ENTRIES = "authorize:1 200 ok\ncapture:1 200 ok\n"
CLAIMED, CAPTURED, SHIPPED = [5, 3, 3], [6, 4, 3, 1, 200], [8, 5, 3, 1, 0, [["Mug", 2]]]


class Tables:
    """A deployment of one order and one product, as plain items."""

    def __init__(self, *events, status=4, entries=ENTRIES, shipment=True):
        body = {"v": 1, "at": AT, "email": "a@b.c", "currency": "USD", "lines": [["Mug", 100, 2]]}
        self.state = {"s": status, "e": list(events) or [RECEIVED, AUTHORIZED, RESERVED, CLAIMED, CAPTURED, SHIPPED]}
        self.order = {"id": ID, "version": len(self.state["e"]), "status": "SHIPPED", "body": json.dumps(body),
                      "customer": customer_key("a@b.c"), "shard": "1", "sort": f"{AT:013d}#{ID}"}
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


DAMAGE = [
    ("M1", "captured twice", lambda t: t.state["e"].insert(5, CAPTURED)),
    ("M3", "shipped and not captured in full", lambda t: t.state["e"].__setitem__(4, [6, 4, 3, 1, 100])),
    ("E1", "two captures at the provider", lambda t: t.books.update(entries=ENTRIES + "capture:2 200 ok\n")),
    ("E1", "two answers to one attempt", lambda t: t.books.update(entries=ENTRIES + "capture:1 200 declined\n")),
    ("E1", "no shipment", lambda t: t.books.pop("shipment")),
    ("E1", "an unknown order at the provider", lambda t: t.books.update(id=ID[:-1] + "2")),
    ("S1", "oversold", lambda t: t.product.update(available=-1, received=1)),
    ("S1", "lost stock", lambda t: t.product.update(received=11)),
    ("S1", "a ledger row that was not received", lambda t: setattr(t, "ledger", 9)),
    ("S1", "stock not shipped", lambda t: t.product.update(available=9, shipped=1)),
    ("T1", "a step left out", lambda t: (t.state["e"].pop(3), t.order.update(version=5))),
    ("D1", "a lost version", lambda t: t.order.update(version=5)),
    ("D1", "still listed", lambda t: t.order.update(listed="parked#1")),
    ("D1", "still open", lambda t: t.order.update(open="1", look=f"{AT:013d}#{ID}")),
    ("D1", "in another shard", lambda t: t.order.update(shard="2")),
    ("D1", "another customer", lambda t: t.order.update(customer=customer_key("x@b.c"))),
    ("L1", "still due", lambda t: (t.state.update(due=AT), t.order.update(due=AT))),
]


@pytest.mark.parametrize("check, damage", [(check, damage) for check, _, damage in DAMAGE],
                         ids=[name for _, name, _ in DAMAGE])
def test_each_kind_of_damage_is_found(check, damage):
    tables = Tables()
    damage(tables)
    assert check in checks(tables)


def test_an_authorization_that_was_not_voided_is_found():
    cancelled = Tables(RECEIVED, AUTHORIZED, [9, 2, 4], [10, 3, 1, 1, 200], status=7, shipment=False,
                       entries="authorize:1 200 ok\n")
    cancelled.order.update(status="CANCELLED", listed="ended#CANCELLED#1")
    cancelled.product.update(available=10, shipped=0)
    assert checks(cancelled) == {"M5", "M4"}
    cancelled.books["entries"] += "void:1 200 ok\n"
    assert checks(cancelled) == set()


def test_an_open_order_that_recovery_does_not_look_at_in_time_is_found():
    waiting = Tables(RECEIVED, status=0, entries="", shipment=False)
    waiting.state.update(due=AT)
    waiting.order.update(status="PENDING", due=AT, open="1", look=f"{AT:013d}#{ID}")
    waiting.product.update(available=10, shipped=0)
    assert checks(waiting) == set()
    waiting.order.update(look=f"{AT + 1:013d}#{ID}")
    assert checks(waiting) == {"D1"}
    del waiting.order["look"], waiting.order["open"]
    assert checks(waiting) == {"D1"}


def test_a_parked_order_is_at_rest():
    parked = Tables(RECEIVED, [12, 1, 1, 1, 0, [], "timeout"], status=0, entries="", shipment=False)
    parked.state.update(parked=["timeout", AT + 1], due=AT)
    parked.order.update(status="PENDING", listed="parked#1", due=AT)
    parked.product.update(available=10, shipped=0)
    audit = Audit(parked)
    audit.assert_clean()
    assert audit.at_rest() and audit.statuses() == {"parked": 1}
