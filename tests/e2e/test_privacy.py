"""P1: a marked e-mail, payment token or address is in no log line, metric or problem detail."""

import json

import pytest

from harness import order_body, quote, running

EMAIL = "zqmarkedmail@example.com"
TOKEN = "pm_zqmarkedtoken"
ADDRESS = {"name": "Zqmarkedname", "line1": "Zqmarkedstreet 1", "city": "Zqmarkedcity",
           "postalCode": "zqmarkedcode", "country": "DE"}
KEY = "zqmarkedkey"
MARK = "zqmarked"


@pytest.fixture(scope="module", params=["-", "file"])
def marked(request, tmp_path_factory):
    """Everything that a server wrote while marked orders went right and wrong; and its problems."""
    folder = tmp_path_factory.mktemp("privacy")
    access_log = "-" if request.param == "-" else str(folder / "access.log")
    with running(folder, "--access-log", access_log, "--log-level", "debug") as server:
        problems = [answer.body.decode() for answer in use(server)]
        metrics = server.get("/metrics").body.decode()
        queues = server.admin("GET", "/queues").body.decode()
        server.assert_audit_clean()
        audit = server.audit()
    logs = server.stdout_path.read_text() + server.stderr
    if access_log != "-":
        logs += (folder / "access.log").read_text()
    return {"logs": logs, "metrics": metrics + queues, "problems": "\n".join(problems),
            "audit": audit.stdout + audit.stderr}


def use(server):
    """Takes marked orders through all that can happen to them; gives the problem answers."""
    def body(**changes):
        return order_body(EMAIL, shippingAddress=ADDRESS, metadata={"note": "zqmarkednote"}, **changes)

    server.get("/healthz", {"X-Request-Id": "trace-17"})
    order = server.create(body(paymentMethod=TOKEN), KEY)
    yield server.post_order(body(paymentMethod=TOKEN, currency="EUR"), KEY)
    for token in ("pm_card_chargeDeclined", "pm_sim_unknown_after", "pm_sim_capture_declined",
                  "pm_sim_unknown_always", "zqmarkedtoken"):
        server.create(body(paymentMethod=token))
    server.await_order(order["orderId"], lambda o: o["status"] in ("SHIPPED", "PAYMENT_DECLINED"))
    server.admin("GET", f"/orders?customerEmail={quote(EMAIL)}&limit=1")
    yield server.admin("GET", f"/orders?customerEmail={quote(EMAIL)}&limit=0")
    yield server.admin("GET", f"/orders?customerEmail={quote(EMAIL)}&cursor=zqmarkedcursor")
    yield server.admin("GET", f"/orders?{MARK}=1")
    yield server.admin("POST", f"/orders/{order['orderId']}/cancel", {"reason": "zqmarkedreason"})
    yield server.get(f"/orders/{MARK}")
    yield server.get(f"/{MARK}/{quote(EMAIL)}")
    yield server.get("/queues", {"Authorization": "Bearer zqmarkedbearer"})
    yield server.post_order(body(quantity=0))
    yield server.post_order({**body(), "customerEmail": "zqmarkedmail"})
    yield server.post_order(body(paymentMethod="zqmarked token"))
    yield server.post_order({**body(), "shippingAddress": {"line1": MARK * 99, "city": MARK, "country": MARK}})
    yield server.post_order(json.dumps(body()).replace("29.99", MARK))
    yield server.post_order(json.dumps(body())[:-1])
    yield server.post_order(body(), "zqmarkedkey\xe9")
    with server.raw() as sock:
        sock.sendall(f"GET /{MARK} HTTP/1.1\r\n{EMAIL}\r\n\r\n".encode())
        sock.recv(65536)


@pytest.mark.parametrize("place", ["logs", "metrics", "problems", "audit"])
def test_personal_data_is_in_no_log_metric_or_problem(marked, place):
    found = [line for line in marked[place].splitlines() if MARK in line.lower()]
    assert found == []


def test_logs_are_json_lines_and_hold_the_requests(marked):
    lines = [line for line in marked["logs"].splitlines() if line and not line.startswith("orderflow listens")]
    records = [json.loads(line) for line in lines]
    assert any(record.get("route") == "/orders" and record.get("status") == 201 for record in records), lines[:5]
    assert [record["route"] for record in records if record.get("requestId") == "trace-17"] == ["/healthz"]


def test_the_admin_token_is_not_logged(serve):
    server = serve("--log-level", "debug", "--access-log", "-")
    server.admin("GET", "/queues")
    assert server.token not in server.stderr + server.stdout_path.read_text()
