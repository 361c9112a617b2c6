"""What an operator works with: the token, the queues, retry, health and metrics."""

import contextlib
import re
import resource
import select
import socket
import stat
import time

import pytest

from harness import DEADLINE, Client, order_body, poll, run_cli

ADMIN_ROUTES = [
    ("GET", "/orders", None), ("GET", "/queues", None),
    ("POST", "/orders/01890000-0000-7000-8000-000000000000/cancel", None),
    ("POST", "/orders/01890000-0000-7000-8000-000000000000/retry", None),
    ("PUT", "/products/w", {"name": "W", "price": 1}),
    ("POST", "/products/w/adjustments", {"quantity": 1, "reason": "x"}),
]


@pytest.mark.parametrize("method, path, body", ADMIN_ROUTES)
def test_admin_routes_require_the_token(server, method, path, body):
    token = server.token
    client = Client(server.port, source=f"127.0.1.{ADMIN_ROUTES.index((method, path, body)) + 1}")
    for authorization in (None, "", "Bearer", "Bearer ", f"Bearer {token}x", f"Bearer {token[:-1]}",
                          f"Bearer {token.swapcase()}", f"Basic {token}", token, f"Bearer{token}",
                          f"Bearer {token} {token}"):
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = client.request(method, path, body, headers)
        answer.problem(401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    allowed = server.admin(method, path, body)
    assert allowed.status in (200, 201, 404), allowed
    client.close()


def wrong_tokens(server):
    (value,) = re.findall(r"^orderflow_wrong_admin_tokens_total (\d+)", server.get("/metrics").body.decode(), re.M)
    return int(value)


def test_a_client_that_tries_tokens_is_slowed_down_and_no_one_else(fresh_server):
    """Ten at once, then one a second. What others wait is not measured: they are answered while the slow ones wait."""
    wrong = {"Authorization": "Bearer wrong"}
    with contextlib.ExitStack() as stack:
        def client(source):
            return stack.enter_context(contextlib.closing(Client(fresh_server.port, source=source)))
        for _ in range(10):
            client("127.0.0.2").request("GET", "/queues", headers=wrong).problem(401)
        slow = [client("127.0.0.2") for _ in range(8)]
        for each in slow:
            each.connection.request("GET", "/queues", headers=wrong)
        poll(lambda: wrong_tokens(fresh_server) == 18)
        begun = time.monotonic()
        right = {"Authorization": f"Bearer {fresh_server.token}"}
        assert client("127.0.0.2").request("GET", "/queues", headers=right).status == 200
        assert client("127.0.0.2").request("POST", "/orders", order_body()).status == 201
        assert client("127.0.0.2").request("GET", "/queues").status == 401  # no token is no wrong one
        client("127.0.0.3").request("GET", "/queues", headers=wrong).problem(401)
        assert not select.select([slow[-1].connection.sock], [], [], 0)[0], "the last one waits for eight seconds"
        for each in slow:
            assert each.connection.getresponse().status == 401
        assert time.monotonic() - begun > 5
        assert wrong_tokens(fresh_server) == 19


def test_a_flood_of_wrong_tokens_keeps_no_one_out(serve):
    """More connections than the server has room for, each with several wrong tokens on their way."""
    server = serve(before_exec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512)))
    wrong = b"GET /queues HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            sock = stack.enter_context(
                socket.create_connection(("127.0.0.1", server.port), DEADLINE, source_address=("127.0.0.2", 0)))
            sock.sendall(5 * wrong)
        poll(lambda: wrong_tokens(server) >= 400)
        assert server.post_order(order_body()).status == 201
        same_address = stack.enter_context(contextlib.closing(Client(server.port, source="127.0.0.2")))
        right = {"Authorization": f"Bearer {server.token}"}
        assert same_address.request("GET", "/queues", headers=right).status == 200


def test_answers_to_wrong_tokens_do_not_delay_the_stop(fresh_server):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(contextlib.closing(Client(fresh_server.port)))
            client.connection.request("GET", "/queues", headers={"Authorization": "Bearer wrong"})
        poll(lambda: wrong_tokens(fresh_server) == 20)
        assert fresh_server.stop() == 0
        assert client.connection.getresponse().status == 401


def test_without_the_token_known_and_unknown_orders_get_the_same_answer(server):
    order_id = server.create(order_body())["orderId"]
    unknown = "01890000-0000-7000-8000-000000000000"
    bodies = [server.request("POST", f"/orders/{i}/cancel").problem(401) for i in (order_id, unknown)]
    assert bodies[0]["detail"] == bodies[1]["detail"]


def test_the_token_is_made_once_and_kept(fresh_server):
    token = fresh_server.token
    assert len(token) >= 32 and "\n" not in token
    fresh_server.restart()
    assert fresh_server.token == token
    assert fresh_server.admin("GET", "/queues").status == 200


def test_the_token_of_the_environment_takes_precedence(serve):
    server = serve(env={"ORDERFLOW_ADMIN_TOKEN": "a-token-of-my-own"})
    assert server.get("/queues", {"Authorization": "bearer a-token-of-my-own"}).status == 200
    assert not (server.data / "admin-token").exists()


