"""The release binary as a process, and a small HTTP client for it: what every test works with."""

import contextlib
import datetime
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote as percent_encode, urlencode

import pytest

import processes

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("ORDERFLOW_BIN", "build/release/orderflow"))
BINARY = BINARY if BINARY.is_absolute() else ROOT / BINARY

# A loaded machine is slow, not wrong: deadlines only bound how long a broken server is waited for.
DEADLINE = 30.0

TERMINAL = {"SHIPPED", "PAYMENT_DECLINED", "OUT_OF_STOCK", "CANCELLED"}
LIFE = ["OrderReceived", "PaymentAuthorized", "StockReserved", "FulfillmentClaimed",
        "PaymentCaptured", "OrderShipped"]


def poll(check, deadline=DEADLINE, what="the condition"):
    """The first true value of `check()`; fails when there is none within `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come true within {deadline} s")
        time.sleep(0.005)


def run_cli(*arguments, stdin=None, timeout=30, env=None):
    return subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True,
                          text=True, timeout=timeout, env=environment(**(env or {})))


def start_cli(*arguments):
    """The caller reads the standard output, as slowly as it likes."""
    return subprocess.Popen([BINARY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True, env=environment())


def environment(**extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ORDERFLOW_"))}
    return {**env, **extra}


def order_body(email="test@example.com", sku=None, quantity=1, price=29.99, **members):
    item = {"name": sku or "Widget", "price": price, "quantity": quantity}
    if sku:
        item["sku"] = sku
    return {"customerEmail": email, "items": [item], **members}


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class Response:
    """A complete answer. `json` reads numbers with a point as Decimal: money is compared exactly."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body, parse_float=Decimal)

    def problem(self, status, code=None):
        """Asserts an RFC 9457 problem of this status and gives its members."""
        assert self.status == status, (self.status, self.body)
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.json
        assert problem["status"] == status
        assert all(problem[name] for name in ("type", "title", "detail", "code")), problem
        if code:
            assert problem["code"] == code
        return problem

    def __repr__(self):
        return f"Response({self.status}, {self.body[:300]!r})"


class Client:
    """One keep-alive connection."""

    def __init__(self, port, timeout=DEADLINE, source="127.0.0.1"):
        """From another address of 127.0.0.0/8 it is another client."""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout, source_address=(source, 0))
        self.used_at = time.monotonic()

    def request(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if body is not None:
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
            headers.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except Exception:
            self.connection.close()
            raise
        self.used_at = time.monotonic()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, data)

    def close(self):
        self.connection.close()


class Shop:
    """The requests of the tests to a service on a port, on one connection a thread."""

    def __init__(self, port=None):
        self.port, self.local = port, threading.local()

    def request(self, method, path, body=None, headers=None):
        client = getattr(self.local, "client", None)
        # A connection that was idle for long may be closed by the server at any moment.
        if not client or client.connection.port != self.port or time.monotonic() - client.used_at > 3:
            if client:
                client.close()
            client = self.local.client = Client(self.port)
        return client.request(method, path, body, headers)

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def admin(self, method, path, body=None):
        return self.request(method, path, body, {"Authorization": f"Bearer {self.token}"})

    def post_order(self, body, key=None):
        return self.request("POST", "/orders", body, {"Idempotency-Key": key} if key else None)

    def create(self, body, key=None):
        """The order that a POST was answered with."""
        answer = self.post_order(body, key)
        assert answer.status == 201, answer
        return answer.json

    def hold(self, **members):
        """An order whose authorization the sandbox answers only after release()."""
        return self.create(order_body(paymentMethod="pm_sim_hold", **members))["orderId"]

    def release(self):
        """Lets the sandbox answer for every order of hold() so far; returns the order that does so."""
        return self.create(order_body(paymentMethod="pm_sim_release"))["orderId"]

    def order(self, order_id):
        answer = self.get(f"/orders/{order_id}")
        assert answer.status == 200, answer
        return answer.json

    def timeline(self, order_id):
        answer = self.get(f"/orders/{order_id}/timeline")
        assert answer.status == 200, answer
        return answer.json

    def events(self, order_id):
        return [event["type"] for event in self.timeline(order_id)["events"]]

    def await_order(self, order_id, predicate, deadline=DEADLINE):
        def matching():
            order = self.order(order_id)
            return order if predicate(order) else None
        return poll(matching, deadline, f"order {order_id}")

    def await_status(self, order_id, status, deadline=DEADLINE):
        return self.await_order(order_id, lambda order: order["status"] == status, deadline)

    def await_end(self, order_id, deadline=DEADLINE):
        """The order once nothing is due any more: a void that it owes is done, too."""
        self.await_order(order_id, lambda order: order["status"] in TERMINAL, deadline)
        poll(lambda: not self.timeline(order_id).get("next"), deadline, f"the end of {order_id}")
        return self.order(order_id)

    def list_orders(self, **query):
        """Every order of a list, page by page."""
        orders, cursor = [], None
        while True:
            pairs = {**query, **({"cursor": cursor} if cursor else {})}
            page = self.list_page(**pairs)
            orders += page["orders"]
            cursor = page.get("nextCursor")
            if not cursor:
                return orders

    def list_page(self, **query):
        # `from` is a keyword of Python: from_.
        pairs = {name.rstrip("_"): value for name, value in query.items()}
        answer = self.admin("GET", "/orders?" + urlencode(pairs))
        assert answer.status == 200, answer
        return answer.json

    def put_product(self, sku, available, price=29.99, name="Widget", **members):
        body = {"name": name, "price": price, "available": available, **members}
        answer = self.admin("PUT", f"/products/{quote(sku)}", body)
        assert answer.status in (200, 201), answer
        return answer

    def stock(self, sku):
        answer = self.get(f"/products/{quote(sku)}")
        assert answer.status == 200, answer
        stock = answer.json["stock"]
        assert stock["available"] >= 0  # S1
        assert stock["available"] + stock["reserved"] + stock["shipped"] == stock["received"], stock
        return stock

    def raw(self, timeout=DEADLINE):
        """A bare socket to the server."""
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def send_raw(self, data):
        """The answer to these bytes on a connection of their own."""
        with self.raw() as sock:
            sock.sendall(data)
            return read_response(sock)


