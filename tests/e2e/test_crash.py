"""D1, E1, I1, S1: the release binary under load is killed again and again, and loses nothing.

    /usr/bin/python3 -m pytest -m crash -s          ORDERFLOW_CRASH_SEED repeats a run's moments,
                                                    ORDERFLOW_CRASH_KILLS changes their number (60)
"""

import http.client
import os
import random
import sqlite3
import threading
import time

import pytest

from harness import TERMINAL, Client, Server, order_body, poll, unique

SEED = int(os.environ.get("ORDERFLOW_CRASH_SEED", time.time_ns() % 1_000_000))
KILLS = int(os.environ.get("ORDERFLOW_CRASH_KILLS", "60"))
CLIENTS = 6
LIMITED = {f"limited-{i}": 2000 for i in range(3)}
TOKENS = ["pm_card_visa"] * 7 + ["pm_card_chargeDeclined", "pm_sim_unknown_after", "pm_sim_capture_declined"]
# Too slow would be no load, too fast would leave nothing between two steps for a kill to hit.
LATENCY_MS = "3"
OPEN = ("PENDING", "AUTHORIZED", "RESERVED", "FULFILLING")

GONE = (OSError, http.client.HTTPException)


class LoadClient(threading.Thread):
    """Posts orders until it is stopped. With a key it repeats a request until it has an answer. Without a key
    it never repeats: that order may exist or not, but at most once."""

    def __init__(self, number, server, up, stop):
        super().__init__(daemon=True)
        self.number, self.server, self.up, self.stop = number, server, up, stop
        self.random = random.Random(SEED * 100 + number)
        self.connection = None
        self.sent = {}          # request tag -> whether under a key
        self.answered = {}      # request tag -> the order as it was answered first
        self.cancelled = set()  # order ids whose cancel was answered 200
        self.repeats = self.lost = 0
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.place_order()
        except BaseException as failure:
            self.failure = failure

    def place_order(self):
        tag = f"{self.number}-{len(self.sent)}"
        key = unique("key") if self.random.random() < 0.5 else None
        self.sent[tag] = key is not None
        sku = self.random.choice([None, *LIMITED])
        body = order_body(f"client{self.number}@example.com", sku=sku, quantity=self.random.randint(1, 3),
                          paymentMethod=self.random.choice(TOKENS), metadata={"tag": tag})
        answer = self.ask("POST", "/orders", body, {"Idempotency-Key": key} if key else {}, again=key is not None)
        if not answer:
            return
        assert answer.status == 201, answer
        self.answered[tag] = answer.json
        if key and self.random.random() < 0.2:
            repeat = self.ask("POST", "/orders", body, {"Idempotency-Key": key}, again=True)
            assert repeat.body == answer.body, (repeat, answer)
            self.repeats += 1
        if self.random.random() < 0.15:
            self.cancel(answer.json["orderId"])

    def cancel(self, order_id):
        headers = {"Authorization": f"Bearer {self.server.token}"}
        answer = self.ask("POST", f"/orders/{order_id}/cancel", None, headers, again=True)
        assert answer.status in (200, 409), answer
        if answer.status == 200:
            self.cancelled.add(order_id)

    def ask(self, method, path, body, headers, again):
        while True:
            self.up.wait()
            try:
                if not self.connection or self.connection.connection.port != self.server.port:
                    self.connection = Client(self.server.port)
                answer = self.connection.request(method, path, body, headers)
                if answer.status != 503:
                    return answer
            except GONE:
                self.lost += 1
                self.connection = None
            if not again:
                return None
            time.sleep(0.002)


def kill_again_and_again(server, up, chance, clients):
    during_start = 0
    for _ in range(KILLS):
        time.sleep(chance.choice([chance.uniform(0, 0.05), chance.uniform(0.05, 0.8)]))
        assert server.process.poll() is None, server.stderr[-2000:]
        up.clear()
        server.kill9()
        while chance.random() < 0.2:
            # Dies again while it starts: recovery must survive that, too.
            server.spawn()
            time.sleep(chance.uniform(0, 0.03))
            server.kill9()
            during_start += 1
        server.start()
        up.set()
        for client in clients:
            assert client.failure is None, client.failure
    return during_start


