"""AWS Backup: the copies it holds, what its plans should copy, what failed, and which kinds it may copy at all."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from infra_audit.collectors.aws._rows import iso
from infra_audit.collectors.aws.endings import READ_ERRORS, outcome_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Ending, Row

RECOVERY_POINT_CAP = 10_000
JOB_CAP = 1_000
JOB_DAYS = 30  # as far back as the service itself keeps them in lists by default
TAG_PREFIX = "aws:ResourceTag/"


@collector("backup.list_recovery_points", iam=("backup:ListBackupVaults", "backup:ListRecoveryPointsByBackupVault"))
def recovery_points(reader: Reader) -> Iterator[Row]:
    """One row a recovery point in a vault of this region; `resource` may lie in another region.

    Vault by vault, because `ListProtectedResources` forgets what the resource's deletion orphaned. Where an endpoint
    cannot list a vault, but says that it holds none, none is what was read.
    """
    yield from reader.capped(_points_of_all_vaults(reader), RECOVERY_POINT_CAP)


def _points_of_all_vaults(reader: Reader) -> Iterator[Row]:
    for vault in reader.pages("backup", "list_backup_vaults", "BackupVaultList"):
        name = vault["BackupVaultName"]
        try:
            for one in reader.pages(
                "backup", "list_recovery_points_by_backup_vault", "RecoveryPoints", BackupVaultName=name
            ):
                yield _point(one, vault, reader.region)
        except READ_ERRORS as error:
            if not (_is_unsupported(error) and vault.get("NumberOfRecoveryPoints") == 0):
                reader.miss(vault["BackupVaultArn"], error)


def _point(one: Mapping[str, Any], vault: Mapping[str, Any], region: str) -> Row:
    return {
        "recovery_point": one["RecoveryPointArn"],
        "resource": one.get("ResourceArn", ""),
        "resource_kind": one.get("ResourceType", ""),
        "status": one.get("Status", ""),
        "vault": vault["BackupVaultName"],
        "vault_locked": vault.get("Locked", False),
        "held_in": region,
        "created_at": iso(one.get("CreationDate")),
        "kept_until": iso((one.get("CalculatedLifecycle") or {}).get("DeleteAt")),
        "restored_at": iso(one.get("LastRestoreTime")),
    }


def _is_unsupported(error: Exception) -> bool:
    return outcome_of(error, emulated=True).ending is Ending.UNSUPPORTED


@collector(
    "backup.list_backup_plans",
    iam=("backup:ListBackupPlans", "backup:GetBackupPlan", "backup:ListBackupSelections", "backup:GetBackupSelection"),
)
def plans(reader: Reader) -> Iterator[Row]:
    """One row a plan, with `rules` and `selections`; either is None where it could not be read.

    A selection: `resources` and `not_resources` (ARNs with `*`), `any_tag` ([key, value] pairs, one is enough) and
    `conditions` ([operator, key, value], all must hold). `infra_audit.backup_plans` says what they cover.
    """
    for one in reader.pages("backup", "list_backup_plans", "BackupPlansList"):
        plan_id, arn = one["BackupPlanId"], one["BackupPlanArn"]
        row: Row = {
            "plan": arn,
            "name": one.get("BackupPlanName", ""),
            "last_run_at": iso(one.get("LastExecutionDate")),
        }
        row["rules"] = row["selections"] = None
        try:
            row["rules"] = _rules(reader, plan_id)
            row["selections"] = _selections(reader, plan_id)
        except READ_ERRORS as error:
            reader.miss(arn, error)
        yield row


def _rules(reader: Reader, plan_id: str) -> list[Row]:
    plan = reader.call("backup", "get_backup_plan", BackupPlanId=plan_id)["BackupPlan"]
    return [
        {
            "name": rule.get("RuleName", ""),
            "vault": rule.get("TargetBackupVaultName", ""),
            "schedule": rule.get("ScheduleExpression"),
            "continuous": rule.get("EnableContinuousBackup", False),
            "copies_to": [copy["DestinationBackupVaultArn"] for copy in rule.get("CopyActions", [])],
            "deleted_after_days": (rule.get("Lifecycle") or {}).get("DeleteAfterDays"),
        }
        for rule in plan.get("Rules", [])
    ]


def _selections(reader: Reader, plan_id: str) -> list[Row]:
    found = []
    for listed in reader.pages("backup", "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan_id):
        answer = reader.call("backup", "get_backup_selection", BackupPlanId=plan_id, SelectionId=listed["SelectionId"])
        found.append(selection_of(answer["BackupSelection"]))
    return found


def selection_of(described: Mapping[str, Any]) -> Row:
    """A selection as AWS describes it → as `backup.list_backup_plans` carries it."""
    return {
        "name": described.get("SelectionName", ""),
        "resources": list(described.get("Resources") or []),
        "not_resources": list(described.get("NotResources") or []),
        "any_tag": [
            [_tag_key(tag["ConditionKey"]), tag["ConditionValue"]] for tag in described.get("ListOfTags") or []
        ],
        "conditions": [
            [operator, _tag_key(one["ConditionKey"]), one["ConditionValue"]]
            for operator, some in (described.get("Conditions") or {}).items()
            for one in some
        ],
    }


def _tag_key(key: str) -> str:
    return key.removeprefix(TAG_PREFIX)


@collector("backup.list_backup_jobs", iam=("backup:ListBackupJobs",))
def failed_jobs(reader: Reader) -> Iterator[Row]:
    """One row a job of the last 30 days that failed or never started, newest first as AWS lists them."""
    since = reader.now - timedelta(days=JOB_DAYS)
    for state in ("FAILED", "EXPIRED"):
        jobs = reader.pages("backup", "list_backup_jobs", "BackupJobs", ByState=state, ByCreatedAfter=since)
        for one in reader.capped(jobs, JOB_CAP):
            yield {
                "resource": one.get("ResourceArn", ""),
                "state": one.get("State", state),
                "message": one.get("StatusMessage", ""),
                "created_at": iso(one.get("CreationDate")),
            }


@collector("backup.describe_region_settings", iam=("backup:DescribeRegionSettings",))
def region_settings(reader: Reader) -> Iterator[Row]:
    """One row: which kinds of resource ("RDS", "Aurora", …) the region lets AWS Backup copy."""
    answer = reader.call("backup", "describe_region_settings")
    yield {"opted_in": dict(answer.get("ResourceTypeOptInPreference") or {})}


@collector("backup.list_copy_jobs", iam=("backup:ListCopyJobs",))
def copies_to_other_accounts(reader: Reader) -> Iterator[Row]:
    """{resource, to_vault, to_account, to_region, created_at} of each copy that was finished in another account.

    Copies within the account are recovery points of their region, and read as such.
    """
    since = reader.now - timedelta(days=JOB_DAYS)
    jobs = reader.pages("backup", "list_copy_jobs", "CopyJobs", ByState="COMPLETED", ByCreatedAfter=since)
    for one in reader.capped(jobs, JOB_CAP):
        to_vault = one.get("DestinationBackupVaultArn", "")
        parts = to_vault.split(":")
        region, account = parts[3:5] if len(parts) > 5 else ("", "")
        if account and account != reader.account:
            yield {
                "resource": one.get("ResourceArn", ""),
                "to_vault": to_vault,
                "to_account": account,
                "to_region": region,
                "created_at": iso(one.get("CompletionDate") or one.get("CreationDate")),
            }


@collector("backup.list_restore_jobs", iam=("backup:ListRestoreJobs",))
def restore_jobs(reader: Reader) -> Iterator[Row]:
    """{recovery_point, resource_kind, status, created_at} of each restore that AWS Backup still lists."""
    jobs = reader.pages("backup", "list_restore_jobs", "RestoreJobs")
    for one in reader.capped(jobs, JOB_CAP):
        yield {
            "recovery_point": one.get("RecoveryPointArn", ""),
            "resource_kind": one.get("ResourceType", ""),
            "status": one.get("Status", ""),
            "created_at": iso(one.get("CreationDate")),
        }
