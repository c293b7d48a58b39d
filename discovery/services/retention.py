"""How long what an audit read is kept: its rows are most of what a practice stores, its findings nearly nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber

from core import clock, events
from discovery.models import Run, Unit

NEWEST_KEPT = 2  # of each client: what stands now, and what it is compared with


def drop_old_rows() -> int:
    """Empty the readings of runs that ended more than UNIT_ROWS_DAYS ago; how many runs. Doing it twice does it once.

    The newest of each client stay whole, and so does what a summary or a report stands on. Of the others stay findings,
    counts, how each reading ended, and the log of calls.
    """
    if settings.UNIT_ROWS_DAYS <= 0:
        return 0
    ended_before = clock.now() - timedelta(days=settings.UNIT_ROWS_DAYS)
    due = list(_due(ended_before).values_list("pk", flat=True))
    return sum(_drop_rows(run_id) for run_id in due)


def _due(ended_before: datetime) -> QuerySet[Run]:
    over = Run.objects.exclude(status__in=Run.OPEN).filter(rows_dropped_at=None)
    old = over.annotate(ended_at=Coalesce("finished_at", "created_at")).filter(ended_at__lt=ended_before)
    with_results = Run.objects.filter(status__in=(Run.Status.DONE, Run.Status.DONE_WITH_GAPS))
    kept = {*_newest(with_results), *_newest(with_results.whole())}
    for used in _bases():
        old = old.exclude(pk__in=used)
    return old.exclude(pk__in=kept).order_by("pk")


def _newest(some: QuerySet[Run]) -> QuerySet[Any]:
    place = Window(RowNumber(), partition_by=F("organisation"), order_by="-id")
    return some.annotate(place=place).filter(place__lte=NEWEST_KEPT).values_list("pk", flat=True)


def _bases() -> Iterator[QuerySet[Any]]:
    """Runs that must not go because something stands on them; what that is, apps above this one know."""
    for relation in Run._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.PROTECT:
            name = relation.field.name
            standing = relation.field.model._base_manager.exclude(**{name: None})
            yield standing.values(name)


@transaction.atomic
def _drop_rows(run_id: int) -> bool:
    """False where somebody else was first."""
    if not Run.objects.filter(pk=run_id, rows_dropped_at=None).update(rows_dropped_at=clock.now()):
        return False
    run = Run.objects.get(pk=run_id)
    emptied = Unit.objects.filter(run=run).exclude(rows=[]).update(rows=[])
    events.record(run, "run.rows_dropped", actor=None, readings=emptied)
    return True
