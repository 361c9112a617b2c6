"""D1, E1, I1, S1: the release binary under load is killed again and again, and loses nothing.

    /usr/bin/python3 -m pytest -m crash -s          ORDERFLOW_CRASH_SEED repeats a run's moments,
                                                    ORDERFLOW_CRASH_KILLS changes their number (60)
"""

import os
import random
import sqlite3
import time

import pytest

from customers import Customer, assert_no_answer_was_lost
from harness import TERMINAL, Server, poll

SEED = int(os.environ.get("ORDERFLOW_CRASH_SEED", time.time_ns() % 1_000_000))
KILLS = int(os.environ.get("ORDERFLOW_CRASH_KILLS", "60"))
CLIENTS = 6
LIMITED = {"limited-0": 50, "limited-1": 500, "limited-2": 2000}  # so few of the first that they sell out
TOKENS = ["pm_card_visa"] * 7 + ["pm_card_chargeDeclined", "pm_sim_unknown_after", "pm_sim_capture_declined"]
# Too slow would be no load, too fast would leave nothing between two steps for a kill to hit.
LATENCY_MS = "3"
OPEN = ("PENDING", "AUTHORIZED", "RESERVED", "FULFILLING")


def kill_again_and_again(server, chance, clients):
    during_start = 0
    for _ in range(KILLS):
        time.sleep(chance.choice([chance.uniform(0, 0.05), chance.uniform(0.05, 0.8)]))
        assert server.process.poll() is None, server.stderr[-2000:]
        for client in clients:
            client.up.clear()
        server.kill9()
        while chance.random() < 0.2:
            # Dies again while it starts: recovery must survive that, too.
            server.spawn()
            time.sleep(chance.uniform(0, 0.03))
            server.kill9()
            during_start += 1
        server.start()
        for client in clients:
            client.up.set()
            assert client.failure is None, client.failure
    return during_start


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
    clients = [Customer(i, server, SEED, TOKENS, LIMITED, {503}, key_rate=0.5, cancel_rate=0.15)
               for i in range(CLIENTS)]
    try:
        for sku, available in LIMITED.items():
            server.put_product(sku, available)
        for client in clients:
            client.up.set(), client.start()
        during_start = kill_again_and_again(server, chance, clients)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.finish(20)

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
        for client in clients:
            client.stopping.set(), client.up.set()
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
          f"{sum(c.asked_again for c in clients)} answers lost, {sum(c.repeats for c in clients)} keys repeated, "
          f"{sum(len(c.cancelled) for c in clients)} cancelled; "
          f"all at their end {waited:.1f} s after the load")
    # A run in which nothing happened proves nothing.
    assert answered > 20 * KILLS / 6 and all(statuses.values()) and any(c.asked_again for c in clients)
