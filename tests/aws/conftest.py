"""Fixtures: one pair of servers for all tests, and a shop of its own for each test that wants one."""

import pytest

from deployment import Deployment
from harness import BINARY
from servers import aws_servers
from shops import BOOTSTRAP


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    with aws_servers(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest.fixture
def deployment(servers):
    return Deployment(servers).create()


def pytest_sessionstart(session):
    for binary in (BINARY, BOOTSTRAP):
        if not binary.exists():
            pytest.exit(f"{binary} does not exist: build it, or name it in the environment", 4)
