from collections.abc import Iterator
from datetime import datetime

from infra_audit.copy_wording import WORDING
from infra_audit.database_copies import CLUSTERS, INSTANCES, PROOFS
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.survival import DATABASES, nothing_survives, surveyed_databases

ORDERS: Row = {
    "arn": "arn:aws:rds:eu-west-1:123456789012:db:orders",
    "type": "rds:db",
    "name": "orders",
    "tags": {},
    "family": "rds",
    "status": "available",
    "resource_id": "db-ORDERS",
    "cluster": None,
    "replica_of": None,
    "replicas": [],
    "replicated_backups": [],
    "retention_days": 7,
    "created_at": "2026-01-05T08:00:00+00:00",
}
BY_HAND: Row = {
    "arn": "arn:aws:rds:eu-west-1:123456789012:snapshot:orders-before-move",
    "kind": "manual",
    "status": "available",
    "source": "orders",
    "source_id": "db-ORDERS",
    "source_region": None,
    "created_at": "2026-06-01T08:00:00+00:00",
}
NO_COPY: dict[str, list[Row]] = {operation: [] for proofs in PROOFS.values() for operation in proofs}


@check(
    id="rds_nothing_survives_deletion",
    title="No copy of a database would survive its deletion",
    headline="{n} of {m} databases have no copy that would survive their deletion",
    good_news="Of all {m} databases there is a copy that would survive their deletion.",
    severity=Severity.CRITICAL,
    effort=Effort.HOURS,
    why="One mistaken delete could take the data and every backup of it: what is left depends on a choice made while"
    " deleting.",
    action="Keep a copy of each database that outlives it",
    consequence="one mistaken delete could lose the data and every copy of it",
    over=(INSTANCES, CLUSTERS),
    consults=(*dict.fromkeys(operation for proofs in PROOFS.values() for operation in proofs), *WORDING),
    iam=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeDBSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBInstanceAutomatedBackups",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    remedy="Let a backup plan copy it daily into a vault, best in another account; take a manual snapshot today.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    bad={INSTANCES: [ORDERS], CLUSTERS: [], **NO_COPY},
    good={INSTANCES: [ORDERS], CLUSTERS: [], **NO_COPY, "rds.describe_db_snapshots": [BY_HAND]},
    scope=Scope.ACCOUNT,
)
def rds_nothing_survives_deletion(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """What is only planned, and what failed, changes the wording and never the verdict."""
    yield from nothing_survives(inventory, DATABASES, surveyed_databases(inventory))
