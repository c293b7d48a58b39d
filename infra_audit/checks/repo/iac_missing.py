from collections.abc import Iterator
from datetime import datetime

from infra_audit.iac import STACKS, STATE_OBJECTS, STATES
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

CODE = "repo.infrastructure"
EVERYWHERE = "repositories"
TERRAFORM = {"kind": "Terraform", "path": "main.tf", "files": 3}


@check(
    id="iac_missing",
    title="Nothing defines the infrastructure as code",
    headline="No code that defines infrastructure was found anywhere",
    good_news="The infrastructure is defined as code, at least in part.",
    severity=Severity.HIGH,
    effort=Effort.WEEKS,
    why="What was clicked together cannot be rebuilt: after a loss, people start from memory.",
    action="Define the infrastructure as code",
    consequence="a lost environment would have to be rebuilt from memory",
    consults=(CODE, STACKS, STATES, STATE_OBJECTS),
    remedy="Begin with what would hurt most to lose: write the network and the databases down as Terraform or"
    " CloudFormation, import what exists, and let a pipeline apply changes from then on.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/ops_dev_integ_conf_mgmt_sys.html",
    bad={CODE: []},
    good={CODE: [TERRAFORM]},
    scope=Scope.RUN,
    eased_outside_production=False,
)
def iac_missing(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Judged once, over all repositories, stacks and states of the run: any one of them is enough."""
    repositories = inventory.units(CODE)
    if any(inventory[operation] for operation in (CODE, STACKS, STATES, STATE_OBJECTS)):
        yield Verdict(EVERYWHERE, bad=False)
        return
    unread = [operation for operation in (CODE, STACKS) if inventory.incomplete(operation)]
    for operation in unread or ([] if repositories else [CODE]):
        yield Unknown(EVERYWHERE, operation)
    if repositories and not unread:
        yield Verdict(
            EVERYWHERE,
            bad=True,
            detail=_detail(len(repositories), accounts=len({unit.place.account for unit in inventory.units(STACKS)})),
            evidence={"repositories": sorted(unit.place.repository for unit in repositories)},
            confidence="high" if inventory.units(STACKS) else "medium",
            resource_type="git:repository",
            resource_name=f"{len(repositories)} repositories" if len(repositories) > 1 else "1 repository",
        )


def _detail(repositories: int, *, accounts: int) -> str:
    if repositories == 1:
        read = "The one repository we read defines no infrastructure"
    else:
        read = f"None of the {repositories} repositories we read defines infrastructure"
    if not accounts:
        return f"{read}. No AWS account was looked at; there may be stacks in one."
    return f"{read}, and no CloudFormation stack was found in {accounts} {'account' if accounts == 1 else 'accounts'}."
