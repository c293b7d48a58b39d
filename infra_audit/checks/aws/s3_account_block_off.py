from collections.abc import Iterator
from datetime import datetime

from infra_audit.buckets import ACCOUNT_BLOCK, FLAGS, switched_off
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

ACCOUNT = "arn:aws:iam::123456789012:root"


@check(
    id="s3_account_block_off",
    title="The account does not keep its storage buckets from being opened to the public",
    headline="{n} of {m} accounts do not keep their storage buckets from being opened to the public",
    good_news="All {m} accounts keep their storage buckets from being opened to the public.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="Any bucket is one wrong setting away from the public; one switch for the account would forbid it.",
    action="Block public access to storage for the whole account",
    consequence="one wrong setting could open a bucket to everybody",
    needs=(ACCOUNT_BLOCK,),
    iam=("s3:GetAccountPublicAccessBlock",),
    remedy="Move what must be public behind a content network, then switch on all four parts of Block Public Access"
    " for the account.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html",
    bad={ACCOUNT_BLOCK: [{"account": ACCOUNT, **dict.fromkeys(FLAGS, False)}]},
    good={ACCOUNT_BLOCK: [{"account": ACCOUNT, **dict.fromkeys(FLAGS, True)}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def s3_account_block_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """All four switches, since each closes another door."""
    for block in inventory[ACCOUNT_BLOCK]:
        off = [flag for flag in FLAGS if not block[flag]]
        yield Verdict(
            resource=block["account"],
            bad=bool(off),
            detail=switched_off(off),
            evidence={flag: block[flag] for flag in FLAGS},
            resource_type="account",
            resource_name=block["account"].split(":")[4],
        )
