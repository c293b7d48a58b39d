"""What repositories tell besides findings: tools, and what their documents answer. From units to JSON types."""

from collections.abc import Iterator
from typing import Any

from infra_audit.inventory import Inventory, Unit

TOOLS = "repo.tools"
DOCUMENTS = "repo.documents"
RUNBOOK = "runbook"  # looked for, and no question of a newcomer's: not counted
OF_A_TOOL = ("category", "name", "version", "path", "files")
OF_AN_ANSWER = ("question", "is_answered", "kind", "path", "line", "text", "places")


def tools(inventory: Inventory) -> list[dict[str, Any]]:
    """Each tool of each repository, with the file that proves it."""
    return [
        {**{name: row[name] for name in OF_A_TOOL}, "repository": unit.place.repository}
        for unit in _read(inventory, TOOLS)
        for row in unit.rows
    ]


def documentation(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """By repository: the six questions with what proves each answer, and how many are answered."""
    told = {}
    for unit in _read(inventory, DOCUMENTS):
        answers = [{name: row[name] for name in OF_AN_ANSWER} for row in unit.rows if row["question"] != RUNBOOK]
        told[unit.place.repository] = {
            "score": sum(one["is_answered"] for one in answers),
            "of": len(answers),
            "answers": answers,
        }
    return told


def _read(inventory: Inventory, operation: str) -> Iterator[Unit]:
    units = sorted(inventory.units(operation), key=lambda unit: unit.place)
    return (unit for unit in units if unit.ending.readable and unit.rows)
