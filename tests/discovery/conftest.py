"""A small flawed account over real HTTP: one endpoint a test process, empty for each test."""

import pytest

from demo.emulator import emulator
from tests.factories import organisation_of


@pytest.fixture(scope="session")
def endpoint():
    with emulator() as running:
        yield running


@pytest.fixture
def aws(endpoint, monkeypatch):
    endpoint.reset()
    for name, value in endpoint.environment().items():
        monkeypatch.setenv(name, value)
    return endpoint


@pytest.fixture
def bens_organisation(ben):
    return organisation_of(ben)
