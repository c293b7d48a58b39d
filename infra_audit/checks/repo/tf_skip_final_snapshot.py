from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, blocks, eased, where
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

DATABASES = frozenset({"aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"})
SETTING = "skip_final_snapshot"
DATABASE: Row = {
    "path": "rds.tf",
    "path_class": "code",
    "line": 1,
    "type": "resource",
    "labels": ["aws_db_instance", "orders"],
    "address": "aws_db_instance.orders",
    "attributes": {SETTING: {"line": 5, "kind": "literal", "value": True}},
}


@check(
    id="tf_skip_final_snapshot",
    title="The code deletes a database without a last copy",
    headline="{n} of {m} databases in the code would be deleted without a last copy",
    good_news="All {m} databases in the code leave a last copy when they are deleted.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="One wrong `terraform destroy`, or a change that replaces the database, would leave nothing to restore from.",
    action="Keep a last copy when a database is deleted",
    consequence="one wrong command could delete a database for good",
    needs=("repo.terraform",),
    remedy="Set skip_final_snapshot to false and name the final snapshot; protect the database against deletion too.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    bad={"repo.terraform": [DATABASE]},
    good={"repo.terraform": [{**DATABASE, "attributes": {SETTING: {"line": 5, "kind": "literal", "value": False}}}]},
    scope=Scope.REPOSITORY,
)
def tf_skip_final_snapshot(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Left out, it is false. A replica has no last copy of its own. What is computed is not judged, and said so."""
    for row in _databases(inventory):
        attribute = row["attributes"].get(SETTING, {"line": None, "kind": "literal", "value": False})
        attribute, guessed = _resolved(attribute, row, inventory)
        if attribute["kind"] != "literal":
            because = f"{SETTING} is computed in {row['path']}, so the code alone does not tell."
            yield Unknown(where(row)["resource"], OPERATION, because=because)
            continue
        yield Verdict(
            **where(row, attribute["line"]),
            **eased(row, Severity.HIGH),
            bad=attribute["value"] in (True, "true"),
            detail=f"{SETTING} is true" + (" unless a caller says otherwise." if guessed else "."),
            confidence="medium" if guessed else "high",
        )


def _databases(inventory: Inventory) -> Iterator[Row]:
    """Databases, and calls of modules that set it for theirs."""
    for row in blocks(inventory, "resource"):
        if row["labels"][0] in DATABASES and "replicate_source_db" not in row["attributes"]:
            yield row
    yield from (row for row in blocks(inventory, "module") if SETTING in row["attributes"])


def _resolved(attribute: Row, row: Row, inventory: Inventory) -> tuple[Row, bool]:
    """A variable's default of the same folder stands for the variable; the line stays where the database is."""
    name = str(attribute["value"]).removeprefix("var.")
    if attribute["kind"] != "reference" or name == attribute["value"]:
        return attribute, False
    folder = row["path"].rpartition("/")[0]
    for variable in blocks(inventory, "variable"):
        if variable["labels"] == [name] and variable["path"].rpartition("/")[0] == folder:
            default = variable["attributes"].get("default")
            if default and default["kind"] == "literal":
                return {**default, "line": attribute["line"]}, True
    return attribute, False
