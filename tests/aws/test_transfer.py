"""What checks and moves a whole shop on AWS: audit and export."""

import re

import pytest

from deployment import Deployment
from harness import order_body, run_cli, running
from shops import serve_shop

LONG = 120


def command(deployment, *arguments, **options):
    return run_cli(*arguments, "--store", "aws", env=deployment.environment(), timeout=LONG, **options)


def export(deployment):
    result = command(deployment, "export")
    assert result.returncode == 0, result.stderr
    return result.stdout


def run_local(name, data, **options):
    result = run_cli(name, "--data", data, timeout=LONG, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def use_everything(shop):
    """Something of everything; returns the ids of an order that was shipped from stock and of one that waits."""
    shop.put_product("lamp", available=30, price=12.5, name="Lamp 💡")
    shop.put_product("yen", available=5, price=100, currency="JPY")
    adjustment = shop.request("POST", "/products/lamp/adjustments", {"quantity": -1, "reason": "broken \"glass\""},
                              {"Authorization": f"Bearer {shop.token}", "Idempotency-Key": "glass"})
    assert adjustment.status == 200, adjustment
    address = {"name": "Zoë", "line1": "Straße 1", "city": "Köln", "postalCode": "50667", "country": "DE"}
    bodies = [order_body(sku="lamp", price=12.5), order_body(metadata={"a": "b", "ü": "ö\n\t\"\\"}),
              order_body(shippingAddress=address), order_body(sku="lamp", price=12.5, quantity=99),
              order_body(sku="yen", price=100, currency="JPY"),
              *(order_body(paymentMethod=token) for token in
                ("pm_card_chargeDeclined", "pm_sim_unknown_after", "pm_sim_capture_declined"))]
    ended = [shop.create(body, f"key-{i}")["orderId"] for i, body in enumerate(bodies)]
    ended += [shop.create(order_body())["orderId"]]  # without a key
    waiting = shop.create(order_body(paymentMethod="pm_sim_unknown_always"), "key of what waits")["orderId"]
    for order_id in ended:
        shop.await_end(order_id)
    shop.await_order(waiting, lambda order: order["version"] > 1)
    return ended[0], waiting


@pytest.fixture(scope="module")
def used(servers, tmp_path_factory):
    """A shop on AWS at rest: (deployment, an order that was shipped, an order that waits)."""
    deployment = Deployment(servers).create()
    with serve_shop(deployment, tmp_path_factory.mktemp("shop")) as shop:
        ids = use_everything(shop)
    return deployment, *ids


def test_a_shop_moves_to_the_local_home_without_loss(used, tmp_path):
    text = export(used[0])
    run_local("import", tmp_path / "local", stdin=text)
    assert run_local("export", tmp_path / "local") == text
    run_local("audit", tmp_path / "local")
    with running(tmp_path / "server", data=tmp_path / "local") as local:
        again = local.post_order(order_body(sku="lamp", price=12.5), "key-0")
        assert again.headers["idempotent-replayed"] == "true" and again.json["orderId"] == used[1]


def test_the_audit_of_a_shop_in_order_is_clean(used):
    result = command(used[0], "audit")
    assert result.returncode == 0, result.stdout + result.stderr
    counts = dict(re.findall(r"^(\w\d) .* ([\d,]+) [a-z, ]+$", result.stdout, re.M))
    assert counts["D1"] == "10" and counts["I1"] == "9" and counts["S1"] == "2", result.stdout


def test_without_a_shop_there_is_nothing_to_read(servers):
    for name in ("audit", "export"):
        result = command(Deployment(servers), name)
        assert result.returncode in (1, 2) and "there is no shop" in result.stderr


class Items:
    """The items of a shop, to change. restore() puts back what was there."""

    def __init__(self, deployment):
        self.deployment, self.call, self.undo = deployment, deployment.servers.dynamodb.call, []

    def find(self, table, **values):
        """The first item whose texts begin so."""
        items = self.call("Scan", TableName=self.deployment.table(table), ConsistentRead=True)["Items"]
        return next(item for item in items
                    if all(item[name]["S"].startswith(value) for name, value in values.items()))

    def put(self, table, item):
        self.call("PutItem", TableName=self.deployment.table(table), Item=item)

    def remove(self, table, item):
        key = {name: item[name] for name in ("id", "sku", "entry") if name in item}
        self.call("DeleteItem", TableName=self.deployment.table(table), Key=key)

    def change(self, table, item, **attributes):
        """`attributes`: as DynamoDB writes them; None to take one away."""
        self.undo.append(lambda: self.put(table, item))
        changed = {**item, **attributes}
        self.put(table, {name: value for name, value in changed.items() if value is not None})

    def add(self, table, item):
        self.undo.append(lambda: self.remove(table, item))
        self.put(table, item)

    def delete(self, table, item):
        self.undo.append(lambda: self.put(table, item))
        self.remove(table, item)

    def restore(self):
        for undo in reversed(self.undo):
            undo()


def shipped(**attributes):
    return lambda items, ids: items.change("orders", items.find("orders", id=ids[0]), **attributes)


def waiting(**attributes):
    return lambda items, ids: items.change("orders", items.find("orders", id=ids[1]), **attributes)


def booked(**attributes):
    return lambda items, ids: items.change("simulated", items.find("simulated", id=ids[0]), **attributes)


def lamp(**attributes):
    return lambda items, ids: items.change("products", items.find("products", sku="lamp", entry="product"),
                                           **attributes)


def ledger(**attributes):
    return lambda items, ids: items.change("products", items.find("products", sku="lamp", entry="ledger#"),
                                           **attributes)


DAMAGE = [
    ("D1", "the version", shipped(version={"N": "99"})),
    ("D1", "the body", shipped(body={"S": "{"})),
    ("D1", "another customer", shipped(customer={"S": "x"})),
    ("D1", "not in the list of all", shipped(shard=None)),
    ("D1", "listed at another time", shipped(sort={"S": "1000000000000#00000000-0000-7000-8000-000000000000"})),
    ("D1", "listed as parked", shipped(listed={"S": "ended#CANCELLED#1"})),
    ("D1", "found as open", shipped(open={"S": "1"})),
    ("D1", "open and not looked at", waiting(look=None)),
    ("D1", "looked at too late", waiting(look={"S": "9999999999999#00000000-0000-7000-8000-000000000000"})),
    ("T1", "another status", shipped(status={"S": "PENDING"})),
    ("L1", "due at another time", waiting(due={"N": "1"})),
    ("S1", "more in stock", lamp(available={"N": "1000"})),
    ("F1", "a product that is not listed", lamp(kind=None)),
    ("S1", "a product that does not read", lamp(price=None)),
    ("S1", "another quantity in the ledger", ledger(quantity={"N": "7"})),
    ("D1", "an entry of the ledger that does not read", ledger(at=None)),
    ("S1", "an order that is gone", lambda items, ids: items.delete("orders", items.find("orders", id=ids[0]))),
    ("M5", "another amount at the provider", booked(entries={"S": "authorize:1 5 ok\ncapture:1 5 ok\n"})),
    ("M5", "an account that does not read", booked(entries={"S": "?"})),
    ("E1", "no shipment", booked(shipment=None)),
    ("E1", "a shipment of no order", lambda items, ids: items.add("simulated", {
        "id": {"S": "00000000-0000-7000-8000-000000000000"}, "shipment": {"N": "1"}})),
    ("I1", "another key", shipped(key={"B": "AAAAAAAAAAAAAAAAAAAAAA=="})),
    ("I1", "no fingerprint", shipped(fingerprint=None)),
]


@pytest.mark.parametrize("check, damage", [(check, damage) for check, _, damage in DAMAGE],
                         ids=[name for _, name, _ in DAMAGE])
def test_each_kind_of_damage_is_found(used, check, damage):
    deployment, *ids = used
    items = Items(deployment)
    try:
        damage(items, ids)
        result = command(deployment, "audit")
    finally:
        items.restore()
    assert result.returncode == 1, result.stdout + result.stderr
    assert re.search(rf"^{check} .*VIOLATED$", result.stdout, re.M), result.stdout
