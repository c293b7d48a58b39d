"""What every test stands on: no network but loopback, nobody's own AWS credentials, the pass on PostgreSQL."""

import ipaddress
import os
import socket

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase

from core import triggers
from tests import factories

BOTH_OPTION = "--both"


def pytest_addoption(parser):
    parser.addoption(BOTH_OPTION, action="store_true", help="run only the tests marked `both` (the PostgreSQL pass)")


def pytest_collection_modifyitems(config, items):
    if not config.getoption(BOTH_OPTION):
        return
    left_out = [item for item in items if not item.get_closest_marker("both")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.get_closest_marker("both")]


@pytest.fixture(autouse=True)
def _nobodys_credentials(monkeypatch):
    """A forgotten endpoint must never reach the account of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def is_here(address):
    """Whether a socket address is on this machine: a path, or a loopback host."""
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """Connecting further than this machine fails at once, naming the address."""
    connect = socket.socket.connect

    def connect_here(self, address):
        if not is_here(address):
            raise ConnectionRefusedError(f"tests do not use the network: {address!r}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_triggers():
    """Frozen tables refuse the flush after a transactional test; its own `post_migrate` puts the triggers back."""
    flush = TransactionTestCase._fixture_teardown

    def drop_then_flush(case):
        for alias in case._databases_names(include_mirrors=False):
            triggers.drop(alias)
        flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", drop_then_flush)
        yield


@pytest.fixture(autouse=True)
def _fresh_limits():
    """Limits on signing in live in the cache; one test must not use up another's."""
    cache.clear()


@pytest.fixture
def ada(db):
    """A consultant, enrolled: `client.force_login(ada)` opens every page."""
    return factories.make_consultant("ada")


@pytest.fixture
def ben(db):
    """A client's contact: owner of one organisation."""
    return factories.make_client("ben")


@pytest.fixture
def cleo(db):
    """Another client's contact: sees nothing of ben's."""
    return factories.make_client("cleo")
