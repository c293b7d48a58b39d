"""System checks of our own: run by `manage.py check --database default` and after every migration."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from core import triggers


@register(Tags.database)
def frozen_tables_have_their_triggers(databases: Sequence[str] | None, **kwargs: Any) -> list[CheckMessage]:
    """Only what the database refuses is really frozen."""
    return [
        Error(f"Trigger {name} is missing.", hint="Run: manage.py migrate", id="core.E001")
        for alias in databases or ()
        for name in triggers.missing(connections[alias])
    ]
