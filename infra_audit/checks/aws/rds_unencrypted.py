from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import CLUSTERS, INSTANCES, databases
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ORDERS = {"arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "cluster": None, "replica_of": None}


@check(
    id="rds_unencrypted",
    title="A database's storage is not encrypted",
    headline="The storage of {n} of {m} databases is not encrypted",
    good_news="The storage of all {m} databases is encrypted.",
    severity=Severity.MEDIUM,
    effort=Effort.DAYS,
    why="Its snapshots are not encrypted either: whoever gets hold of one can read all of it, and one wrong setting"
    " could share it with everybody.",
    action="Encrypt the storage of databases",
    consequence="whoever gets a snapshot could read all that is in it",
    over=(INSTANCES, CLUSTERS),
    iam=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    remedy="It cannot be switched on later: copy a snapshot with encryption, restore from the copy, and move over in a"
    " planned window.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
    bad={INSTANCES: [{**ORDERS, "encrypted": False}]},
    good={INSTANCES: [{**ORDERS, "encrypted": True}]},
)
def rds_unencrypted(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Members are as their cluster is, and replicas as their source."""
    for database, _ in databases(inventory):
        yield Verdict(resource=database["arn"], bad=not database["encrypted"], detail="Its storage is not encrypted.")
