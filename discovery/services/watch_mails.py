"""Mails about scheduled runs: what is new goes out once, to those who are named.

A finding that people were told of is remembered as long as it stands, so a reading that fails in between, a day that is
skipped or a manual audit makes it no news. A mail is stored with what it tells of, and sent afterwards.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock, events, mail
from core.models import User
from core.posting import post_due
from core.queries import practice_name
from discovery.comparing import RESULTS
from discovery.models import Occurrence, Run, Schedule, ScheduledRun, WatchedFinding, WatchMail
from discovery.news import News, news_of, standing
from infra_audit.registry import Severity

logger = logging.getLogger(__name__)

BATCH = 500
ENDS_OR_RETURNS = (Occurrence.Status.FIXED, Occurrence.Status.ACCEPTED, Occurrence.Status.REGRESSED)


def tell_of_scheduled_runs() -> None:
    """Of what has ended and was not told yet, the oldest first; then send what is due. Safe to run twice at once."""
    ended = Q(run=None) | ~Q(run__status__in=Run.OPEN)
    for pk in ScheduledRun.objects.filter(ended, told_at=None).order_by("pk").values_list("pk", flat=True):
        try:
            _tell(pk)
        except Exception:  # what goes wrong with one client costs no other its mail
            logger.exception("Scheduled run %s could not be told of", pk)
    post_due(
        WatchMail.objects.select_related("scheduled__schedule__organisation"), message_of=_message, give_up=_give_up
    )


@transaction.atomic
def _tell(pk: int) -> None:
    rows = ScheduledRun.objects.select_for_update(no_key=True, of=("self", "schedule"))
    scheduled = rows.select_related("schedule__organisation").get(pk=pk)
    if scheduled.told_at:
        return
    run = scheduled.run
    if run and run.has_results:
        _tell_news(scheduled, run)
    elif scheduled.has_failed and not _has_failed_before(scheduled):
        subject = _("%(client)s could not be audited") % {"client": scheduled.schedule.organisation}
        _queue(scheduled, subject, "email/watch_failed.txt", {})
    scheduled.told_at = clock.now()
    scheduled.save(update_fields=["news", "told_at"])


def _tell_news(scheduled: ScheduledRun, run: Run) -> None:
    schedule = scheduled.schedule
    _forget(schedule, run)
    known = dict(schedule.findings.values_list("finding_id", "severity"))
    news = news_of(schedule, run, known)
    _remember(schedule, run, known)
    scheduled.news = news.count
    if news.count:
        first = _is_first(scheduled)
        subject = _subject(schedule, news, first=first)
        _queue(scheduled, subject, "email/watch_news.txt", {"news": news, "first": first})


def _forget(schedule: Schedule, run: Run) -> None:
    """What was mended or accepted since it was seen last, whichever run saw that: should it come back, it is news."""
    since = Occurrence.objects.filter(
        finding=OuterRef("finding"), run__gt=OuterRef("seen_in"), run__lte=run.pk, status__in=ENDS_OR_RETURNS
    )
    schedule.findings.filter(Exists(since)).delete()


def _remember(schedule: Schedule, run: Run, known: dict[int, str]) -> None:
    """All that stands, however mild: what is told from may change, and is no news by that."""
    for severity in Severity:
        there = standing(run).filter(severity=severity.value)
        schedule.findings.filter(finding__in=there.values("finding")).update(severity=severity.value, seen_in=run)
    WatchedFinding.objects.bulk_create(
        [
            WatchedFinding(schedule=schedule, finding_id=finding, severity=severity, seen_in=run)
            for finding, severity in standing(run).values_list("finding_id", "severity")
            if finding not in known
        ],
        batch_size=BATCH,
    )


def _is_first(scheduled: ScheduledRun) -> bool:
    """No earlier one had results."""
    earlier = scheduled.schedule.days.filter(pk__lt=scheduled.pk)
    return not earlier.filter(run__status__in=RESULTS).exists()


def _has_failed_before(scheduled: ScheduledRun) -> bool:
    """Whether the last one that came to anything failed too: then people know."""
    earlier = scheduled.schedule.days.filter(pk__lt=scheduled.pk).exclude(skipped=ScheduledRun.Skip.UNDER_WAY)
    last = earlier.exclude(run__status=Run.Status.CANCELLED).select_related("run").first()
    return last is not None and last.has_failed


def _subject(schedule: Schedule, news: News, *, first: bool) -> str:
    told = {"client": schedule.organisation, "n": f"{news.count:,}"}
    if first:
        return (
            ngettext("%(client)s is watched: %(n)s finding", "%(client)s is watched: %(n)s findings", news.count) % told
        )
    return ngettext("%(client)s: %(n)s new finding", "%(client)s: %(n)s new findings", news.count) % told


def _queue(scheduled: ScheduledRun, subject: str, template: str, context: dict[str, Any]) -> None:
    """A mail a person, stored in this transaction."""
    schedule = scheduled.schedule
    base = settings.BASE_URL.rstrip("/")
    context |= {
        "client": schedule.organisation,
        "day": date_format(scheduled.on, "l j F"),
        "schedule": schedule,
        "run_url": base + reverse("discovery:run", args=[scheduled.run.public_id]) if scheduled.run else "",
        "why": scheduled.run.failure if scheduled.run else scheduled.get_skipped_display(),
        "schedule_url": base + reverse("discovery:schedule", args=[schedule.organisation.public_id]),
        "practice": practice_name(),
    }
    WatchMail.objects.bulk_create(
        WatchMail(
            scheduled=scheduled,
            address=person.email,
            subject=" ".join(subject.split()),
            body=render_to_string(template, context),
        )
        for person in _listeners(schedule)
    )


def _listeners(schedule: Schedule) -> list[User]:
    """Those who are named and still there; where nobody is, all consultants: somebody has to hear of it."""
    there = User.objects.filter(is_consultant=True, is_active=True).order_by("pk")
    named = list(there.filter(pk__in=schedule.people.values("pk")))
    return named or list(there)


def _message(row: WatchMail) -> EmailMessage | None:
    """None for who has left the practice since."""
    if not User.objects.filter(email=row.address, is_consultant=True, is_active=True).exists():
        return None
    return EmailMessage(row.subject, row.body, mail.sender(), [row.address])


def _give_up(row: WatchMail) -> None:
    events.record(row.scheduled.schedule, "schedule.mail_given_up", actor=None, to=row.address)
