"""What the checks on GitHub's own settings have in common."""

from collections.abc import Iterator

from infra_audit.inventory import Inventory, Row

PROTECTION, ALERTS, PULLS = "github.branch_protection", "github.alerts", "github.pulls"
RESOURCE_TYPE = "git:repository"


def in_use(inventory: Inventory, operation: str) -> Iterator[Row]:
    """An archived repository takes no change any more, so nothing of it is judged."""
    return (row for row in inventory[operation] if not row["is_archived"])


def name_of(row: Row) -> str:
    return str(row["arn"]).removeprefix("repo:")
