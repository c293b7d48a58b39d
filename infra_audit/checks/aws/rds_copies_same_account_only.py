from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws.rds_nothing_survives_deletion import BY_HAND, NO_COPY, ORDERS
from infra_audit.copies import COPY_JOBS, RECOVERY_POINTS, Survey, was_read
from infra_audit.database_copies import CLUSTERS, INSTANCES, PROOFS
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.survival import surveyed_databases

SNAPSHOTS = "rds.describe_db_snapshots"
SENT: Row = {
    "resource": ORDERS["arn"],
    "to_vault": "arn:aws:backup:eu-west-1:210987654321:backup-vault:safe",
    "to_account": "210987654321",
    "to_region": "eu-west-1",
    "created_at": "2026-06-01T08:00:00+00:00",
}


@check(
    id="rds_copies_same_account_only",
    title="All copies of a database lie beside it, in the same account and region",
    headline="Of {n} of {m} databases with a copy, no copy lies in another region or account",
    good_news="Of all {m} databases with a copy, one lies in another region or account.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Whoever takes over the account, or a mistake in its region, could take the database and its copies at once.",
    action="Keep a copy of each database in another account",
    consequence="one intruder could delete a database and every copy of it",
    over=(INSTANCES, CLUSTERS),
    consults=(*dict.fromkeys(operation for proofs in PROOFS.values() for operation in proofs), COPY_JOBS),
    iam=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeDBSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBInstanceAutomatedBackups",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
        "backup:ListCopyJobs",
    ),
    remedy="Add a copy action to the backup plan: into a locked vault in an account that nobody uses for daily work.",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html",
    bad={INSTANCES: [ORDERS], CLUSTERS: [], **NO_COPY, SNAPSHOTS: [BY_HAND], COPY_JOBS: []},
    good={INSTANCES: [ORDERS], CLUSTERS: [], **NO_COPY, SNAPSHOTS: [BY_HAND], COPY_JOBS: [SENT]},
    scope=Scope.ACCOUNT,
)
def rds_copies_same_account_only(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """What another account took for itself cannot be seen from here, and the words say so.

    Those without any copy are another check's; where one may have been hidden from us, they are not judged.
    """
    for one in surveyed_databases(inventory):
        arn, survey = one.thing["arn"], one.survey
        elsewhere = [copy for copy in survey.copies if copy.account or copy.held_in not in {"", one.region}]
        unread = _unread(inventory, survey)
        if elsewhere or (survey.survives and not unread):
            yield Verdict(
                resource=arn,
                bad=not elsewhere,
                detail=f"{_counted(len(survey.seen))} in {one.region}, and none in another region or account that we"
                " can see; what another account copied for itself is invisible to us.",
                evidence={"copies": survey.as_evidence()},
            )
        else:
            yield from (Unknown(arn, operation) for operation in unread)


def _unread(inventory: Inventory, survey: Survey) -> list[str]:
    """What could have shown a copy elsewhere. Only a recovery point can be sent on, so without any nothing was."""
    can_be_sent = any("recovery point" in copy.kind for copy in survey.copies) or RECOVERY_POINTS in survey.unread
    jobs_unread = can_be_sent and not was_read(inventory, COPY_JOBS)
    return [*survey.unread, *([COPY_JOBS] if jobs_unread else [])]


def _counted(copies: int) -> str:
    return "Its only copy is" if copies == 1 else f"Its {copies} copies are"
