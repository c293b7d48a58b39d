"""What people do with runs: start one, execute its shards, cancel it, finish it."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Organisation, Practice, User
from discovery import choosing, tasks
from discovery.models import AwsAccount, Repository, Run, ScheduledRun, Shard, Unit
from discovery.one_account import BY_ACCOUNT, OneAccount, Seen
from discovery.services import findings, freezing, handed_over, pace, repository_shards, shards, targets
from discovery.services.sent import delete_sent
from infra_audit import CATALOGUE_VERSION, TOOL_VERSION
from infra_audit.accounts import Left, LeftOut, of_account
from infra_audit.aws import Account, AwsTarget, failed_units, open_account, planned
from infra_audit.collectors.aws.throttle import Throttle
from infra_audit.errors import NothingAssessableError
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.inventory import Ending, Inventory, Place
from infra_audit.inventory import Unit as EngineUnit
from infra_audit.payers import TOLD_BY_MANAGERS, organisation_of
from infra_audit.snapshots import Snapshot

logger = logging.getLogger(__name__)

THROTTLED_ATTEMPTS = 3
THROTTLED_PAUSE = timedelta(minutes=1)
# A command does its shards itself; the workers' sweep looks after what it left behind, if it was killed.
COMMAND_HEAD_START = timedelta(minutes=10)


class UnderWayError(DomainError):
    """A run of the client has not ended yet."""


def start_run(
    *,
    organisation: Organisation,
    accounts: Sequence[AwsAccount],
    repositories: Sequence[Repository],
    actor: User | None,
    metadata_only: bool = False,
    as_of: datetime | None = None,
    in_this_process: bool = False,
    snapshots: Sequence[Snapshot] = (),
    imported: EngineUnit | None = None,
    only_checks: Sequence[str] = (),
    left_out: Sequence[LeftOut] = (),
    github_way_in: GitHubWayIn | None = None,
) -> Run:
    """Make a run with one shard for each account and repository, and ring for the workers once it is stored.

    `as_of` is the moment that ages are counted to. With `in_this_process` nobody is rung for: the caller drains it.
    What `snapshots` say, and the findings of other tools that are `imported`, is stored at once. With `only_checks`,
    ids that the catalogue knows, nothing is read but what they need. Accounts that are `left_out` are told in every
    document. `github_way_in`: the one that `drain` will be given. Raises DomainError where there is nothing to audit
    and where an account can be read by nobody but the client, UnderWayError where a run of the client is.
    """
    if not accounts and not repositories and not snapshots:
        raise DomainError(_("Choose at least one AWS account or repository to audit."))
    _refuse_unreachable(accounts)
    _refuse_gone(repositories)
    if only_checks:
        accounts, repositories = _worth_reading(only_checks, accounts, repositories)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        if (
            not in_this_process
            and organisation.runs.filter(status__in=[Run.Status.QUEUED, Run.Status.RUNNING]).exists()
        ):
            raise UnderWayError(_("A run of this client is under way. Wait for it, or cancel it first."))
        run = Run.objects.create(
            organisation=organisation,
            started_by=actor,
            metadata_only=metadata_only,
            only_checks=list(only_checks),
            as_of=as_of or handed_over.read_at(snapshots) or clock.now(),
            tool_version=TOOL_VERSION,
            catalogue_version=CATALOGUE_VERSION,
            left_out=[one.as_json() for one in left_out],
        )
        if state := targets.merged_states(organisation, handed_over.states(snapshots)):
            Unit.objects.create(run=run, operation=state.operation, **shards.unit_fields(state))
        if imported:
            Unit.objects.create(run=run, operation=imported.operation, **shards.unit_fields(imported))
        made = Shard.objects.bulk_create(
            [
                *(Shard(run=run, kind=Shard.Kind.ACCOUNT, aws_account=account) for account in accounts),
                *repository_shards.planned(run, repositories, github_way_in),
            ]
        )
        for snapshot in snapshots:
            handed_over.store(run, snapshot)
        if not made:
            Run.objects.filter(pk=run.pk).update(status=Run.Status.RUNNING)
        events.record(
            run,
            "run.started",
            actor=actor,
            accounts=len(accounts) + len(snapshots),
            repositories=len(repositories),
        )
        if in_this_process:
            Shard.objects.filter(run=run).update(not_before=clock.real_now() + COMMAND_HEAD_START)
        else:
            for shard in made:
                transaction.on_commit(partial(tasks.execute_shard.delay, shard.pk))
    return run


def _refuse_unreachable(accounts: Sequence[AwsAccount]) -> None:
    for account in accounts:
        if account.handed_over:
            raise DomainError(_("%(account)s was read by the client: say how it is reached first."), account=account)


def _refuse_gone(repositories: Sequence[Repository]) -> None:
    for one in repositories:
        if one.was_read:
            raise DomainError(
                _("%(name)s was sent as a file, which is gone since it was read: send it again."), name=one
            )


def _worth_reading(
    ids: Sequence[str], accounts: Sequence[AwsAccount], repositories: Sequence[Repository]
) -> tuple[Sequence[AwsAccount], Sequence[Repository]]:
    """Those in which a chosen check looks at anything. Raises DomainError where none does."""
    accounts = accounts if choosing.reads_accounts(ids) else []
    repositories = repositories if choosing.reads_repositories(ids) else []
    if not accounts and not repositories:
        raise DomainError(_("None of the checks that were chosen looks at any of this."))
    return accounts, repositories


def _planned(run: Run, place: Place, target: AwsTarget) -> list[str]:
    skip = choosing.left_out(run.only_checks)
    return [operation for operation in planned(place, target) if operation not in skip]


@dataclass(frozen=True)
class Means:
    """What whoever executes shards brings along: the pace of what AWS is asked, and a way in to GitHub of its own."""

    throttle: Throttle
    github: GitHubWayIn | None = None


def execute_shard(
    *,
    shard_id: int,
    throttle: Throttle | None = None,
    github_way_in: GitHubWayIn | None = None,
    is_watched: bool = True,
) -> None:
    """Do one shard, if it is free: a second delivery does nothing. Then finish the run, if this was the last.

    `throttle` paces what is asked of AWS; without one, that of the settings does. `github_way_in` is used instead of
    the client's, and kept nowhere. `is_watched`: somebody sees what it found before the run has ended.
    """
    shard = shards.claim(shard_id)
    if shard is None:
        return
    try:
        with shards.heartbeat(shard) as stop:
            means = Means(throttle or pace.throttle(), github_way_in)
            retry = _WORK[Shard.Kind(shard.kind)](shard, stop.is_set, means)
        _close(shard, retry=retry, stopped=stop.is_set(), is_watched=is_watched)
    except shards.LeaseLostError:
        logger.info("Shard %s was taken over by another worker.", shard.pk)
        return
    finish_run(run_id=shard.run_id)


def _open_account(shard: Shard, stop: Callable[[], bool], means: Means) -> bool:
    """Learn who the account is and make a shard for each of its places, or store why it cannot be read."""
    aws_account = shard.account
    target = aws_account.target(metadata_only=shard.run.metadata_only)
    try:
        account = open_account(target, key=_key(), now=shard.run.as_of, throttle=means.throttle)
    except NothingAssessableError as refusal:
        for unit in failed_units(target, str(refusal), skip=choosing.left_out(shard.run.only_checks)):
            shards.store_unit(shard, unit)
        Shard.objects.filter(pk=shard.pk).update(failure=str(refusal)[:500])
        return False
    with transaction.atomic():
        shards.require_held(shard)
        # Of two ways into one account, opened at once, one waits here, and then sees the other's places.
        run = Run.objects.select_for_update(no_key=True).get(pk=shard.run_id)
        _remember(aws_account, account)
        shards.note_signing_in(shard, account.signing_in)
        if first := _read_already(shard, account.id):
            _leave_out(run, aws_account, first)
            return False
        for place in account.places():
            operations = _planned(shard.run, place, target)
            if not operations:
                continue
            new, made = Shard.objects.get_or_create(
                run=shard.run,
                kind=Shard.Kind.PLACE,
                aws_account=aws_account,
                region=place.region,
                defaults={"planned": operations, "not_before": shard.not_before},
            )
            if made and shard.not_before <= clock.real_now():
                transaction.on_commit(partial(tasks.execute_shard.delay, new.pk))
    return False


def _read_already(shard: Shard, number: str) -> AwsAccount | None:
    """The other way by which the run reads the account of that number; None where there is none."""
    places = Shard.objects.filter(run=shard.run_id, kind=Shard.Kind.PLACE, aws_account__account_id=number)
    other = places.exclude(aws_account=shard.aws_account).select_related("aws_account").first()
    return other.aws_account if other else None


def _leave_out(run: Run, aws_account: AwsAccount, first: AwsAccount) -> None:
    row = LeftOut(
        account=first.account_id,
        name=aws_account.name,
        reason=Left.LISTED_TWICE.value,
        message=_("This account is listed twice: it is read once, as %(name)s.") % {"name": first.name},
    ).as_json()
    run.left_out = [*(one for one in run.left_out if one != row), row]  # whoever comes again says it once
    run.save(update_fields=["left_out"])


def _remember(aws_account: AwsAccount, account: Account) -> None:
    aws_account.account_id = account.id
    aws_account.alias = account.alias
    aws_account.partition = account.partition
    aws_account.org_role = account.org_role
    aws_account.save(update_fields=["account_id", "alias", "partition", "org_role"])


def _collect_place(shard: Shard, stop: Callable[[], bool], means: Means) -> bool:
    """Read one place; True where AWS throttled so much that it should be tried again later."""
    aws_account = shard.account
    target = aws_account.target(metadata_only=shard.run.metadata_only)
    stored = dict(shard.units.values_list("operation", "ending"))
    left_out = choosing.left_out(shard.run.only_checks)
    done = left_out.union(stored) - shards.throttled(shard)
    try:
        account = open_account(target, key=_key(), now=shard.run.as_of, throttle=means.throttle)
    except NothingAssessableError as refusal:
        kept = left_out.union(operation for operation, ending in stored.items() if ending != Ending.THROTTLED)
        for unit in failed_units(target, str(refusal), place=shard.place, skip=kept):
            shards.store_unit(shard, unit)
        Shard.objects.filter(pk=shard.pk).update(failure=str(refusal)[:500])
        return False
    shards.note_signing_in(shard, account.signing_in)
    account.collect(shard.place, emit=partial(shards.store_unit, shard), stop=stop, done=done)
    return shard.attempts < THROTTLED_ATTEMPTS and bool(shards.throttled(shard))


def _collect_repository(shard: Shard, stop: Callable[[], bool], means: Means) -> bool:
    """Read one repository; True where GitHub throttled so much that it should be tried again later."""
    repository_shards.collect(shard, way_in=means.github, key=_key(), stop=stop)
    return shard.attempts < THROTTLED_ATTEMPTS and bool(shards.throttled(shard))


_WORK: dict[Shard.Kind, Callable[[Shard, Callable[[], bool], Means], bool]] = {
    Shard.Kind.ACCOUNT: _open_account,
    Shard.Kind.PLACE: _collect_place,
    Shard.Kind.REPOSITORY: _collect_repository,
}


def _key() -> bytes:
    return Practice.get().fingerprint_key


def _close(shard: Shard, *, retry: bool, stopped: bool, is_watched: bool) -> None:
    """End the shard under its token, with the findings that it alone decides: but for the last one, whose findings the
    end of the run tells at once."""
    if stopped:
        if Run.objects.filter(pk=shard.run_id, status=Run.Status.CANCELLED).exists():
            return  # whoever cancelled has closed the shards
        raise shards.LeaseLostError
    if retry:
        shards.release(shard, after=THROTTLED_PAUSE * shard.attempts)
        return
    others = shard.run.shards.filter(status__in=Shard.OPEN).exclude(pk=shard.pk)
    told = findings.judge_shard(shard) if is_watched and others.exists() else None
    with transaction.atomic():
        shards.require_held(shard)
        if told is not None:
            findings.record(shard.run, told, final=False)
        shard.refresh_from_db(fields=["failure"])
        shard.status = Shard.Status.FAILED if shard.failure else Shard.Status.DONE
        shard.lease_until = None
        shard.save(update_fields=["status", "lease_until"])
        if shard.repository:
            transaction.on_commit(partial(delete_sent, shard.repository))


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


def drain(
    *,
    run: Run,
    workers: int = 1,
    throttle: Throttle | None = None,
    github_way_in: GitHubWayIn | None = None,
    is_watched: bool = True,
) -> None:
    """Execute the run's shards in this process until none is left to claim: what `manage.py discover` does.

    With several workers each shard runs in a thread with its own database connection.
    """
    execute = partial(execute_shard, throttle=throttle, github_way_in=github_way_in, is_watched=is_watched)
    while True:
        Shard.objects.filter(run=run, status=Shard.Status.QUEUED).update(not_before=clock.real_now())
        todo = list(run.shards.filter(status=Shard.Status.QUEUED).values_list("pk", flat=True))
        if not todo:
            finish_run(run_id=run.pk)  # where everything was handed over, no shard was there to end it
            return
        if workers == 1:
            for shard_id in todo:
                execute(shard_id=shard_id)
            continue
        with ThreadPoolExecutor(workers, thread_name_prefix="drain") as pool:
            list(pool.map(partial(_in_thread, execute), todo))


def _in_thread(execute: Callable[..., None], shard_id: int) -> None:
    try:
        execute(shard_id=shard_id)
    finally:
        connection.close()
