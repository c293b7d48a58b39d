from collections.abc import Iterator
from datetime import datetime

from infra_audit.buckets import ACCESS, ACCOUNT_BLOCK, BUCKETS, FLAGS, switched_off, switches
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ARN = "arn:aws:s3:::orders-export"
BUCKET = {"arn": ARN, "type": "s3:bucket", "name": "orders-export", "tags": {}, "region": "eu-west-1"}
ACCOUNT_OFF = {"account": "arn:aws:iam::123456789012:root", **dict.fromkeys(FLAGS, False)}


@check(
    id="s3_no_block_public_access",
    title="A storage bucket could be opened to the public",
    headline="{n} of {m} storage buckets could be opened to the public by one wrong setting",
    good_news="All {m} storage buckets refuse to be opened to the public.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="It is not open today because of what its policy and access list happen to say; nothing would stop a change.",
    action="Block public access on each bucket that need not be public",
    consequence="one wrong setting could open it to everybody",
    needs=(BUCKETS, ACCESS),
    consults=(ACCOUNT_BLOCK,),
    iam=(
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetBucketTagging",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
    ),
    remedy="Switch on all four parts of Block Public Access, for the account or for the bucket.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    bad={BUCKETS: [BUCKET], ACCESS: [{"arn": ARN, **dict.fromkeys(FLAGS, False)}], ACCOUNT_BLOCK: [ACCOUNT_OFF]},
    good={BUCKETS: [BUCKET], ACCESS: [{"arn": ARN, **dict.fromkeys(FLAGS, True)}], ACCOUNT_BLOCK: [ACCOUNT_OFF]},
    scope=Scope.ACCOUNT,
)
def s3_no_block_public_access(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """A switch counts where the account or the bucket has it on. Whether it is open now is another check's."""
    account = next(iter(inventory[ACCOUNT_BLOCK]), {})
    for bucket in inventory[ACCESS]:
        found = switches(account, bucket)
        if None in found.values() and False not in found.values():
            own_unread = any(bucket.get(flag) is None for flag, on in found.items() if on is None)
            yield Unknown(bucket["arn"], ACCESS if own_unread else ACCOUNT_BLOCK)
            continue
        off = [flag for flag, on in found.items() if on is False]
        yield Verdict(
            resource=bucket["arn"],
            bad=bool(off),
            detail=switched_off(off),
            evidence=found,
        )
