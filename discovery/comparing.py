"""Two runs side by side, finding by finding, for whoever reads of them later.

What a run stores compares it with everything known before. Here only two runs count, and what either of them did not
look at is neither new nor fixed: it is not compared. What an older run saw, and no later one saw mended, stays open.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Max, Q

from discovery.coverage import Unseen, unseen_lines
from discovery.models import Finding, Occurrence, Run, Unit
from discovery.services.findings import Looked, stored_places
from infra_audit.evaluate import Evaluation, Gap

RESULTS = (Run.Status.DONE, Run.Status.DONE_WITH_GAPS)
Delta = Occurrence.Status
NOT_COMPARED = "not_compared"
OVER = "over"
LOOKED_BACK = 10  # runs, at most


@dataclass(frozen=True)
class Comparison:
    """Ids of findings that the client was told of, by what became of them. `open` were seen by the later run or
    not looked for by it, whoever saw them last; `untold` counts what is new or back and was not published yet."""

    before: Run | None
    after: Run
    fixed: frozenset[int]
    new: frozenset[int]
    regressed: frozenset[int]
    still: frozenset[int]
    accepted: frozenset[int]
    not_compared: frozenset[int]
    untold: int
    unseen: Sequence[Unseen]

    @property
    def open(self) -> frozenset[int]:
        return self.new | self.regressed | self.still | self.not_compared


def latest_run(organisation_id: int) -> Run | None:
    """The newest with results; what made some checks only does not stand for the client as a whole."""
    return Run.objects.whole().filter(organisation=organisation_id, status__in=RESULTS).order_by("-pk").first()


def comparable_before(after: Run) -> Run | None:
    """The newest earlier whole run that read something at a place where `after` did too. Two queries."""
    earlier = Run.objects.whole().filter(organisation=after.organisation_id, status__in=RESULTS, pk__lt=after.pk)
    return first_comparable(after, list(earlier.order_by("-pk")[:LOOKED_BACK]))


def first_comparable(after: Run, candidates: Sequence[Run]) -> Run | None:
    """The first of them that is `after` itself, or that read something at a place where `after` did too. One query."""
    known = _places([after.pk, *(run.pk for run in candidates)])
    return next((run for run in candidates if run.pk == after.pk or known[run.pk] & known[after.pk]), None)


@dataclass(frozen=True)
class Past:
    """Ids of the newest runs, up to a moment, that saw a finding and that saw it mended; 0 for none."""

    seen: int
    fixed: int

    def is_mended_since(self, run: int) -> bool:
        """After that run, and nobody saw it again."""
        return self.fixed > max(run, self.seen)


NEVER = Past(0, 0)


def compare(before: Run | None, after: Run, *, told_up_to: Run | None = None) -> Comparison:
    """A fixed number of queries. Without `before`, everything that is there is simply open.

    What neither run saw is mended where a run after `told_up_to` saw that: the newest one whose fixes were told, where
    it is not `before`.
    """
    statuses = _statuses(*filter(None, (before, after)))
    seen = statuses[after.pk]
    was = statuses[before.pk] if before else {}
    past = _past(after)
    told = _told({*seen, *was, *past})
    looked = looked_at(before) if before else None
    last_told = (told_up_to or before or after).pk
    by_fate: dict[str, set[int]] = defaultdict(set)
    untold = 0
    unpublished = _unpublished(set(seen) - set(was) - set(told)) if before else {}
    for pk, finding in {**told, **unpublished}.items():
        known = past.get(pk, NEVER)
        if pk not in seen and pk not in was:
            fate = _fate_elsewhere(finding, known, last_told)
        elif before is None or looked is None:
            fate = Delta.ACCEPTED if seen[pk] == Delta.ACCEPTED else Delta.STILL
        else:
            fate = _fate(finding, seen.get(pk), was.get(pk), known, since=before.pk, was_looked_for=looked)
        if pk in told:
            by_fate[fate].add(pk)
        elif fate in {Delta.NEW, Delta.REGRESSED}:
            untold += 1
    return Comparison(
        before=before,
        after=after,
        fixed=frozenset(by_fate[Delta.FIXED]),
        new=frozenset(by_fate[Delta.NEW]),
        regressed=frozenset(by_fate[Delta.REGRESSED]),
        still=frozenset(by_fate[Delta.STILL]),
        accepted=frozenset(by_fate[Delta.ACCEPTED]),
        not_compared=frozenset(by_fate[NOT_COMPARED]),
        untold=untold,
        unseen=_unseen(*filter(None, (before, after))),
    )


def _fate(finding: Finding, now: str | None, was: str | None, past: Past, *, since: int, was_looked_for: Looked) -> str:
    """What became of a finding from one run, `since`, to the other."""
    if now is None and past.is_mended_since(since):
        return Delta.FIXED
    if Delta.ACCEPTED in {now, was if now is None else None}:
        return Delta.ACCEPTED
    if now is None:
        return NOT_COMPARED
    if now == Delta.REGRESSED or past.fixed > since:
        return Delta.REGRESSED
    if was is not None:
        return Delta.STILL
    return Delta.NEW if was_looked_for.for_(finding) else NOT_COMPARED


def _fate_elsewhere(finding: Finding, past: Past, last_told: int) -> str:
    """Of what neither run saw: OVER where it was mended, and told so, before."""
    if past.is_mended_since(last_told):
        return Delta.FIXED
    if past.fixed > past.seen or finding.status == Finding.Status.VERIFIED:
        return OVER
    return Delta.ACCEPTED if finding.status == Finding.Status.ACCEPTED_RISK else NOT_COMPARED


def looked_at(run: Run) -> Looked:
    """Where a stored run looked. One query."""
    gaps = [Gap(**one) for one in run.result.get("not_assessed", [])]
    stored = Evaluation(gaps=gaps, examined=run.result.get("examined", {}))
    return Looked(stored_places(run), stored)


def titles(after: Run, findings: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Of each finding its check and its title, as the newest run up to that one says it. One query."""
    rows = Occurrence.objects.filter(run__lte=after.pk, finding__in=list(findings)).order_by("run_id")
    return {pk: (check, title) for pk, check, title in rows.values_list("finding_id", "finding__check_id", "title")}


