"""Reads for triage: what each entry of a draft says, how much stands behind it, and what was ruled false."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from discovery import found
from discovery.models import Finding, Occurrence, Summary, SummaryEntry
from discovery.one_account import Seen, seen_by
from discovery.wording import count_sentence
from infra_audit.registry import catalogue

PLACES = 3
PAGE = 25

KEPT = "keep"
HIDDEN = "hide"
FALSE = "false"  # all that it found was ruled false
GONE = "gone"  # nothing is left to tell: accepted risks, or mended since


@dataclass(frozen=True)
class Row:
    """One entry as its line on the page shows it. `found` of `examined` are resources; `ruled_false` are findings."""

    entry: SummaryEntry
    told: str
    found: int
    examined: int
    ruled_false: int
    places: tuple[str, ...] = ()
    findings: int = 0

    @property
    def by_hand(self) -> bool:
        return not self.entry.check_id

    @property
    def title(self) -> str:
        return self.entry.title or self.told

    @property
    def reworded(self) -> bool:
        return bool(self.told and (self.entry.title or self.entry.detail))

    @property
    def more(self) -> int:
        return self.findings - len(self.places)

    @property
    def state(self) -> str:
        if self.by_hand or self.findings:
            return self.entry.decision
        return FALSE if self.ruled_false else GONE


@dataclass(frozen=True)
class Board:
    """All entries in their rank, and how many of them the client will read."""

    rows: tuple[Row, ...]

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)

    @property
    def kept(self) -> int:
        return self.count(KEPT)

    @property
    def hidden(self) -> int:
        return self.count(HIDDEN)

    @property
    def ruled_false(self) -> int:
        return self.count(FALSE)

    @property
    def published(self) -> int:
        """How many findings become the client's to see when the summary is frozen."""
        return sum(row.findings for row in self.rows if row.state == KEPT)

    def row(self, entry: SummaryEntry) -> Row:
        return next(row for row in self.rows if row.entry.pk == entry.pk)


def board(summary: Summary) -> Board:
    """Five queries, and one more where an entry's check has left the catalogue."""
    run, entries = seen_by(summary), list(summary.entries.all())
    ids = [entry.check_id for entry in entries if entry.check_id]
    counts = found.counted(run)
    places = found.first_places(run, ids, PLACES)
    false = _ruled_false(run)
    gone = found.told_titles(run, [one for one in ids if one not in catalogue()])
    rows = []
    for entry in entries:
        count = counts.get(entry.check_id) or found.CheckCount(entry.check_id)
        examined = max(count.resources, run.result.get("examined", {}).get(entry.check_id, 0))
        rows.append(
            Row(
                entry=entry,
                told=_told(entry.check_id, count.resources, examined, gone),
                found=count.resources,
                examined=examined,
                ruled_false=false.get(entry.check_id, 0),
                places=tuple(occurrence.where for occurrence in places.get(entry.check_id, ())),
                findings=count.findings,
            )
        )
    return Board(tuple(rows))


def _ruled_false(run: Seen) -> dict[str, int]:
    rows = run.occurrences.filter(finding__status=Finding.Status.FALSE_POSITIVE)
    return dict(rows.values_list("finding__check_id").order_by().annotate(Count("pk")))


def _told(check_id: str, n: int, m: int, gone: dict[str, tuple[str, str]]) -> str:
    """The tool's own sentence; "" for an entry made by hand."""
    check = catalogue().get(check_id)
    if check is None:
        return gone.get(check_id, (check_id, ""))[0]
    return count_sentence(check.headline, n, m) if n else check.title


def group_page(summary: Summary, entry: SummaryEntry, number: str | None) -> Page[Occurrence]:
    """A page of the findings behind an entry, also those that were ruled false. Two queries."""
    rows = seen_by(summary).occurrences.filter(finding__check_id=entry.check_id).exclude(status=Occurrence.Status.FIXED)
    return Paginator(rows.select_related("finding").worst_first(), PAGE).get_page(number)


def findings_behind(entry: SummaryEntry, public_ids: Sequence[str]) -> list[Finding]:
    """Those of the named findings that really stand behind the entry, in a stable order."""
    return list(_behind(entry).filter(public_id__in=public_ids).order_by("pk"))


def finding_behind(entry: SummaryEntry, public_id: str) -> Finding | None:
    """The one of that address, if it stands behind the entry."""
    return _behind(entry).filter(public_id=public_id).first()


def _behind(entry: SummaryEntry) -> QuerySet[Finding]:
    told = seen_by(entry.summary).occurrences.filter(finding__check_id=entry.check_id)
    return Finding.objects.filter(pk__in=told.values("finding"))
