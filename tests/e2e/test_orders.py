"""One order through its whole life: what is answered, what happens to it, what can stop it."""

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import pytest

from harness import LIFE, order_body, quote, unique

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIRST_CURL = (b'{"customerEmail": "test@example.com", '
              b'"items": [{"name": "Widget", "price": 29.99, "quantity": 2}]}')


def at(event):
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00"))


def test_first_curl_is_answered_with_the_whole_order(server):
    answer = server.post_order(FIRST_CURL)
    assert answer.status == 201, answer
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    order = answer.json
    assert UUID7.fullmatch(order["orderId"])
    assert answer.headers["location"] == "/orders/" + order["orderId"]
    assert order["status"] == "PENDING"
    assert order["paymentStatus"] == "none"
    assert order["fulfillmentStatus"] == "unfulfilled"
    assert order["customerEmail"] == "test@example.com"
    assert len(order["items"]) == 1
    item = order["items"][0]
    assert (item["sku"], item["name"], item["quantity"]) == ("Widget", "Widget", 2)
    assert (item["price"], item["lineTotal"]) == (Decimal("29.99"), Decimal("59.98"))
    assert order["currency"] == "USD"
    assert order["total"] == Decimal("59.98") and order["totalMinor"] == 5998
    assert RFC3339.fullmatch(order["createdAt"]) and order["updatedAt"] == order["createdAt"]
    assert order["version"] == 1
    assert not {"trackingNumber", "carrier", "reason"} & {k for k, v in order.items() if v}


def test_first_curl_is_shipped(server):
    order_id = server.create(FIRST_CURL)["orderId"]
    order = server.await_status(order_id, "SHIPPED")
    assert order["paymentStatus"] == "captured"
    assert order["fulfillmentStatus"] == "shipped"
    assert order["trackingNumber"] and order["carrier"]
    assert order["version"] == len(LIFE)
    assert order["updatedAt"] >= order["createdAt"]


def test_timeline_tells_every_step_in_order(server):
    order_id = server.create(order_body())["orderId"]
    server.await_status(order_id, "SHIPPED")
    timeline = server.timeline(order_id)
    events = timeline["events"]
    assert [event["type"] for event in events] == LIFE
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event["actor"] for event in events] == [
        "order-submission", "payment-processor", "inventory-processor",
        "fulfillment-processor", "fulfillment-processor", "fulfillment-processor"]
    assert [at(event) for event in events] == sorted(at(event) for event in events)
    assert [event.get("attempt") or 0 for event in events] == [0, 1, 0, 0, 1, 1]
    assert not timeline.get("next")


def test_version_counts_the_events_and_the_capture_is_stored_with_the_shipment(server):
    order_id = server.hold()
    assert server.order(order_id)["version"] == 1
    server.release()
    versions = set()

    def is_shipped(order):
        versions.add(order["version"])
        return order["status"] == "SHIPPED"
    server.await_order(order_id, is_shipped)
    # Which states a reader meets is chance; that of the capture without the shipment is never stored.
    assert 6 in versions and versions <= {1, 2, 3, 4, 6}


def test_timeline_says_what_is_due_next(server):
    order_id = server.hold()
    due = server.timeline(order_id)["next"]
    assert due["operation"] == "authorize" and due["queue"] == "payment"
    assert RFC3339.fullmatch(due["at"])
    server.release()
    server.await_status(order_id, "SHIPPED")


@pytest.mark.parametrize("token, reason", [
    ("pm_card_chargeDeclined", "card_declined|generic_decline"),
    ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
])
def test_declined_card(server, token, reason):
    order_id = server.create(order_body(paymentMethod=token))["orderId"]
    order = server.await_end(order_id)
    assert order["status"] == "PAYMENT_DECLINED"
    assert order["paymentStatus"] == "declined"
    assert order["fulfillmentStatus"] == "unfulfilled"
    assert re.search(reason, order["reason"]), order["reason"]
    assert server.events(order_id) == ["OrderReceived", "PaymentDeclined"]


