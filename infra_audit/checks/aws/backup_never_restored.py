from collections.abc import Iterator
from datetime import datetime

from infra_audit.copies import RECOVERY_POINTS, WHOLE_POINTS
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

RESTORES = "backup.list_restore_jobs"
POINT: Row = {
    "recovery_point": "arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-1",
    "resource": "arn:aws:rds:eu-west-1:123456789012:db:orders",
    "status": "COMPLETED",
    "restored_at": None,
}
RESTORE: Row = {
    "recovery_point": POINT["recovery_point"],
    "resource_kind": "RDS",
    "status": "COMPLETED",
    "created_at": "2026-11-01T08:00:00+00:00",
}


@check(
    id="backup_never_restored",
    title="Nobody has tried to restore a backup",
    headline="In {n} of {m} accounts with backups nobody has tried to restore one",
    good_news="A backup was restored in all {m} accounts that have any.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="A backup that was never restored is a hope: whether it works, and how long it takes, is learned in the worst"
    " hour.",
    action="Restore a backup once, and write down how long it took",
    consequence="a backup could turn out not to work when it is needed",
    over=(RECOVERY_POINTS,),
    consults=(RESTORES,),
    iam=("backup:ListBackupVaults", "backup:ListRecoveryPointsByBackupVault", "backup:ListRestoreJobs"),
    remedy="Restore the newest copy of the most important database beside the old one, look into it, note the time it"
    " took; then let a restore testing plan do it every month.",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html",
    bad={RECOVERY_POINTS: [POINT], RESTORES: []},
    good={RECOVERY_POINTS: [POINT], RESTORES: [RESTORE]},
    scope=Scope.ACCOUNT,
)
def backup_never_restored(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Only where AWS Backup holds something. A restore by hand from a snapshot leaves no trace here."""
    points = [row for row in inventory[RECOVERY_POINTS] if row["status"] in WHOLE_POINTS]
    if not points:
        return
    place = inventory.units(RECOVERY_POINTS)[0].place
    account = f"arn:{place.partition}:iam::{place.account}:root"
    restored = any(row["status"] == "COMPLETED" for row in inventory[RESTORES])
    if restored or any(row["restored_at"] for row in points):
        yield Verdict(resource=account, bad=False)
    elif inventory.incomplete(RESTORES) or not inventory.units(RESTORES):
        yield Unknown(account, RESTORES)
    else:
        yield Verdict(
            resource=account,
            bad=True,
            detail=f"Of {len(points)} recovery points none was ever restored, by all that AWS Backup remembers;"
            " restores by hand from a snapshot are not seen.",
            evidence={"recovery_points": len(points), "failed_restores": len(inventory[RESTORES])},
            resource_type="account",
            resource_name=place.account or EXAMPLE_ACCOUNT,
        )
