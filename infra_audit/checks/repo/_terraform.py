"""What the Terraform checks share: which blocks, what to call them, and how much it matters where they stand."""

from collections.abc import Iterator
from typing import Any

from infra_audit.environments import environment_of, is_production_like
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Severity

OPERATION = "repo.terraform"
ELSEWHERE = {
    "test": "it stands in a test",
    "fixture": "it stands in test data",
    "example": "it stands in an example",
    "doc": "it stands in documentation",
}


def blocks(inventory: Inventory, block_type: str) -> Iterator[Row]:
    """The top-level blocks of a type: "resource", "module", "variable"."""
    return (row for row in inventory[OPERATION] if row["type"] == block_type)


def where(row: Row, line: int | None = None) -> dict[str, Any]:
    """The fields of a verdict that say which block is meant: stable when lines move."""
    return {
        "resource": f"{row['path']}#{row['address']}",
        "resource_type": f"terraform:{row['labels'][0] if row['type'] == 'resource' else row['type']}",
        "resource_name": row["address"],
        "path": row["path"],
        "line": line or row["line"],
        "at_head": True,
    }


def eased(row: Row, severity: Severity) -> dict[str, Any]:
    """One step milder, with the reason, in tests, examples and folders of an environment that is not production's."""
    reason = ELSEWHERE.get(row["path_class"], "")
    environment = environment_of({}, row["path"].rpartition("/")[0])
    if not reason and environment and not is_production_like(environment):
        reason = f"its folder is for {environment}"
    return {"severity": severity.milder(), "severity_reason": f"One step milder: {reason}."} if reason else {}
