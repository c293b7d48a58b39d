from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

REPORT = "iam.get_credential_report"
ROBOT: Row = {"arn": "arn:aws:iam::123456789012:user/robot", "user": "robot"}
KEY: Row = {"number": 1, "rotated_at": "2098-01-01T00:00:00+00:00"}


@check(
    id="iam_key_unused",
    title="An access key is no longer used",
    headline="{n} of {m} people and programs have an access key that is no longer used",
    good_news="All {m} people and programs use the access keys they have.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="What used it is gone, but the key still opens the account, and nobody looks after it any more.",
    action="Switch off the access keys that are no longer used",
    consequence="a forgotten key could open the account to whoever finds it",
    needs=(REPORT,),
    iam=("iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Switch it off, ask its owner, and delete it when nothing broke.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html",
    bad={REPORT: [{**ROBOT, "keys": [{**KEY, "last_used_at": "2098-10-01T00:00:00+00:00"}]}]},
    good={REPORT: [{**ROBOT, "keys": [{**KEY, "last_used_at": "2098-12-24T08:00:00+00:00"}]}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_key_unused(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Active keys that were used once; whole days since, and exactly the limit is still good."""
    for user in inventory[REPORT]:
        uses = [datetime.fromisoformat(key["last_used_at"]) for key in user["keys"] if key["last_used_at"]]
        if uses:
            last = min(uses)
            days = (now - last).days
            yield Verdict(
                resource=user["arn"],
                bad=days > settings.key_unused_days,
                detail=f"An active key was last used {days} days ago, on {last:%Y-%m-%d}.",
                evidence={"keys": user["keys"], "unused_days": days},
                resource_type="iam:user",
                resource_name=user["user"],
            )
