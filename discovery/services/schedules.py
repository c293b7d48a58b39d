"""What people do with a client's schedule, and starting what is due: once a day however often the scheduler calls."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import Organisation, User
from discovery import choosing, due, tasks
from discovery.models import AwsAccount, Repository, Run, Schedule, ScheduledRun
from discovery.models.schedule import AT_NIGHT
from discovery.services import starting
from engagements.models import Engagement
from infra_audit.registry import Severity

logger = logging.getLogger(__name__)

OVER = (Engagement.Status.CLOSED, Engagement.Status.CANCELLED)


@dataclass(frozen=True)
class Plan:
    """What staff choose. With `everything` whatever the client has is audited, what is added later too; else the
    accounts and repositories named. Without `only_checks` all checks are made. `people` are told of what is as grave as
    `tells_from`, or graver."""

    people: Sequence[User]
    every: str = Schedule.Every.DAY
    at_hour: int = AT_NIGHT
    everything: bool = True
    accounts: Sequence[AwsAccount] = ()
    repositories: Sequence[Repository] = ()
    only_checks: Sequence[str] = ()
    tells_from: str = Severity.HIGH.value


@transaction.atomic
def watch(*, organisation: Organisation, plan: Plan, actor: User | None) -> Schedule:
    """Set up the client's schedule, or change the one there is; it is first due at the next hour that was chosen.

    Raises DomainError where nobody would be told, and where nothing would be audited.
    """
    if not plan.people:
        raise DomainError(_("Choose at least one person who is told."))
    if not (plan.everything or plan.accounts or plan.repositories):
        raise DomainError(_("Choose at least one AWS account or repository to audit."))
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    schedule = Schedule.objects.select_for_update(no_key=True).filter(organisation=organisation).first()
    before = _told(schedule) if schedule else None
    if schedule is None:
        schedule = Schedule(organisation=organisation, set_up_by=actor)
    _apply(schedule, plan)
    after = _told(schedule)
    if before is None:
        events.record(schedule, "schedule.set_up", actor=actor, **after)
    elif before != after:
        changes = {name: value for name, value in after.items() if value != before[name]}
        events.record(schedule, "schedule.changed", actor=actor, **changes)
    return schedule


def _apply(schedule: Schedule, plan: Plan) -> None:
    if (schedule.every, schedule.at_hour) != (plan.every, plan.at_hour):
        schedule.counts_from = clock.now()
    schedule.every, schedule.at_hour = plan.every, plan.at_hour
    schedule.everything = plan.everything
    schedule.only_checks, schedule.tells_from = list(plan.only_checks), plan.tells_from
    schedule.save()
    schedule.accounts.set([] if plan.everything else plan.accounts)
    schedule.repositories.set([] if plan.everything else plan.repositories)
    schedule.people.set(plan.people)


def _told(schedule: Schedule) -> dict[str, Any]:
    """As its events keep it."""
    return {
        "every": schedule.every,
        "at_hour": schedule.at_hour,
        "everything": schedule.everything,
        "accounts": sorted(schedule.accounts.values_list("name", flat=True)),
        "repositories": sorted(schedule.repositories.values_list("name", flat=True)),
        "only_checks": list(schedule.only_checks),
        "tells_from": schedule.tells_from,
        "people": sorted(schedule.people.values_list("email", flat=True)),
    }


@transaction.atomic
def pause(*, schedule: Schedule, actor: User | None, reason: str = "") -> None:
    """Nothing is due until it is resumed. Twice is once."""
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    if not schedule.is_paused:
        schedule.is_paused, schedule.pause_reason = True, reason
        schedule.save(update_fields=["is_paused", "pause_reason"])
        events.record(schedule, "schedule.paused", actor=actor, reason=reason)


@transaction.atomic
def resume(*, schedule: Schedule, actor: User) -> None:
    """What was due meanwhile is not made up for. Twice is once."""
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    if schedule.is_paused:
        schedule.is_paused, schedule.pause_reason, schedule.counts_from = False, "", clock.now()
        schedule.save(update_fields=["is_paused", "pause_reason", "counts_from"])
        events.record(schedule, "schedule.resumed", actor=actor)


@transaction.atomic
def rest_after(*, engagement: Engagement, actor: User | None) -> None:
    """An engagement has ended. Where it was the client's last, the watching pauses: access is given back at closing,
    and whoever goes on watching says so by resuming."""
    organisation = engagement.organisation_id
    schedule = Schedule.objects.filter(organisation=organisation).first()
    if schedule and not Engagement.objects.filter(organisation=organisation).exclude(status__in=OVER).exists():
        pause(schedule=schedule, actor=actor, reason=_("The last engagement has ended."))


def start_due_audits() -> int:
    """Start what is due; how many were started. Safe to run at any time, twice at once, after days of standing still,
    and with the clock set back. What goes wrong with one client costs no other its audit."""
    started = 0
    for schedule in Schedule.objects.filter(is_paused=False):
        try:
            started += _due_day(schedule) is not None and _start(schedule.pk)
        except Exception:
            logger.exception("Schedule %s could not be started", schedule.pk)
    return started


@transaction.atomic
def _start(pk: int) -> bool:
    """Claim today, and start the run; False where another scheduler was first, or where the day is skipped.

    The client is locked before its schedule, as by whoever changes that.
    """
    Organisation.objects.select_for_update(no_key=True).get(schedule=pk)
    locked = Schedule.objects.select_for_update(no_key=True, of=("self",))
    schedule = locked.select_related("organisation").get(pk=pk)
    day = _due_day(schedule)
    if day is None or schedule.is_paused:
        return False
    scheduled = ScheduledRun(schedule=schedule, on=day)
    try:
        scheduled.run = _start_run(schedule)
    except starting.UnderWayError:
        scheduled.skipped = ScheduledRun.Skip.UNDER_WAY
    except DomainError:
        scheduled.skipped = ScheduledRun.Skip.NOTHING
    scheduled.save()
    if scheduled.skipped:
        events.record(schedule, "schedule.skipped", actor=None, on=day, why=scheduled.skipped)
        transaction.on_commit(tasks.tell_of_scheduled_runs.delay)
    return scheduled.run is not None


def _due_day(schedule: Schedule) -> dt.date | None:
    now = due.now_here()
    return due.due_day(schedule, now, due.claimed_days(schedule, now))


def _start_run(schedule: Schedule) -> Run:
    """Raises DomainError where nothing is left of what was chosen."""
    organisation = schedule.organisation
    accounts, repositories = organisation.aws_accounts.all(), organisation.repositories.all()
    if not schedule.everything:
        accounts, repositories = schedule.accounts.all(), schedule.repositories.all()
    checks = choosing.known(schedule.only_checks)
    if schedule.only_checks and not checks:
        raise DomainError(_("None of the checks that were chosen exists any more."))
    return starting.start_run(
        organisation=organisation,
        accounts=list(accounts.filter(handed_over=False)),
        repositories=[one for one in repositories if not one.was_read],
        only_checks=checks,
        actor=None,
    )
