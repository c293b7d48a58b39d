"""In-memory stores as one has them: groups of servers, and servers that stand alone."""

from collections.abc import Iterator

from infra_audit.inventory import Inventory, Row

GROUPS = "elasticache.describe_replication_groups"
SERVERS = "elasticache.describe_cache_clusters"


def stores(inventory: Inventory) -> Iterator[Row]:
    """Each store once: a member is its group's."""
    yield from inventory[GROUPS]
    for row in inventory[SERVERS]:
        if not row["group"]:
            yield row
