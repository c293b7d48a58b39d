"""What the engine is pointed at: the emulated account, or one place of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from botocore.loaders import create_loader

from demo.emulator import Emulator
from infra_audit.aws import Account, AwsTarget, open_account, planned
from infra_audit.collectors.aws import sessions
from infra_audit.collectors.aws.reader import Shard
from infra_audit.collectors.aws.sessions import Connection
from infra_audit.inventory import Place, Unit
from infra_audit.secrets import SecretEngine

ACCOUNT = "123456789012"
REGION = "eu-west-1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = b"a key for tests"


@pytest.fixture
def signed_in(monkeypatch):
    """Some credentials in the environment: the emulator takes any."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulated")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulated")


@pytest.fixture
def whole_sdk(monkeypatch):
    """Clients as the SDK would make them, with methods that write: what stands behind the cut is to hold alone."""
    monkeypatch.setattr(sessions, "_service_models", create_loader)


@pytest.fixture
def few_attempts(monkeypatch):
    """Give up after the second attempt, so that a test of giving up is quick."""
    monkeypatch.setattr(sessions, "ATTEMPTS", 2)


@pytest.fixture
def aws(endpoint: Emulator, signed_in) -> Emulator:
    """The emulated account, empty for each test. Where it answers, each test says itself."""
    endpoint.reset()
    return endpoint


@pytest.fixture
def account(aws: Emulator) -> Account:
    return open_account(AwsTarget(endpoint_url=aws.url, regions=(REGION,)), key=KEY, now=NOW)


@dataclass
class Collected:
    """The units of one collection, by operation."""

    units: dict[str, Unit] = field(default_factory=dict)

    def __call__(self, unit: Unit) -> None:
        assert unit.operation not in self.units, f"{unit.operation} was emitted twice"
        self.units[unit.operation] = unit


@pytest.fixture
def collect(account: Account) -> Callable[..., Unit]:
    """`collect("ec2.describe_instances")` reads that one operation, where it is asked, and gives its unit."""

    def read(operation: str, region: str = REGION, account: Account = account) -> Unit:
        for place in (Place("aws", ACCOUNT, region), Place("aws", ACCOUNT, "global")):
            others = frozenset(planned(place, account.target)) - {operation}
            if operation in planned(place, account.target):
                emitted = Collected()
                account.collect(place, emit=emitted, stop=lambda: False, done=others)
                return emitted.units[operation]
        raise AssertionError(f"Nothing collects {operation}.")

    return read


@pytest.fixture
def shard(aws: Emulator):
    """What collectors share, for tests of the reader itself."""
    with ThreadPoolExecutor(4) as details:
        connection = Connection(AwsTarget(endpoint_url=aws.url))
        yield Shard(connection, Place("aws", ACCOUNT, REGION), NOW, SecretEngine(KEY), details)
