"""Two runs side by side, finding by finding, for whoever reads of them later.

What a run stores compares it with everything known before. Here only two runs count, and what either of them did not
look at is neither new nor fixed: it is not compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from discovery.coverage import Unseen, unseen_lines
from discovery.models import Finding, Occurrence, Run, Unit
from discovery.services.findings import Looked, stored_places
from infra_audit.evaluate import Evaluation, Gap

RESULTS = (Run.Status.DONE, Run.Status.DONE_WITH_GAPS)
Delta = Occurrence.Status
NOT_COMPARED = "not_compared"
LOOKED_BACK = 10  # runs, at most


@dataclass(frozen=True)
class Comparison:
    """Ids of findings that the client was told of, by what became of them. `open` were seen by the later run or
    not looked for by it; `untold` counts what is new or back and was not published yet."""

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
    """The newest with results."""
    return Run.objects.filter(organisation=organisation_id, status__in=RESULTS).order_by("-pk").first()


def comparable_before(after: Run) -> Run | None:
    """The newest earlier run that read something at a place where `after` did too. Two queries."""
    earlier = Run.objects.filter(organisation=after.organisation_id, status__in=RESULTS, pk__lt=after.pk)
    candidates = list(earlier.order_by("-pk")[:LOOKED_BACK])
    known = _places([after.pk, *(run.pk for run in candidates)])
    return next((run for run in candidates if known[run.pk] & known[after.pk]), None)


def compare(before: Run | None, after: Run) -> Comparison:
    """A fixed number of queries. Without `before`, everything that is there is simply open."""
    statuses = _statuses(*filter(None, (before, after)))
    seen = statuses[after.pk]
    if before is None:
        told = _told(seen)
        accepted = frozenset(pk for pk in told if seen[pk] == Delta.ACCEPTED)
        nothing: frozenset[int] = frozenset()
        still = frozenset(told) - accepted
        return Comparison(None, after, nothing, nothing, nothing, still, accepted, nothing, 0, _unseen(after))
    was = statuses[before.pk]
    mended = _mended_between(before, after)
    told = _told({*seen, *was})
    looked = looked_at(before)
    by_fate: dict[str, set[int]] = defaultdict(set)
    untold = 0
    unpublished = _unpublished(set(seen) - set(was) - set(told))
    for pk, finding in {**told, **unpublished}.items():
        fate = _fate(finding, seen.get(pk), was.get(pk), was_looked_for=looked, mended=mended)
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
        unseen=_unseen(before, after),
    )


def _fate(finding: Finding, now: str | None, was: str | None, *, was_looked_for: Looked, mended: frozenset[int]) -> str:
    """What became of a finding from one run to the other."""
    if now is None and finding.pk in mended:
        return Delta.FIXED
    if Delta.ACCEPTED in {now, was if now is None else None}:
        return Delta.ACCEPTED
    if now is None:
        return NOT_COMPARED
    if now == Delta.REGRESSED or finding.pk in mended:
        return Delta.REGRESSED
    if was is not None:
        return Delta.STILL
    return Delta.NEW if was_looked_for.for_(finding) else NOT_COMPARED


def looked_at(run: Run) -> Looked:
    """Where a stored run looked. One query."""
    gaps = [Gap(**one) for one in run.result.get("not_assessed", [])]
    stored = Evaluation(gaps=gaps, examined=run.result.get("examined", {}))
    return Looked(stored_places(run), stored)


def titles(run_ids: Iterable[int], findings: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Of each finding its check and its title, as the newest of the runs says it. One query."""
    rows = Occurrence.objects.filter(run__in=list(run_ids), finding__in=list(findings)).order_by("run_id")
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


def _mended_between(before: Run, after: Run) -> frozenset[int]:
    """What a run after the first, the second included, looked for and no longer saw."""
    rows = Occurrence.objects.filter(
        run__organisation=after.organisation_id, run__pk__gt=before.pk, run__pk__lte=after.pk, status=Delta.FIXED
    )
    return frozenset(rows.values_list("finding_id", flat=True))


def _unseen(*runs: Run) -> Sequence[Unseen]:
    return unseen_lines(gap for run in runs for gap in run.result.get("not_assessed", []))


def _places(runs: Sequence[int]) -> dict[int, set[tuple[str, str, str]]]:
    found: dict[int, set[tuple[str, str, str]]] = {pk: set() for pk in runs}
    rows = Unit.objects.filter(run__in=runs).order_by().values_list("run", "account", "region", "repository")
    for run, account, region, repository in rows.distinct():
        found[run].add((account, region, repository))
    return found
