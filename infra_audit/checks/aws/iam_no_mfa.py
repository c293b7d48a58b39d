from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

ADA = {"arn": "arn:aws:iam::123456789012:user/ada", "user": "ada", "is_root": False, "password_last_used": None}


@check(
    id="iam_no_mfa",
    title="A person signs in with a password alone",
    headline="{n} of {m} people who sign in with a password use no second factor",
    good_news="All {m} people who sign in with a password use a second factor (whoever signs in through an identity"
    " provider is not seen here).",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="One guessed or stolen password would open the account, and nothing else stands in the way.",
    action="Ask for a second factor at sign-in",
    consequence="one stolen password could open the account",
    needs=("iam.get_credential_report",),
    iam=("iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Have each person register an authenticator app or a passkey, and require it by policy; or let people sign"
    " in through the company's identity provider, and remove their passwords here.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",
    bad={"iam.get_credential_report": [{**ADA, "console": True, "mfa": False}]},
    good={"iam.get_credential_report": [{**ADA, "console": True, "mfa": True}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_no_mfa(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Only users with a console password are judged; the root is another matter, with a check of its own."""
    for user in inventory["iam.get_credential_report"]:
        if user["console"] and not user["is_root"]:
            used = user["password_last_used"]
            yield Verdict(
                resource=user["arn"],
                bad=not user["mfa"],
                detail=f"The password was last used on {used[:10]}." if used else "The password was never used.",
                evidence={"password_last_used": used},
                resource_type="iam:user",
                resource_name=user["user"],
            )
