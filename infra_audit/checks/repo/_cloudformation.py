"""What the checks on CloudFormation templates share."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Unknown

OPERATION = "repo.cloudformation"
NAMED_FILE = re.compile(r"^\$\{file\(([^)$]+)\)\}$")


def rows_of(inventory: Inventory, kind: str) -> Iterator[Row]:
    """The rows of a type: "template", "resource", "parameter"."""
    return (row for row in inventory[OPERATION] if row["type"] == kind)


def fetched(inventory: Inventory) -> Iterator[Unknown]:
    """What a serverless.yml takes from elsewhere when it is deployed; templates are read by themselves."""
    templates = [row["path"] for row in rows_of(inventory, "template")]
    for row in rows_of(inventory, "template"):
        for written in row.get("fetched", ()):
            named = NAMED_FILE.search(written)
            if named and posixpath.normpath(posixpath.join(posixpath.dirname(row["path"]), named[1])) in templates:
                continue
            because = f"What {row['path']} takes from {written} is filled in when it is deployed."
            yield Unknown(f"{row['path']}#{written}", OPERATION, because=because)


def where(row: Row, line: int | None = None) -> dict[str, Any]:
    """The fields of a verdict that say which resource or parameter is meant: stable when lines move."""
    return {
        "resource": f"{row['path']}#{row['name']}",
        "resource_type": f"cloudformation:{row['kind'] if row['type'] == 'resource' else row['type']}",
        "resource_name": row["name"],
        "path": row["path"],
        "line": line or row["line"],
        "at_head": True,
    }


def resource(kind: str, **changed: Any) -> Row:
    """A resource for the checks' examples."""
    told = {"path": "stack.yaml", "path_class": "code", "line": 5, "type": "resource", "name": "Orders", "kind": kind}
    nothing: Row = {"policy": None, "policy_line": None, "replace_policy": None, "has_tags": False, "secrets": []}
    return {**told, **nothing, "is_protected": False, "in_cluster": False, "is_replica": False, **changed}


def parameter(**changed: Any) -> Row:
    """A parameter for the checks' examples."""
    told: Row = {"path": "stack.yaml", "path_class": "code", "line": 3, "type": "parameter", "name": "Password"}
    nothing = {"default_line": None, "default_is_secret": False, "default_preview": None, "default_confidence": None}
    return {**told, "no_echo": True, **nothing, **changed}


def template(**changed: Any) -> Row:
    """A template for the checks' examples."""
    told: Row = {"path": "stack.yaml", "path_class": "code", "line": 1, "type": "template", "name": "stack.yaml"}
    return {**told, "macros": [], "stack_tags": False, "fetched": [], **changed}
