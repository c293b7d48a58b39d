from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

ALONE = {"role": "standalone", "payer": None, "organisation": None}


@check(
    id="no_budget",
    title="No budget watches the bill",
    headline="{n} of {m} accounts have no budget",
    good_news="A budget watches the bill in all {m} accounts.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A mistake or a thief can run up thousands before the next invoice tells.",
    action="Set a budget with an alert",
    consequence="the bill could run away unseen until the invoice",
    needs=("budgets.describe_budgets",),
    consults=("organizations.describe_organization",),
    iam=("budgets:ViewBudget", "organizations:DescribeOrganization"),
    remedy="Set a monthly cost budget at what is usual, and have it mail two people at 80 % and when the forecast goes"
    " over.",
    source="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create.html",
    bad={"budgets.describe_budgets": [], "organizations.describe_organization": [ALONE]},
    good={"budgets.describe_budgets": [{"name": "monthly"}], "organizations.describe_organization": [ALONE]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def no_budget(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A member's budget may be kept by its payer, who alone can see it: without one here, a member is not judged."""
    places = [
        unit.place for unit in inventory.units("budgets.describe_budgets") if unit.ending is not Ending.NOT_APPLICABLE
    ]
    if not places:
        return
    account = f"arn:{places[0].partition}:iam::{places[0].account}:root"
    budgets = inventory["budgets.describe_budgets"]
    organisation = next(iter(inventory["organizations.describe_organization"]), None)
    if budgets or (organisation and organisation["role"] != "member"):
        yield Verdict(
            resource=account,
            bad=not budgets,
            detail="There is no budget.",
            resource_type="account",
            resource_name=places[0].account or EXAMPLE_ACCOUNT,
        )
    elif organisation:
        payer = organisation["payer"]
        yield Unknown(
            account,
            "budgets.describe_budgets",
            because=f"Account {payer} pays the bill, and only there can it be seen whether a budget watches it.",
        )
    else:
        yield Unknown(account, "organizations.describe_organization")
