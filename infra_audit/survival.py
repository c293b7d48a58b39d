"""What survives deletion: each database, table and file system of an inventory, with its verdict in a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra_audit import database_copies, file_system_copies, table_copies
from infra_audit.copies import COPY_JOBS, RECOVERY_POINTS, Survey
from infra_audit.copy_wording import Explainer, Kind
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Unknown, Verdict

DATABASES = Kind(
    "no manual snapshot, no recovery point and no replica",
    (database_copies.SNAPSHOTS, database_copies.CLUSTER_SNAPSHOTS),
)
TABLES = Kind(
    "no point-in-time recovery, no backup, no recovery point and no replica",
    (table_copies.BACKUPS, table_copies.RECOVERY),
)
FILE_SYSTEMS = Kind("no recovery point and no replica", (file_system_copies.REPLICATIONS,))


@dataclass(frozen=True)
class Surveyed:
    """One thing that holds data, the region it was read in, and what is known of its copies."""

    thing: Row
    region: str
    survey: Survey


def surveyed_databases(inventory: Inventory) -> Iterator[Surveyed]:
    copies = database_copies.Copies(inventory)
    for row, region in database_copies.databases(inventory):
        yield Surveyed(row, region, copies.of(row, region))


def surveyed_tables(inventory: Inventory) -> Iterator[Surveyed]:
    copies = table_copies.Copies(inventory)
    for row, region in table_copies.tables(inventory):
        yield Surveyed(row, region, copies.of(row))


def surveyed_file_systems(inventory: Inventory) -> Iterator[Surveyed]:
    copies = file_system_copies.Copies(inventory)
    for row, region in file_system_copies.file_systems(inventory):
        yield Surveyed(row, region, copies.of(row))


KINDS: tuple[tuple[Kind, Callable[[Inventory], Iterator[Surveyed]]], ...] = (
    (DATABASES, surveyed_databases),
    (TABLES, surveyed_tables),
    (FILE_SYSTEMS, surveyed_file_systems),
)


def nothing_survives(inventory: Inventory, kind: Kind, found: Iterator[Surveyed]) -> Iterator[Verdict | Unknown]:
    """A verdict on each; where something that was not read, or lies elsewhere, would decide, that is said instead.

    A copy may lie in any region, so one region that was not read leaves it open, unless a copy was seen.
    """
    explainer = Explainer(inventory, kind)
    for one in found:
        thing, survey = one.thing, one.survey
        if survey.survives or not (survey.unread or survey.unverified):
            yield Verdict(
                resource=thing["arn"],
                bad=not survey.survives,
                detail="" if survey.survives else explainer.detail(thing, one.region, survey),
                evidence=explainer.evidence(thing, one.region, survey),
                confidence=explainer.confidence,
            )
            continue
        yield from (Unknown(thing["arn"], operation) for operation in survey.unread)
        for copy in survey.unverified:
            operation = COPY_JOBS if copy.account else RECOVERY_POINTS
            yield Unknown(thing["arn"], operation, because=copy.because)


def sentences(inventory: Inventory) -> Iterator[tuple[Row, str, str]]:
    """(the row, its region, one sentence) of everything that holds data."""
    for kind, survey_all in KINDS:
        explainer = Explainer(inventory, kind)
        for one in survey_all(inventory):
            yield one.thing, one.region, explainer.verdict(one.thing, one.survey)
