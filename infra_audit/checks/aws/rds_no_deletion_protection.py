from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import CLUSTERS, INSTANCES, databases
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ORDERS = {"arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "cluster": None, "replica_of": None}


@check(
    id="rds_no_deletion_protection",
    title="A database can be deleted in one step",
    headline="{n} of {m} databases can be deleted in one step",
    good_news="All {m} databases are protected against deletion.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A wrong name in a command, or a change applied in the wrong place, could delete it without a question.",
    action="Switch on deletion protection",
    consequence="one wrong command could delete a database",
    over=(INSTANCES, CLUSTERS),
    iam=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    remedy="Switch on deletion protection, in the code that makes the database: it costs nothing and needs no restart.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    bad={INSTANCES: [{**ORDERS, "deletion_protection": False}]},
    good={INSTANCES: [{**ORDERS, "deletion_protection": True}]},
)
def rds_no_deletion_protection(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A cluster protects its members, and a replica holds nothing of its own: neither is judged."""
    for database, _ in databases(inventory):
        yield Verdict(
            resource=database["arn"], bad=not database["deletion_protection"], detail="Deletion protection is off."
        )
