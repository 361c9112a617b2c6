"""Fixtures: one pair of servers for all tests, and a shop of its own for each test that wants one."""

import pytest

from deployment import Deployment
from harness import BINARY
from servers import aws_servers
from shops import BOOTSTRAP, CONTRACT_TEST


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    with aws_servers(tmp_path_factory.mktemp("servers")) as servers:
        yield servers


@pytest.fixture
def deployment(servers):
    return Deployment(servers).create()


def pytest_collection_modifyitems(items):
    """A binary that is not there is one clear word, not a hundred failures."""
    wanted = {
        "test_contract": (CONTRACT_TEST,), "test_lives": (BINARY, BOOTSTRAP), "test_serve": (BINARY, BOOTSTRAP),
        "test_bootstrap": (BOOTSTRAP,), "test_faults": (BOOTSTRAP,), "test_signature": (BOOTSTRAP,)}
    for name in {item.module.__name__ for item in items} & set(wanted):
        for binary in wanted[name]:
            if not binary.exists():
                pytest.exit(f"{binary} does not exist: build it, or name it in the environment", 4)