def _statuses(*runs: Run) -> dict[int, dict[int, str]]:
    """By run and finding, of what each saw."""
    found: dict[int, dict[int, str]] = {run.pk: {} for run in runs}
    rows = Occurrence.objects.filter(run__in=found).bad().order_by()
    for run, finding, status in rows.values_list("run_id", "finding_id", "status"):
        found[run][finding] = status
    return found


def _told(ids: Iterable[int]) -> dict[int, Finding]:
    """Those that the client was told of."""
    return _in_batches(ids, published=True)


def _unpublished(ids: Iterable[int]) -> dict[int, Finding]:
    return _in_batches(ids, published=False)


def _in_batches(ids: Iterable[int], *, published: bool) -> dict[int, Finding]:
    wanted = sorted(ids)
    rows = Finding.objects.published() if published else Finding.objects.all()
    found: dict[int, Finding] = {}
    for start in range(0, len(wanted), 5000):  # below SQLite's limit on the variables of one query
        found |= {one.pk: one for one in rows.filter(pk__in=wanted[start : start + 5000])}
    return found


def _past(after: Run) -> dict[int, Past]:
    """Of all that the client was ever told of. A run that broke off has seen what it saw, and mended nothing."""
    rows = Occurrence.objects.filter(
        run__organisation=after.organisation_id, run__lte=after.pk, finding__published_at__isnull=False
    )
    mended = Q(status=Delta.FIXED)
    newest = (
        rows.order_by()
        .values_list("finding_id")
        .annotate(seen=Max("run_id", filter=~mended), mended=Max("run_id", filter=mended & Q(run__status__in=RESULTS)))
    )
    return {pk: Past(seen or 0, fixed or 0) for pk, seen, fixed in newest}


def _unseen(*runs: Run) -> Sequence[Unseen]:
    return unseen_lines(gap for run in runs for gap in run.result.get("not_assessed", []))


def _places(runs: Sequence[int]) -> dict[int, set[tuple[str, str, str]]]:
    found: dict[int, set[tuple[str, str, str]]] = {pk: set() for pk in runs}
    rows = Unit.objects.filter(run__in=runs).order_by().values_list("run", "account", "region", "repository")
    for run, account, region, repository in rows.distinct():
        found[run].add((account, region, repository))
    return found
