"""What holds for every test of money."""

import pytest

from billing import tasks


@pytest.fixture(autouse=True)
def _a_worker_posts_at_once(monkeypatch):
    """Mails go where their transaction ends, as if a worker had heard the bell."""
    monkeypatch.setattr(tasks.post_mails, "delay", tasks.post_mails)
