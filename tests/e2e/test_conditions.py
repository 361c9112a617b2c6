"""Conditional requests: If-Match and If-None-Match on PUT /products/{sku}, and the entity tags that they name."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import order_body, unique

BODY = {"name": "Blue mug", "price": 12.5}


def put(server, sku, body=BODY, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.request("PUT", f"/products/{sku}", body, {"Authorization": f"Bearer {server.token}", **headers})


def etag(server, sku):
    return server.get(f"/products/{sku}").headers["etag"]


def test_if_none_match_creates_and_does_not_replace(server):
    sku = unique("sku")
    assert put(server, sku, {**BODY, "available": 5}, If_None_Match="*").status == 201
    put(server, sku, {**BODY, "available": 9}, If_None_Match="*").problem(412, "precondition_failed")
    put(server, sku, {**BODY, "price": 1}, If_None_Match=etag(server, sku)).problem(412)
    assert server.stock(sku)["available"] == 5
    assert put(server, sku, If_None_Match='"other"').status == 200


def test_if_match_replaces_what_was_read_and_nothing_else(server):
    sku = unique("sku")
    put(server, sku, If_Match="*").problem(412)
    server.get(f"/products/{sku}").problem(404)
    assert put(server, sku).status == 201
    first = etag(server, sku)
    assert put(server, sku, {**BODY, "price": 13}, If_Match=f'"x", {first}').status == 200
    put(server, sku, {**BODY, "price": 14}, If_Match=first).problem(412, "precondition_failed")
    put(server, sku, {**BODY, "price": 14}, If_Match=f"W/{etag(server, sku)}").problem(412)
    put(server, sku, {**BODY, "price": 14}, If_Match="nonsense").problem(412)
    assert str(server.get(f"/products/{sku}").json["price"]) == "13.00"
    assert put(server, sku, If_Match="*").status == 200


def test_the_tag_of_a_product_changes_with_its_stock(server):
    sku = unique("sku")
    put(server, sku, {**BODY, "available": 5})
    before = etag(server, sku)
    assert etag(server, sku) == before
    adjusted = server.admin("POST", f"/products/{sku}/adjustments", {"quantity": 1, "reason": "found"})
    assert adjusted.headers["etag"] == etag(server, sku) != before
    put(server, sku, {**BODY, "available": 5}, If_Match=before).problem(412)
    assert server.stock(sku)["available"] == 6


def test_the_tag_of_an_order_is_its_version(server):
    created = server.post_order(order_body())
    assert created.headers["etag"] == '"1"'
    shipped = server.await_status(created.json["orderId"], "SHIPPED")
    answer = server.get(f"/orders/{created.json['orderId']}")
    assert answer.headers["etag"] == f'"{shipped["version"]}"'


def test_of_many_that_have_read_the_same_one_replaces(fresh_server):
    server, sku, gate = fresh_server, unique("sku"), threading.Barrier(32)
    put(server, sku)
    read = etag(server, sku)

    def replace(price):
        gate.wait(10)
        return put(server, sku, {**BODY, "price": price}, If_Match=read)

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(replace, range(100, 132)))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 31


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_condition_is_no_way_around_the_token(server, header):
    server.request("PUT", "/products/x", BODY, {header: "*"}).problem(401)
