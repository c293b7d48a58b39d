from collections.abc import Iterator
from datetime import datetime

from infra_audit.copies import RECOVERY_POINTS
from infra_audit.copy_wording import WORDING
from infra_audit.file_system_copies import LIST, PROOFS, REPLICATIONS
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.survival import FILE_SYSTEMS, nothing_survives, surveyed_file_systems

ARN = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-0123456789abcdef0"
UPLOADS: Row = {
    "arn": ARN,
    "type": "elasticfilesystem:file-system",
    "name": "uploads",
    "tags": {},
    "id": "fs-0123456789abcdef0",
    "is_replica": False,
    "created_at": "2026-01-05T08:00:00+00:00",
}
POINT: Row = {
    "recovery_point": "arn:aws:backup:eu-west-1:123456789012:recovery-point:01",
    "resource": ARN,
    "status": "COMPLETED",
    "vault": "main",
    "held_in": "eu-west-1",
    "created_at": "2026-06-01T08:00:00+00:00",
    "kept_until": None,
}


@check(
    id="efs_nothing_survives_deletion",
    title="No copy of a shared file system would survive its deletion",
    headline="{n} of {m} shared file systems have no copy that would survive their deletion",
    good_news="Of all {m} shared file systems there is a copy that would survive their deletion.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Deleting one takes all its files at once, and nothing of it is kept by itself.",
    action="Keep a copy of each shared file system that outlives it",
    consequence="one mistaken delete could lose all files of a system for good",
    over=(LIST,),
    consults=(*PROOFS, *WORDING),
    iam=(
        "elasticfilesystem:DescribeFileSystems",
        "elasticfilesystem:DescribeReplicationConfigurations",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    remedy="Switch on automatic backups, and let a backup plan copy them into another account.",
    source="https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html",
    bad={LIST: [UPLOADS], RECOVERY_POINTS: [], REPLICATIONS: []},
    good={LIST: [UPLOADS], RECOVERY_POINTS: [POINT], REPLICATIONS: []},
    scope=Scope.ACCOUNT,
)
def efs_nothing_survives_deletion(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """What others are replicated onto is a copy itself, and not judged."""
    yield from nothing_survives(inventory, FILE_SYSTEMS, surveyed_file_systems(inventory))
