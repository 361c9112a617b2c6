"""Fixtures of the black-box suite: everything goes through the release binary."""

import contextlib
import resource

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
