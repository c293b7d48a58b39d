"""Where a Terraform module comes from, read from its source alone.

https://developer.hashicorp.com/terraform/language/modules/sources
"""

import re
from collections.abc import Iterator
from typing import Any

from infra_audit.checks.repo._terraform import code_of
from infra_audit.inventory import Inventory, Row

FROM_GIT = re.compile(
    r"^(?:git::|hg::|git@|(?:github\.com|bitbucket\.org|gitlab\.com)/|(?:https|ssh)://\S+\.git(?:$|//|\?))"
)
REVISION = re.compile(r"[?&](?:ref|rev)=([^&]+)")
PART = r"[0-9A-Za-z][0-9A-Za-z_-]*"
FROM_REGISTRY = re.compile(rf"^(?:[0-9A-Za-z.-]+\.[A-Za-z]+(?::\d+)?/)?{PART}/{PART}/{PART}(?://\S*)?$")


def is_from_git(address: str) -> bool:
    return bool(FROM_GIT.match(address))


def is_from_registry(address: str) -> bool:
    """`terraform-aws-modules/vpc/aws`, with or without a host before it."""
    return bool(FROM_REGISTRY.match(address)) and not is_from_git(address)


def revision_of(address: str) -> str:
    """What a git source names after `ref=`; "" where it names nothing."""
    found = REVISION.search(address)
    return found[1] if found else ""


def sources(inventory: Inventory) -> Iterator[tuple[Row, str]]:
    """Each call of a module, after what overrides it, and its source."""
    return ((row, source_of(row)) for row in code_of(inventory).by_type["module"])


def source_of(row: Row) -> str:
    """A module's source; "" where it is withheld or computed."""
    source = row["attributes"].get("source", {})
    address = source.get("value") if source.get("kind") == "literal" else None
    return address if isinstance(address, str) else ""


def example(source: str, **attributes: Any) -> dict[str, list[Row]]:
    """A call of a module for the checks' examples."""
    literals = {"source": source, **attributes}
    call: Row = {
        "path": "main.tf",
        "path_class": "code",
        "line": 1,
        "type": "module",
        "labels": ["network"],
        "address": "module.network",
        "attributes": {name: {"line": 2, "kind": "literal", "value": value} for name, value in literals.items()},
        "blocks": [],
    }
    return {"repo.terraform": [call]}
