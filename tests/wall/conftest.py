import pytest
from django.db import transaction

from tests.wall.world import make_world


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once for a module: each test takes back what it changed, and the last of them the world."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)
