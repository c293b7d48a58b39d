"""What a scheduled run saw that nobody was told of yet."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from discovery.models import AwsAccount, Finding, Occurrence, Run, Schedule
from discovery.models.finding import OccurrenceQuerySet
from discovery.wording import capitalised
from infra_audit.registry import Severity, catalogue

MOST_LINES = 20
WORSE = "worse"
WHY = {
    Occurrence.Status.NEW: _("new"),
    Occurrence.Status.REGRESSED: _("back again"),
    WORSE: _("weighs more than before"),
    Occurrence.Status.STILL: _("looked for by the watching for the first time"),
}


@dataclass(frozen=True)
class Line:
    """One finding as a mail tells it: `why` it is news, and what could happen."""

    severity: str
    title: str
    why: str
    where: str
    consequence: str
    url: str


@dataclass(frozen=True)
class News:
    """The worst as lines, and how many there are in all; by severity, worst first."""

    lines: Sequence[Line]
    count: int
    by_severity: Sequence[tuple[str, int]]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


def standing(run: Run) -> OccurrenceQuerySet:
    """What is bad, and neither ruled false nor a risk that somebody takes."""
    return run.occurrences.bad().exclude(status=Occurrence.Status.ACCEPTED)


def news_of(schedule: Schedule, run: Run, known: Mapping[int, str]) -> News:
    """What stands as grave as is told, and is not among `known`, the findings seen before with their severity then: or
    is, when it was milder than is told. Three queries."""
    asked = Severity(schedule.tells_from).rank
    fresh: list[tuple[int, str, str]] = []  # occurrence, severity and why, worst first
    rows = standing(run).worst_first().values_list("pk", "finding_id", "severity", "status")
    for pk, finding, severity, status in rows.iterator():
        was = known.get(finding)
        if Severity(severity).rank <= asked and (was is None or Severity(was).rank > asked):
            fresh.append((pk, severity, status if was is None else WORSE))
    counts = Counter(severity for _pk, severity, _why in fresh)
    why = {pk: reason for pk, _severity, reason in fresh[:MOST_LINES]}
    return News(
        lines=_lines(schedule, run.occurrences.filter(pk__in=why), why),
        count=len(fresh),
        by_severity=[(one.value, counts[one.value]) for one in Severity if counts[one.value]],
    )


def _lines(schedule: Schedule, rows: OccurrenceQuerySet, why: Mapping[int, str]) -> list[Line]:
    accounts = AwsAccount.objects.filter(organisation=schedule.organisation_id).exclude(account_id="")
    names = dict(accounts.values_list("account_id", "name"))
    return [_line(row, str(WHY[why[row.pk]]), names) for row in rows.select_related("finding").worst_first()]


def _line(row: Occurrence, why: str, accounts: Mapping[str, str]) -> Line:
    """On one line each, whatever a resource is called."""
    finding = row.finding
    check = catalogue().get(finding.check_id)
    return Line(
        severity=row.get_severity_display(),
        title=_plain(row.title),
        why=why,
        where=_plain(f"{row.where}{_account(finding, accounts)}"),
        consequence=f"{capitalised(check.consequence)}." if check else "",
        url=settings.BASE_URL.rstrip("/") + reverse("discovery:finding", args=[finding.public_id]),
    )


def _account(finding: Finding, names: Mapping[str, str]) -> str:
    if not finding.account:
        return ""
    name = names.get(finding.account)
    return f" · {name} ({finding.account})" if name else f" · {finding.account}"


def _plain(text: str) -> str:
    return " ".join(text.split())
