from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

ADA = {"arn": "arn:aws:iam::123456789012:user/ada", "user": "ada"}


@check(
    id="iam_key_old",
    title="An access key has not been changed for a long time",
    headline="{n} of {m} people and programs with access keys have not changed theirs for months",
    good_news="All {m} people and programs with access keys have changed them lately.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="A key that leaked once, in a laptop or a log, opens the account until somebody changes it.",
    action="Change the old access keys",
    consequence="a key that leaked long ago could still open the account",
    needs=("iam.get_credential_report",),
    iam=("iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Replace long-lived keys by roles where a machine uses them; change the others: make the second key, move"
    " its users over, switch the first off, delete it when nothing broke.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html",
    bad={
        "iam.get_credential_report": [
            {**ADA, "keys": [{"number": 1, "rotated_at": "2020-01-01T00:00:00+00:00", "last_used_at": None}]}
        ]
    },
    good={
        "iam.get_credential_report": [
            {**ADA, "keys": [{"number": 1, "rotated_at": "2098-12-31T00:00:00+00:00", "last_used_at": None}]}
        ]
    },
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_key_old(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a user, over its active keys. Whole days, counted to `now`; exactly the limit is still good."""
    for user in inventory["iam.get_credential_report"]:
        made = [datetime.fromisoformat(key["rotated_at"]) for key in user["keys"] if key["rotated_at"]]
        if made:
            oldest = (now - min(made)).days
            yield Verdict(
                resource=user["arn"],
                bad=oldest > settings.key_max_age_days,
                detail=f"The oldest active key is {oldest} days old.",
                evidence={"keys": user["keys"], "oldest_days": oldest},
                resource_type="iam:user",
                resource_name=user["user"],
            )
