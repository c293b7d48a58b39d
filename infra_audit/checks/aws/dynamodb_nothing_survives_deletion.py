from collections.abc import Iterator
from datetime import datetime

from infra_audit.copy_wording import WORDING
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.survival import TABLES, nothing_survives, surveyed_tables
from infra_audit.table_copies import BACKUPS, DESCRIBED, LIST, PROOFS, RECOVERY

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/baskets"
BASKETS: Row = {"arn": ARN, "type": "dynamodb:table", "name": "baskets", "tags": {}}
TOLD: Row = {
    "table": ARN,
    "id": "6c3a",
    "created_at": "2026-01-05T08:00:00+00:00",
    "deletion_protection": False,
    "replicas": [],
}
BACKUP: Row = {
    "backup": f"{ARN}/backup/01",
    "table": ARN,
    "table_id": "6c3a",
    "kind": "USER",
    "status": "AVAILABLE",
    "held_in": "eu-west-1",
    "created_at": "2026-06-01T08:00:00+00:00",
    "kept_until": None,
}
OFF: Row = {"table": ARN, "point_in_time": False, "recovery_days": None}
ALONE: dict[str, list[Row]] = {LIST: [BASKETS], DESCRIBED: [TOLD], RECOVERY: [OFF], PROOFS[-1]: []}


@check(
    id="dynamodb_nothing_survives_deletion",
    title="No copy of a table would survive its deletion",
    headline="{n} of {m} tables of the key-value database have no copy that would survive their deletion",
    good_news="Of all {m} tables of the key-value database something would survive their deletion.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="Deleting a table is one call and asks nothing: without a backup or point-in-time recovery, nothing is left.",
    action="Keep a copy of each table that outlives it",
    consequence="one mistaken delete could lose a table for good",
    over=(LIST,),
    consults=(*PROOFS, *WORDING),
    iam=(
        "dynamodb:ListTables",
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:ListBackups",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    remedy="Switch on point-in-time recovery and deletion protection; let a backup plan copy what matters.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html",
    bad={**ALONE, BACKUPS: []},
    good={**ALONE, BACKUPS: [BACKUP]},
    scope=Scope.ACCOUNT,
)
def dynamodb_nothing_survives_deletion(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """With point-in-time recovery on, the service itself keeps a last backup for 35 days."""
    yield from nothing_survives(inventory, TABLES, surveyed_tables(inventory))
