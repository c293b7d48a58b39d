from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory, Row
from infra_audit.payers import ORGANISATION, Member, member_at, organisation_of
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ALARMS, BUDGETS = "cloudwatch.describe_billing_alarms", "budgets.describe_budgets"
BILL = "AWS/Billing"
ALONE = {"role": "standalone", "payer": None, "organisation": None}
ALARM: Row = {
    "arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:bill",
    "name": "bill",
    "tells": True,
    "metrics": [],
    "expressions": [],
    "rule": None,
}


@check(
    id="no_billing_alarm",
    title="No alarm goes off when the bill grows",
    headline="In {n} of {m} accounts no alarm goes off when the bill grows",
    good_news="An alarm watches the bill in all {m} accounts.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A mistake or a thief can run up thousands before the next invoice tells.",
    action="Set an alarm on the bill",
    consequence="the bill could run away unseen until the invoice",
    needs=(ALARMS,),
    consults=(BUDGETS, ORGANISATION),
    iam=("cloudwatch:DescribeAlarms", "budgets:ViewBudget", "organizations:DescribeOrganization"),
    remedy="Switch on billing alerts in the account that pays, and set an alarm on the estimated charges in the one"
    " region that has them (us-east-1); or let a budget with an alert do it.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html",
    bad={ALARMS: [{**ALARM, "tells": False}], BUDGETS: [], ORGANISATION: [ALONE]},
    good={ALARMS: [ALARM], BUDGETS: [], ORGANISATION: [ALONE]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def no_billing_alarm(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A member without one is judged by its payer's, where the same run read them: the bill is there. A budget does
    nearly the same, so it eases it."""
    places = [unit.place for unit in inventory.units(ALARMS) if unit.ending is not Ending.NOT_APPLICABLE]
    if not places:
        return
    account = f"arn:{places[0].partition}:iam::{places[0].account}:root"
    alarms = inventory[ALARMS]
    told = any(one["tells"] for one in alarms)
    member = member_at(places[0], inventory)
    if member and not told:
        yield _by_its_payer(member, has_budget=bool(inventory[BUDGETS]))
    elif told or organisation_of(inventory):
        verdict = Verdict(
            resource=account,
            bad=not told,
            detail="The alarms on the bill tell nobody." if alarms else "There is no alarm on the bill.",
            evidence={"alarms": [one["name"] for one in alarms], "has_budget": bool(inventory[BUDGETS])},
            resource_type="account",
            resource_name=places[0].account or EXAMPLE_ACCOUNT,
        )
        yield _eased(verdict, has_budget=bool(inventory[BUDGETS]))
    else:
        yield Unknown(account, ORGANISATION)


def _eased(verdict: Verdict, *, has_budget: bool) -> Verdict:
    if not has_budget:
        return verdict
    return replace(verdict, severity=Severity.INFO, severity_reason="A budget watches the bill.")


def _by_its_payer(member: Member, *, has_budget: bool) -> Verdict | Unknown:
    payer, alarms = member.manager, member.theirs[ALARMS]
    told = any(one["tells"] for one in alarms) and any(_watches(one, member.place.account) for one in alarms)
    if told or member.could_tell(ALARMS):
        detail = f"No alarm tells anybody, neither here nor in account {payer}, which pays the bill."
        budgets = [one.get("accounts") for one in member.theirs[BUDGETS]]
        watched = has_budget or any(some is None or member.place.account in some for some in budgets)
        return _eased(member.judged(bad=not told, detail=detail), has_budget=watched)
    return member.unknown(
        ALARMS,
        unread=f"Account {payer} pays the bill, and whether an alarm is set could not be read there.",
        elsewhere=f"Account {payer} pays the bill, and only there can it be seen whether an alarm is set.",
    )


def _watches(alarm: Row, account: str) -> bool:
    """The whole bill, or this account's part of it, and no single service's."""
    if any(BILL in expression for expression in alarm["expressions"]):
        return True
    parts = [one["dimensions"] for one in alarm["metrics"] if one["namespace"] == BILL]
    return any(part.get("LinkedAccount", account) == account and "ServiceName" not in part for part in parts)
