from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ARN = "arn:aws:s3:::orders-export"
BUCKET = {"arn": ARN, "type": "s3:bucket", "name": "orders-export", "tags": {}, "region": "eu-west-1"}
OPEN = {"restrict_public_buckets": False, "ignore_public_acls": False}


@check(
    id="s3_public",
    title="A storage bucket is open to the public",
    headline="{n} of {m} storage buckets are open to the public",
    good_news="None of {m} storage buckets is open to the public (access points, single files and directory buckets"
    " were not looked at).",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="Anybody on the internet who learns the bucket's name gets what its policy or access list gives away.",
    action="Close the buckets that are open to the public",
    consequence="anybody could take what is in them",
    needs=("s3.list_buckets", "s3.get_bucket_policy_status"),
    consults=("s3control.get_public_access_block",),
    iam=(
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetBucketTagging",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
    ),
    remedy="Block public access for the whole account; where something must be public, serve it through CloudFront"
    " from a closed bucket.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    bad={
        "s3.list_buckets": [BUCKET],
        "s3.get_bucket_policy_status": [{"arn": ARN, **OPEN, "policy_public": True, "acl_public": False}],
        "s3control.get_public_access_block": [OPEN],
    },
    good={
        "s3.list_buckets": [BUCKET],
        "s3.get_bucket_policy_status": [{"arn": ARN, **OPEN, "policy_public": True, "acl_public": False}],
        "s3control.get_public_access_block": [{"restrict_public_buckets": True, "ignore_public_acls": True}],
    },
    scope=Scope.ACCOUNT,
)
def s3_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Public = (policy public and not restricted) or (access list public and not ignored), at account or bucket."""
    account = next(iter(inventory["s3control.get_public_access_block"]), {})
    for row in inventory["s3.get_bucket_policy_status"]:
        restricted = _either(account.get("restrict_public_buckets"), row["restrict_public_buckets"])
        ignored = _either(account.get("ignore_public_acls"), row["ignore_public_acls"])
        ways = {
            "its policy": _opens(row["policy_public"], restricted),
            "its access list": _opens(row["acl_public"], ignored),
        }
        if True not in ways.values() and None in ways.values():
            half_read = None in (row["restrict_public_buckets"], row["ignore_public_acls"], row["policy_public"])
            operation = "s3.get_bucket_policy_status" if half_read or account else "s3control.get_public_access_block"
            yield Unknown(row["arn"], operation)
            continue
        yield Verdict(
            resource=row["arn"],
            bad=True in ways.values(),
            detail="Opened by " + " and ".join(way for way, opens in ways.items() if opens) + ".",
            evidence={key: value for key, value in row.items() if key != "arn"},
        )


def _either(one: bool | None, other: bool | None) -> bool | None:
    """`or` with a third answer, None, for what was not read."""
    if one or other:
        return True
    return None if one is None or other is None else False


def _opens(public: bool | None, blocked: bool | None) -> bool | None:
    """`public and not blocked`, with the same third answer."""
    if public is False or blocked:
        return False
    return None if public is None or blocked is None else True
