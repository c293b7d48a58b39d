"""Merges what `override.tf` and `*_override.tf` say into the blocks of the same folder that they speak of.

https://developer.hashicorp.com/terraform/language/files/override: arguments take the place of those of the same name,
and nested blocks of all of the same type. What came from another file carries its `path`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from infra_audit.inventory import Row

OVERRIDE = re.compile(r"(?:^|/)(?:[^/]+_)?override\.(?:tf|tofu)(?:\.json)?$")
MERGED = frozenset({"resource", "data", "ephemeral", "module", "variable", "output", "provider", "check"})
STATE = frozenset({"backend", "cloud"})

Key = tuple[str, ...]


def effective(rows: Iterable[Row]) -> list[Row]:
    """The rows as Terraform sees them, overrides in the order of their names. What overrides nothing stays as it is."""
    found = list(rows)
    overriding = [row for row in found if OVERRIDE.search(row["path"])]
    if not overriding:
        return found
    told = [row for row in found if not OVERRIDE.search(row["path"])]
    places: dict[Key, list[int]] = defaultdict(list)
    for place, row in enumerate(told):
        places[_key(row)].append(place)
    for row in sorted(overriding, key=lambda row: str(row["path"])):
        same = places[_key(row)]
        if same and row["type"] in MERGED:
            told[same[-1]] = _merged(told[same[-1]], row)
            continue
        if row["type"] == "terraform" and any(block["type"] in STATE for block in row["blocks"]):
            for place in same:
                told[place] = _without_state(told[place])
        same.append(len(told))
        told.append(row)
    return told


def _key(row: Row) -> Key:
    alias = str(row["attributes"].get("alias", {}).get("value")) if row["type"] == "provider" else ""
    return str(row["path"]).rpartition("/")[0], row["type"], alias, *row["labels"]


def _merged(row: Row, by: Row) -> Row:
    said = {name: {**one, "path": by["path"]} for name, one in by["attributes"].items()}
    replaced = {_kind(block) for block in by["blocks"]}
    kept = [block for block in row["blocks"] if _kind(block) not in replaced]
    return {**row, "attributes": {**row["attributes"], **said}, "blocks": [*kept, *by["blocks"]]}


def _kind(block: Row) -> str:
    """A dynamic block is one of the type that it makes."""
    return str(block.get("label") if block["type"] == "dynamic" else block["type"])


def _without_state(row: Row) -> Row:
    return {**row, "blocks": [block for block in row["blocks"] if block["type"] not in STATE]}
