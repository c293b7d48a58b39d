"""Reads for the pages of a run: frozen dataclasses, a fixed number of queries however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from core import clock
from discovery.coverage import SHORT_REASONS
from discovery.models import Finding, Occurrence, Run, Shard, Unit
from discovery.subjects import subject
from discovery.wording import capitalised, count_sentence
from infra_audit.inventory import COMPLETE, GLOBAL, Ending
from infra_audit.registry import Severity, catalogue

INCOMPLETE = ~Q(ending__in=[ending.value for ending in COMPLETE])
SEVERE = ("critical", "high")
FEED = 12
GAPS = 12


@dataclass(frozen=True)
class Part:
    """One shard as its row on the page shows it."""

    label: str
    status: str
    status_label: str
    done: int
    planned: int
    gaps: int
    failure: str


@dataclass(frozen=True)
class Missing:
    """One reading that did not work: what, where, and why in a sentence."""

    what: str
    where: str
    why: str
    iam_action: str | None


@dataclass(frozen=True)
class Progress:
    """A run while it goes on. `version` changes whenever something that the page shows has changed."""

    run: Run
    version: str
    done: int
    planned: int
    findings: int
    severe: int
    gap_count: int
    api_calls: int
    parts: Sequence[Part]
    feed: Sequence[Occurrence]
    gaps: Sequence[Missing]

    @property
    def elapsed(self) -> timedelta:
        return (self.run.finished_at or clock.now()) - self.run.created_at


def run_progress(run: Run) -> Progress:
    """Five queries: units by shard, shards, findings, the newest findings, the newest gaps."""
    counted = {
        row["shard"]: row
        for row in run.units.values("shard").annotate(
            done=Count("pk"), gaps=Count("pk", filter=INCOMPLETE), calls=Sum("api_calls")
        )
    }
    parts = [
        _part(shard, counted.get(shard.pk, {})) for shard in run.shards.select_related("aws_account", "repository")
    ]
    found = run.occurrences.bad().aggregate(all=Count("pk"), severe=Count("pk", filter=Q(severity__in=SEVERE)))
    done = sum(row["done"] for shard, row in counted.items() if shard)
    planned = max(sum(part.planned for part in parts), done)
    states = ",".join(part.status for part in parts)
    return Progress(
        run=run,
        version=f"{run.status}-{done}-{found['all']}-{len(parts)}-{crc32(states.encode())}",
        done=done,
        planned=planned,
        findings=found["all"],
        severe=found["severe"],
        gap_count=sum(row["gaps"] for row in counted.values()),
        api_calls=sum(row["calls"] or 0 for row in counted.values()),
        parts=parts,
        feed=list(run.occurrences.bad().select_related("finding").order_by("-pk")[:FEED]),
        gaps=[_missing(unit) for unit in run.units.filter(INCOMPLETE).defer("rows").order_by("-pk")[:GAPS]],
    )


def _part(shard: Shard, counted: dict[str, int]) -> Part:
    return Part(
        label=str(shard),
        status=shard.status,
        status_label=shard.get_status_display(),
        done=counted.get("done", 0),
        planned=max(len(shard.planned), counted.get("done", 0)),
        gaps=counted.get("gaps", 0),
        failure=shard.failure,
    )


def _missing(unit: Unit) -> Missing:
    ending = Ending(unit.ending)
    denied = ending is Ending.DENIED
    why = _("Denied by the %s.") % (unit.denied_by or _("account's policies")) if denied else unit.message
    return Missing(
        what=capitalised(subject(unit.operation)),
        where=unit.repository or ("" if unit.region == GLOBAL else unit.region),
        why=why or f"{capitalised(str(SHORT_REASONS[ending]))}.",
        iam_action=unit.iam_action if denied else None,
    )


@dataclass(frozen=True)
class CheckGroup:
    """What a run found by one check."""

    check_id: str
    title: str
    severity: str
    count: int  # of resources
    examined: int
    findings: int

    @property
    def sentence(self) -> str:
        """ "12 of 16 databases have no copy …"; the title alone for a check that the catalogue no longer has."""
        check = catalogue().get(self.check_id)
        return count_sentence(check.headline, self.count, max(self.examined, self.count)) if check else self.title


def by_check(run: Run) -> list[CheckGroup]:
    """One row a check, worst first and then the most frequent. One query."""
    examined = run.result.get("examined", {})
    rows = (
        run.occurrences.bad()
        .values("finding__check_id", "title", "severity")
        .annotate(count=Count("finding__resource", distinct=True), findings=Count("pk"))
        .order_by("finding__check_id")
    )
    groups: dict[str, CheckGroup] = {}
    for row in rows:
        check_id = row["finding__check_id"]
        earlier = groups.get(check_id)
        worse = earlier is None or Severity(row["severity"]).rank < Severity(earlier.severity).rank
        groups[check_id] = CheckGroup(
            check_id,
            row["title"],
            row["severity"] if earlier is None or worse else earlier.severity,
            row["count"] + (earlier.count if earlier else 0),
            examined.get(check_id, 0),
            row["findings"] + (earlier.findings if earlier else 0),
        )
    return sorted(groups.values(), key=lambda group: (Severity(group.severity).rank, -group.count, group.check_id))


@dataclass(frozen=True)
class Deltas:
    """How a run differs from what was known before it."""

    new: int
    still: int
    regressed: int
    fixed: int
    accepted: int


def deltas(run: Run) -> Deltas:
    """One query."""
    counted = dict(
        run.occurrences.exclude(finding__status=Finding.Status.FALSE_POSITIVE)
        .values_list("status")
        .annotate(Count("pk"))
        .order_by("status")
    )
    return Deltas(**{status.value: counted.get(status.value, 0) for status in Occurrence.Status})


def severity_counts(run: Run) -> dict[str, int]:
    """Findings by severity, every severity named. One query."""
    counted = dict(run.occurrences.bad().values_list("severity").annotate(Count("pk")).order_by("severity"))
    return {severity.value: counted.get(severity.value, 0) for severity in Severity}
