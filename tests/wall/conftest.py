import pytest
from django.db import transaction

from demo.emulator import emulator
from tests.wall.world import make_world


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once for a module: each test takes back what it changed, and the last of them the world."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


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
