"""The folders from which Terraform is run, as far as code tells: what it is run in has a state and a lock file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra_audit.checks.repo._terraform import where
from infra_audit.inventory import Inventory, Row
from infra_audit.terraform_outcomes import folder_of
from infra_audit.terraform_values import Code

MODULES = re.compile(r"(?:^|/)_?modules?(?:/|$)", re.IGNORECASE)
PUBLISHED = re.compile(r"terraform-[a-z0-9]+-.+")  # how a module is named that others take from a registry
STATE = frozenset({"backend", "cloud"})
TERRAGRUNT = "Terragrunt may add it when it runs, so the code alone does not tell."


@dataclass(frozen=True)
class Root:
    """One such folder. `anchor` is the block that shows it; `states` are its backend and cloud blocks, with the path.

    `has_provider`: without one it may be a module that others call from elsewhere.
    """

    folder: str
    anchor: Row
    states: tuple[tuple[str, Row], ...]
    has_provider: bool

    @property
    def confidence(self) -> str:
        return "high" if self.has_provider or self.states else "medium"

    @property
    def where(self) -> dict[str, Any]:
        return {
            **where(self.anchor),
            "resource": self.folder or ".",
            "resource_type": "terraform:root",
            "resource_name": self.folder or "the top folder",
        }


def roots(inventory: Inventory, code: Code) -> Iterator[Root]:
    """Folders that nobody calls and that name a state or a provider, or what Terraform they need.

    A folder of modules needs no provider of its own; nor does what is published as a module.
    """
    told: dict[str, list[Row]] = {}
    for row in (*code.by_type["terraform"], *code.by_type["provider"]):
        told.setdefault(folder_of(row), []).append(row)
    for folder, rows in sorted(told.items()):
        if rows[0]["path_class"] != "code" or code.callers.get(folder):
            continue
        states = tuple((row["path"], block) for row in rows for block in row["blocks"] if block["type"] in STATE)
        has_provider = any(row["type"] == "provider" for row in rows)
        if states or not (MODULES.search(folder) or (not has_provider and is_published(inventory, folder))):
            yield Root(folder, rows[0], states, has_provider)


def is_published(inventory: Inventory, folder: str) -> bool:
    """Whether the folder is what a repository of one module publishes."""
    return not folder and any(PUBLISHED.fullmatch(unit.place.repository) for unit in inventory.units("repo.terraform"))


def runs_by_terragrunt(inventory: Inventory) -> bool:
    return any(row["kind"] == "Terragrunt" for row in inventory["repo.infrastructure"])


def example(*blocks: Row) -> list[Row]:
    """A root for the checks' examples, with some blocks in `terraform`."""
    terraform = {"type": "terraform", "labels": [], "address": "terraform", "blocks": list(blocks)}
    provider = {"type": "provider", "labels": ["aws"], "address": "provider.aws", "blocks": []}
    shared = {"path": "main.tf", "path_class": "code", "line": 1, "attributes": {}}
    return [{**shared, **terraform}, {**shared, **provider, "line": 9}]