@pytest.mark.parametrize("token", ["pm_sim_unknown_before", "pm_sim_unknown_after"])
def test_unknown_outcome_is_asked_again_and_takes_effect_once(server, token):
    order_id = server.create(order_body(paymentMethod=token))["orderId"]
    server.await_status(order_id, "SHIPPED")
    events = server.timeline(order_id)["events"]
    steps = [event for event in events if event["type"] != "WorkDeferred"]
    assert [event["type"] for event in steps] == LIFE
    assert len(steps) < len(events), "the unknown outcome left no trace in the timeline"
    # The same attempt again: the key grows only after a stored decline.
    assert steps[1]["attempt"] == 1 and steps[4]["attempt"] == 1


def test_an_answer_429_is_no_try(server):
    order_id = server.create(order_body(paymentMethod="pm_sim_throttled"))["orderId"]
    server.await_status(order_id, "SHIPPED")
    assert server.events(order_id) == LIFE


def test_gateway_that_never_answers_defers_and_can_be_cancelled(fresh_server):
    body = order_body(paymentMethod="pm_sim_unknown_always")
    order_id = fresh_server.create(body)["orderId"]
    # Tries come after up to 0.4, 0.8, 1.6 s: two of them within 2 s.
    fresh_server.await_order(order_id, lambda order: order["version"] >= 3)
    deferred, = (event for event in fresh_server.timeline(order_id)["events"] if event["type"] == "WorkDeferred")
    assert deferred["count"] >= 2 and deferred["firstAt"] < deferred["at"], deferred
    order = fresh_server.order(order_id)
    assert order["status"] == "PENDING" and order["paymentStatus"] == "none"
    assert fresh_server.timeline(order_id)["next"]["operation"] == "authorize"
    answer = fresh_server.admin("POST", f"/orders/{order_id}/cancel")
    assert answer.status == 200 and answer.json["status"] == "CANCELLED", answer
    fresh_server.await_end(order_id)
    assert fresh_server.events(order_id)[-1] == "PaymentVoided"
    fresh_server.assert_audit_clean()


def test_refused_capture_gives_the_stock_back(server):
    sku = unique("expired")
    server.put_product(sku, available=5)
    body = order_body(sku=sku, quantity=2, paymentMethod="pm_sim_capture_declined")
    order_id = server.create(body)["orderId"]
    order = server.await_end(order_id)
    assert order["status"] == "PAYMENT_DECLINED" and order["paymentStatus"] == "declined"
    assert order["fulfillmentStatus"] == "unfulfilled" and order["reason"] == "authorization_expired"
    assert server.events(order_id) == LIFE[:4] + ["CaptureDeclined"]
    assert server.stock(sku) == {"available": 5, "reserved": 0, "shipped": 0, "received": 5}


def test_cancel_while_the_authorization_is_on_its_way(fresh_server):
    server = fresh_server
    order_id = server.hold()
    answer = server.admin("POST", f"/orders/{order_id}/cancel", {"reason": "changed her mind"})
    assert answer.status == 200, answer
    assert (answer.json["status"], answer.json["reason"]) == ("CANCELLED", "changed her mind")
    server.await_status(server.release(), "SHIPPED")
    order = server.await_end(order_id)
    assert order["status"] == "CANCELLED"
    assert order["paymentStatus"] in ("none", "voided")
    assert server.events(order_id) == ["OrderReceived", "OrderCancelled", "PaymentVoided"]
    server.assert_audit_clean()


def test_a_cancel_that_is_repeated_succeeds_and_changes_nothing(server):
    order_id = server.hold()
    assert server.admin("POST", f"/orders/{order_id}/cancel").status == 200
    cancelled = server.await_end(order_id)
    again = server.admin("POST", f"/orders/{order_id}/cancel")
    assert (again.status, again.json) == (200, cancelled), again


def test_cancel_after_shipping_is_a_conflict(server):
    order_id = server.create(order_body())["orderId"]
    before = server.await_status(order_id, "SHIPPED")
    server.admin("POST", f"/orders/{order_id}/cancel").problem(409)
    assert server.order(order_id) == before


