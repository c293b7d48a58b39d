"""Ends runs: finished, cancelled, or swept up after a worker that was lost."""

from contextlib import suppress

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import clock, events
from core.models import User
from discovery import tasks
from discovery.models import Run, ScheduledRun, Shard, Unit
from discovery.one_account import BY_ACCOUNT, OneAccount, Seen
from discovery.services import findings, freezing, shards
from infra_audit.accounts import of_account
from infra_audit.inventory import Ending, Inventory
from infra_audit.inventory import Unit as EngineUnit
from infra_audit.payers import TOLD_BY_MANAGERS, organisation_of


def finish_run(*, run_id: int) -> None:
    """Judge all that was read and end the run, if every shard has ended. Doing it twice does it once."""
    run = Run.objects.select_related("organisation").get(pk=run_id)
    if run.status != Run.Status.RUNNING or run.shards.filter(status__in=Shard.OPEN).exists():
        return
    inventory = stored_inventory(run)
    evaluation = findings.judge(run, inventory)
    by_account = findings.results_by_account(run, inventory)
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.status != Run.Status.RUNNING:
            return
        findings.record(run, evaluation, final=True)
        run.result = findings.result(run, evaluation, inventory) | {BY_ACCOUNT: by_account}
        run.move_to(_ending(run, inventory))
        if run.status == Run.Status.FAILED:
            run.failure = _why_nothing(inventory)[:500]
        run.finished_at = clock.now()
        run.save(update_fields=["result", "status", "failure", "finished_at"])
        events.record(run, "run.finished", actor=None, status=run.status)
        if ScheduledRun.objects.filter(run=run).exists():
            transaction.on_commit(tasks.tell_of_scheduled_runs.delay)


def _ending(run: Run, inventory: Inventory) -> Run.Status:
    read = [unit for unit in inventory.all_units if unit.place.account or unit.place.repository]
    if not any(unit.ending.readable for unit in read):
        return Run.Status.FAILED
    gaps = run.result["not_assessed"] or run.shards.filter(status=Shard.Status.FAILED).exists()
    return Run.Status.DONE_WITH_GAPS if gaps else Run.Status.DONE


def _why_nothing(inventory: Inventory) -> str:
    """One sentence that names the mend, where nothing at all could be read."""
    first = next((unit for unit in inventory.all_units if not unit.ending.readable), None)
    if first and first.ending is Ending.DENIED and first.place.account:
        return _("Every reading was denied: attach the policy that `python -m infra_audit policy` prints.")
    return first.message if first else _("There was nothing to read.")


def stored_inventory(run: Seen) -> Inventory:
    """All that the run has read so far, or has of one account, as the engine judges it."""
    inventory = Inventory(_as_engine_units(run.units.all()))
    if not isinstance(run, OneAccount):
        return inventory
    manager = (organisation_of(inventory) or {}).get("payer") or ""  # what only it can tell of this one
    beside = run.run.units.filter(account=manager, operation__in=TOLD_BY_MANAGERS).exclude(account=run.number)
    return of_account(Inventory((*inventory.all_units, *_as_engine_units(beside))), run.number)


def _as_engine_units(units: QuerySet[Unit]) -> tuple[EngineUnit, ...]:
    return tuple(unit.as_engine_unit() for unit in units.iterator())


def cancel_run(*, run: Run, actor: User | None) -> None:
    """Stop a run: its shards end at once, workers that hold one notice at their next heartbeat or unit.

    What was read stays. Raises TransitionError where it is already over.
    """
    with transaction.atomic():
        # Shards before their run, and no lock that keeps a row from being stored for the run: so do those who claim
        # and store. In another order PostgreSQL would have to end one of the two.
        run.shards.filter(status__in=Shard.OPEN).update(status=Shard.Status.CANCELLED, lease_until=None)
        run = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
        run.move_to(Run.Status.CANCELLED)
        run.finished_at = clock.now()
        run.save(update_fields=["status", "finished_at"])
        events.record(run, "run.cancelled", actor=actor)


def sweep() -> None:
    """Ring again for what nobody holds: lost messages, dead workers, retries that are due, runs and summaries left
    unfinished."""
    now = clock.real_now()
    live = Shard.objects.filter(run__status__in=Run.OPEN)
    for shard in live.filter(status=Shard.Status.RUNNING, lease_until__lt=now, attempts__gte=shards.MAX_ATTEMPTS):
        with suppress(shards.LeaseLostError):  # another sweep was first, or its worker breathes again
            shards.give_up(shard)
    due = live.filter(status=Shard.Status.QUEUED, not_before__lte=now) | live.filter(
        status=Shard.Status.RUNNING, lease_until__lt=now
    )
    for shard_id in due.values_list("pk", flat=True):
        tasks.execute_shard.delay(shard_id)
    stuck = Run.objects.filter(status=Run.Status.RUNNING).exclude(shards__status__in=Shard.OPEN)
    for run_id in stuck.values_list("pk", flat=True):
        tasks.finish_run.delay(run_id)
    freezing.ring_for_unfinished()
