"""What moves and checks a whole shop: export, import and audit; and work that is parked."""

import contextlib
import json
import re
import sqlite3
import threading

import pytest

from harness import LIFE, TERMINAL, import_waiting, order_body, poll, run_cli, running, start_cli


def use_everything(server):
    """A shop with something of everything in it."""
    server.put_product("lamp", available=3, price=12.5, name="Lamp 💡")
    server.put_product("yen", available=5, price=100, currency="JPY")
    server.admin("POST", "/products/lamp/adjustments", {"quantity": -1, "reason": "broken \"glass\""})
    address = {"name": "Zoë", "line1": "Straße 1", "city": "Köln", "postalCode": "50667", "country": "DE"}
    bodies = [order_body(sku="lamp", price=12.5), order_body(metadata={"a": "b", "ü": "ö\n\t\"\\"}),
              order_body(shippingAddress=address), order_body(sku="lamp", price=12.5, quantity=9),
              order_body(sku="yen", price=100, currency="JPY"), order_body("קניות@example.com")]
    bodies += [order_body(paymentMethod=token) for token in
               ("pm_card_chargeDeclined", "pm_sim_unknown_before", "pm_sim_unknown_after",
                "pm_sim_capture_declined")]
    ids = [server.create(body, f"key-{i}")["orderId"] for i, body in enumerate(bodies)]
    waiting = server.create(order_body(paymentMethod="pm_sim_unknown_always"))["orderId"]
    cancelled = server.create(order_body(paymentMethod="pm_sim_unknown_always"))["orderId"]
    server.admin("POST", f"/orders/{cancelled}/cancel", {"reason": "wrong colour"})
    for order_id in [*ids, cancelled]:
        server.await_end(order_id)
    server.await_order(waiting, lambda order: order["version"] > 1)
    return ids


def export(data):
    result = run_cli("export", "--data", data)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_export_and_import_lose_nothing(fresh_server, tmp_path):
    use_everything(fresh_server)
    fresh_server.stop()
    orders_file = tmp_path / "shop.ndjson"
    result = run_cli("export", "--data", fresh_server.data, "--output", orders_file)
    assert result.returncode == 0, result.stderr
    text = orders_file.read_text()
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
    assert oct(orders_file.stat().st_mode & 0o777) == "0o600"

    result = run_cli("import", "--data", tmp_path / "copy", "--input", orders_file)
    assert result.returncode == 0, result.stderr
    assert export(tmp_path / "copy") == text == export(fresh_server.data)

    with running(tmp_path, data=fresh_server.data) as before:
        all_before, products = before.list_orders(), before.get("/products").json
    with running(tmp_path, data=tmp_path / "copy") as copy:
        seen = {o["orderId"]: o for o in copy.list_orders()}
        assert len(seen) == len(all_before)
        for order in all_before:
            if order["status"] in TERMINAL:
                assert seen[order["orderId"]] == order
        assert copy.get("/products").json == products
        # The keys came along, too.
        again = copy.post_order(order_body(sku="lamp", price=12.5), "key-0")
        assert again.status == 201 and again.headers["idempotent-replayed"] == "true"
        copy.assert_audit_clean()


def test_export_of_a_running_shop_is_one_moment_of_it(fresh_server, tmp_path):
    stop = threading.Event()

    def load():
        while not stop.is_set():
            fresh_server.create(order_body())
    loader = threading.Thread(target=load)
    loader.start()
    try:
        poll(lambda: len(fresh_server.list_page(limit=50)["orders"]) == 50, what="50 orders")
        text = export(fresh_server.data)
    finally:
        stop.set()
        loader.join()
    result = run_cli("import", "--data", tmp_path / "copy", stdin=text)
    assert result.returncode == 0, result.stderr
    assert export(tmp_path / "copy") == text


LARGE_ORDER = order_body(metadata={f"{i:02}" + "k" * 60: "v" * 512 for i in range(50)})
LOG_BYTES_MAX = 40_000_000


def log_bytes(server):
    value = server.get("/metrics").body.decode()
    return int(float(re.search(r"^orderflow_write_ahead_log_bytes (\S+)", value, re.M).group(1)))


