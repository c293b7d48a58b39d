"""Reads for the pages that show how a client is watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from core import clock
from core.models import Organisation, User
from discovery import choosing, due
from discovery.models import Schedule, ScheduledRun, WatchMail

RECENT = 14


@dataclass(frozen=True)
class Watching:
    """A schedule as its client's page tells it. `next_at` is None while it is paused, and past where the scheduler has
    not come by yet."""

    schedule: Schedule
    zone: str
    accounts: int
    repositories: int
    people: Sequence[User]
    gone_checks: Sequence[str]  # ids that the catalogue no longer knows
    days: Sequence[ScheduledRun]  # newest first
    unsent: Sequence[WatchMail]  # of those days, that did not leave
    next_at: datetime | None

    @property
    def last(self) -> ScheduledRun | None:
        return self.days[0] if self.days else None

    @property
    def is_due_now(self) -> bool:
        return self.next_at is not None and self.next_at <= clock.now()


def watching(organisation: Organisation) -> Watching | None:
    """Five queries at most, one where the client is not watched. For a page: its time zone is the practice's."""
    counted = Schedule.objects.annotate(
        chosen_accounts=Count("accounts", distinct=True), chosen_repositories=Count("repositories", distinct=True)
    )
    schedule = counted.filter(organisation=organisation).first()
    if schedule is None:
        return None
    days = list(schedule.days.select_related("run").defer("run__result")[:RECENT])
    now = timezone.localtime(clock.now())
    claimed = due.claimed_days(schedule, now)
    return Watching(
        schedule=schedule,
        zone=str(now.tzinfo),
        accounts=schedule.chosen_accounts,
        repositories=schedule.chosen_repositories,
        people=list(schedule.people.order_by("name", "pk")),
        gone_checks=choosing.unknown(schedule.only_checks),
        days=days,
        unsent=list(WatchMail.objects.filter(scheduled__in=days, has_failed=True)),
        next_at=None if schedule.is_paused else due.next_due(schedule, now, claimed),
    )
