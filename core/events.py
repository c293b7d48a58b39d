"""Recording what a person did. A log line is for operators; an event is for the record."""

from typing import Any

from django.db import models

from core import origin
from core.models import Event, Organisation, User


def record(
    subject: models.Model,
    what: str,
    *,
    actor: User | None,
    organisation: Organisation | None = None,
    audience: Event.Audience = Event.Audience.STAFF,
    **data: Any,
) -> Event:
    """Write one event about `subject` ("run.started"). Call it inside the transaction that made it true.

    `data` is kept as JSON with everything that JSON does not know turned to text; never pass a secret. The
    organisation is taken from the subject where it has one.
    """
    where = origin.current()
    return Event.objects.create(
        what=what,
        actor=actor,
        organisation=organisation or getattr(subject, "organisation", None),
        audience=audience,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        data={
            key: value if isinstance(value, int | bool | list | dict | None) else str(value)
            for key, value in data.items()
        },
        channel=where.channel,
        ip=where.ip or None,
        user_agent=where.user_agent[:300],
    )
