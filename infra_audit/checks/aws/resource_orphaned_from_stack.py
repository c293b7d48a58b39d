from collections.abc import Iterator
from datetime import datetime

from infra_audit.iac import STACK_RESOURCES, STACKS, STATE_OBJECTS, STATES, Code, Kind, Managed
from infra_audit.iac_stacks import STACK_TAG, stack_name
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.resources import RESOURCE_OPERATIONS

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0a1b2c3d"
WEB: Row = {
    "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
    "type": "ec2:instance",
    "name": "web",
    "tags": {STACK_TAG: STACK},
}
LISTED: Row = {"stack": STACK, "id": "i-0123456789abcdef0", "resource_type": "AWS::EC2::Instance", "status": ""}


@check(
    id="resource_orphaned_from_stack",
    title="A resource has outlived the code that made it",
    headline="{n} of {m} resources have outlived the code that made them",
    good_news="The code that made them is still there for all {m} resources that say so.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="Whoever deleted that code may believe this is gone too: nobody looks after it, while it costs money, stays"
    " reachable and keeps its data.",
    action="Take in hand what outlived its code",
    consequence="forgotten systems and data could stay open for years",
    over=RESOURCE_OPERATIONS,
    consults=(STACKS, STACK_RESOURCES, STATES, STATE_OBJECTS),
    iam=("cloudformation:DescribeStacks",),
    remedy="Decide for each: delete it after a last copy of its data, or import it into the code that is in use.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import.html",
    bad={"ec2.describe_instances": [WEB], STACKS: [], STACK_RESOURCES: []},
    good={"ec2.describe_instances": [WEB], STACKS: [{"arn": STACK}], STACK_RESOURCES: [LISTED]},
    scope=Scope.ACCOUNT,
)
def resource_orphaned_from_stack(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """AWS itself sets the tag and nobody can remove it, so it tells who made a resource even when that is gone."""
    code = Code(inventory)
    for row, _, standing in code:
        stack = (row["tags"] or {}).get(STACK_TAG)
        if not stack or standing.managed is Managed.DERIVED:
            continue
        if code.stack_is_there(stack) is None:
            if standing.confidence != "high":  # else something that was read names it
                yield Unknown(row["arn"], STACKS)
        else:
            moved = " No Terraform state was given: it may live on in one." if not code.states_given else ""
            yield Verdict(
                resource=row["arn"],
                bad=standing.kind is Kind.ORPHANED,
                detail=f"The stack {stack_name(stack)}, which made it, is gone.{moved}",
                evidence={"stack": stack, "seen": list(standing.evidence)},
                confidence="medium" if moved else "high",
            )
