"""Reads for the pages that need several apps."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.models import Organisation
from discovery import queries_clients
from discovery.models import Finding, Occurrence, Run, Summary
from discovery.queries_clients import ClientLine

CLIENTS_AT_HOME = 12


@dataclass(frozen=True)
class StaffHome:
    """What staff see first: what goes on, what waits to be written, and the clients they worked for last."""

    under_way: Sequence[Run]
    to_write: Sequence[Summary]
    clients: Sequence[ClientLine]
    more_clients: bool


def staff_home() -> StaffHome:
    """Seven queries."""
    latest = list(queries_clients.latest_first(queries_clients.clients())[: CLIENTS_AT_HOME + 1])
    return StaffHome(
        under_way=list(queries_clients.runs_under_way()),
        to_write=list(queries_clients.unfinished_summaries()[:CLIENTS_AT_HOME]),
        clients=queries_clients.client_lines(latest[:CLIENTS_AT_HOME]),
        more_clients=len(latest) > CLIENTS_AT_HOME,
    )


@dataclass(frozen=True)
class ToldFinding:
    """A finding as its client reads it: in the words of the summary where staff reworded it."""

    finding: Finding
    occurrence: Occurrence
    title: str


def told(organisation: Organisation, findings: Sequence[Finding]) -> list[ToldFinding]:
    """Two queries for a page of `queries_clients.published_findings`."""
    ids = [newest for finding in findings if (newest := getattr(finding, "newest", None))]
    occurrences = Occurrence.objects.select_related("finding").defer("evidence", "tags", "author").in_bulk(ids)
    titles = queries_clients.titles_by_staff(organisation)
    rows = [occurrences[one] for one in ids]
    return [ToldFinding(row.finding, row, titles.get(row.finding.check_id) or row.title) for row in rows]