def test_cancel_races_every_step_and_has_one_winner(fresh_server):
    server = fresh_server
    sku = unique("raced")
    server.put_product(sku, available=1000)
    chance = random.Random(20)

    def order_and_cancel(version):
        # Of those cancelled at once, the provider holds the authorization: cancel wins.
        order_id = (server.hold(sku=sku) if version == 1
                    else server.create(order_body(sku=sku))["orderId"])
        # Cancel as soon as the order has made so many steps: before, at, and after the claim.
        server.await_order(order_id, lambda order: order["version"] >= version)
        return order_id, server.admin("POST", f"/orders/{order_id}/cancel").status

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(order_and_cancel, [chance.randint(1, 5) for _ in range(120)]))
    server.await_status(server.release(), "SHIPPED")
    cancelled = 0
    for order_id, status in results:
        order = server.await_end(order_id)
        assert (status, order["status"]) in {(200, "CANCELLED"), (409, "SHIPPED")}
        cancelled += status == 200
        if status == 200:
            assert server.events(order_id)[-1] == "PaymentVoided"
    assert 0 < cancelled < len(results)
    shipped = len(results) - cancelled
    assert server.stock(sku) == {"available": 1000 - shipped, "reserved": 0, "shipped": shipped,
                                 "received": 1000}
    server.assert_audit_clean()


def test_lines_of_one_sku_are_summed(server):
    sku, other = unique("twice"), unique("once")
    server.put_product(sku, available=5, price=10)
    server.put_product(other, available=5, price=1.5)
    items = [{"sku": sku, "name": "First", "quantity": 2}, {"sku": other, "name": "B", "quantity": 1},
             {"sku": sku, "name": "Second", "quantity": 3}]
    order = server.create({"customerEmail": "a@example.com", "items": items})
    assert [item["lineTotal"] for item in order["items"]] == [20, Decimal("1.5"), 30]
    assert order["totalMinor"] == 5150
    server.await_status(order["orderId"], "SHIPPED")
    assert server.stock(sku) == {"available": 0, "reserved": 0, "shipped": 5, "received": 5}
    assert server.stock(other)["shipped"] == 1


def test_lines_of_one_sku_are_out_of_stock_together(server):
    sku, other = unique("twice"), unique("plenty")
    server.put_product(sku, available=4)
    server.put_product(other, available=100)
    items = [{"sku": other, "name": "B", "quantity": 1}, {"sku": sku, "name": "A", "quantity": 2},
             {"sku": sku, "name": "A", "quantity": 3}]
    order_id = server.create({"customerEmail": "a@example.com", "items": items})["orderId"]
    order = server.await_end(order_id)
    assert order["status"] == "OUT_OF_STOCK" and order["paymentStatus"] == "voided"
    assert order["reason"] == f"out_of_stock: {sku}"
    assert server.events(order_id) == ["OrderReceived", "PaymentAuthorized", "OutOfStock",
                                       "PaymentVoided"]
    # All lines or none.
    assert server.stock(sku)["available"] == 4
    assert server.stock(other)["available"] == 100


@pytest.mark.parametrize("currency, price, quantity, total_text, minor", [
    ("USD", "29.9", 1, "29.90", 2990),
    ("USD", "29.90", 2, "59.80", 5980),
    ("USD", "3e1", 1, "30.00", 3000),
    ("USD", "0", 3, "0.00", 0),
    ("USD", "-0", 1, "0.00", 0),
    ("USD", "29.9900", 1, "29.99", 2999),
    ("USD", "1e-2", 1, "0.01", 1),
    ("USD", "10000000000", 1, "10000000000.00", 10**12),
    ("USD", "0.1", 3, "0.30", 30),
    ("JPY", "500", 3, "1500", 1500),
    ("JPY", "5.0", 1, "5", 5),
    ("KWD", "1.005", 2, "2.010", 2010),
    ("EUR", "8.05", 7, "56.35", 5635),
])
def test_amounts_are_exact(server, currency, price, quantity, total_text, minor):
    body = ('{"customerEmail":"money@example.com","currency":"%s",'
            '"items":[{"name":"W","price":%s,"quantity":%d}]}' % (currency, price, quantity))
    answer = server.post_order(body)
    assert answer.status == 201, answer
    order = answer.json
    assert order["totalMinor"] == minor and order["currency"] == currency
    assert re.search(rb'"total":\s*' + re.escape(total_text.encode()) + rb"[,}]", answer.body), answer
    assert server.await_status(order["orderId"], "SHIPPED")["totalMinor"] == minor


