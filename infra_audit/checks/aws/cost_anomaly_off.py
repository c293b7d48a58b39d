from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory, Row
from infra_audit.payers import ORGANISATION, Member, member_at, organisation_of
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

MONITORS = "ce.get_anomaly_monitors"
OF_ALL_ACCOUNTS = "DIMENSIONAL"  # a payer's looks at every account that it pays for
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
    """A member without one is judged by its payer's monitors, where the same run read them: they watch it too."""
    places = [unit.place for unit in inventory.units(MONITORS) if unit.ending is not Ending.NOT_APPLICABLE]
    if not places:
        return
    account = f"arn:{places[0].partition}:iam::{places[0].account}:root"
    monitors = inventory[MONITORS]
    heard = [one for one in monitors if one["subscribers"]]
    member = member_at(places[0], inventory)
    if member and not heard:
        yield _by_its_payer(member)
    elif heard or organisation_of(inventory):
        yield Verdict(
            resource=account,
            bad=not heard,
            detail="Its monitors have no subscribers." if monitors else "There is no monitor.",
            evidence={"monitors": [one["name"] for one in monitors]},
            resource_type="account",
            resource_name=places[0].account or EXAMPLE_ACCOUNT,
        )
    else:
        yield Unknown(account, ORGANISATION)


def _by_its_payer(member: Member) -> Verdict | Unknown:
    """A monitor of chosen accounts does not say which, so it proves nothing of this one."""
    payer = member.manager
    heard = [one for one in member.theirs[MONITORS] if one["subscribers"]]
    of_all = any(one["kind"] == OF_ALL_ACCOUNTS for one in heard)
    if of_all or (member.could_tell(MONITORS) and not heard):
        detail = f"No monitor tells anybody, neither here nor in account {payer}, which pays the bill."
        return member.judged(bad=not of_all, detail=detail)
    return member.unknown(
        MONITORS,
        unread=f"Account {payer} pays the bill, and whether a monitor watches it could not be read there.",
        elsewhere=f"Account {payer} pays the bill, and only there can it be seen whether a monitor watches it.",
    )
