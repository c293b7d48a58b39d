"""What every test stands on: no network but loopback, nobody's own AWS credentials, the pass on PostgreSQL."""

import fcntl
import gc
import hashlib
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from core import triggers
from demo.emulator import emulator
from infra_audit.collectors.aws import iam, throttle
from tests import factories

ROOT = Path(__file__).resolve().parent.parent
BOTH_OPTION = "--both"

# Django, the SDK's descriptions and some thousand tests are a lot to look through for garbage, and nearly all of it
# stays: as often as Python does by default, it would be a fifth of the suite's time.
gc.set_threshold(100_000, 50, 50)


def pytest_addoption(parser):
    parser.addoption(BOTH_OPTION, action="store_true", help="run only the tests marked `both` (the PostgreSQL pass)")


def pytest_collection_modifyitems(config, items):
    if not config.getoption(BOTH_OPTION):
        return
    left_out = [item for item in items if not item.get_closest_marker("both")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item.get_closest_marker("both")]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings):
    """On SQLite the migrations run once for each state they are in, and every process starts from a copy: a third of
    a minute less for each. What is kept of it dies with VAR_DIR.
    """
    if connection.vendor != "sqlite":
        return False
    shutil.copyfile(migrated_database(), connection.settings_dict["TEST"]["NAME"])
    return True


def migrated_database():
    """A SQLite file with all migrations applied, made by whichever process asks first."""
    files = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements" / "base.txt"]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = ROOT / "var" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"migrated-{digest}.sqlite3"
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for old in folder.glob("migrated-*"):
                old.unlink()
            half = made.with_suffix(".half")
            environment = {
                **os.environ,
                "DATABASE_URL": f"sqlite:///{half}",
                "DJANGO_SETTINGS_MODULE": "config.settings.test",
            }
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
            half.rename(made)
    return made


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


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_aws():
    """An emulated account has no quota to be spared, and its credential report is made by the second question."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttle.SHARED, "pace", lambda lane: None)
        patch.setattr(iam, "REPORT_WAITS_S", (0.01, *iam.REPORT_WAITS_S[1:]))
        yield


@pytest.fixture(scope="session")
def endpoint():
    """An emulated AWS endpoint. Only the first who asks it about a service waits until it has read what that can do."""
    with emulator() as running:
        yield running


@pytest.fixture
def aws(endpoint, monkeypatch):
    """A small account over real HTTP, empty for each test."""
    endpoint.reset()
    for name, value in endpoint.environment().items():
        monkeypatch.setenv(name, value)
    return endpoint


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
