"""What the Terraform checks share: which blocks, what to call them, and how much it matters where they stand."""

from collections.abc import Iterator
from typing import Any

from infra_audit.environments import environment_of, is_production_like
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Severity, Unknown
from infra_audit.terraform_outcomes import How, Outcome, folder_of, kind_of
from infra_audit.terraform_values import Code

OPERATION = "repo.terraform"
ELSEWHERE = {
    "test": "it stands in a test",
    "fixture": "it stands in test data",
    "example": "it stands in an example",
    "doc": "it stands in documentation",
}
FROM_WHAT = {
    How.CALLER: ", by what {address} passes",
    How.FILE: ", by what {path} sets",
    How.DEFAULT: ", by the defaults of its variables",
}
SAID_BY = {
    How.HERE: "",
    How.DEFAULT: ", by the default of its variable",
    How.NOBODY: " unless a caller says otherwise",
    How.CALLER: ", as {address} passes it",
    How.FILE: ", as {path} sets it",
}


def code_of(inventory: Inventory) -> Code:
    """The repository's Terraform, indexed."""
    return Code(inventory[OPERATION])


def blocks(inventory: Inventory, block_type: str) -> Iterator[Row]:
    """The top-level blocks of a type: "resource", "module", "variable"."""
    return (row for row in inventory[OPERATION] if row["type"] == block_type)


def where(row: Row, line: int | None = None) -> dict[str, Any]:
    """The fields of a verdict that say which block is meant: stable when lines move."""
    return {
        "resource": f"{row['path']}#{row['address']}",
        "resource_type": f"terraform:{(row['type'] == 'resource' and kind_of(row)) or row['type']}",
        "resource_name": row["address"],
        "path": row["path"],
        "line": line or row["line"],
        "at_head": True,
    }


def at(row: Row, name: str) -> dict[str, Any]:
    """The same, on the line of one attribute, which may stand in a file that overrides the block."""
    attribute = row["attributes"].get(name, {})
    return where(row, attribute.get("line")) | ({"path": attribute["path"]} if attribute.get("path") else {})


def decided(row: Row, outcome: Outcome) -> dict[str, Any]:
    """The same for an attribute of a block: where somebody else decides, the place to mend is there."""
    if outcome.how not in {How.CALLER, How.FILE}:
        return where(row, outcome.line) | ({"path": outcome.path} if outcome.path else {})
    decider = outcome.row
    name = f"{decider['address']}.{row['address']}" if outcome.how is How.CALLER else row["address"]
    return {
        **where(row),
        "resource": f"{decider['path']}#{name}",
        "resource_name": name,
        "path": outcome.path or decider["path"],
        "line": outcome.line or decider["line"],
    }


def said_by(outcome: Outcome) -> str:
    """Who says so, as the end of a sentence; "" where the block itself does."""
    said = FROM_WHAT.get(outcome.how) if outcome.worked_out else None
    return (said or SAID_BY[outcome.how]).format(address=outcome.row["address"], path=outcome.row["path"])


def sureness(outcome: Outcome) -> str:
    """The confidence of a verdict on it."""
    return "medium" if outcome.guessed else "high"


def computed(row: Row, outcome: Outcome, name: str) -> Unknown:
    """What is computed is not judged, and said so."""
    told = decided(row, outcome)
    because = f"{name} is computed in {told['path']}, so the code alone does not tell."
    return Unknown(told["resource"], OPERATION, because=because)


def eased(row: Row, severity: Severity) -> dict[str, Any]:
    """One step milder, with the reason, in tests, examples and folders of an environment that is not production's."""
    reason = ELSEWHERE.get(row["path_class"], "")
    is_values = row.get("type") == "assignments"
    environment = environment_of_folder(row["path"].split(".")[0] if is_values else folder_of(row))
    if not reason and environment and not is_production_like(environment):
        reason = f"its {'file' if is_values else 'folder'} is for {environment}"
    return {"severity": severity.milder(), "severity_reason": f"One step milder: {reason}."} if reason else {}


def environment_of_folder(folder: str) -> str | None:
    """The innermost part of the path that names one: `live/dev` is for dev."""
    parts = (environment_of({}, part) for part in reversed(folder.split("/")))
    return next(filter(None, parts), None)
