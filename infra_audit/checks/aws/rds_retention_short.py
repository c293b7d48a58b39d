from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import CLUSTERS, INSTANCES, databases
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ORDERS = {"arn": "arn:aws:rds:eu-west-1:123456789012:db:orders", "cluster": None, "replica_of": None}
ENOUGH_DAYS = 7


@check(
    id="rds_retention_short",
    title="A database's automated backups reach back less than a week",
    headline="The automated backups of {n} of {m} databases reach back less than a week",
    good_news="The automated backups of all {m} databases that make any reach back a week or more.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="A mistake made on a Friday and noticed after a holiday could be older than the oldest backup.",
    action="Keep automated backups for a week or more",
    consequence="a mistake noticed late could not be undone",
    over=(INSTANCES, CLUSTERS),
    iam=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    remedy="Set the backup retention period to 7 days or more, in the code that makes the database.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html",
    bad={INSTANCES: [{**ORDERS, "retention_days": 1}]},
    good={INSTANCES: [{**ORDERS, "retention_days": 7}]},
)
def rds_retention_short(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Those without automated backups are another check's; replicas and members have their source's."""
    for database, _ in databases(inventory):
        days = database["retention_days"]
        if days:
            span = "1 day" if days == 1 else f"{days} days"
            yield Verdict(resource=database["arn"], bad=days < ENOUGH_DAYS, detail=f"They are kept for {span}.")
