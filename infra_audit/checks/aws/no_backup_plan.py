from collections.abc import Iterator
from datetime import datetime

from infra_audit.copy_wording import PLANS
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

NIGHTLY: Row = {"plan": "arn:aws:backup:eu-west-1:123456789012:backup-plan:1", "name": "nightly", "selections": None}


@check(
    id="no_backup_plan",
    title="No backup plan copies anything",
    headline="{n} of {m} accounts have no backup plan",
    good_news="There is a backup plan in all {m} accounts.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Copies are made when somebody thinks of them, and each service by its own rules; nobody could say what is"
    " copied and for how long.",
    action="Set up one backup plan for all that holds data",
    consequence="what nobody thought of copying could be lost",
    over=(PLANS,),
    iam=("backup:ListBackupPlans", "backup:GetBackupPlan", "backup:ListBackupSelections", "backup:GetBackupSelection"),
    remedy="Make one plan with AWS Backup that selects by tag, copies daily into a locked vault, and sends a copy to"
    " another account.",
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html",
    bad={PLANS: []},
    good={PLANS: [NIGHTLY]},
    scope=Scope.ACCOUNT,
)
def no_backup_plan(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A plan that selects nothing is none. One whose selections could not be read counts as a plan."""
    units = inventory.units(PLANS)
    account = f"arn:{units[0].place.partition}:iam::{units[0].place.account}:root"
    if any(row["selections"] is None or row["selections"] for row in inventory[PLANS]):
        yield Verdict(resource=account, bad=False)
    elif inventory.incomplete(PLANS):
        yield Unknown(account, PLANS)
    else:
        regions = sorted({unit.place.region for unit in units if unit.ending.complete})
        empty = len(inventory[PLANS])
        yield Verdict(
            resource=account,
            bad=True,
            detail=f"There is no backup plan{' that selects anything' if empty else ''} in {_places(regions)}.",
            evidence={"regions_read": regions, "plans_that_select_nothing": empty},
            resource_type="account",
            resource_name=units[0].place.account or EXAMPLE_ACCOUNT,
        )


def _places(regions: list[str]) -> str:
    return regions[0] if len(regions) == 1 else f"any of the {len(regions)} regions read"
