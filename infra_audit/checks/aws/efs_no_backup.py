from collections.abc import Iterator
from datetime import datetime, timedelta

from infra_audit.backup_plans import Cover, cover_of
from infra_audit.copies import RECOVERY_POINTS, InBackup
from infra_audit.copy_wording import PLANS, SETTINGS
from infra_audit.file_system_copies import LIST, POLICIES, file_systems
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ARN = "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-0123456789abcdef0"
UPLOADS: Row = {
    "arn": ARN,
    "type": "elasticfilesystem:file-system",
    "name": "uploads",
    "tags": {},
    "is_replica": False,
    "created_at": "2026-01-05T08:00:00+00:00",
}
NO_PLAN: dict[str, list[Row]] = {LIST: [UPLOADS], PLANS: [], RECOVERY_POINTS: []}


@check(
    id="efs_no_backup",
    title="Nothing backs up a shared file system",
    headline="Nothing backs up {n} of {m} shared file systems",
    good_news="All {m} shared file systems are backed up.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A deleted folder or an encrypting intruder could not be undone: there is no earlier state to go back to.",
    action="Back up shared file systems",
    consequence="deleted or overwritten files could not be brought back",
    needs=(LIST,),
    consults=(POLICIES, PLANS, SETTINGS, RECOVERY_POINTS),
    iam=(
        "elasticfilesystem:DescribeFileSystems",
        "elasticfilesystem:DescribeBackupPolicy",
        "backup:ListBackupPlans",
        "backup:GetBackupPlan",
        "backup:ListBackupSelections",
        "backup:GetBackupSelection",
        "backup:DescribeRegionSettings",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    remedy="Switch on automatic backups for the file system, or take it into a backup plan.",
    source="https://docs.aws.amazon.com/efs/latest/ug/automatic-backups.html",
    bad={**NO_PLAN, POLICIES: [{"file_system": ARN, "automatic": False}]},
    good={**NO_PLAN, POLICIES: [{"file_system": ARN, "automatic": True}]},
)
def efs_no_backup(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Its own daily backups, a plan that covers it, or a recent recovery point that somebody made: each is enough."""
    automatic = {row["file_system"]: row["automatic"] for row in inventory[POLICIES]}
    opted_in: dict[str, bool] = next(iter(inventory[SETTINGS]), {"opted_in": {}})["opted_in"]
    in_backup, since = InBackup(inventory), now - timedelta(days=settings.recovery_point_days)
    for one, _ in file_systems(inventory):
        arn = one["arn"]
        planned = any(cover_of(plan, one, opted_in) is Cover.COVERED for plan in inventory[PLANS])
        copies = in_backup.of([arn], one["created_at"])
        recent = any(copy.created_at and datetime.fromisoformat(copy.created_at) >= since for copy in copies)
        if automatic.get(arn) or planned or recent:
            yield Verdict(resource=arn, bad=False)
        elif unread := _unread(inventory, told=arn in automatic):
            yield from (Unknown(arn, operation) for operation in unread)
        else:
            yield Verdict(
                resource=arn,
                bad=True,
                detail="Automatic backups are off, no backup plan covers it, and it has no recent recovery point.",
            )


def _unread(inventory: Inventory, *, told: bool) -> list[str]:
    """What was not read and could have shown a backup."""
    others = [one for one in (PLANS, RECOVERY_POINTS) if inventory.incomplete(one)]
    return others if told else [POLICIES, *others]
