"""A GitHub to ask, a token made on the spot, and a clock that nobody waits for."""

from datetime import UTC, datetime

import pytest

from infra_audit.github.client import GitHub
from infra_audit.github.way_in import by_token
from tests.github_stub import github_stub
from tests.infra_audit.mint import Mint

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    """Time passes only where somebody waits."""

    def __init__(self, at):
        self.at = at
        self.waited = 0.0

    def __call__(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds
        self.waited += seconds


@pytest.fixture
def stub():
    with github_stub() as one:
        yield one


@pytest.fixture
def mint():
    return Mint(11)


@pytest.fixture
def token(mint):
    return mint.github_token()


@pytest.fixture
def clock():
    return Clock(NOW.timestamp())


@pytest.fixture
def way_in(stub, token):
    return by_token(token, stub.url)


@pytest.fixture
def github(way_in, clock):
    return GitHub(way_in, clock=clock, sleep=clock.sleep)
