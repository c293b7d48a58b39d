"""Time spent: entries and a timer. Always accepted; what comes before the deposit is marked so."""

import datetime as dt
import re

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, TransitionError
from core.models import User
from engagements.models import Engagement, ScopeItem, WorkLog
from outreach import dates

DAY_MINUTES = 24 * 60
# "1:30 words", "1.5h words", "90m words", "2 words" (hours)
TIME = re.compile(
    r"\s*(?:(?P<hours>\d{1,2}):(?P<minutes>[0-5]\d)|(?P<amount>\d{1,4}(?:[.,]\d{1,2})?)\s*(?P<unit>h|hours?|m|min)?)(?!\S)\s*",
    re.IGNORECASE | re.ASCII,
)


def read_entry(text: str) -> tuple[int, str]:
    """Minutes and words of a line like "1:30 wrote the module". Raises DomainError where it does not begin with a
    time."""
    found = TIME.match(text)
    if not found:
        raise DomainError(_("Begin with the time: “1:30”, “1.5h” or “90m”, then what you did."))
    words = text[found.end() :].strip()
    if found["hours"] is not None:
        return int(found["hours"]) * 60 + int(found["minutes"]), words
    amount = float(found["amount"].replace(",", "."))
    in_minutes = (found["unit"] or "h").lower().startswith("m")
    return round(amount if in_minutes else amount * 60), words


@transaction.atomic
def log_work(
    *, engagement: Engagement, minutes: int, on: dt.date, note: str, item: ScopeItem | None, actor: User
) -> WorkLog:
    """Raises DomainError for no time, a day to come, or more hours than the person's day has."""
    if minutes < 1:
        raise DomainError(_("Enter at least a minute."))
    if on > dates.today():
        raise DomainError(_("That day has not come yet."))
    _require_item_of(engagement, item)
    _lock_day_of(actor)
    _require_room(WorkLog.objects.filter(worker=actor, on=on), minutes)
    log = WorkLog.objects.create(
        engagement=engagement,
        item=item,
        worker=actor,
        on=on,
        minutes=minutes,
        note=note.strip()[:500],
        is_before_deposit=not engagement.is_gate_open,
    )
    events.record(log, "work.logged", actor=actor, organisation=engagement.organisation, minutes=minutes)
    return log


@transaction.atomic
def start_timer(*, engagement: Engagement, item: ScopeItem | None, note: str, actor: User) -> WorkLog:
    """One a person: one that runs is stopped and kept. Raises DomainError where that one's day is full."""
    _require_item_of(engagement, item)
    _lock_day_of(actor)
    running = running_timer(actor)
    if running:
        stop_timer(log=running, actor=actor)
    return WorkLog.objects.create(
        engagement=engagement,
        item=item,
        worker=actor,
        on=dates.today(),
        started_at=clock.now(),
        note=note.strip()[:500],
        is_before_deposit=not engagement.is_gate_open,
    )


@transaction.atomic
def stop_timer(*, log: WorkLog, actor: User, note: str = "") -> WorkLog | None:
    """The time since it was started: at least a minute, and at most what its day has left of 24 hours. None where it
    was stopped already. Raises DomainError where the day is full, so that an entry can be shortened first."""
    _lock_day_of(actor)
    log = WorkLog.objects.select_for_update(of=("self",)).get(pk=log.pk)
    if log.worker_id != actor.pk:
        raise TransitionError(_("This timer is somebody else's."))
    if log.minutes is not None or log.started_at is None:
        return None
    others = WorkLog.objects.filter(worker=actor, on=log.on).exclude(pk=log.pk)
    _require_room(others, 1)
    passed = (clock.now() - log.started_at).total_seconds() / 60
    log.minutes = min(max(round(passed), 1), DAY_MINUTES - _minutes_of(others))
    log.note = note.strip()[:500] or log.note
    log.save(update_fields=["minutes", "note"])
    events.record(log, "work.logged", actor=actor, organisation=log.engagement.organisation, minutes=log.minutes)
    return log


@transaction.atomic
def change_work(*, log: WorkLog, minutes: int, note: str, actor: User) -> WorkLog:
    """Correct an entry of one's own. Raises as `log_work` does."""
    _require_own(log, actor)
    if not 1 <= minutes <= DAY_MINUTES:
        raise DomainError(_("Enter between a minute and a day."))
    _lock_day_of(actor)
    _require_room(WorkLog.objects.filter(worker=actor, on=log.on).exclude(pk=log.pk), minutes)
    log.minutes, log.note = minutes, note.strip()[:500]
    log.save(update_fields=["minutes", "note"])
    return log


@transaction.atomic
def remove_work(*, log: WorkLog, actor: User) -> None:
    _require_own(log, actor)
    events.record(log, "work.removed", actor=actor, organisation=log.engagement.organisation, minutes=log.minutes)
    log.delete()


def running_timer(user: User) -> WorkLog | None:
    return WorkLog.objects.filter(worker=user, minutes=None).select_related("engagement").first()


def _lock_day_of(worker: User) -> None:
    """Two clicks at once neither start two timers nor make a day of 25 hours."""
    User.objects.select_for_update(no_key=True).get(pk=worker.pk)


def _minutes_of(logs: QuerySet[WorkLog]) -> int:
    return logs.aggregate(sum=Sum("minutes"))["sum"] or 0


def _require_room(others: QuerySet[WorkLog], minutes: int) -> None:
    """Raises DomainError where the day would have more than 24 hours with it."""
    day = minutes + _minutes_of(others)
    if day > DAY_MINUTES:
        raise DomainError(
            _("With this the day would have %(hours)s hours."), hours=f"{day / 60:.2f}".rstrip("0").rstrip(".")
        )


def _require_item_of(engagement: Engagement, item: ScopeItem | None) -> None:
    if item and item.engagement_id != engagement.pk:
        raise DomainError(_("“%(title)s” is not part of this engagement."), title=item.title)


def _require_own(log: WorkLog, actor: User) -> None:
    if log.worker_id != actor.pk:
        raise TransitionError(_("This entry is somebody else's."))
