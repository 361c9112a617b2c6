"""Idempotency-Key: one key, one order, whatever is repeated, raced or killed in between."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import order_body, unique


def replayed(answer):
    return answer.headers.get("idempotent-replayed") == "true"


def test_a_repeated_post_answers_the_same_order(server):
    key, body = unique("key"), order_body()
    first = server.post_order(body, key)
    assert first.status == 201 and not replayed(first), first
    # At once, and when the order has moved on: what the first POST was answered is what it answers.
    second = server.post_order(body, key)
    server.await_status(first.json["orderId"], "SHIPPED")
    third = server.post_order(body, key)
    for repeat in (second, third):
        assert repeat.status == 201 and replayed(repeat), repeat
        assert repeat.body == first.body
        assert repeat.headers["location"] == first.headers["location"]


def test_another_body_under_the_same_key_is_refused(server):
    key, email = unique("key"), unique("u") + "@example.com"
    server.create(order_body(email), key)
    for other in (order_body(email, quantity=2), order_body(email, price=30),
                  order_body(email, metadata={}), order_body(email, currency="USD")):
        server.post_order(other, key).problem(422, "idempotency_key_reused")
    assert len(server.list_orders(customerEmail=email)) == 1


def test_white_space_and_member_order_do_not_matter(server):
    key = unique("key")
    body = order_body(metadata={"a": "1", "b": "2"}, currency="USD")
    first = server.post_order(json.dumps(body), key)
    reordered = dict(reversed(body.items()))
    reordered["items"] = [dict(reversed(item.items())) for item in body["items"]]
    reordered["metadata"] = dict(reversed(body["metadata"].items()))
    variants = [json.dumps(body, indent=4), json.dumps(reordered), json.dumps(body, separators=(",", ":")),
                json.dumps(body).replace("Widget", "W\\u0069dget"),
                json.dumps(body).replace("29.99", "29.990").replace('"quantity": 1', '"quantity":1')]
    for variant in variants:
        again = server.post_order(variant, key)
        assert again.status == 201 and replayed(again) and again.body == first.body, (variant, again)


def test_the_key_belongs_to_one_customer(server):
    key = unique("key")
    first = server.create(order_body("one@example.com"), key)
    second = server.create(order_body("two@example.com"), key)
    assert first["orderId"] != second["orderId"]


def test_the_domain_of_a_customer_is_of_no_case(server):
    """One mailbox in two spellings is one customer: the key names one request of theirs."""
    key = unique("key")
    server.create(order_body("one@example.com"), key)
    server.post_order(order_body("one@EXAMPLE.com"), key).problem(422, "idempotency_key_reused")
    # In front of the @ the case may matter.
    assert server.create(order_body("One@example.com"), key)["customerEmail"] == "One@example.com"


def test_keys_of_every_length(server):
    for key in ("a", "~", 'with "quotes, commas"; and spaces', "k" * 255):
        email = unique("u") + "@example.com"
        first, second = (server.post_order(order_body(email), key) for _ in range(2))
        assert first.status == 201 and first.body == second.body, (key, second)


def test_a_refused_order_does_not_use_the_key_up(server):
    key = unique("key")
    server.post_order(order_body(quantity=0), key).problem(422)
    answer = server.post_order(order_body(quantity=1), key)
    assert answer.status == 201 and not replayed(answer), answer


def test_a_replay_does_not_look_at_todays_catalogue(server):
    key, sku = unique("key"), unique("sku")
    body = order_body(sku=sku, price=10)
    first = server.post_order(body, key)
    assert first.status == 201
    server.put_product(sku, available=1, price=11)
    again = server.post_order(body, key)
    assert again.status == 201 and again.body == first.body, again


@pytest.mark.parametrize("bodies", [1, 2])
def test_64_concurrent_posts_are_one_order(fresh_server, bodies):
    server, email = fresh_server, "raced@example.com"
    for _ in range(3):
        key, gate = unique("key"), threading.Barrier(64)

        def post(i):
            gate.wait(10)
            return server.post_order(order_body(email, quantity=1 + i % bodies), key)

        with ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(post, range(64)))
        made = [answer for answer in answers if answer.status == 201]
        # All of one body, whichever won.
        assert len(made) == 64 // bodies and len({answer.body for answer in made}) == 1
        assert len({answer.headers["location"] for answer in made}) == 1
        assert sum(not replayed(answer) for answer in made) == 1
        for answer in answers:
            if answer.status != 201:
                answer.problem(422, "idempotency_key_reused")
        server.await_end(made[0].json["orderId"])
    assert len(server.list_orders(customerEmail=email)) == 3
    server.assert_audit_clean()


def test_keys_survive_a_restart_and_a_kill(fresh_server):
    server, key = fresh_server, unique("key")
    first = server.post_order(order_body(), key)
    for end in (server.stop, server.kill9):
        end()
        server.start()
        again = server.post_order(order_body(), key)
        assert again.status == 201 and replayed(again) and again.body == first.body, again
        server.post_order(order_body(quantity=7), key).problem(422, "idempotency_key_reused")
    assert len(server.list_orders()) == 1


def adjust(server, sku, quantity, key, reason="delivery"):
    headers = {"Authorization": f"Bearer {server.token}", "Idempotency-Key": key}
    return server.request("POST", f"/products/{sku}/adjustments", {"quantity": quantity, "reason": reason}, headers)


def test_a_repeated_adjustment_moves_stock_once(fresh_server):
    server, sku, key = fresh_server, unique("sku"), unique("key")
    server.put_product(sku, available=5)
    first = adjust(server, sku, 20, key)
    assert first.status == 200 and not replayed(first) and first.json["stock"]["available"] == 25
    for restart in (False, True):
        if restart:
            server.restart()
        again = adjust(server, sku, 20, key)
        assert again.status == 200 and replayed(again) and again.body == first.body, again
    adjust(server, sku, 21, key).problem(422, "idempotency_key_reused")
    adjust(server, sku, 20, key, "another delivery").problem(422, "idempotency_key_reused")
    adjust(server, sku, 20, "").problem(400, "invalid_idempotency_key")
    assert server.stock(sku)["available"] == 25
    assert adjust(server, sku, 20, unique("key")).json["stock"]["available"] == 45
    server.assert_audit_clean()


def test_the_key_of_an_adjustment_belongs_to_one_product(server):
    key, skus = unique("key"), [unique("sku") for _ in range(2)]
    for sku in skus:
        server.put_product(sku, available=0)
        assert adjust(server, sku, 3, key).json["stock"]["available"] == 3


def test_a_refused_adjustment_does_not_use_the_key_up(server):
    key, sku = unique("key"), unique("sku")
    server.put_product(sku, available=1)
    adjust(server, sku, -2, key).problem(409)
    assert adjust(server, sku, -1, key).json["stock"]["available"] == 0
    # Once more would be below zero; but it has happened.
    assert replayed(adjust(server, sku, -1, key))
    assert server.stock(sku)["available"] == 0


def test_64_concurrent_adjustments_under_one_key_are_one(fresh_server):
    sku, key, gate = unique("sku"), unique("key"), threading.Barrier(64)
    fresh_server.put_product(sku, available=64)

    def remove(_):
        gate.wait(10)
        return adjust(fresh_server, sku, -1, key)

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(remove, range(64)))
    assert all(answer.status == 200 for answer in answers)
    assert sum(not replayed(answer) for answer in answers) == 1
    assert fresh_server.stock(sku)["available"] == 63
