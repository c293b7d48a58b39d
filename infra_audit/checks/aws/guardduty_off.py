from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Ending, Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

DETECTORS = "guardduty.list_detectors"
DETECTOR = "arn:aws:guardduty:eu-west-1:123456789012:detector/12abc34d567e8fa901bc2d34e56789f0"


@check(
    id="guardduty_off",
    title="Nothing looks for intruders in a region",
    headline="Nothing looks for intruders in {n} of {m} regions",
    good_news="Threat detection is on in all {m} regions.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="Stolen keys are first used where nobody looks; without detection the invoice is what tells.",
    action="Switch on threat detection in every region",
    consequence="a break-in could go unnoticed until the invoice",
    needs=(DETECTORS,),
    iam=("guardduty:ListDetectors", "guardduty:GetDetector"),
    remedy="Switch on GuardDuty in every region, unused ones too, for an organisation from one delegated account, and"
    " have its findings mailed to two people. It has 30 days of free trial, which show what it would cost.",
    source="https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_settingup.html",
    bad={DETECTORS: []},
    good={DETECTORS: [{"detector": DETECTOR, "enabled": True}]},
    eased_outside_production=False,
)
def guardduty_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One verdict a region. A detector whose state could not be read is named as unread, and not judged."""
    for unit in inventory.units(DETECTORS):
        states = [row["enabled"] for row in unit.rows]
        if unit.ending is Ending.NOT_APPLICABLE or (None in states and True not in states):
            continue
        place = unit.place
        yield Verdict(
            resource=f"arn:{place.partition}:guardduty:{place.region}:{place.account}:detector",
            bad=True not in states,
            detail="The detector is suspended." if states else "There is no detector.",
            resource_type="region",
            resource_name=place.region,
        )
