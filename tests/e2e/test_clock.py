"""A machine whose clock is wrong for a while and is set right again."""

import json
import struct
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from harness import order_body, run_cli, running, unique

DAY = 24 * 3600
YEAR = 365 * DAY


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """wrong_clock.cc, compiled."""
    built = tmp_path_factory.mktemp("clock") / "wrong_clock.so"
    subprocess.run(["c++", "-O1", "-shared", "-fPIC", "-o", built, Path(__file__).with_name("wrong_clock.cc")],
                   check=True)
    return built


@pytest.fixture
def clock(library, tmp_path):
    return Clock(library, tmp_path / "clock")


class Clock:
    def __init__(self, library, file):
        self.library, self.file = library, file
        self.set(0)

    def set(self, wrong_by):
        """From now on the service's clock is wrong by so many seconds."""
        with open(self.file, "r+b" if self.file.exists() else "wb") as out:
            out.write(struct.pack("q", wrong_by))

    def running(self, folder, *arguments, **options):
        # AddressSanitizer wants to be the first library that is loaded.
        env = {"LD_PRELOAD": str(self.library), "ORDERFLOW_TEST_CLOCK": str(self.file),
               "ASAN_OPTIONS": "verify_asan_link_order=0"}
        return running(folder, *arguments, env=env, **options)


def at(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(orders):
    return [order["orderId"] for order in orders]


def shipped(server, email="test@example.com"):
    order_id = server.create(order_body(email))["orderId"]
    server.await_end(order_id)
    return order_id


def test_lists_follow_the_time_of_creation_while_the_clock_is_wrong_and_after(clock, tmp_path):
    with clock.running(tmp_path) as server:
        orders = {"first": shipped(server)}
        clock.set(10 * YEAR)
        orders["ahead"] = shipped(server)
        clock.set(-10 * YEAR)
        orders["behind"] = shipped(server)
        clock.set(0)
        orders["second"] = shipped(server)
        clock.set(-2)
        orders["two seconds before"] = shipped(server)
        clock.set(0)
        server.restart()
        orders["third"] = shipped(server)

        def expect(*names, **query):
            wanted = [orders[name] for name in names]
            for limit in (1, 2, 50):
                assert ids(server.list_orders(**query, limit=limit)) == wanted, (query, limit)
            assert ids(server.list_orders(**query, customerEmail="test@example.com", limit=1)) == wanted
            assert ids(server.list_orders(**query, status="SHIPPED", limit=1)) == wanted
        listed = server.list_orders()
        assert [o["createdAt"] for o in listed] == sorted((o["createdAt"] for o in listed), reverse=True)
        today = sorted(("first", "second", "two seconds before", "third"),
                       key=lambda name: server.order(orders[name])["createdAt"], reverse=True)
        expect("ahead", *today, "behind")
        expect("ahead", from_=at(9 * YEAR))
        expect(*today, from_=at(-DAY), to=at(DAY))
        expect("behind", to=at(-9 * YEAR))
        assert server.order(orders["ahead"])["createdAt"] > at(9 * YEAR)

        audit = server.audit()
        assert audit.returncode == 1
        assert f"order {orders['ahead']}: its createdAt is of " in audit.stdout
        assert "audit: 1 violation\n" in audit.stdout


@pytest.mark.parametrize("restart", [False, True], ids=["at once", "with restarts"])
def test_keys_are_honoured_after_a_clock_that_jumped_ahead(clock, tmp_path, restart):
    def set_clock(wrong_by):
        clock.set(wrong_by)
        if restart:
            server.restart()
    with clock.running(tmp_path) as server:
        first = [server.create(order_body(), f"first-{i}")["orderId"] for i in range(3)]
        for jump in range(3):
            set_clock(4 * DAY)
            ahead = [server.create(order_body(), f"{jump}-{i}")["orderId"] for i in range(300)]
            set_clock(0)
            for i, order_id in enumerate(first):
                again = server.post_order(order_body(), f"first-{i}")
                assert again.headers.get("idempotent-replayed") == "true" and again.json["orderId"] == order_id
            again = server.post_order(order_body(), f"{jump}-7")
            assert again.json["orderId"] == ahead[7]


@pytest.mark.parametrize("wrong, text", [
    (dict(orderId="ffffffff-ffff-7fff-bfff-ffffffffffff"), "its id is of 9999-12-31T23:59:59.999Z"),
    (dict(orderId="03b3b3b3-b3b3-7000-8000-000000000001"), "its id is of 2098-"),
    (dict(createdAt="2099-01-01T00:00:00.000Z"), "its createdAt is of 2099-01-01T00:00:00.000Z"),
    (dict(createdAt="1969-12-31T00:00:00.000Z"), "its createdAt is before 1970")],
    ids=["id of all ones", "id of 2098", "createdAt", "before 1970"])
def test_import_refuses_an_order_of_a_clock_that_was_wrong(fresh_server, tmp_path, wrong, text):
    shipped(fresh_server)
    fresh_server.stop()
    lines = [json.loads(line) for line in run_cli("export", "--data", fresh_server.data).stdout.splitlines()]
    (number, order), = [(n, line) for n, line in enumerate(lines, 1) if line["type"] == "order"]
    if "createdAt" in wrong:
        for event in order["events"] if wrong["createdAt"] > order["createdAt"] else order["events"][:1]:
            event["at"] = wrong["createdAt"]
    order.update(wrong)
    result = run_cli("import", "--data", tmp_path / unique("copy"),
                     stdin="".join(json.dumps(line) + "\n" for line in lines))
    assert result.returncode == 1
    assert f"line {number}: order {order['orderId']}: {text}" in result.stderr
    assert "nothing was imported" in result.stderr


def test_imported_orders_are_listed_where_their_createdat_belongs(fresh_server, tmp_path):
    """Whatever their ids say; and the ids of new orders follow the clock, not the greatest id."""
    for _ in range(3):
        shipped(fresh_server)
    fresh_server.stop()
    lines = [json.loads(line) for line in run_cli("export", "--data", fresh_server.data).stdout.splitlines()]
    orders = [line for line in lines if line["type"] == "order"]
    # The ids change places: the oldest order gets that of the newest. The sandbox's books name orders too.
    swapped = dict(zip([o["orderId"] for o in orders], [o["orderId"] for o in reversed(orders)]))
    tracking = {o["orderId"]: o["trackingNumber"] for o in orders}
    for line in lines:
        if "orderId" in line:
            line["orderId"] = swapped[line["orderId"]]
        if line["type"] == "order":
            line["trackingNumber"] = tracking[line["orderId"]]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    result = run_cli("import", "--data", tmp_path / "copy", stdin=text)
    assert result.returncode == 0, result.stderr
    with running(tmp_path, data=tmp_path / "copy") as copy:
        new = shipped(copy)
        listed = copy.list_orders(limit=1)
        assert ids(listed) == [new] + [o["orderId"] for o in reversed(orders)]
        assert [o["createdAt"] for o in listed] == sorted((o["createdAt"] for o in listed), reverse=True)
        for order in orders:
            assert ids(copy.list_orders(from_=order["createdAt"])) == ids(
                o for o in listed if o["createdAt"] >= order["createdAt"])
