from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

REPORT = "iam.get_credential_report"
ROBOT: Row = {"arn": "arn:aws:iam::123456789012:user/robot", "user": "robot"}
FIRST: Row = {"number": 1, "rotated_at": "2098-01-01T00:00:00+00:00", "last_used_at": "2098-12-24T00:00:00+00:00"}
SECOND: Row = {"number": 2, "rotated_at": "2098-06-01T00:00:00+00:00", "last_used_at": None}


@check(
    id="iam_two_active_keys",
    title="A user has two access keys that both work",
    headline="{n} of {m} people and programs with access keys have two that both work",
    good_news="None of {m} people and programs with access keys has two that work at once.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="The second key is meant for changing the first. Where both stay, there is twice as much to lose, and none can"
    " be changed without a gap.",
    action="Leave each user one access key",
    consequence="an old key could go on working unnoticed",
    needs=(REPORT,),
    iam=("iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    remedy="See which one was used last, move what uses the other, switch that off and delete it.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html",
    bad={REPORT: [{**ROBOT, "keys": [FIRST, SECOND]}]},
    good={REPORT: [{**ROBOT, "keys": [FIRST]}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def iam_two_active_keys(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Also in the midst of a change: the date of the newer key tells how long that has been going on."""
    for user in inventory[REPORT]:
        if user["keys"]:
            newest = max(key["rotated_at"] or "" for key in user["keys"])
            yield Verdict(
                resource=user["arn"],
                bad=len(user["keys"]) > 1,
                detail=f"Two keys are active, the newer one since {newest[:10]}.",
                evidence={"keys": user["keys"]},
                resource_type="iam:user",
                resource_name=user["user"],
            )