def test_the_largest_order(server):
    items = [{"name": f"line {i}", "price": 0.01, "quantity": 10_000} for i in range(100)]
    order = server.create({"customerEmail": "large@example.com", "items": items})
    assert len(order["items"]) == 100 and order["totalMinor"] == 1_000_000
    server.await_status(order["orderId"], "SHIPPED")


@pytest.mark.parametrize("name", [
    "Ærøskøbing 🛒👩‍👩‍👧‍👦 ☕️", "قميص قطني أبيض", "חולצה לבנה", "東京タワー", "e\u0301 is not \u00e9",
    "\u202eright to left\u202c", 'quote " back \\ slash / tab \t', "a\u007f\u0001\u2028\u2029",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿" * 4,
])
def test_names_are_returned_unchanged(server, name):
    body = order_body(metadata={name[:8]: name})
    body["items"][0]["name"] = name
    for text in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
        order = server.create(text)
        for seen in (order, server.order(order["orderId"])):
            assert seen["items"][0]["name"] == name
            assert seen["items"][0]["sku"] == name
            assert seen["metadata"] == {name[:8]: name}


def test_names_are_not_escaped_without_need(server):
    name = "Grüße, 東京 🛒 قميص"
    body = json.dumps(order_body(), ensure_ascii=False).replace("Widget", name)
    answer = server.post_order(body)
    assert answer.status == 201 and name.encode() in answer.body


def test_address_and_metadata_come_back(server):
    address = {"name": "Zoë Müller", "line1": "Straße 1", "line2": "3. OG", "city": "Köln",
               "region": "NRW", "postalCode": "50667", "country": "DE"}
    metadata = {"cart": "c-17", "empty": "", "a/b~c": "x"}
    order = server.create(order_body(shippingAddress=address, metadata=metadata))
    assert order["shippingAddress"] == address and order["metadata"] == metadata
    stored = server.await_status(order["orderId"], "SHIPPED")
    assert stored["shippingAddress"] == address and stored["metadata"] == metadata


def test_the_price_may_be_left_to_the_catalogue(server):
    sku = unique("priced")
    server.put_product(sku, available=10, price=12.5)
    item = {"name": "W", "sku": sku, "quantity": 2}
    order = server.create({"customerEmail": "a@example.com", "items": [item]})
    assert order["items"][0]["price"] == Decimal("12.5") and order["totalMinor"] == 2500
    order = server.create({"customerEmail": "a@example.com", "items": [{**item, "price": 12.50}]})
    assert order["totalMinor"] == 2500


def test_a_price_that_differs_from_the_catalogue_is_refused(server):
    sku = unique("priced")
    server.put_product(sku, available=10, price=12.5)
    body = order_body(sku=sku, price=12.49)
    problem = server.post_order(body).problem(422, "price_mismatch")
    assert [error["pointer"] for error in problem["errors"]] == ["/items/0/price"]
    assert server.stock(sku)["available"] == 10


def test_a_price_is_required_where_the_catalogue_has_none(server):
    body = {"customerEmail": "a@example.com", "items": [{"name": unique("new"), "quantity": 1}]}
    problem = server.post_order(body).problem(422)
    assert [error["pointer"] for error in problem["errors"]] == ["/items/0/price"]


def test_a_sku_that_looks_like_a_product_is_warned_of(server):
    sku = unique("Mug")
    server.put_product(sku, available=5, price=9.0)
    body = {**order_body(), "items": [{"name": "Tea", "price": 1.0, "quantity": 1},
                                      {"sku": f" {sku.upper()}", "name": "Mug", "price": 0.01, "quantity": 1}]}
    key = unique("key")
    for _ in range(2):  # the second is a replay
        answer = server.post_order(body, key)
        assert answer.status == 201
        (warning,) = answer.json["warnings"]
        assert warning["code"] == "similar_sku" and warning["pointer"] == "/items/1/sku" and sku in warning["detail"]
    order = server.await_status(answer.json["orderId"], "SHIPPED")
    assert "warnings" not in order
    assert server.get(f"/products/{sku}").json["stock"]["available"] == 5
    assert "warnings" not in server.create(order_body(sku=sku, price=9.0))


