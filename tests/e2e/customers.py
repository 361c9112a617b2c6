"""Customers for the tests that let a shop fail: they place orders, ask again until they are answered, and cancel
some of their orders."""

import contextlib
import http.client
import math
import random
import threading
import time

from harness import order_body, unique

TRIES = 1000
GONE = (OSError, http.client.HTTPException)


class Customer(threading.Thread):
    """With a key it repeats a request until it has an answer. Without a key it never repeats: that order may
    exist or not, but at most once. `busy` are the statuses after which it asks again."""

    def __init__(self, number, shop, seed, tokens, skus, busy, orders=math.inf, key_rate=1.0, cancel_rate=0.1):
        super().__init__(daemon=True)
        self.number, self.shop, self.random = number, shop, random.Random(seed * 100 + number)
        self.tokens, self.skus, self.busy, self.orders = tokens, [None, *skus], busy, orders
        self.key_rate, self.cancel_rate = key_rate, cancel_rate
        self.up, self.stopping = threading.Event(), threading.Event()
        self.sent = {}          # request tag -> whether under a key
        self.answered = {}      # request tag -> the order as it was answered first
        self.cancelled = set()  # order ids whose cancel was answered 200
        self.asked_again = self.repeats = 0
        self.failure = None

    def run(self):
        try:
            while len(self.sent) < self.orders and not self.stopping.is_set():
                self.place_order()
        except BaseException as failure:
            self.failure = failure

    def finish(self, seconds):
        self.join(seconds)
        assert not self.is_alive() and self.failure is None, self.failure

    def place_order(self):
        tag = f"{self.number}-{len(self.sent)}"
        key = unique("key") if self.random.random() < self.key_rate else None
        self.sent[tag] = key is not None
        body = order_body(f"customer{self.number}@example.com", sku=self.random.choice(self.skus),
                          quantity=self.random.randint(1, 3), paymentMethod=self.random.choice(self.tokens),
                          metadata={"tag": tag})
        answer = self.ask(lambda: self.shop.post_order(body, key), {201}, TRIES if key else 1)
        if not answer:
            return
        self.answered[tag] = answer.json
        if key and self.random.random() < 0.2:
            repeat = self.ask(lambda: self.shop.post_order(body, key), {201})
            assert repeat.body == answer.body, (repeat, answer)
            self.repeats += 1
        if self.random.random() < self.cancel_rate:
            order_id = answer.json["orderId"]
            if self.ask(lambda: self.shop.admin("POST", f"/orders/{order_id}/cancel"), {200, 409}).status == 200:
                self.cancelled.add(order_id)

    def ask(self, request, expected, tries=TRIES):
        """The first answer of the expected statuses; None if its only try fails."""
        for _ in range(tries):
            self.up.wait()
            with contextlib.suppress(*GONE):
                answer = request()
                if answer.status in expected:
                    return answer
                assert answer.status in self.busy, answer
            self.asked_again += 1
            time.sleep(0.002)
        assert tries == 1, "not answered"


def assert_no_answer_was_lost(customers, stored):
    by_tag = {}
    for order in stored:
        by_tag.setdefault(order["metadata"]["tag"], []).append(order)
    unchanging = ("orderId", "customerEmail", "items", "currency", "total", "totalMinor", "createdAt", "metadata")
    sent = {}
    for customer in customers:
        sent.update(customer.sent)
        for tag, answered in customer.answered.items():
            order, = by_tag.get(tag, [None])
            assert order, f"order {answered['orderId']} was answered 201 and is gone"
            assert {k: order[k] for k in unchanging} == {k: answered[k] for k in unchanging}
            assert order["version"] >= answered["version"]
        for order_id in customer.cancelled:
            assert next(o for o in stored if o["orderId"] == order_id)["status"] == "CANCELLED"
    # No order without a request, and never two of one.
    assert set(by_tag) <= set(sent)
    assert all(len(orders) == 1 for orders in by_tag.values())
