"""The databases of the Terraform code, and what is settled of one setting of each."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from infra_audit.checks.repo._terraform import (
    OPERATION,
    code_of,
    computed,
    decided,
    eased,
    said_by,
    sureness,
    where,
)
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Severity, Unknown, Verdict
from infra_audit.terraform_outcomes import Outcome, Sort, kind_of
from infra_audit.terraform_values import Code

INSTANCE = "aws_db_instance"
RELATIONAL = (INSTANCE, "aws_rds_cluster")
DATABASES = (*RELATIONAL, "aws_docdb_cluster", "aws_neptune_cluster")
REPLICA_OF = ("replicate_source_db", "replication_source_identifier")
# Other things than databases have a deletion protection too; of a module from elsewhere only the source tells.
AMBIGUOUS = frozenset({"deletion_protection"})
OF_DATABASES = re.compile(r"rds|aurora|database|postgres|mysql|mariadb|docdb|documentdb|neptune|\bdb\b", re.IGNORECASE)
BACKED_UP_BY_DEFAULT = 1  # days that a cluster keeps automated backups where the code names none
RETENTION = "backup_retention_period"
REPLICA = "It is a replica, and whether its source is backed up does not stand in this code."

Judge = Callable[[Row, Outcome], bool | None]


def judged_databases(
    inventory: Inventory,
    setting: str,
    is_bad: Judge,
    *,
    severity: Severity,
    detail: Callable[[Row, Outcome], str],
    kinds: tuple[str, ...] = DATABASES,
    only_where_named: bool = False,
) -> Iterator[Verdict | Unknown]:
    """A verdict for each place that decides the setting of a database. `is_bad` says None for what it cannot tell.

    A replica is not judged where its source is backed up. Of modules from elsewhere only what is passed is judged.
    """
    code = code_of(inventory)
    for row in code.resources(*kinds):
        if only_where_named and setting not in row["attributes"]:
            continue
        standing = is_replica(row, code)
        if standing is None:
            yield Unknown(where(row)["resource"], OPERATION, because=REPLICA)
        elif not standing:
            yield from _judged(row, code.outcomes(row, setting), setting, is_bad, severity, detail)
    for call in code.calls():
        if setting in call["attributes"] and (setting not in AMBIGUOUS or _makes_database(call)):
            yield from _judged(call, code.outcomes(call, setting), setting, is_bad, severity, detail)


def _judged(
    row: Row,
    outcomes: list[Outcome],
    setting: str,
    is_bad: Judge,
    severity: Severity,
    detail: Callable[[Row, Outcome], str],
) -> Iterator[Verdict | Unknown]:
    for one in outcomes:
        unclear = one.sort in {Sort.UNKNOWN, Sort.GIVEN} or (one.sort is Sort.ABSENT and row["type"] == "module")
        bad = None if unclear else is_bad(row, one)
        if bad is None:
            yield computed(row, one, setting)
            continue
        yield Verdict(
            **decided(row, one),
            **eased(one.row, severity),
            bad=bad,
            detail=f"{detail(row, one)}{said_by(one)}.",
            confidence=sureness(one),
        )


def _makes_database(call: Row) -> bool:
    return bool(OF_DATABASES.search(str(call["attributes"].get("source", {}).get("value"))))


def is_replica(row: Row, code: Code) -> bool | None:
    """Whether it copies a database that is backed up; None where that cannot be told."""
    names = [name for name in REPLICA_OF if name in row["attributes"]]
    if not names:
        return False
    source = _source(row, row["attributes"][names[0]], code)
    if source is not None:
        kept = [retention(source, one) for one in code.outcomes(source, RETENTION)]
        return None if None in kept else all(kept)
    outcomes = code.outcomes(row, names[0])
    return False if any(one.sort is Sort.ABSENT for one in outcomes) else None


def _source(row: Row, attribute: Row, code: Code) -> Row | None:
    references = [attribute["value"]] if attribute["kind"] == "reference" else attribute.get("mentions", [])
    return next(filter(None, (code.named(row, str(one)) for one in references)), None)


def retention(row: Row, outcome: Outcome) -> float | None:
    """For how many days automated backups are kept; None where it cannot be told.

    Where the code says nothing the provider makes a single database without any, and a cluster with a day of them. One
    that is made from a snapshot may keep what the snapshot's had.
    """
    if outcome.sort is Sort.LITERAL:
        return outcome.number
    if outcome.sort is not Sort.ABSENT:
        return None
    if kind_of(row) != INSTANCE:
        return BACKED_UP_BY_DEFAULT
    return None if {"snapshot_identifier", "restore_to_point_in_time"} & names_in(row) else 0


def names_in(row: Row) -> set[str]:
    """What a block names, attributes and blocks inside."""
    return {*row["attributes"], *(inner["type"] for inner in row["blocks"])}


def example(**attributes: Any) -> dict[str, list[Row]]:
    """A database for the checks' examples."""
    literals = {name: {"line": 5, "kind": "literal", "value": value} for name, value in attributes.items()}
    database: Row = {
        "path": "rds.tf",
        "path_class": "code",
        "line": 1,
        "type": "resource",
        "labels": [INSTANCE, "orders"],
        "address": f"{INSTANCE}.orders",
        "attributes": literals,
        "blocks": [],
    }
    return {OPERATION: [database]}
