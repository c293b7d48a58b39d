from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:rds:eu-west-1:123456789012:db:orders"


@check(
    id="rds_retention_zero",
    title="A database makes no automated backups",
    headline="{n} of {m} databases make no automated backups",
    good_news="All {m} databases make automated backups.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="A bad migration or a wrong DELETE could not be undone: the last good state would be gone.",
    action="Turn on automated backups",
    consequence="a wrong DELETE could not be undone",
    needs=("rds.describe_db_instances",),
    iam=("rds:DescribeDBInstances",),
    remedy="Set the backup retention period to 7 days or more, in the code that makes the database.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
    bad={"rds.describe_db_instances": [{"arn": ARN, "retention_days": 0, "replica_of": None, "cluster": None}]},
    good={"rds.describe_db_instances": [{"arn": ARN, "retention_days": 7, "replica_of": None, "cluster": None}]},
)
def rds_retention_zero(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A replica is backed up where its source is, a cluster's member by its cluster: neither is judged here."""
    for db in inventory["rds.describe_db_instances"]:
        if db["replica_of"] is None and db["cluster"] is None:
            yield Verdict(resource=db["arn"], bad=db["retention_days"] == 0, detail="Retention is 0 days.")
