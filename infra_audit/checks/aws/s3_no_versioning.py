from collections.abc import Iterator
from datetime import datetime

from infra_audit.buckets import BUCKETS, VERSIONS, kept_in
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ARN = "arn:aws:s3:::orders-export"
BUCKET = {"arn": ARN, "type": "s3:bucket", "name": "orders-export", "tags": {}, "region": "eu-west-1"}


@check(
    id="s3_no_versioning",
    title="A storage bucket keeps no earlier versions of its files",
    headline="{n} of {m} storage buckets keep no earlier versions of their files",
    good_news="All {m} storage buckets keep earlier versions of their files.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="A file that is overwritten or deleted, by mistake or by an intruder, is gone for good.",
    action="Keep earlier versions of what is in buckets",
    consequence="an overwritten or deleted file could not be brought back",
    needs=(BUCKETS, VERSIONS),
    iam=("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketTagging", "s3:GetBucketVersioning"),
    remedy="Switch on versioning, with a lifecycle rule that removes old versions after some months.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
    bad={BUCKETS: [BUCKET], VERSIONS: [{"arn": ARN, "region": "eu-west-1", "versioned": False}]},
    good={BUCKETS: [BUCKET], VERSIONS: [{"arn": ARN, "region": "eu-west-1", "versioned": True}]},
    scope=Scope.ACCOUNT,
)
def s3_no_versioning(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """It matters more where the state of the infrastructure is kept: without it nobody knows what belongs to what."""
    buckets = {row["arn"]: row for row in inventory[BUCKETS]}
    for row in inventory[VERSIONS]:
        if row["versioned"] is None:
            yield Unknown(row["arn"], VERSIONS)
            continue
        kept = kept_in(buckets[row["arn"]]) if row["arn"] in buckets else ""
        matters = kept in {"state", "backups"}
        yield Verdict(
            resource=row["arn"],
            bad=not row["versioned"],
            detail="Versioning is off.",
            severity=Severity.MEDIUM if matters else None,
            severity_reason=f"By its name or tags it keeps {kept}." if matters else "",
        )