def test_unknown_skus_can_be_rejected(serve):
    server = serve("--unknown-sku", "reject")
    server.put_product("known", available=3)
    problem = server.post_order(order_body(sku="unknown")).problem(422, "unknown_sku")
    assert [error["pointer"] for error in problem["errors"]] == ["/items/0/sku"]
    problem = server.post_order(order_body(sku="Known")).problem(422, "unknown_sku")
    assert problem["errors"][0]["detail"].endswith("similar SKU known")
    # Errors of different codes come under the general one.
    both = order_body(sku="unknown")
    both["items"] += order_body(sku="known", price=2)["items"]
    server.post_order(both).problem(422, "invalid_value")
    assert server.list_orders() == []
    server.await_status(server.create(order_body(sku="known"))["orderId"], "SHIPPED")


def test_an_unknown_order_is_not_found(server):
    server.get("/orders/01890000-0000-7000-8000-000000000000").problem(404)
    server.get("/orders/01890000-0000-7000-8000-000000000000/timeline").problem(404)
    server.get("/orders/not-an-id").problem(404)


def test_the_upper_case_id_is_the_same_order(server):
    order_id = server.create(order_body())["orderId"]
    assert server.order(order_id.upper())["orderId"] == order_id


def test_equal_bodies_without_a_key_are_two_orders(server):
    first, second = server.create(order_body()), server.create(order_body())
    assert first["orderId"] != second["orderId"]


def test_ids_grow_with_time(server):
    ids = [server.create(order_body())["orderId"] for _ in range(50)]
    assert ids == sorted(ids) and len(set(ids)) == 50


@pytest.mark.parametrize("letter", "a\u00e9\u65e5\U0001f600")
def test_limits_of_texts_count_characters(server, letter):
    email = letter * 241 + "@example.com"
    address = {"line1": letter * 256, "city": letter * 256, "country": "DE", "name": letter * 256}
    metadata = {letter * 64: letter * 512}
    body = order_body(email, shippingAddress=address, metadata=metadata)
    body["items"] = [{"sku": letter * 256, "name": letter * 256, "price": 1, "quantity": 1}]
    order = server.create(body)
    assert order["customerEmail"] == email and order["metadata"] == metadata
    assert order["shippingAddress"] == address
    assert order["items"][0]["sku"] == order["items"][0]["name"] == letter * 256
    server.await_status(order["orderId"], "SHIPPED")
    reason = server.create(body | {"paymentMethod": "pm_sim_unknown_always"})["orderId"]
    cancelled = server.admin("POST", f"/orders/{reason}/cancel", {"reason": letter * 256})
    assert cancelled.json["reason"] == letter * 256
    server.admin("POST", f"/orders/{reason}/cancel", {"reason": letter * 257}).problem(422)


@pytest.mark.parametrize("letter", "a\u65e5\U0001f600")
def test_limits_of_a_products_texts_count_characters(server, letter):
    sku = unique("") + letter * 243
    assert len(sku) == 256
    assert server.put_product(sku, 5, name=letter * 256).json["sku"] == sku
    path = f"/products/{quote(sku)}"
    assert server.admin("POST", path + "/adjustments", {"quantity": 1, "reason": letter * 256}).status == 200
    assert server.stock(sku)["available"] == 6
    server.admin("PUT", path + quote(letter), {"name": "x", "price": 1}).problem(400)
    server.admin("PUT", path, {"name": letter * 257, "price": 1}).problem(422)
    server.admin("PUT", path, {"name": "\u3000", "price": 1}).problem(422)


@pytest.mark.parametrize("sku", [".", "..", "%2e", "%2E%2e", "%20", "%E3%80%80"])
def test_a_sku_that_no_path_can_name_is_refused(server, sku):
    server.admin("PUT", f"/products/{sku}", {"name": "x", "price": 1}).problem(400, "invalid_target")
    server.get(f"/products/{sku}").problem(404)
