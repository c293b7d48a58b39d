import pytest

from demo.emulator import emulator
from tests.wall.world import make_world


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture(scope="session")
def endpoint():
    with emulator() as running:
        yield running


@pytest.fixture
def aws(endpoint, monkeypatch):
    """A small account over real HTTP, empty for each test."""
    endpoint.reset()
    for name, value in endpoint.environment().items():
        monkeypatch.setenv(name, value)
    return endpoint
