"""Mails that are tried until they leave: a row each, stored with what they tell of and sent by a worker afterwards.

A worker that is lost between claiming and sending lets a mail go twice at worst; none is lost by it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet

from core import clock
from core.models import QueuedMail

logger = logging.getLogger(__name__)

MOST_TRIES = 10  # over three and a half days
FIRST_PAUSE = timedelta(minutes=10)  # then twice as long each time
MOST_AT_ONCE = 50

Row = TypeVar("Row", bound=QueuedMail)


def post_due(
    rows: QuerySet[Row],
    *,
    message_of: Callable[[Row], EmailMessage | None],
    give_up: Callable[[Row], None],
    sent: Callable[[Row], None] = lambda row: None,
) -> None:
    """Send those of the rows that are due, the longest waiting first; what fails costs the others nothing.

    `message_of` gives None where a mail should no longer go: it is not tried again. `sent` hears of one that left,
    `give_up` of one that was tried for the last time.
    """
    due = rows.filter(next_try_at__lte=clock.now()).order_by("next_try_at", "id")
    for pk in due.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        row = rows.get(pk=pk)
        if _claim(row):
            _send(row, message_of, give_up, sent)


def _claim(row: QueuedMail) -> bool:
    """False where another worker was first."""
    now = clock.now()
    mine = type(row)._default_manager.filter(pk=row.pk, tries=row.tries, next_try_at__lte=now)
    claimed = mine.update(tries=row.tries + 1, next_try_at=now + FIRST_PAUSE * 2**row.tries)
    row.tries += 1
    return bool(claimed)


def _send(
    row: Row,
    message_of: Callable[[Row], EmailMessage | None],
    give_up: Callable[[Row], None],
    sent: Callable[[Row], None],
) -> None:
    try:
        message = message_of(row)
        if message is not None:
            message.send()
    except Exception:  # mail services have errors of their own; one person's must not cost the others theirs
        logger.exception("%s %s could not be sent", row._meta.label, row.pk)
        row.has_failed = True
        if row.tries >= MOST_TRIES:
            _end(row, give_up)
        else:
            row.save(update_fields=["has_failed"])
        return
    row.has_failed = False
    if message is None:
        _end(row)
    else:
        row.sent_at = clock.now()
        _end(row, sent)


@transaction.atomic
def _end(row: Row, tell: Callable[[Row], None] = lambda row: None) -> None:
    """It is not tried again; what is told of that is stored with it, or neither is."""
    row.next_try_at = None
    row.save(update_fields=["sent_at", "next_try_at", "has_failed"])
    tell(row)
