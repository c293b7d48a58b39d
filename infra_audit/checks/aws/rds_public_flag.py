from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:rds:eu-west-1:123456789012:db:orders"


@check(
    id="rds_public_flag",
    title="A database is set to have a public address",
    headline="{n} of {m} databases are set to have a public address",
    good_news="None of {m} databases is set to have a public address.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Only the firewall then stands between the data and the internet, and a firewall is changed in a hurry.",
    action="Take the databases' public addresses away",
    consequence="one wrong firewall rule would put a database on the internet",
    needs=("rds.describe_db_instances",),
    iam=("rds:DescribeDBInstances",),
    remedy="Set the database to be not publicly accessible; who works on it from outside comes through a VPN or a"
    " Session Manager tunnel.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
    bad={"rds.describe_db_instances": [{"arn": ARN, "public": True}]},
    good={"rds.describe_db_instances": [{"arn": ARN, "public": False}]},
)
def rds_public_flag(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The setting alone; whether the internet gets there is another check's matter."""
    for db in inventory["rds.describe_db_instances"]:
        yield Verdict(resource=db["arn"], bad=db["public"], detail="It is set to be publicly accessible.")
