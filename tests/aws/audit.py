"""Reads the tables without orderflow and checks the rules that `orderflow audit` checks, under the same
names, with code of its own. The layout of the items is in src/adapters/stored/stored_order.h.

    M1 captured at most once, captured <= authorized <= total     M3 shipped implies captured in full
    M2 refunded <= captured                                       M4 what ended otherwise holds nothing
    M5 our books are the provider's       S1 stock adds up        L1 at the end, parked, or a step is due
    T1 every step is in the table         E1 each effect once     D1 the item says what its state says

For a shop at rest: an order whose step is on its way may be a step behind the provider's books.
"""

import base64
import hashlib
import json
from collections import Counter, defaultdict

STATUSES = ("PENDING", "AUTHORIZED", "RESERVED", "FULFILLING", "SHIPPED", "PAYMENT_DECLINED", "OUT_OF_STOCK",
            "CANCELLED")
EVENTS = ("OrderReceived", "PaymentAuthorized", "PaymentDeclined", "StockReserved", "OutOfStock",
          "FulfillmentClaimed", "PaymentCaptured", "CaptureDeclined", "OrderShipped", "OrderCancelled",
          "PaymentVoided", "WorkDeferred", "WorkParked", "WorkRetried")
SHARDS = 8
WORK = ("WorkDeferred", "WorkParked", "WorkRetried")

# A place in the life of an order: its status, and whether it is the end.
PLACES = {
    "new": (None, False), "pending": ("PENDING", False), "authorized": ("AUTHORIZED", False),
    "reserved": ("RESERVED", False), "claimed": ("FULFILLING", False), "captured": ("FULFILLING", False),
    "shipped": ("SHIPPED", True), "declined": ("PAYMENT_DECLINED", True),
    "sold out": ("OUT_OF_STOCK", False), "sold out, voided": ("OUT_OF_STOCK", True),
    "cancelled": ("CANCELLED", False), "cancelled, voided": ("CANCELLED", True),
}
STEPS = {
    ("new", "OrderReceived"): "pending",
    ("pending", "PaymentAuthorized"): "authorized", ("pending", "PaymentDeclined"): "declined",
    ("authorized", "StockReserved"): "reserved", ("authorized", "OutOfStock"): "sold out",
    ("reserved", "FulfillmentClaimed"): "claimed",
    ("claimed", "PaymentCaptured"): "captured", ("claimed", "CaptureDeclined"): "declined",
    ("captured", "OrderShipped"): "shipped",
    ("pending", "OrderCancelled"): "cancelled", ("authorized", "OrderCancelled"): "cancelled",
    ("reserved", "OrderCancelled"): "cancelled",
    ("sold out", "PaymentVoided"): "sold out, voided", ("cancelled", "PaymentVoided"): "cancelled, voided",
}


class Event:
    def __init__(self, fields):
        fields = fields + [0, 0, 0, 0, 0, [], "", 1, 0][len(fields):]
        type_, _, _, self.attempt, self.amount, stock, self.detail, self.count, _ = fields
        self.type, self.stock = EVENTS[type_], Counter(dict(stock))


