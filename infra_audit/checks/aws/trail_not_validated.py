from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

TRAILS = "cloudtrail.describe_trails"
MAIN = {
    "arn": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main",
    "type": "cloudtrail:trail",
    "name": "main",
    "owner": "123456789012",
}


@check(
    id="trail_not_validated",
    title="Records of who did what could be changed unseen",
    headline="{n} of {m} records of who did what could be changed unseen",
    good_news="Nobody could change any of {m} records of who did what unseen.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="Without signed digests nobody can prove that a record is whole, which is what it is for after a break-in.",
    action="Switch on validation for the records of who did what",
    consequence="an intruder could wipe traces, and nobody could prove it",
    needs=(TRAILS,),
    iam=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
    remedy="Switch on log file validation on the trail: it costs nothing and takes effect within the hour.",
    source="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html",
    bad={TRAILS: [{**MAIN, "validated": False}]},
    good={TRAILS: [{**MAIN, "validated": True}]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def trail_not_validated(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A trail that another account owns is judged there."""
    here = {unit.place.account for unit in inventory.units(TRAILS)}
    for trail in inventory[TRAILS]:
        if trail["owner"] in here:
            yield Verdict(resource=trail["arn"], bad=not trail["validated"], detail="Log file validation is off.")
