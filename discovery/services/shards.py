"""Leased rows: who does a part of a run, and how it is taken from whoever stopped breathing.

A claim is one conditional update, so of two workers one gets it. The holder renews its lease while it works; each
thing it stores it stores under its token, so that a worker which was thought dead can write nothing after it was
replaced. Celery's messages only say that there may be something to claim.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F, Q, QuerySet

from core import clock
from discovery import choosing
from discovery.models import Run, Shard, Unit
from infra_audit import call_log, inventory
from infra_audit.aws import failed_units

logger = logging.getLogger(__name__)

BEATS_A_LEASE = 4
MAX_ATTEMPTS = 5


class LeaseLostError(Exception):
    """Another worker holds the shard now; whoever sees this stops and writes nothing more."""


def _lease() -> timedelta:
    return timedelta(seconds=settings.SHARD_LEASE_S)


def claim(shard_id: int) -> Shard | None:
    """Take the shard if it is due and nobody holds it, else None. Marks its run as running."""
    now = clock.real_now()
    free = Q(status=Shard.Status.QUEUED, not_before__lte=now) | Q(status=Shard.Status.RUNNING, lease_until__lt=now)
    with transaction.atomic():
        taken = (
            Shard.objects.filter(free, pk=shard_id)
            # A subquery, not a join: with a join Django would update by a list of ids, and PostgreSQL would not look
            # again at the status of a row that another worker has just taken.
            .exclude(run__in=Run.objects.filter(status__in=[Run.Status.CANCELLED, Run.Status.FAILED]))
            .update(
                status=Shard.Status.RUNNING,
                lease_until=now + _lease(),
                token=F("token") + 1,
                attempts=F("attempts") + 1,
            )
        )
        if not taken:
            return None
        Run.objects.filter(shards__pk=shard_id, status=Run.Status.QUEUED).update(status=Run.Status.RUNNING)
    return Shard.objects.select_related("run__organisation", "aws_account", "repository").get(pk=shard_id)


def renew(shard: Shard) -> bool:
    """Prolong the lease; False where it is lost or the run was cancelled, so that the work should stop."""
    going_on = Run.objects.filter(status=Run.Status.RUNNING)  # a subquery, as in `claim`
    return bool(_held(shard).filter(run__in=going_on).update(lease_until=clock.real_now() + _lease()))


def release(shard: Shard, *, after: timedelta) -> None:
    """Give the shard back, to be tried again not before `after` has passed."""
    _held(shard).update(status=Shard.Status.QUEUED, lease_until=None, not_before=clock.real_now() + after)


def give_up(shard: Shard) -> None:
    """End a shard that has taken down every worker that tried it, so that the run can end without it.

    Raises LeaseLostError where somebody holds it after all, or it has ended.
    """
    message = f"This part could not be finished: {shard.attempts} workers stopped while they were at it."
    with transaction.atomic():
        if not _held(shard).filter(lease_until__lt=clock.real_now()).select_for_update().exists():
            raise LeaseLostError
        stored = set(shard.units.values_list("operation", flat=True))
        for unit in _unread(shard, message):
            if unit.operation not in stored:
                store_unit(shard, unit)
        _held(shard).update(status=Shard.Status.FAILED, lease_until=None, failure=message)


def _unread(shard: Shard, message: str) -> list[inventory.Unit]:
    """What a shard that is given up leaves unread; of an account that was never opened, everything."""
    if shard.kind != Shard.Kind.ACCOUNT:
        return [
            inventory.Unit(operation, shard.place, inventory.Ending.ERROR, message=message)
            for operation in shard.planned
        ]
    if shard.run.shards.filter(kind=Shard.Kind.PLACE, aws_account=shard.aws_account).exists():
        return []
    target = shard.account.target(metadata_only=shard.run.metadata_only)
    return failed_units(target, message, skip=choosing.left_out(shard.run.only_checks))


@contextmanager
def heartbeat(shard: Shard) -> Iterator[threading.Event]:
    """Renew the lease from a thread of its own while the body works. The event is set once the work should stop."""
    stop, finished = threading.Event(), threading.Event()

    def beat() -> None:
        try:
            _renew_until(finished, shard)
        except LeaseLostError:
            stop.set()
        except Exception:
            # Without a heartbeat the lease runs out and another worker takes over; this one must not go on.
            logger.exception("The heartbeat of shard %s failed.", shard.pk)
            stop.set()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"shard-{shard.pk}-heartbeat", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        finished.set()
        thread.join()


def _renew_until(finished: threading.Event, shard: Shard) -> None:
    """Raises LeaseLostError once it is lost, DatabaseError where the database refused for as long as it lasted."""
    held_until = time.monotonic() + settings.SHARD_LEASE_S
    while not finished.wait(settings.SHARD_LEASE_S / BEATS_A_LEASE):
        asked_at = time.monotonic()
        try:
            close_old_connections()
            if not renew(shard):
                raise LeaseLostError
            held_until = asked_at + settings.SHARD_LEASE_S
        except DatabaseError:
            if time.monotonic() > held_until:
                raise
            logger.warning("The lease of shard %s could not be renewed yet.", shard.pk)
            connection.close()


def store_unit(shard: Shard, unit: inventory.Unit) -> None:
    """Store what a collector emitted, under the holder's token. Raises LeaseLostError where it is no longer held."""
    with transaction.atomic():
        require_held(shard)
        if shard.attempts > 1:
            unit = _with_earlier_calls(shard, unit)
        Unit.objects.update_or_create(
            shard=shard,
            operation=unit.operation,
            defaults={"run_id": shard.run_id, "stored_at": clock.now(), **unit_fields(unit)},
        )


def throttled(shard: Shard) -> frozenset[str]:
    """Operations of which AWS throttled all or a part to the end: they are to be read again."""
    gaps = shard.units.exclude(ending=inventory.Ending.OK).defer("rows", "calls")
    return frozenset(unit.operation for unit in gaps if unit.was_throttled)


def _with_earlier_calls(shard: Shard, unit: inventory.Unit) -> inventory.Unit:
    """A reading that is made again replaces the one before, but what that one sent was sent all the same."""
    before = shard.units.filter(operation=unit.operation).only("calls", "api_calls").first()
    if before is None:
        return unit
    calls = call_log.merged(map(call_log.Calls.from_json, before.calls), unit.calls)
    return replace(unit, calls=calls, api_calls=unit.api_calls + before.api_calls)


def note_signing_in(shard: Shard, calls: Sequence[call_log.Calls]) -> None:
    """Keep what opening the account sent, beside what earlier attempts did. Raises LeaseLostError."""
    with transaction.atomic():
        require_held(shard)
        known = Shard.objects.values_list("calls", flat=True).get(pk=shard.pk)
        shard.calls = [asdict(one) for one in call_log.merged(map(call_log.Calls.from_json, known), calls)]
        shard.save(update_fields=["calls"])


def unit_fields(unit: inventory.Unit) -> dict[str, object]:
    """The columns of `discovery.Unit` for an engine's unit."""
    data = unit.as_json()
    return {**data.pop("place"), **{name: value for name, value in data.items() if name != "operation"}}


def require_held(shard: Shard) -> None:
    """Inside a transaction: hold the row, or raise LeaseLostError."""
    if not _held(shard).select_for_update().exists():
        raise LeaseLostError


def _held(shard: Shard) -> QuerySet[Shard]:
    return Shard.objects.filter(pk=shard.pk, token=shard.token, status=Shard.Status.RUNNING)
