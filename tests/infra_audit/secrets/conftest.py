"""Credentials for the tests are made at run time, from a fixed seed: no file of ours holds one."""

import pytest

from infra_audit.secrets import SecretEngine
from tests.infra_audit.mint import Mint


@pytest.fixture
def mint(request):
    return Mint(request.node.name)


@pytest.fixture(scope="session")
def engine():
    return SecretEngine(b"a key of the tests")


@pytest.fixture
def found(engine):
    """Rules found in a text."""

    def scan(text, path=""):
        return [one.rule for one in engine.scan(text.encode(), path=path)]

    return scan
