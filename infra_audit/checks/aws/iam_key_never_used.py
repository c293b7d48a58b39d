from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

REPORT = "iam.get_credential_report"
ROBOT: Row = {"arn": "arn:aws:iam::123456789012:user/robot", "user": "robot"}
KEY: Row = {"number": 1, "rotated_at": "2098-06-01T00:00:00+00:00"}
GRACE_DAYS = 1


@check(
    id="iam_key_never_used",
    title="An access key was made and never used",
    headline="{n} of {m} people and programs with access keys have one that was never used",
    good_news="All {m} people and programs with access keys have used each of them.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="Nobody would miss it, and whoever finds it in an old mail or on an old laptop could still use it.",
    action="Delete the access keys that nobody ever used",
    consequence="a forgotten key could open the account to whoever finds it",
    needs=(REPORT,),
    iam=("iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="Switch it off today and delete it next week.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html",
    bad={REPORT: [{**ROBOT, "keys": [{**KEY, "last_used_at": None}]}]},
    good={REPORT: [{**ROBOT, "keys": [{**KEY, "last_used_at": "2098-12-24T08:00:00+00:00"}]}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_key_never_used(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Active keys only. One made within the last day is given time."""
    for user in inventory[REPORT]:
        if not user["keys"]:
            continue
        ages = [(now - datetime.fromisoformat(key["rotated_at"])).days for key in user["keys"]
                if key["last_used_at"] is None and key["rotated_at"]]  # fmt: skip
        unused = [days for days in ages if days >= GRACE_DAYS]
        yield Verdict(
            resource=user["arn"],
            bad=bool(unused),
            detail=f"{'Both keys' if len(unused) > 1 else 'A key'} made {max(unused, default=0)} days ago"
            f" {'were' if len(unused) > 1 else 'was'} never used.",
            evidence={"keys": user["keys"]},
            resource_type="iam:user",
            resource_name=user["user"],
        )
