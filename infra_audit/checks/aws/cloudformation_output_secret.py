from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._secrets import example, judged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555"
BAD, GOOD = example(ARN, masked=0)


@check(
    id="cloudformation_output_secret",
    title="A stack shows a credential to whoever may look at it",
    headline="{n} of {m} stacks show a credential in their parameters or outputs",
    good_news="None of {m} stacks shows a credential in its parameters or outputs.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may list the stacks can read it, as nearly every read-only role may. A parameter that is masked"
    " is shown in full where an output repeats it.",
    action="Take credentials out of the parameters and outputs of stacks",
    consequence="whoever may list the stacks could take their credentials",
    needs=("cloudformation.stack_values",),
    iam=("cloudformation:DescribeStacks",),
    remedy="Change the credential, keep the new one in Secrets Manager, let the template refer"
    " to it by a dynamic reference, set NoEcho on what must stay a parameter, and remove the output.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html",
    bad={"cloudformation.stack_values": BAD},
    good={"cloudformation.stack_values": GOOD},
)
def cloudformation_output_secret(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The template itself is not read: what stands in it belongs to the repository it comes from."""
    yield from judged(inventory, "cloudformation.stack_values", "cloudformation:stack")
