"""The figures of a report as they are now: dates, findings, scope, money. JSON types alone; amounts are text."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core.money import as_json
from discovery import comparing
from discovery.models import Run
from engagements.models import ChangeLine, ChangeSet, Engagement
from engagements.project_queries import Project
from portal.models import ProgressReport, ReportRevision
from portal.money_block import money_figures

MOST_TITLES = 3  # of each kind of change
MOST_UNSEEN = 3
MOST_LINES = 6  # of the scope
REPORTS_LOOKED_BACK = 12


@dataclass(frozen=True)
class Runs:
    """The two that are compared, and the newest that a report told of. `before` is `after` where nothing ran since."""

    before: Run | None
    after: Run | None
    told_up_to: Run | None = None


def figures_of(revision: ReportRevision, told: Project, today: dt.date, runs: Runs | None = None) -> dict[str, Any]:
    """By block. Those of an amendment are those that it amends. `runs`: where the caller has them."""
    if revision.figures is not None:
        return dict(revision.figures)
    engagement = revision.engagement
    approved = [one for one in told.changes if one.status == ChangeSet.Status.APPROVED]
    return {
        "dates": date_figures(engagement, approved, today),
        "findings": finding_figures(runs or runs_of(revision.report)),
        "scope": scope_figures(told, approved, revision.figures_since or revision.since),
        "money": money_figures(engagement, told, today),
        "standing": str(engagement.status),
    }


def date_figures(engagement: Engagement, approved: list[ChangeSet], today: dt.date) -> dict[str, Any] | None:
    """None where no finish was agreed. What orders do not explain of a move came of pauses."""
    finish, promised = engagement.finishes_on, engagement.promised_on
    if finish is None:
        return None
    moves = [
        {"reference": one.reference, "title": one.title, "days": one.days_change}
        for one in sorted(approved, key=lambda one: one.pk)
        if one.days_change
    ]
    paused = (finish - promised).days - sum(one.days_change for one in approved) if promised else 0
    return {
        "start": _day(engagement.starts_on or timezone.localdate(engagement.created_at)),
        "promised": _day(promised),
        "finish": _day(finish),
        "today": _day(today),
        "moves": moves,
        "paused_days": paused,
    }


def scope_figures(told: Project, approved: list[ChangeSet], since: dt.datetime | None) -> dict[str, Any]:
    """What came in and went out since the last report, and the balance of all trades."""
    fresh = {one.pk: one for one in approved if since is None or (one.answered_at and one.answered_at > since)}
    lines = ChangeLine.objects.filter(change_set__in=fresh).order_by("change_set_id", "position", "id")
    rows = [
        {
            "direction": line.direction,
            "title": line.title,
            "reference": fresh[line.change_set_id].reference,
            "value": as_json(line.value),
        }
        for line in lines
    ]
    return {
        "lines": rows[:MOST_LINES],
        "more": max(len(rows) - MOST_LINES, 0),
        "balance": as_json(told.balance) if told.balance is not None else None,
    }


def runs_of(report: ProgressReport) -> Runs:
    """The newest run beside the one that the last report told of which looked at some of the same places; where no
    report did, beside the newest earlier run that looked there. At most four queries."""
    after = comparing.latest_run(report.engagement.organisation_id)
    if after is None:
        return Runs(None, None)
    told = _told_runs(report)
    before = comparing.first_comparable(after, told) or comparing.comparable_before(after)
    return Runs(before, after, told[0] if told else None)


def _told_runs(report: ProgressReport) -> list[Run]:
    """Those that other reports told of, the last report's first."""
    reported = (
        ReportRevision.objects.filter(engagement=report.engagement_id, run_after__isnull=False)
        .exclude(status=ReportRevision.Status.DRAFTING)
        .exclude(report=report)
        .newest_first()
        .select_related("run_after")
        .defer("snapshot", "figures")
    )
    runs = {one.run_after.pk: one.run_after for one in reported[:REPORTS_LOOKED_BACK] if one.run_after}
    return list(runs.values())


def finding_figures(runs: Runs) -> dict[str, Any] | None:
    """None where nothing was ever audited."""
    before, after = runs.before, runs.after
    if after is None:
        return None
    nothing_ran = before is not None and before.pk == after.pk
    compared = comparing.compare(None if nothing_ran else before, after, told_up_to=runs.told_up_to)
    named = (compared.fixed, compared.regressed, compared.new)
    known = comparing.titles(after, [pk for group in named for pk in group])
    return {
        "as_of": _day(timezone.localdate(after.as_of)),
        "before": _day(timezone.localdate(compared.before.as_of)) if compared.before else None,
        "nothing_ran": nothing_ran,
        "fixed": len(compared.fixed),
        "new": len(compared.new),
        "regressed": len(compared.regressed),
        "open": len(compared.open),
        "accepted": len(compared.accepted),
        "not_compared": len(compared.not_compared),
        "untold": compared.untold,
        "lines": [
            {"delta": delta, "title": title, "count": count}
            for delta, group in zip(("fixed", "regressed", "new"), named, strict=True)
            for title, count in _grouped(known[pk][1] for pk in group if pk in known)
        ],
        "unseen": [{"what": one.what, "why": one.why} for one in compared.unseen[:MOST_UNSEEN]],
        "unseen_more": max(len(compared.unseen) - MOST_UNSEEN, 0),
    }


def _grouped(titles: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(titles).items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TITLES]


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
