import pytest

from tests.factories import organisation_of


@pytest.fixture
def bens_organisation(ben):
    return organisation_of(ben)
