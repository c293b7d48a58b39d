"""Reads of reports: lists, the latest, what is late, who read what."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Prefetch, Q, QuerySet, Subquery

from core.models import Organisation, User
from engagements.models import ChangeSet, Decision, Engagement, ScopeItem
from portal.models import ProgressReport, ReadReceipt, ReportCadence, ReportCall, ReportMail, ReportRevision
from portal.periods import Period, last_due
from portal.services.reports import cadence_of

NAGGED = (Engagement.Status.ACTIVE, Engagement.Status.CLOSING)
MOST = 12
Status = ReportRevision.Status


@dataclass(frozen=True)
class ReportLine:
    """A period in the list: its newest revision, or that there was none; who has read it."""

    report: ProgressReport
    revision: ReportRevision | None
    published: int
    readers: Sequence[ReadReceipt]


@dataclass(frozen=True)
class Late:
    """A report that should be out."""

    engagement: Engagement
    period: Period
    days: int


def report_lines(engagement: Engagement, user: User) -> list[ReportLine]:
    """Newest first. Clients see what was published; staff also drafts and what was left out. Three queries."""
    revisions = ReportRevision.objects.visible_to(user).defer("snapshot", "figures").order_by("-number")
    receipts = ReadReceipt.objects.select_related("user")
    rows = (
        ProgressReport.objects.visible_to(user)
        .filter(engagement=engagement)
        .prefetch_related(Prefetch("revisions", revisions.prefetch_related(Prefetch("receipts", receipts))))
    )
    if not user.is_consultant:
        rows = rows.exclude(published_at=None)
    return [_line(report) for report in rows]


def _line(report: ProgressReport) -> ReportLine:
    revisions = list(report.revisions.all())
    readers = [receipt for one in revisions for receipt in one.receipts.all()]
    return ReportLine(report, revisions[0] if revisions else None, sum(not one.is_draft for one in revisions), readers)


def latest_report(organisation: Organisation, user: User) -> ReportRevision | None:
    """The newest published one that this person may read. One query."""
    rows = ReportRevision.objects.visible_to(user).filter(
        engagement__organisation=organisation, status=Status.PUBLISHED
    )
    return rows.select_related("engagement__organisation", "report").newest_first().first()


def unreached(revision: ReportRevision) -> list[ReportMail]:
    """Mails about it that could not be sent so far. One query."""
    return list(ReportMail.objects.filter(revision=revision, has_failed=True).select_related("user"))


def late_reports(today: dt.date, owner: User | None = None) -> list[Late]:
    """What should be out and is neither published nor left out on purpose, the longest awaited first. One query."""
    told = ProgressReport.objects.filter(engagement=OuterRef("pk")).exclude(published_at=None, skipped_at=None)
    covered = told.order_by().values("engagement").annotate(last=Max("ends_on")).values("last")
    rows = (
        Engagement.objects.filter(status__in=NAGGED)
        .exclude(report_cadence__every=ReportCadence.Every.OFF)
        .select_related("organisation", "owner", "report_cadence")
        .annotate(reported_to=Subquery(covered))
    )
    if owner:
        rows = rows.filter(owner=owner)
    late = (_late(one, today) for one in rows)
    return sorted(filter(None, late), key=lambda one: (-one.days, one.engagement.pk))


def _late(engagement: Engagement, today: dt.date) -> Late | None:
    every, began = cadence_of(engagement)
    period = last_due(every, began, today)
    reported_to: dt.date | None = getattr(engagement, "reported_to", None)
    if period is None or (reported_to and reported_to >= period.ends_on):
        return None
    return Late(engagement, period, (today - period.due_on).days)


def unread_and_waited_for(published_before: dt.datetime) -> QuerySet[ReportRevision]:
    """The newest published report of each running engagement, where it was published before that moment, nobody of
    the client has read any revision of it, something waits for them, and no call was asked for yet."""
    newest = (
        ReportRevision.objects.filter(engagement=OuterRef("engagement"), status=Status.PUBLISHED)
        .newest_first()
        .values("pk")[:1]
    )
    here = {"engagement": OuterRef("engagement")}
    waits = (
        Q(Exists(Decision.objects.filter(**here, is_clients=True, decided_at=None)))
        | Q(Exists(ChangeSet.objects.filter(**here, status=ChangeSet.Status.OFFERED)))
        | Q(Exists(ScopeItem.objects.filter(**here, status=ScopeItem.Status.DELIVERED)))
    )
    rows = ReportRevision.objects.filter(
        waits, pk=Subquery(newest), report__published_at__lt=published_before, report__call=None
    )
    over = [Engagement.Status.CLOSED, Engagement.Status.CANCELLED]
    hidden = Q(engagement__visibility=Engagement.Visibility.HIDDEN) | Q(engagement__status__in=over)
    read = ReadReceipt.objects.filter(revision__report=OuterRef("report"))
    return rows.exclude(hidden).filter(~Exists(read))


def calls_to_make(owner: User | None = None) -> QuerySet[ReportCall]:
    """Calls that nobody made, about reports that are unread to this day."""
    read = ReadReceipt.objects.filter(revision__report=OuterRef("report"))
    rows = ReportCall.objects.filter(~Exists(read), done_at=None)
    rows = rows.select_related("report__engagement__organisation")
    return rows.filter(report__engagement__owner=owner) if owner else rows
