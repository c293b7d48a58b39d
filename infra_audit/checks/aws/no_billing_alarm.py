from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ALARMS, BUDGETS = "cloudwatch.describe_billing_alarms", "budgets.describe_budgets"
ORGANISATION = "organizations.describe_organization"
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
    """A member without one is not judged: the bill is its payer's. A budget does nearly the same, so it eases it."""
    places = [unit.place for unit in inventory.units(ALARMS) if unit.ending is not Ending.NOT_APPLICABLE]
    if not places:
        return
    account = f"arn:{places[0].partition}:iam::{places[0].account}:root"
    alarms = inventory[ALARMS]
    organisation = next(iter(inventory[ORGANISATION]), None)
    has_budget = bool(inventory[BUDGETS])
    if any(one["tells"] for one in alarms) or (organisation and organisation["role"] != "member"):
        yield Verdict(
            resource=account,
            bad=not any(one["tells"] for one in alarms),
            detail="The alarms on the bill tell nobody." if alarms else "There is no alarm on the bill.",
            evidence={"alarms": [one["name"] for one in alarms], "has_budget": has_budget},
            severity=Severity.INFO if has_budget else None,
            severity_reason="A budget watches the bill." if has_budget else "",
            resource_type="account",
            resource_name=places[0].account or EXAMPLE_ACCOUNT,
        )
    elif organisation:
        because = (
            f"Account {organisation['payer']} pays the bill, and only there can it be seen whether an alarm is set."
        )
        yield Unknown(account, ALARMS, because=because)
    else:
        yield Unknown(account, ORGANISATION)
