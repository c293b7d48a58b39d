from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory
from infra_audit.payers import ORGANISATION, Member, member_at, organisation_of
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

BUDGETS = "budgets.describe_budgets"
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
    needs=(BUDGETS,),
    consults=(ORGANISATION,),
    iam=("budgets:ViewBudget", "organizations:DescribeOrganization"),
    remedy="Set a monthly cost budget at what is usual, and have it mail two people at 80 % and when the forecast goes"
    " over.",
    source="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create.html",
    bad={BUDGETS: [], ORGANISATION: [ALONE]},
    good={BUDGETS: [{"name": "monthly"}], ORGANISATION: [ALONE]},
    scope=Scope.ACCOUNT,
    eased_outside_production=False,
)
def no_budget(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A member's budget may be kept by its payer, who alone can see it: without one here, a member is judged by what
    the same run read there, and else not at all."""
    places = [unit.place for unit in inventory.units(BUDGETS) if unit.ending is not Ending.NOT_APPLICABLE]
    if not places:
        return
    account = f"arn:{places[0].partition}:iam::{places[0].account}:root"
    budgets = inventory[BUDGETS]
    member = member_at(places[0], inventory)
    if member and not budgets:
        yield _by_its_payer(member)
    elif budgets or organisation_of(inventory):
        yield Verdict(
            resource=account,
            bad=not budgets,
            detail="There is no budget.",
            resource_type="account",
            resource_name=places[0].account or EXAMPLE_ACCOUNT,
        )
    else:
        yield Unknown(account, ORGANISATION)


def _by_its_payer(member: Member) -> Verdict | Unknown:
    """A budget that looks at some accounts alone watches those."""
    payer = member.manager
    watched = [one.get("accounts") for one in member.theirs[BUDGETS]]
    is_watched = any(some is None or member.place.account in some for some in watched)
    if is_watched or member.could_tell(BUDGETS):
        detail = f"There is no budget here, and none that watches it in account {payer}, which pays the bill."
        return member.judged(bad=not is_watched, detail=detail)
    return member.unknown(
        BUDGETS,
        unread=f"Account {payer} pays the bill, and whether a budget watches it could not be read there.",
        elsewhere=f"Account {payer} pays the bill, and only there can it be seen whether a budget watches it.",
    )
