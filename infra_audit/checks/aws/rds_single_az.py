from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import CLUSTERS, INSTANCES, databases
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ORDERS = {
    "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders",
    "type": "rds:db",
    "name": "orders",
    "cluster": None,
    "replica_of": None,
    "zone": "eu-west-1a",
}


@check(
    id="rds_single_az",
    title="A database runs in one data centre only",
    headline="{n} of {m} databases run in one data centre only",
    good_news="All {m} databases have a stand-by in another data centre.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="If that data centre fails, or the machine under it, the database is away until somebody restores it by hand.",
    action="Give each important database a stand-by in another data centre",
    consequence="a fault in one data centre could stop what depends on it for hours",
    over=(INSTANCES, CLUSTERS),
    iam=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    remedy="Switch on Multi-AZ, or give the cluster a second instance in another zone; it about doubles the price.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html",
    bad={INSTANCES: [{**ORDERS, "multi_az": False}]},
    good={INSTANCES: [{**ORDERS, "multi_az": True}]},
)
def rds_single_az(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A cluster is judged as one, by where its members are; one without members (serverless, version 1) is not, nor
    one whose members could not be listed."""
    zones = {row["name"]: row["zone"] for row in inventory[INSTANCES] if row["cluster"]}
    for database, _ in databases(inventory):
        if database["type"] != "rds:db" and inventory.incomplete(INSTANCES):
            continue
        in_zones = (
            {database.get("zone")}
            if database["type"] == "rds:db"
            else {zones.get(member) for member in database["members"]}
        )
        if in_zones:
            yield Verdict(
                resource=database["arn"],
                bad=not database["multi_az"] and len(in_zones) == 1,
                detail=f"All of it is in {next(iter(in_zones)) or 'one zone'}.",
            )