class Server(Shop):
    """`orderflow serve` on a data folder and a free port."""

    def __init__(self, folder, *arguments, data=None, env=None, before_exec=None, listen="127.0.0.1:0"):
        super().__init__()
        self.folder = Path(folder)
        self.listen = listen
        self.data = Path(data or self.folder / "data")
        self.arguments, self.env, self.before_exec = arguments, env or {}, before_exec
        self.process = None

    def spawn(self):
        """Starts the process without waiting for it."""
        self.port = None
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.ready_from = out.tell()
            self.process = processes.start(
                [BINARY, "serve", "--data", self.data, "--listen", self.listen, *self.arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment(**self.env),
                preexec_fn=self.before_exec)
        return self

    def start(self):
        self.spawn()
        try:
            poll(self.is_ready, what="the line `orderflow listens on`")
        except BaseException:
            self.kill9()
            raise
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            pytest.fail(f"the server ended with {self.process.returncode}: {self.stderr[-2000:]}")
        with open(self.stdout_path, "rb") as out:
            out.seek(self.ready_from)
            for line in out.read().decode().splitlines(keepends=True):
                if line.startswith("orderflow listens on http://") and line.endswith("\n"):
                    self.port = int(line.strip().rsplit(":", 1)[1])
        return self.port

    def stop(self, signal_number=signal.SIGTERM, deadline=8.0):
        """Ends it in good order; returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal_number)
        return self.wait(deadline)

    def wait(self, deadline=8.0):
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill9()
            pytest.fail(f"the server did not end within {deadline} s")

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        if self.process.poll() is None:
            assert self.stop() == 0
        return self.start()

    @property
    def stdout_path(self):
        return self.folder / "stdout.log"

    @property
    def stderr_path(self):
        return self.folder / "stderr.log"

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    @property
    def token(self):
        return self.env.get("ORDERFLOW_ADMIN_TOKEN") or (self.data / "admin-token").read_text().strip()

    def audit(self):
        return run_cli("audit", "--data", self.data, timeout=60)

    def assert_audit_clean(self):
        result = self.audit()
        assert result.returncode == 0, result.stdout + result.stderr


def quote(text):
    return percent_encode(text, safe="")


def post_bytes(body, *headers):
    """POST /orders as it goes over the wire, with these header lines."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [b"POST /orders HTTP/1.1", b"Host: localhost", b"Content-Type: application/json", *headers,
             b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def read_response(sock):
    """One answer from a raw socket."""
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    body = answer.read()
    return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)


def is_closed_by_peer(sock, deadline=DEADLINE):
    """Whether the other side ends the connection, without another byte, within the deadline."""
    readable, _, _ = select.select([sock], [], [], deadline)
    if not readable:
        return False
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def import_waiting(server, folder, hours, count=1, **changes):
    """Imports a shop whose orders have had no result for so long, and gives their ids. An order that is tried in
    vain for 20 hours is parked: the export of the server is changed, which is stopped for that."""
    order_id = server.create(order_body(quantity=2, paymentMethod="pm_sim_unknown_always"))["orderId"]
    server.await_order(order_id, lambda order: order["version"] > 1)
    server.stop()
    lines = [json.loads(line) for line in run_cli("export", "--data", server.data).stdout.splitlines()]
    lines = [line for line in lines if line["type"] != "payment"]
    lines[-1]["lines"] = len(lines) - 1
    order = next(line for line in lines if line["type"] == "order")
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    at = begin.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    order.update(createdAt=at, dueAt=at, tries=9, **changes)
    received, deferred = order["events"][:2]
    order["events"] = [received | {"at": at}, deferred | {"at": at, "count": 9, "firstAt": at}]
    milliseconds = int(begin.timestamp() * 1000)
    orders = [order | {"orderId": f"{milliseconds >> 16:08x}-{milliseconds & 0xffff:04x}{order_id[13:-4]}{i:04x}"}
              for i in range(count)]
    lines = [lines[0], *orders, lines[-1] | {"lines": count + 1}]
    result = run_cli("import", "--data", folder, stdin="".join(json.dumps(line) + "\n" for line in lines))
    assert result.returncode == 0, result.stderr
    return [order["orderId"] for order in orders]


@contextlib.contextmanager
def running(folder, *arguments, **options):
    """A server of its own for a test or a module; it must end in good order."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, *arguments, **options).start()
    try:
        yield server
    finally:
        if server.process.poll() is None:
            status = server.stop()
            assert status == 0, server.stderr[-2000:]
