from collections.abc import Iterator
from datetime import datetime

from infra_audit.buckets import BUCKETS, REPLICATION, kept_in
from infra_audit.copies import RECOVERY_POINTS, InBackup, was_read
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ARN = "arn:aws:s3:::orders-backups"
BUCKET = {"arn": ARN, "type": "s3:bucket", "name": "orders-backups", "tags": {}, "region": "eu-west-1"}
NOWHERE = {"arn": ARN, "region": "eu-west-1", "copied_to": []}


@check(
    id="s3_no_copy_elsewhere",
    title="State, backups or logs lie in one bucket only",
    headline="{n} of {m} buckets that keep state, backups or logs have no copy elsewhere",
    good_news="All {m} buckets that keep state, backups or logs have a copy elsewhere.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="What one turns to after an accident lies in the account where the accident happens.",
    action="Copy state, backups and logs to another account",
    consequence="one accident could take the backups as well",
    needs=(BUCKETS, REPLICATION),
    consults=(RECOVERY_POINTS,),
    iam=(
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetReplicationConfiguration",
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    remedy="Switch on versioning and replicate the bucket into another account; until then, a nightly sync will do.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html",
    bad={BUCKETS: [BUCKET], REPLICATION: [NOWHERE], RECOVERY_POINTS: []},
    good={
        BUCKETS: [BUCKET],
        REPLICATION: [{**NOWHERE, "copied_to": ["arn:aws:s3:::orders-backups-copy"]}],
        RECOVERY_POINTS: [],
    },
    scope=Scope.ACCOUNT,
)
def s3_no_copy_elsewhere(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """What a bucket keeps is told by its name and tags. What is itself a copy of another bucket is not judged, nor what
    may be one of a bucket whose copies could not be read: only what keeps versions can."""
    copied_to = {row["arn"]: row["copied_to"] for row in inventory[REPLICATION]}
    may_be_copies = {row["arn"] for row in inventory[REPLICATION] if not row.get("unversioned")}
    copies = {arn for to in copied_to.values() for arn in to or ()}
    some_unread = None in copied_to.values()
    in_backup = InBackup(inventory)
    for bucket in inventory[BUCKETS]:
        arn, kept = bucket["arn"], kept_in(bucket)
        if not kept or arn in copies:
            continue
        held = list(in_backup.of([arn], bucket.get("created_at")))
        if copied_to.get(arn) or held:
            yield Verdict(resource=arn, bad=False)
        elif copied_to.get(arn) is None or (some_unread and arn in may_be_copies):
            yield Unknown(arn, REPLICATION)
        elif not was_read(inventory, RECOVERY_POINTS):
            yield Unknown(arn, RECOVERY_POINTS)
        else:
            yield Verdict(
                resource=arn,
                bad=True,
                detail=f"By its name or tags it keeps {kept}; it is not replicated and has no recovery point."
                " A sync job of your own is invisible to us.",
                evidence={"keeps": kept},
                confidence="medium",
            )
