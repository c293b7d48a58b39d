from collections.abc import Iterator
from datetime import datetime

from infra_audit.iac import STACK_RESOURCES, STACKS, STATE_OBJECTS, STATES, Code, Kind, Managed
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.resources import RESOURCE_OPERATIONS

WEB: Row = {
    "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
    "type": "ec2:instance",
    "name": "web",
    "tags": {},
}
IN_STATE: Row = {"state": "shop.tfstate", "tf_type": "aws_instance", "arn": WEB["arn"], "attributes": {}}
EVIDENCE: dict[str, list[Row]] = {STACKS: [], STACK_RESOURCES: [], STATES: []}


@check(
    id="resource_not_in_iac",
    title="A resource is defined in no code",
    headline="{n} of {m} resources are defined in no code",
    good_news="All {m} resources are defined in code.",
    severity=Severity.MEDIUM,
    effort=Effort.WEEKS,
    why="Nobody could build it again as it is, review a change to it, or tell who changed it and why.",
    action="Bring what was made by hand into code",
    consequence="what was made by hand could not be rebuilt after a loss",
    over=RESOURCE_OPERATIONS,
    consults=(STACKS, STACK_RESOURCES, STATES, STATE_OBJECTS),
    iam=("cloudformation:DescribeStacks", "cloudformation:ListStackResources"),
    remedy="Import it into the code that makes its neighbours; start with what holds data and what is open to the"
    " internet.",
    source="https://developer.hashicorp.com/terraform/language/import",
    bad={"ec2.describe_instances": [WEB], **EVIDENCE},
    good={"ec2.describe_instances": [WEB], **EVIDENCE, STATES: [IN_STATE]},
    scope=Scope.ACCOUNT,
)
def resource_not_in_iac(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Judged only where all evidence could be read: else "all that we know of is in code" would be an empty boast."""
    code = Code(inventory)
    evidence = {"looked_in": ["CloudFormation stacks", *code.states]}
    given = "the Terraform state given" if len(code.states) == 1 else f"the {len(code.states)} Terraform states given"
    for row, unit, standing in code:
        if standing.missing:
            account = f"arn:{unit.place.partition}:iam::{unit.place.account}:root"
            yield Unknown(row["arn"] if standing.alone else account, standing.missing, because=standing.because)
        elif standing.managed is not Managed.DERIVED and code.is_complete_for(row, unit):
            gone = f"It was made by {standing.by}. " if standing.kind is Kind.ORPHANED else ""
            yield Verdict(
                resource=row["arn"],
                bad=standing.managed is Managed.NO,
                detail=f"{gone}It is in no CloudFormation stack and not in {given}.",
                evidence={**evidence, "seen": list(standing.evidence)},
                confidence="medium",
            )
