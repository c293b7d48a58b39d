from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._root import IN_GOVCLOUD, SUMMARY, is_govcloud, root_verdict
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ROOT: Row = {"arn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:root", "has_keys": False, "has_password": True}


@check(
    id="root_no_mfa",
    title="The account's first user signs in with a password alone",
    headline="In {n} of {m} accounts the first user, who may do everything, uses no second factor",
    good_news="In all {m} accounts the first user, who may do everything, has a second factor or no password at all.",
    severity=Severity.CRITICAL,
    effort=Effort.MINUTES,
    why="This user stands above every rule in the account. One stolen password, or one stolen mailbox, would be"
    " enough.",
    action="Give the account's first user a second factor",
    consequence="one stolen password could take over the whole account",
    needs=(SUMMARY,),
    consults=("iam.list_organizations_features",),
    iam=("iam:GetAccountSummary", "iam:ListOrganizationsFeatures"),
    remedy="Register two hardware keys or passkeys for the root user and lock one away. In an organisation, have the"
    " management account remove the members' root passwords altogether.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-mfa-for-root.html",
    bad={SUMMARY: [{**ROOT, "mfa": False}]},
    good={SUMMARY: [{**ROOT, "mfa": True}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def root_no_mfa(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Without a password nobody can sign in, so that a member whose root credentials were removed is no finding."""
    central = any(row["root_credentials_removed"] for row in inventory["iam.list_organizations_features"])
    for unit in inventory.units(SUMMARY):
        for row in unit.rows:
            if is_govcloud(unit.place):
                yield Unknown(row["arn"], SUMMARY, because=IN_GOVCLOUD)
                continue
            yield root_verdict(
                row["arn"],
                bad=not row["mfa"] and row["has_password"] is not False,
                detail="The root user has no second factor."
                + (" The organisation cares for its members' root users, not for its management account's." * central),
                evidence={"mfa": row["mfa"], "has_password": row["has_password"]},
            )
