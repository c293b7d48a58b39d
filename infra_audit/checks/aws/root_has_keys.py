from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._root import IN_GOVCLOUD, SUMMARY, is_govcloud, root_verdict
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ROOT: Row = {"arn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:root", "mfa": True, "has_password": True}


@check(
    id="root_has_keys",
    title="The account's first user has access keys",
    headline="In {n} of {m} accounts there are access keys of the first user, who may do everything",
    good_news="In none of {m} accounts are there access keys of the first user.",
    severity=Severity.CRITICAL,
    effort=Effort.HOURS,
    why="Such a key opens everything and nothing can limit it. It works without a second factor, from anywhere.",
    action="Delete the access keys of the account's first user",
    consequence="one copied line of text could take over the whole account",
    needs=(SUMMARY,),
    iam=("iam:GetAccountSummary",),
    remedy="See in the credential report whether and where it was last used, give that program a role of its own,"
    " switch the key off, and delete it when nothing broke.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",
    bad={SUMMARY: [{**ROOT, "has_keys": True}]},
    good={SUMMARY: [{**ROOT, "has_keys": False}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def root_has_keys(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """AWS counts keys that are switched off too: they can be switched on again."""
    for unit in inventory.units(SUMMARY):
        for row in unit.rows:
            if is_govcloud(unit.place):
                yield Unknown(row["arn"], SUMMARY, because=IN_GOVCLOUD)
                continue
            yield root_verdict(
                row["arn"],
                bad=row["has_keys"],
                detail="The root user has at least one access key.",
                evidence={"has_keys": row["has_keys"]},
            )
