"""What a run found, counted and cut to what a document shows: a fixed number of queries however much there is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Case, CharField, Count, F, IntegerField, Min, Value, When, Window
from django.db.models.functions import Concat, RowNumber

from discovery.models import Finding, Occurrence, Run
from discovery.models.finding import OccurrenceQuerySet
from discovery.one_account import Seen, narrowed_like
from infra_audit.chains import Chain, leading
from infra_audit.registry import Severity

SEVERITY_RANK = Case(
    *(When(severity=severity.value, then=Value(severity.rank)) for severity in Severity),
    default=Value(9),
    output_field=IntegerField(),
)
RESOURCE = Concat("finding__repository", Value("|"), "finding__resource", output_field=CharField())


@dataclass
class CheckCount:
    """How much one check found: rows, resources (a resource may have several), by severity and by delta."""

    check_id: str
    findings: int = 0
    resources: int = 0
    by_severity: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    by_status: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def worst(self) -> Severity:
        return min((Severity(severity) for severity in self.by_severity), key=lambda one: one.rank)


@dataclass(frozen=True)
class Changes:
    """A run against the client's run before it. Of `uncompared`, known and not looked for, nothing is said."""

    since: str
    new: int
    fixed: int
    still: int
    regressed: int
    uncompared: int


def counted(run: Seen) -> dict[str, CheckCount]:
    """By check: what is bad, without what was ruled false and without accepted risks."""
    counts: dict[str, CheckCount] = {}
    rows = _open(run).values_list("finding__check_id", "severity", "status").order_by()
    for check_id, severity, status, findings, resources in rows.annotate(
        findings=Count("pk"), resources=Count(RESOURCE, distinct=True)
    ):
        count = counts.setdefault(check_id, CheckCount(check_id))
        count.findings += findings
        count.by_severity[severity] += resources
        count.by_status[status] += findings
    each = _open(run).values_list("finding__check_id").order_by().annotate(resources=Count(RESOURCE, distinct=True))
    for check_id, resources in each:
        counts[check_id].resources = resources
    return counts


def first_places(run: Seen, check_ids: Iterable[str], most: int) -> dict[str, list[Occurrence]]:
    """Of each check the first `most` findings, worst first, in a stable order; with their findings."""
    numbered = (
        _open(run)
        .filter(finding__check_id__in=list(check_ids))
        .annotate(
            severity_rank=SEVERITY_RANK,
            place=Window(
                RowNumber(),
                partition_by=F("finding__check_id"),
                order_by=[
                    SEVERITY_RANK.asc(),
                    F("finding__account"),
                    F("finding__region"),
                    F("finding__repository"),
                    F("finding__resource_name"),
                    F("finding__resource"),
                    F("finding__fingerprint"),
                ],
            ),
        )
        .filter(place__lte=most)
        .defer("evidence", "tags", "remedy")
        .select_related("finding")
        .order_by("finding__check_id", "place")
    )
    places: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in numbered:
        places[occurrence.finding.check_id].append(occurrence)
    return places


def leading_chains(run: Seen, hidden: Iterable[str] = ()) -> list[Chain]:
    """The chains to show, three at most, as `infra_audit.chains` tells them. A chain falls with any of its findings:
    one that was ruled false, is an accepted risk, or is of a hidden check."""
    told = [Chain.from_json(one) for one in run.result.get("chains", ())]
    wanted = {link.fingerprint for chain in told for link in chain.links}
    rows = _open(run).filter(finding__fingerprint__in=wanted).exclude(finding__check_id__in=list(hidden))
    stands = set(rows.order_by().values_list("finding__fingerprint", flat=True))
    return leading([chain for chain in told if chain.stands_on(stands)])


def told_titles(run: Seen, check_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Title and remedy as the run itself stored them, for checks that the catalogue no longer has."""
    rows = run.occurrences.filter(finding__check_id__in=list(check_ids)).values_list("finding__check_id").order_by()
    return {check_id: (title, remedy) for check_id, title, remedy in rows.annotate(t=Min("title"), r=Min("remedy"))}


def accepted_risks(run: Seen, hidden: Iterable[str]) -> int:
    """How many known risks the client accepted; they stay out of every count."""
    accepted = run.occurrences.bad().filter(status=Occurrence.Status.ACCEPTED)
    return accepted.exclude(finding__check_id__in=list(hidden)).count()


def changes_since(run: Seen, hidden: Iterable[str]) -> Changes | None:
    """None for a client's first whole run."""
    over = [Run.Status.DONE, Run.Status.DONE_WITH_GAPS]
    earlier = Run.objects.whole().filter(organisation=run.organisation, pk__lt=run.pk, status__in=over).first()
    if earlier is None:
        return None
    before = narrowed_like(earlier, run)
    hidden = list(hidden)
    rows = run.occurrences.exclude(finding__status=Finding.Status.FALSE_POSITIVE)
    rows = rows.exclude(finding__check_id__in=hidden)
    count = dict(rows.values_list("status").order_by().annotate(Count("pk")))
    unseen = (
        before.occurrences.bad()
        .exclude(finding__check_id__in=hidden)
        .exclude(finding__in=run.occurrences.values("finding"))
        .count()
    )
    status = Occurrence.Status
    return Changes(
        since=before.as_of.isoformat(),
        new=count.get(status.NEW, 0),
        fixed=count.get(status.FIXED, 0),
        still=count.get(status.STILL, 0),
        regressed=count.get(status.REGRESSED, 0),
        uncompared=unseen,
    )


def kept_findings(run: Seen, check_ids: Iterable[str]) -> OccurrenceQuerySet:
    """What a summary that keeps these checks tells of, in the document's order."""
    return _open(run).filter(finding__check_id__in=list(check_ids)).select_related("finding").worst_first()


def _open(run: Seen) -> OccurrenceQuerySet:
    return run.occurrences.bad().exclude(status=Occurrence.Status.ACCEPTED)
