from collections.abc import Iterator
from datetime import datetime

from infra_audit.database_copies import CLUSTER_SNAPSHOTS, SNAPSHOTS, can_be_public
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

SHARING, CLUSTER_SHARING = "rds.describe_db_snapshot_attributes", "rds.describe_db_cluster_snapshot_attributes"
ARN = "arn:aws:rds:eu-west-1:123456789012:snapshot:orders-for-the-agency"
SNAPSHOT = {"arn": ARN, "kind": "manual", "encrypted": False}


@check(
    id="rds_snapshot_public",
    title="A copy of a database is open to everybody",
    headline="{n} of {m} copies of databases are open to everybody",
    good_news="None of {m} copies of databases is open to everybody.",
    severity=Severity.CRITICAL,
    effort=Effort.MINUTES,
    why="Anybody with an AWS account can restore it and read all that was in it, and some search for such copies.",
    action="Close the copies of databases that are open to everybody",
    consequence="anybody could restore a copy and read all that is in it",
    over=(SNAPSHOTS, CLUSTER_SNAPSHOTS),
    consults=(SHARING, CLUSTER_SHARING),
    iam=(
        "rds:DescribeDBSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBSnapshotAttributes",
        "rds:DescribeDBClusterSnapshotAttributes",
    ),
    remedy="Make it private today, take what was in it as known to others, and share with named accounts only.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html",
    bad={SNAPSHOTS: [SNAPSHOT], SHARING: [{"arn": ARN, "public": True, "shared_with": []}]},
    good={SNAPSHOTS: [SNAPSHOT], SHARING: [{"arn": ARN, "public": False, "shared_with": ["210987654321"]}]},
    eased_outside_production=False,
)
def rds_snapshot_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Only what was made by hand and is not encrypted can be public, so nothing else was asked about."""
    for operation, sharing in ((SNAPSHOTS, SHARING), (CLUSTER_SNAPSHOTS, CLUSTER_SHARING)):
        told = {row["arn"]: row for row in inventory[sharing]}
        for row in inventory[operation]:
            if not can_be_public(row["kind"], encrypted=row["encrypted"]):
                yield Verdict(resource=row["arn"], bad=False)
            elif row["arn"] in told:
                yield Verdict(
                    resource=row["arn"],
                    bad=told[row["arn"]]["public"],
                    detail="Any AWS account may restore it.",
                    evidence={"shared_with": told[row["arn"]]["shared_with"]},
                )
            else:
                yield Unknown(row["arn"], sharing)
