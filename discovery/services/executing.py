"""Executes shards: opens accounts, reads places and repositories, one shard a worker at a time."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import clock
from core.models import Practice
from discovery import choosing, tasks
from discovery.models import AwsAccount, Run, Shard
from discovery.services import findings, pace, repository_shards, runs, shards
from discovery.services.sent import delete_sent
from infra_audit.accounts import Left, LeftOut
from infra_audit.aws import Account, AwsTarget, failed_units, open_account, planned
from infra_audit.collectors.aws.throttle import Throttle
from infra_audit.errors import NothingAssessableError
from infra_audit.github.way_in import GitHubWayIn
from infra_audit.inventory import Ending, Place

logger = logging.getLogger(__name__)

THROTTLED_ATTEMPTS = 3
THROTTLED_PAUSE = timedelta(minutes=1)


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
    runs.finish_run(run_id=shard.run_id)


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


def _planned(run: Run, place: Place, target: AwsTarget) -> list[str]:
    skip = choosing.left_out(run.only_checks)
    return [operation for operation in planned(place, target) if operation not in skip]


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
            runs.finish_run(run_id=run.pk)  # where everything was handed over, no shard was there to end it
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
