"""Reads for the lists of clients and a client's own page: a fixed number of queries however much there is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Func, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTransform

from core.models import Membership, Organisation
from discovery.models import AwsAccount, Finding, Occurrence, Repository, Run, StateFile, Summary, SummaryEntry
from discovery.models.finding import OccurrenceQuerySet
from discovery.queries_watching import Watching, watching
from infra_audit.registry import Severity

RECENT = 12
WORST = 2
RESULTS = (Run.Status.DONE, Run.Status.DONE_WITH_GAPS)


class JsonArrayLength(Func):
    """How many elements a JSON array has, counted in the database so that the array stays there."""

    function = "JSONB_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler, connection, **context):  # type: ignore[no-untyped-def]
        return self.as_sql(compiler, connection, function="JSON_ARRAY_LENGTH", **context)


@dataclass(frozen=True)
class SeverityTold:
    """A number beside its severity."""

    severity: str
    count: int


@dataclass(frozen=True)
class RunLine:
    """A run in a list; `worst` are its gravest severities, `findings` all it found."""

    run: Run
    findings: int
    worst: Sequence[SeverityTold]


@dataclass(frozen=True)
class ClientLine:
    """A client in a list: `last` is the newest run, `found` the newest whole one that has results."""

    organisation: Organisation
    targets: int
    last: Run | None
    found: RunLine | None


def clients(search: str = "") -> QuerySet[Organisation]:
    """Every client with the ids of its newest run and of its newest whole run with results, in the order of names."""
    newest = Run.objects.filter(organisation=OuterRef("pk")).order_by("-pk")
    found = newest.whole().filter(status__in=RESULTS)
    rows = Organisation.objects.annotate(
        last_run=Subquery(newest.values("pk")[:1]), last_found=Subquery(found.values("pk")[:1])
    )
    return rows.filter(name__icontains=search) if search else rows


def latest_first(rows: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Where something was done last stands first, then what is new."""
    return rows.order_by(F("last_run").desc(nulls_last=True), "-pk")


def client_lines(rows: Iterable[Organisation]) -> list[ClientLine]:
    """Four queries for what `clients` gave, a page of it."""
    organisations = list(rows)
    wanted = {pk for one in organisations for pk in (_id(one, "last_run"), _id(one, "last_found")) if pk}
    runs = Run.objects.defer("result").in_bulk(wanted)
    found = run_lines([run for run in runs.values() if run.status in RESULTS])
    lines = {line.run.pk: line for line in found}
    targets = _target_counts(organisations)
    return [
        ClientLine(
            organisation=one,
            targets=targets[one.pk],
            last=runs.get(_id(one, "last_run")),
            found=lines.get(_id(one, "last_found")),
        )
        for one in organisations
    ]


def _id(organisation: Organisation, name: str) -> int:
    """An id that `clients` annotated; 0 for none."""
    return getattr(organisation, name) or 0