def test_only_the_owner_can_read_the_files(fresh_server):
    fresh_server.await_status(fresh_server.create(order_body())["orderId"], "SHIPPED")
    files = [path for path in fresh_server.data.rglob("*") if path.is_file()]
    assert fresh_server.data / "admin-token" in files
    assert any(path.suffix == ".db" for path in files), files
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in files}
    assert set(modes.values()) == {"0o600"}, modes


def test_queues_show_what_waits(fresh_server):
    server = fresh_server
    queues = server.admin("GET", "/queues").json["queues"]
    names = ["payment", "inventory", "fulfillment"]
    assert [queue["name"] for queue in queues] == names
    for queue in queues:
        assert {"ready", "inFlight", "delayed", "parked"} <= queue.keys(), queue
        assert all(value == 0 for key, value in queue.items() if key != "name"), queue
    server.create(order_body(paymentMethod="pm_sim_unknown_always"))
    ids = [server.hold() for _ in range(3)]

    def payment():
        return next(q for q in server.admin("GET", "/queues").json["queues"] if q["name"] == "payment")
    poll(lambda: payment()["inFlight"] == 3, what="three authorizations on their way")
    server.release()
    for order_id in ids:
        server.await_status(order_id, "SHIPPED")
    poll(lambda: payment()["delayed"] == 1, what="the deferred order in delayed")


SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z0-9_]+="(?:[^"\\\n]|\\.)*"'
                    r'(?:,[a-zA-Z0-9_]+="(?:[^"\\\n]|\\.)*")*,?\})? (\S+)')


def samples(server):
    """{name{labels}: value} of GET /metrics; asserts that each line is Prometheus text."""
    answer = server.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found, types = {}, set()
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            types.add(line.split()[2])
        elif line and not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            name = match[1]
            family = re.sub("_(bucket|sum|count)$", "", name)
            assert name in types or family in types, f"{name} has no TYPE"
            found[name + (match[2] or "")] = float(match[3])
    return found


def matching(found, *words):
    return {k: v for k, v in found.items() if all(word in k for word in words)}


def test_metrics_count_requests_and_orders(fresh_server):
    server = fresh_server
    for _ in range(5):
        server.await_status(server.create(order_body())["orderId"], "SHIPPED")
    server.post_order(b"{")
    found = samples(server)
    posts = matching(found, 'route="/orders"', 'method="POST"', 'status="201"')
    assert 5 in posts.values(), sorted(found)
    assert 1 in matching(found, 'route="/orders"', 'method="POST"', 'status="400"').values()
    assert matching(found, "_bucket", 'route="/orders/{orderId}"', 'le="+Inf"')
    assert 5 in matching(found, "orders", 'status="SHIPPED"').values()
    for stage in ("payment", "inventory", "fulfillment"):
        assert matching(found, "queue", f'"{stage}"')
    assert matching(found, "queue", "age")
    assert list(matching(found, "breaker_open", "provider").values()) == [0, 0]
    assert max(matching(found, "commit").values()) >= 30 - 5, "five whole lives are commits"
    assert matching(found, "group_size_bucket")
    assert matching(found, "commit_duration_seconds_bucket")  # the fsync
    assert not any("@" in name or "pm_" in name for name in found)


def test_metrics_of_unknown_paths_do_not_grow(fresh_server):
    def wander(first, last):
        for i in range(first, last):
            fresh_server.get(f"/nowhere/{i}")
            fresh_server.request(f"M{i}", "/orders")
        return samples(fresh_server).keys()
    wander(0, 1)
    assert wander(1, 2) == wander(2, 50)


def test_orders_by_status_survive_a_restart(fresh_server):
    server = fresh_server
    for token in ("pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined"):
        server.await_end(server.create(order_body(paymentMethod=token))["orderId"])
    server.restart()
    found = samples(server)
    assert 2 in matching(found, "orders", 'status="SHIPPED"').values()
    assert 1 in matching(found, "orders", 'status="PAYMENT_DECLINED"').values()


def test_help_and_version():
    for arguments in (["--help"], ["serve", "--help"], ["audit", "--help"]):
        result = run_cli(*arguments)
        assert result.returncode == 0 and "--" in result.stdout, result
    text = run_cli("--help").stdout
    assert all(word in text for word in ("serve", "audit", "export", "import")), text
    version = run_cli("--version")
    assert version.returncode == 0 and re.search(r"\d+\.\d+\.\d+", version.stdout), version


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "--dance"], ["serve", "--listen", "nowhere"],
                                       ["serve", "--listen", "127.0.0.1:99999"],
                                       ["serve", "--payment-latency", "-5"],
                                       ["serve", "--unknown-sku", "guess"],
                                       ["serve", "--log-level", "shout"]])
def test_bad_arguments_are_explained(arguments, tmp_path):
    data = ["--data", tmp_path / "data"] if arguments[:1] == ["serve"] else []
    result = run_cli(*arguments, *data, timeout=10)
    assert result.returncode == 2, result
    assert result.stderr.strip() or result.stdout.strip()
