"""One emulated endpoint for all of the emulator's own tests on a worker; each test finds it empty."""

import pytest

from demo.emulator import emulator


@pytest.fixture(scope="module")
def endpoint():
    with emulator() as running:
        yield running


@pytest.fixture
def aws(endpoint):
    endpoint.reset()
    return endpoint
