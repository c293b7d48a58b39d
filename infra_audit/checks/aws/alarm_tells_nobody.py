from collections.abc import Iterator
from datetime import datetime

from infra_audit.alarms import Alarms
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ALARMS = "cloudwatch.describe_alarms"
BUSY: Row = {
    "arn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:busy",
    "type": "cloudwatch:alarm",
    "name": "busy",
    "metrics": [],
    "expressions": [],
    "rule": None,
}


@check(
    id="alarm_tells_nobody",
    title="An alarm goes off and tells nobody",
    headline="{n} of {m} alarms tell nobody when they go off",
    good_news="All {m} alarms tell somebody.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="It was set for a reason, and yet nobody hears it: it does nothing, or what it does is switched off.",
    action="Have every alarm tell somebody, or remove it",
    consequence="a warning that was thought of could go unheard",
    needs=(ALARMS,),
    iam=("cloudwatch:DescribeAlarms",),
    remedy="Give the alarm a topic to which two people are subscribed, switch its actions on again, or remove it.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    bad={ALARMS: [{**BUSY, "tells": False}]},
    good={ALARMS: [{**BUSY, "tells": True}]},
)
def alarm_tells_nobody(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """An alarm that a telling composite one listens to tells by that. What watches alarms as events is not seen."""
    alarms = Alarms(inventory[ALARMS])
    for alarm in inventory[ALARMS]:
        yield Verdict(
            resource=alarm["arn"],
            bad=not alarms.tells(alarm),
            detail="It has no action for the alarm state, or its actions are switched off.",
            confidence="medium",
        )