def test_the_log_is_cut_after_a_process_that_read_one_moment_for_long(fresh_server):
    with contextlib.closing(sqlite3.connect(fresh_server.data / "orderflow.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM orders").fetchone()
        poll(lambda: fresh_server.create(LARGE_ORDER) and log_bytes(fresh_server) > LOG_BYTES_MAX, what="a long log")
    poll(lambda: fresh_server.create(LARGE_ORDER) and log_bytes(fresh_server) < LOG_BYTES_MAX, what="a short log")


def test_a_slow_reader_of_an_export_does_not_keep_the_log(fresh_server):
    before = [fresh_server.create(LARGE_ORDER)["orderId"] for _ in range(10)]
    for order_id in before:
        fresh_server.await_status(order_id, "SHIPPED")
    with start_cli("export", "--data", fresh_server.data) as exporting:
        first = exporting.stdout.readline()  # far more follows than a pipe takes
        for _ in range(1_000):
            fresh_server.create(LARGE_ORDER)
        assert 0 < log_bytes(fresh_server) < LOG_BYTES_MAX
        lines = [json.loads(line) for line in [first, *exporting.stdout]]
    assert exporting.returncode == 0
    assert [line["orderId"] for line in lines if line["type"] == "order"] == before
    assert lines[-1]["lines"] == len(lines) - 1


@pytest.mark.parametrize("command, option", [("export", "--output"), ("import", "--input")])
def test_without_a_shop_or_an_input_nothing_is_made(tmp_path, command, option):
    result = run_cli(command, "--data", tmp_path / "nowhere", option, tmp_path / "shop.ndjson")
    assert result.returncode == 1 and result.stderr
    assert list(tmp_path.iterdir()) == []


def test_export_of_an_empty_shop(fresh_server, tmp_path):
    fresh_server.stop()
    text = export(fresh_server.data)
    result = run_cli("import", "--data", tmp_path / "copy", stdin=text)
    assert result.returncode == 0, result.stderr
    assert export(tmp_path / "copy") == text


# What else makes a line bad, and what its error says, is tested in src/tools/export_import_test.cc.
def test_import_of_a_bad_line_names_it_and_stores_nothing(fresh_server, tmp_path):
    fresh_server.put_product("lamp", available=3)
    for _ in range(3):
        fresh_server.await_status(fresh_server.create(order_body(sku="lamp"))["orderId"], "SHIPPED")
    fresh_server.stop()
    lines = export(fresh_server.data).splitlines()
    at = next(i for i, line in enumerate(lines) if '"type":"order"' in line)
    lines.insert(at + 3, lines[at])  # after its payment and its shipment
    result = run_cli("import", "--data", tmp_path / "copy", stdin="\n".join(lines) + "\n")
    assert result.returncode == 1
    assert f"line {at + 4}: order" in result.stderr, result.stderr
    assert "is there already; nothing was imported" in result.stderr
    assert "test@example.com" not in result.stderr  # P1
    with running(tmp_path, data=tmp_path / "copy") as copy:
        assert copy.list_orders() == [] and copy.get("/products").json["products"] == []


def test_import_twice_is_refused(fresh_server):
    fresh_server.await_status(fresh_server.create(order_body())["orderId"], "SHIPPED")
    fresh_server.stop()
    text = export(fresh_server.data)
    result = run_cli("import", "--data", fresh_server.data, stdin=text)
    assert result.returncode == 1 and result.stderr
    assert export(fresh_server.data) == text


def test_import_into_a_running_shop_is_refused(fresh_server):
    result = run_cli("import", "--data", fresh_server.data, stdin='{"type":"header","version":2}\n')
    assert result.returncode == 1 and "another orderflow process" in result.stderr, result.stderr


def test_audit_reports_what_it_checked(fresh_server):
    use_everything(fresh_server)
    result = fresh_server.audit()  # while it runs
    assert result.returncode == 0, result.stdout + result.stderr
    for name in ("M1", "M2", "M3", "M4", "M5", "S1", "T1", "E1"):
        line = next(line for line in result.stdout.splitlines() if name in line)
        assert any(word.isdigit() and int(word) > 0 for word in line.replace(",", " ").split()), line


def test_audit_without_a_shop_is_an_error(tmp_path):
    result = run_cli("audit", "--data", tmp_path / "nowhere")
    assert result.returncode == 2 and result.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("damage, check", [
    ("DELETE FROM shipments", "E1"), ("UPDATE payments SET entries = replace(entries, 'capture:1 2999', 'capture:1 2998')", "M5"),
    ("DELETE FROM payments", "M5"),
])
def test_audit_finds_books_that_disagree(fresh_server, damage, check):
    order_id = fresh_server.create(order_body())["orderId"]
    fresh_server.await_status(order_id, "SHIPPED")
    fresh_server.stop()
    with sqlite3.connect(fresh_server.data / "simulated.db") as books:
        assert books.execute(damage).rowcount == 1
    books.close()
    result = fresh_server.audit()
    assert result.returncode == 1, result.stdout
    assert check in result.stdout and order_id in result.stdout


def test_a_parked_order_goes_on_after_a_retry(fresh_server, tmp_path):
    # The gateway's first answer to this token is lost: that is the last try.
    order_id, = import_waiting(fresh_server, tmp_path / "parked", hours=21, paymentMethod="pm_sim_unknown_before")
    with running(tmp_path, data=tmp_path / "parked") as server:
        parked = server.await_order(order_id, lambda order: order.get("attention"))
        assert parked["status"] == "PENDING" and parked["attention"]["reason"]
        assert server.timeline(order_id).get("next") is None
        assert queue(server, "payment")["parked"] == 1
        assert server.admin("GET", "/queues").json["parked"][0]["orderId"] == order_id
        server.assert_audit_clean()
        server.restart()  # parked it stays
        assert server.order(order_id)["attention"] == parked["attention"]

        retried = server.admin("POST", f"/orders/{order_id}/retry")
        assert retried.status == 200 and "attention" not in retried.json, retried
        server.await_status(order_id, "SHIPPED")
        assert server.events(order_id) == [LIFE[0], "WorkDeferred", "WorkParked", "WorkRetried"] + LIFE[1:]
        assert queue(server, "payment")["parked"] == 0
        server.admin("POST", f"/orders/{order_id}/retry").problem(409)
        server.assert_audit_clean()


def test_parked_orders_of_a_queue_are_retried_in_bulk(fresh_server, tmp_path):
    ids = import_waiting(fresh_server, tmp_path / "parked", hours=21, count=4, paymentMethod="pm_sim_unknown_before")
    with running(tmp_path, data=tmp_path / "parked") as server:
        for order_id in ids:
            server.await_order(order_id, lambda order: order.get("attention"))
        assert queue(server, "payment")["parked"] == 4

        def retry(name="payment", **body):
            return server.admin("POST", f"/queues/{name}/retry", body or None)
        server.request("POST", "/queues/payment/retry").problem(401)
        retry("shipping").problem(404)
        retry(limit=0).problem(422)
        retry(limit=501).problem(422)
        retry(reasons="x").problem(422)
        retry(cursor="").problem(422)
        retry(cursor="x").problem(400)
        assert retry(reason="no such reason").json == {"retried": 0, "remaining": 0, "nextCursor": None}
        assert retry("fulfillment").json == {"retried": 0, "remaining": 0, "nextCursor": None}
        assert retry(reason="time", limit=3).json == {"retried": 3, "remaining": 1, "nextCursor": None}
        for order_id in ids[:3]:  # the oldest first
            server.await_status(order_id, "SHIPPED")
            assert server.events(order_id).count("WorkRetried") == 1
        assert server.order(ids[3])["attention"]["reason"] == "timeout"
        assert retry().json == {"retried": 1, "remaining": 0, "nextCursor": None}
        server.await_status(ids[3], "SHIPPED")
        assert queue(server, "payment")["parked"] == 0
        server.assert_audit_clean()


def test_an_order_without_a_result_for_long_says_that_it_is_late(fresh_server, tmp_path):
    order_id, = import_waiting(fresh_server, tmp_path / "late", hours=1)
    with running(tmp_path, data=tmp_path / "late") as server:
        imported = 10  # the version: of the order that was received, and put off nine times
        order = server.await_order(order_id, lambda order: order["version"] > imported)
        assert order["late"] is True and "attention" not in order
        answer = server.get(f"/orders/{order_id}")
        assert answer.headers["etag"] == f'"{answer.json["version"]}-late"'  # it becomes late without a new version
        assert server.admin("GET", "/orders").json["orders"][0]["late"] is True
        deferred = server.timeline(order_id)["events"][-1]
        assert deferred["type"] == "WorkDeferred" and deferred["count"] == order["version"] - 1
        assert deferred["firstAt"] == order["createdAt"] < deferred["at"]
        fresh = server.create(order_body(paymentMethod="pm_sim_unknown_always"))
        assert "late" not in fresh and "late" not in server.order(fresh["orderId"])
        cancelled = server.admin("POST", f"/orders/{order_id}/cancel").json
        assert "late" not in cancelled, cancelled
        server.assert_audit_clean()


def queue(server, name):
    return next(q for q in server.admin("GET", "/queues").json["queues"] if q["name"] == name)
