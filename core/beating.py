"""Whether broker, worker and scheduler live. The scheduler rings every minute, and a worker notes when it heard it."""

import datetime as dt

from celery import current_app
from django.core.cache import cache

from core import clock

NOTED_AS = "heartbeat"
PATIENCE = dt.timedelta(minutes=5)
CONNECT_S = 5
ANSWER_S = 2.0


def note_beat() -> None:
    """A minute's bell came through: scheduler, broker, worker and cache all work. Real time: a shifted clock lies."""
    cache.set(NOTED_AS, clock.real_now().isoformat(), timeout=None)


def last_beat() -> dt.datetime | None:
    noted = cache.get(NOTED_AS)
    return dt.datetime.fromisoformat(noted) if noted else None


def knock() -> None:
    """Raises whatever the transport raises where the broker does not answer."""
    with current_app.connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, timeout=CONNECT_S)
        connection.channel()  # opening one is what a folder can fail at


def workers() -> int:
    """How many answer a call. A heartbeat of the last minutes counts for one that is too busy to answer."""
    answers = current_app.control.ping(timeout=ANSWER_S)
    if answers:
        return len(answers)
    last = last_beat()
    return int(last is not None and clock.real_now() - last < PATIENCE)