def assert_no_answer_was_lost(clients, stored):
    by_tag = {}
    for order in stored:
        by_tag.setdefault(order["metadata"]["tag"], []).append(order)
    unchanging = ("orderId", "customerEmail", "items", "currency", "total", "totalMinor", "createdAt", "metadata")
    sent = {}
    for client in clients:
        sent.update(client.sent)
        for tag, answered in client.answered.items():
            order, = by_tag.get(tag, [None])
            assert order, f"order {answered['orderId']} was answered 201 and is gone"
            assert {k: order[k] for k in unchanging} == {k: answered[k] for k in unchanging}
            assert order["version"] >= answered["version"]
        for order_id in client.cancelled:
            assert next(o for o in stored if o["orderId"] == order_id)["status"] == "CANCELLED"
    # No order without a request, and never two of one.
    assert set(by_tag) <= set(sent)
    assert all(len(orders) == 1 for orders in by_tag.values())


def assert_books_hold_each_effect_once(data, stored):
    """The gateway's and the carrier's own books, read without orderflow."""
    books = sqlite3.connect(f"file:{data / 'simulated.db'}?mode=ro", uri=True)
    payments = {bytes(i).hex(): entries for i, entries in books.execute("SELECT order_id, entries FROM payments")}
    shipments = [bytes(i).hex() for i, in books.execute("SELECT order_id FROM shipments")]
    books.close()
    assert len(shipments) == len(set(shipments))
    shipped = {order["orderId"].replace("-", "") for order in stored if order["status"] == "SHIPPED"}
    assert set(shipments) == shipped
    for order in stored:
        entries = [line.split() for line in payments.get(order["orderId"].replace("-", ""), "").splitlines()]
        effects = [(operation.split(":")[0], int(amount)) for operation, amount, result in entries if result == "ok"]
        names = [name for name, _ in effects]
        assert len(names) == len(set(names)), (order["orderId"], entries)
        total = order["totalMinor"]
        assert (("capture", total) in effects) == (order["status"] == "SHIPPED"), (order, entries)
        assert all(amount in (0, total) for _, amount in effects), entries
        if order["status"] in ("CANCELLED", "OUT_OF_STOCK"):
            assert "void" in names, (order, entries)


@pytest.mark.crash
def test_kill_9_loses_nothing_and_repeats_nothing(tmp_path):
    print(f"\nseed {SEED}, {KILLS} kills under load")
    chance = random.Random(SEED)
    server = Server(tmp_path, "--payment-latency", LATENCY_MS, "--carrier-latency", LATENCY_MS).start()
    up, stop = threading.Event(), threading.Event()
    clients = [LoadClient(i, server, up, stop) for i in range(CLIENTS)]
    try:
        for sku, available in LIMITED.items():
            server.put_product(sku, available)
        up.set()
        for client in clients:
            client.start()
        during_start = kill_again_and_again(server, up, chance, clients)
        stop.set()
        for client in clients:
            client.join(20)
            assert client.failure is None and not client.is_alive(), client.failure

        waited = await_all_ends(server)
        stored = server.list_orders(limit=200)
        assert {order["status"] for order in stored} <= TERMINAL
        assert not any(order.get("attention") for order in stored)
        assert_no_answer_was_lost(clients, stored)
        for sku in LIMITED:
            assert server.stock(sku)["reserved"] == 0
        assert server.stop() == 0
        assert_books_hold_each_effect_once(server.data, stored)
        server.assert_audit_clean()
    except BaseException:
        stop.set(), up.set()
        server.kill9()
        raise
    report(clients, stored, during_start, waited)


def await_all_ends(server):
    """Waits until nothing is due for any order; returns the seconds. Cancelled and sold out orders may still
    need a void. The depths of the queues do not show it: a new server fills them while it serves."""
    begin = time.monotonic()
    poll(lambda: not any(server.list_page(status=status, limit=1)["orders"] for status in OPEN), 60,
         "the end of all work")
    for status in ("CANCELLED", "OUT_OF_STOCK"):
        for order in server.list_orders(status=status, limit=200):
            poll(lambda: not server.timeline(order["orderId"])["next"], 60, f"the void of {order['orderId']}")
    return time.monotonic() - begin


def report(clients, stored, during_start, waited):
    statuses = {status: sum(order["status"] == status for order in stored) for status in sorted(TERMINAL)}
    answered = sum(len(client.answered) for client in clients)
    print(f"{KILLS} kills and {during_start} during a start; {sum(len(c.sent) for c in clients)} orders sent, "
          f"{answered} answered, {len(stored)} stored: {statuses}; "
          f"{sum(c.lost for c in clients)} answers lost, {sum(c.repeats for c in clients)} keys repeated, "
          f"{sum(len(c.cancelled) for c in clients)} cancelled; "
          f"all at their end {waited:.1f} s after the load")
    # A run in which nothing happened proves nothing.
    assert answered > 20 * KILLS / 6 and all(statuses.values()) and any(c.lost for c in clients)
