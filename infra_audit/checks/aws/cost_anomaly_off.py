from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

MONITORS, ORGANISATION = "ce.get_anomaly_monitors", "organizations.describe_organization"
ALONE = {"role": "standalone", "payer": None, "organisation": None}
MONITOR: Row = {
    "monitor": "arn:aws:ce::123456789012:anomalymonitor/0b1c",
    "name": "services",
    "kind": "DIMENSIONAL",
}


@check(
    id="cost_anomaly_off",
    title="Nobody is told when a cost jumps",
    headline="In {n} of {m} accounts nobody is told when a cost jumps",
    good_news="Somebody is told when a cost jumps in all {m} accounts.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="A budget tells of the whole; a service that suddenly costs ten times as much can hide in it for weeks.",
    action="Have somebody told when a cost jumps",
    consequence="a runaway cost could hide in the whole for weeks",
    needs=(MONITORS,),
    consults=(ORGANISATION,),
    iam=("ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions", "organizations:DescribeOrganization"),
    remedy="Make one monitor for all services in the account that pays, and subscribe two people to it: it costs"
    " nothing.",
    source="https://docs.aws.amazon.com/cost-management/latest/userguide/manage-ad.html",
    bad={MONITORS: [{**MONITOR, "subscribers": 0}], ORGANISATION: [ALONE]},
    good={MONITORS: [{**MONITOR, "subscribers": 2}], ORGANISATION: [ALONE]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def cost_anomaly_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A member without one is not judged: its payer's monitors watch it too, and only there can they be seen."""
    places = [unit.place for unit in inventory.units(MONITORS) if unit.ending is not Ending.NOT_APPLICABLE]
    if not places:
        return
    account = f"arn:{places[0].partition}:iam::{places[0].account}:root"
    monitors = inventory[MONITORS]
    organisation = next(iter(inventory[ORGANISATION]), None)
    heard = [one for one in monitors if one["subscribers"]]
    if heard or (organisation and organisation["role"] != "member"):
        yield Verdict(
            resource=account,
            bad=not heard,
            detail="Its monitors have no subscribers." if monitors else "There is no monitor.",
            evidence={"monitors": [one["name"] for one in monitors]},
            resource_type="account",
            resource_name=places[0].account or EXAMPLE_ACCOUNT,
        )
    elif organisation:
        payer = organisation["payer"]
        because = f"Account {payer} pays the bill, and only there can it be seen whether a monitor watches it."
        yield Unknown(account, MONITORS, because=because)
    else:
        yield Unknown(account, ORGANISATION)
