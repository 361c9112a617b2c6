"""Fixtures of the black-box suite: everything goes through the release binary."""

import contextlib
import resource
import time

import pytest

from harness import BINARY, running, unique


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that do not mind what others have stored."""
    with running(tmp_path_factory.mktemp("shared")) as server:
        yield server
        server.assert_audit_clean()


@pytest.fixture
def fresh_server(tmp_path):
    """A server with a data folder of its own."""
    with running(tmp_path) as server:
        yield server


@pytest.fixture
def serve(tmp_path):
    """Starts servers with arguments of the test's own, each on its own data folder."""
    with contextlib.ExitStack() as stack:
        def start(*arguments, **options):
            return stack.enter_context(running(tmp_path / unique("server"), *arguments, **options))
        yield start


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: build it, or name it in ORDERFLOW_BIN", 4)
    # The floods need more than the usual 1024 descriptors, here and in the server.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8192), hard), hard))


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


# Slow clients: opened at the start of the session, looked at by its last test.

SLOW_STARTS = {
    "nothing at all after a first byte": b"G",
    "half a header block": b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Le",
    "half a body": b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   b"Content-Length: 100\r\n\r\n{\"customerEmail\"",
    "half a chunk": b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n20\r\n{\"cust",
}


class SlowClients:
    def __init__(self, server):
        self.started_at = time.monotonic()
        self.sockets = {}
        for name, start in SLOW_STARTS.items():
            self.sockets[name] = server.raw(timeout=45)
            self.sockets[name].sendall(start)


@pytest.fixture(scope="session")
def slow_clients(server):
    clients = SlowClients(server)
    yield clients
    for sock in clients.sockets.values():
        sock.close()


@pytest.fixture(scope="session", autouse=True)
def start_slow_clients_early(request):
    if any("slow_clients" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("slow_clients")
