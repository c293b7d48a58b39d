from collections.abc import Iterator
from datetime import datetime, timedelta

from infra_audit.checks.aws.rds_nothing_survives_deletion import BY_HAND, NO_COPY, ORDERS
from infra_audit.copies import Rank
from infra_audit.database_copies import CLUSTERS, INSTANCES, PROOFS
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.survival import surveyed_databases

SNAPSHOTS = "rds.describe_db_snapshots"
TODAY = "2098-12-31T08:00:00+00:00"


@check(
    id="rds_copies_stale",
    title="The newest copy of a database that would survive it is too old",
    headline="Of {n} of {m} databases with a copy, the newest copy is too old",
    good_news="Of all {m} databases with a copy that would survive them, one is recent.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="What was written since the newest copy would be lost with the database: an old copy is a bad surprise on the"
    " day that it is needed.",
    action="Copy each database as often as its loss would hurt",
    consequence="what was written since the last copy could be lost",
    over=(INSTANCES, CLUSTERS),
    consults=tuple(dict.fromkeys(operation for proofs in PROOFS.values() for operation in proofs)),
    iam=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeDBSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBInstanceAutomatedBackups",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    remedy="Agree on how much of its data the business could lose, and let a backup plan copy it at least that often.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_objective_defined_recovery.html",
    bad={INSTANCES: [ORDERS], CLUSTERS: [], **NO_COPY, SNAPSHOTS: [BY_HAND]},
    good={INSTANCES: [ORDERS], CLUSTERS: [], **NO_COPY, SNAPSHOTS: [{**BY_HAND, "created_at": TODAY}]},
    scope=Scope.ACCOUNT,
)
def rds_copies_stale(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Those without any copy are another check's. What follows every change is never old, and what was not read could
    be newer."""
    objective = timedelta(days=settings.recovery_point_days)
    for one in surveyed_databases(inventory):
        arn, newest = one.thing["arn"], one.survey.newest
        continuous = any(copy.rank is Rank.TIME_LIMITED for copy in one.survey.copies)
        if continuous or (newest and now - newest <= objective):
            yield Verdict(resource=arn, bad=False)
        elif one.survey.unread:
            yield from (Unknown(arn, operation) for operation in one.survey.unread)
        elif newest:
            yield Verdict(
                resource=arn,
                bad=True,
                detail=f"The newest copy that would survive it is {(now - newest).days} days old"
                f" ({newest:%Y-%m-%d}); at most {settings.recovery_point_days} days are agreed.",
                evidence={"copies": one.survey.as_evidence(), "agreed_days": settings.recovery_point_days},
            )