class Timeline:
    """An order, rebuilt from its events."""

    def __init__(self, item):
        self.id, self.item = item["id"], item
        self.body, self.state = json.loads(item["body"]), json.loads(item["state"])
        self.total = sum(line[1] * line[2] for line in self.body["lines"])
        self.place, self.parked, self.faults = "new", False, []
        self.authorized = self.voided = self.captured = self.captures = 0
        self.reserved, self.shipped = Counter(), Counter()
        self.events = [Event(fields) for fields in self.state["e"]]
        for event in self.events:
            self.step(event)
            self.move(event)

    def fault(self, check, what):
        self.faults.append(f"{check} {self.id}: {what}")

    @property
    def status(self):
        return PLACES[self.place][0]

    @property
    def ended(self):
        return PLACES[self.place][1]

    @property
    def held(self):
        return self.authorized - self.voided - self.captured

    def step(self, event):
        if event.type in WORK:
            if self.ended or self.parked != (event.type == "WorkRetried"):
                self.fault("T1", f"{event.type} at {self.place}, parked {self.parked}")
            self.parked = event.type == "WorkParked"
            return
        after = STEPS.get((self.place, event.type))
        if not after or (self.parked and event.type != "OrderCancelled"):
            return self.fault("T1", f"{event.type} at {self.place}, parked {self.parked}")
        self.place, self.parked = after, False

    def move(self, event):
        match event.type:
            case "PaymentAuthorized":
                self.authorized += event.amount
            case "PaymentCaptured":
                self.captured += event.amount
                self.captures += 1
            case "PaymentVoided":
                self.voided += event.amount
            case "CaptureDeclined":
                self.voided += event.amount
                self.release(event)
            case "OrderCancelled":
                self.release(event)
            case "StockReserved":
                self.reserved += event.stock
            case "OrderShipped":
                self.shipped += event.stock
                self.release(event)

    def release(self, event):
        if event.stock != self.reserved:
            self.fault("S1", f"{event.type} moves {event.stock}, reserved was {self.reserved}")
        self.reserved = Counter()

    # What must hold.

    def judge(self):
        if self.captures > 1 or not self.captured <= self.authorized <= self.total:
            self.fault("M1", f"captured {self.captured} in {self.captures}, authorized {self.authorized}")
        if self.place == "shipped" and self.captured != self.total:
            self.fault("M3", f"captured {self.captured} of {self.total}")
        if self.ended and self.place != "shipped" and (self.held or self.captured or self.reserved):
            self.fault("M4", f"{self.place} holds {self.held}, {self.captured}, {self.reserved}")
        if self.ended == ("due" in self.state):
            self.fault("L1", f"{self.place}, due {self.state.get('due')}")
        self.judge_item()

    def judge_item(self):
        created, due = self.body["at"], self.state.get("due")
        shard = str(int(self.id[-2:], 16) % SHARDS)
        is_open = not self.ended and not self.parked
        right = {
            "version": sum(event.count for event in self.events), "status": self.status,
            "due": due, "open": shard if is_open else None,
            "customer": customer_key(self.body["email"]),
            "shard": shard,
            "listed": self.list_name() and f"{self.list_name()}#{shard}",
            "sort": f"{created:013d}#{self.id}"}
        for name, value in right.items():
            if self.item.get(name) != value:
                self.fault("D1", f"{name} is {self.item.get(name)!r}, by its state {value!r}")
        look = self.item.get("look")
        in_time = look and due is not None and f"{created:013d}" <= look <= f"{due:013d}#{self.id}"
        if not in_time if is_open else look:
            self.fault("D1", f"look is {look!r}, due {due}, at {self.place}, parked {self.parked}")
        if STATUSES[self.state["s"]] != self.status or ("parked" in self.state) != self.parked:
            self.fault("T1", f"stored as {STATUSES[self.state['s']]}, by its timeline {self.place}")

    def list_name(self):
        """The list that the order must be in."""
        if self.parked:
            return "parked"
        return f"ended#{self.status}" if STATUSES.index(self.status) > STATUSES.index("SHIPPED") else None

    def judge_books(self, books):
        """Against what the provider and the carrier have entered."""
        effects = [entry for entry in books.entries if entry.result == "ok"]
        if len({(e.operation, e.attempt) for e in books.entries}) != len(books.entries):
            self.fault("E1", f"an attempt was entered twice: {books.entries}")
        once = Counter(entry.operation for entry in effects)
        if any(count > 1 for count in once.values()):
            self.fault("E1", f"an effect happened twice: {books.entries}")
        captured = sum(entry.amount for entry in effects if entry.operation == "capture")
        if captured > self.total:
            self.fault("M1", f"the provider has captured {captured} of {self.total}")
        if not self.ended:
            return
        if captured != self.captured:
            self.fault("M5", f"captured {self.captured}, the provider has {captured}")
        if "voided" in self.place and not once["void"]:
            self.fault("M5", "voided here and not at the provider")
        lapsed = any(entry.result == "authorization_expired" for entry in books.entries)
        if once["authorize"] and not (once["capture"] or once["void"] or lapsed):
            self.fault("M4", f"{self.place}, and the provider holds it still")
        if books.shipped != (self.place == "shipped"):
            self.fault("E1", f"{self.place}, the carrier has {'a' if books.shipped else 'no'} shipment")


class Entry:
    def __init__(self, line):
        key, amount, self.result = line.split(" ", 2)
        self.operation, _, attempt = key.partition(":")
        self.attempt, self.amount = int(attempt), int(amount)

    def __repr__(self):
        return f"{self.operation}:{self.attempt} {self.amount} {self.result}"


class Books:
    """The item of one order in the books of the sandbox."""

    def __init__(self, item):
        self.entries = [Entry(line) for line in item.get("entries", "").splitlines()]
        self.shipped = "shipment" in item


def customer_key(email):
    folded = email.encode().lower()  # A-Z alone
    return base64.urlsafe_b64encode(hashlib.sha256(folded).digest()[:16]).decode().rstrip("=")


class Audit:
    def __init__(self, deployment):
        scan = deployment.servers.dynamodb.scan
        self.orders = [Timeline(item) for item in scan(deployment.table("orders"))]
        self.products, self.received = [], Counter()
        for item in scan(deployment.table("products")):
            if item["entry"] == "product":
                self.products.append(item)
            elif item["entry"].startswith("ledger#"):
                self.received[item["sku"]] += item["quantity"]
        self.books = {item["id"]: Books(item) for item in scan(deployment.table("simulated"))}
        self.faults = []
        for order in self.orders:
            order.judge()
            order.judge_books(self.books.get(order.id, Books({})))
            self.faults += order.faults
        self.judge_stock()
        for stranger in set(self.books) - {order.id for order in self.orders}:
            self.faults.append(f"E1 {stranger}: the provider knows an order that we do not")

    def judge_stock(self):
        sums = defaultdict(lambda: [0, 0])
        for order in self.orders:
            for sku, quantity in order.reserved.items():
                sums[sku][0] += quantity
            for sku, quantity in order.shipped.items():
                sums[sku][1] += quantity
        for product in self.products:
            sku, available = product["sku"], product["available"]
            reserved, shipped = product["reserved"], product["shipped"]
            if available < 0 or available + reserved + shipped != product["received"]:
                self.faults.append(f"S1 {sku}: {available} + {reserved} + {shipped}, received {product['received']}")
            if product["received"] != self.received[sku]:
                self.faults.append(f"S1 {sku}: received {product['received']}, by its ledger {self.received[sku]}")
            if [reserved, shipped] != sums.pop(sku, [0, 0]):
                self.faults.append(f"S1 {sku}: {reserved} reserved, {shipped} shipped, not what the orders say")
        self.faults += [f"S1 {sku}: moved, but there is no such product" for sku in sums]

    def at_rest(self):
        """Nothing is due any more: every order is at its end or parked."""
        return all(order.ended or order.parked for order in self.orders)

    def statuses(self):
        return dict(Counter("parked" if o.parked else o.status if o.ended else f"open, {o.place}"
                            for o in self.orders))

    def assert_clean(self):
        assert not self.faults, f"{len(self.faults)} faults:\n" + "\n".join(self.faults[:20])
