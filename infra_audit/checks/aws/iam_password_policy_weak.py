from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.policy_documents import account_of
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

POLICY = "iam.get_account_password_policy"
REPORT = "iam.get_credential_report"
SET: Row = {
    "arn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:root",
    "is_set": True,
    "reuse_prevention": None,
    "max_age_days": None,
}
MIN_LENGTH = 14  # CIS AWS Foundations; a password that AWS itself would take has 8
ADA: Row = {"arn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:user/ada", "user": "ada", "is_root": False, "console": True}


@check(
    id="iam_password_policy_weak",
    title="Short passwords are allowed",
    headline="{n} of {m} accounts allow short passwords",
    good_news="All {m} accounts ask for long passwords.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="Short passwords are guessed by machines, or stand in lists of stolen ones.",
    action="Ask for passwords of 14 characters or more",
    consequence="a short password could be guessed",
    needs=(POLICY,),
    consults=(REPORT,),
    iam=("iam:GetAccountPasswordPolicy", "iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Set the account's password policy to 14 characters or more. Forcing people to change passwords on a date"
    " does more harm than good.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html",
    bad={POLICY: [{**SET, "min_length": 8}], REPORT: [ADA]},
    good={POLICY: [{**SET, "min_length": 14}], REPORT: [ADA]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_password_policy_weak(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Length is what counts. For information only where the report says that nobody has a password."""
    users = [row for row in inventory[REPORT] if not row["is_root"]]
    nobody = (
        not inventory.incomplete(REPORT) and bool(inventory.units(REPORT)) and not any(row["console"] for row in users)
    )
    for row in inventory[POLICY]:
        length = row["min_length"] or 8
        yield Verdict(
            resource=row["arn"],
            bad=length < MIN_LENGTH,
            detail=f"{'The policy' if row['is_set'] else 'No policy is set, and AWS'} allows {length} characters.",
            evidence={key: value for key, value in row.items() if key != "arn"},
            severity=Severity.INFO if nobody else None,
            severity_reason="No user has a password." if nobody else "",
            resource_type="account",
            resource_name=account_of(row["arn"]),
        )