def _target_counts(organisations: Sequence[Organisation]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for rows in (AwsAccount.objects.all(), Repository.objects.all()):
        counted = rows.filter(organisation__in=organisations).order_by().values_list("organisation")
        for organisation, number in counted.annotate(Count("pk")):
            counts[organisation] += number
    return counts


def run_lines(runs: Sequence[Run]) -> list[RunLine]:
    """One query for all."""
    counts = severities_by(Occurrence.objects.filter(run__in=runs).bad(), "run")
    return [RunLine(run, sum(counts[run.pk].values()), worst_of(counts[run.pk])) for run in runs]


def severities_by(rows: OccurrenceQuerySet, name: str) -> dict[Any, dict[str, int]]:
    """How many there are of each severity, by what `name` says of them. One query."""
    counts: dict[Any, dict[str, int]] = defaultdict(dict)
    for key, severity, count in rows.order_by().values_list(name, "severity").annotate(Count("pk")):
        counts[key][severity] = count
    return counts


def worst_of(counts: dict[str, int]) -> list[SeverityTold]:
    """The gravest severities with their numbers."""
    told = [SeverityTold(one.value, counts[one.value]) for one in Severity if counts.get(one.value)]
    return sorted(told, key=lambda one: Severity(one.severity).rank)[:WORST]


def runs_under_way() -> QuerySet[Run]:
    return Run.objects.filter(status__in=Run.OPEN).select_related("organisation").defer("result")


def unfinished_summaries() -> QuerySet[Summary]:
    """What staff have begun to write, the newest first."""
    return (
        Summary.objects.exclude(status=Summary.Status.FROZEN)
        .select_related("organisation", "run")
        .defer("snapshot", "words", "run__result")
    )


@dataclass(frozen=True)
class ClientPage:
    """All that a client's page shows."""

    accounts: Sequence[AwsAccount]
    repositories: Sequence[Repository]
    states: Sequence[StateFile]
    runs: Sequence[RunLine]
    older_runs: bool
    summaries: Sequence[Summary]
    people: Sequence[Membership]
    watching: Watching | None

    @property
    def under_way(self) -> Run | None:
        return next((line.run for line in self.runs if not line.run.is_over), None)

    @property
    def can_start(self) -> bool:
        return bool(self.accounts or self.repositories)


def client_page(organisation: Organisation) -> ClientPage:
    """Eight queries, and some more where the client is watched. Of runs and summaries the newest."""
    runs = list(runs_of(organisation)[: RECENT + 1])
    summaries = Summary.objects.filter(organisation=organisation).select_related("pdf", "frozen_by", "run")
    return ClientPage(
        accounts=list(organisation.aws_accounts.select_related("consent_by")),
        repositories=list(organisation.repositories.all()),
        states=list(states_of(organisation)),
        runs=run_lines(runs[:RECENT]),
        older_runs=len(runs) > RECENT,
        summaries=list(summaries.defer("snapshot", "words", "run__result")[:RECENT]),
        people=list(organisation.memberships.select_related("user").order_by("user__name", "id")),
        watching=watching(organisation),
    )


def runs_of(organisation: Organisation) -> QuerySet[Run]:
    """Every run of a client, the newest first, for a list."""
    return Run.objects.filter(organisation=organisation).select_related("started_by", "scheduled").defer("result")


def states_of(organisation: Organisation) -> QuerySet[StateFile]:
    """States with the number of `resources` each manages; their ids stay in the database."""
    return organisation.state_files.annotate(resources=JsonArrayLength(F("unit__rows"))).defer("unit")


def published_findings(organisation: Organisation) -> QuerySet[Finding]:
    """What the client was told, whoever asks: the worst first, what is mended last; with the id of its newest
    occurrence in a run with results."""
    newest = Occurrence.objects.filter(finding=OuterRef("pk"), run__status__in=RESULTS).order_by("-run_id")
    ranks = [When(worst=severity.value, then=Value(severity.rank)) for severity in Severity]
    rank: Combinable = Case(*ranks, default=Value(9), output_field=IntegerField())
    mended = Case(When(status=Finding.Status.VERIFIED, then=Value(1)), default=Value(0), output_field=IntegerField())
    return (
        Finding.objects.published()
        .filter(organisation=organisation)
        .annotate(newest=Subquery(newest.values("pk")[:1]), worst=Subquery(newest.values("severity")[:1]))
        .order_by(mended, rank, "check_id", "account", "region", "resource", "pk")
    )


def frozen_summaries(organisation: Organisation) -> QuerySet[Summary]:
    """What the client may read, the newest first."""
    rows = Summary.objects.filter(organisation=organisation, status=Summary.Status.FROZEN)
    return rows.select_related("pdf", "frozen_by").defer("snapshot", "words")


def titles_by_staff(organisation: Organisation) -> dict[str, str]:
    """By check, the title that staff gave it in a frozen summary; the newest says."""
    frozen = SummaryEntry.objects.filter(summary__organisation=organisation, summary__status=Summary.Status.FROZEN)
    reworded = frozen.exclude(check_id="").exclude(title="").order_by("summary")
    return dict(reworded.values_list("check_id", "title"))


@dataclass(frozen=True)
class ToldRun:
    """A finished run as its client reads it: how many findings told to them it saw, how many were `open` after it, of
    which `unseen` stay open because it did not look there, and what it could not see. An accepted risk is not open."""

    run: Run
    found: int
    open: int
    unseen: int
    gaps: int


def told_runs(organisation: Organisation) -> list[ToldRun]:
    """The newest first. Three queries."""
    runs = Run.objects.filter(organisation=organisation, status__in=RESULTS).order_by("-pk")
    gaps = JsonArrayLength(KeyTransform("not_assessed", "result"))
    newest = list(runs.annotate(gaps=gaps).defer("result")[:RECENT])
    if not newest:
        return []
    told = Occurrence.objects.filter(
        run__organisation=organisation, run__status__in=RESULTS, finding__in=Finding.objects.published()
    )
    seen: dict[int, dict[int, str]] = defaultdict(dict)
    for run_id, finding, status in told.filter(run__in=newest).order_by().values_list("run", "finding", "status"):
        seen[run_id][finding] = status
    open_now = _open_before(told.filter(run__lt=newest[-1].pk))
    lines = []
    for run in reversed(newest):
        here = seen[run.pk]
        bad = {pk for pk, status in here.items() if status != Occurrence.Status.FIXED}
        unseen = open_now - set(here)
        open_now = unseen | {pk for pk in bad if here[pk] != Occurrence.Status.ACCEPTED}
        lines.append(ToldRun(run, len(bad), len(open_now), len(unseen), getattr(run, "gaps", 0) or 0))
    return lines[::-1]


def _open_before(told: QuerySet[Occurrence]) -> set[int]:
    """Findings of which the newest of these occurrences says that they are there, and not that the risk is accepted."""
    closing = Q(status__in=[Occurrence.Status.FIXED, Occurrence.Status.ACCEPTED])
    newest = (
        told.order_by()
        .values_list("finding")
        .annotate(seen=Max("run_id", filter=~closing), closed=Max("run_id", filter=closing))
    )
    return {pk for pk, seen, closed in newest if (seen or 0) > (closed or 0)}
