from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._resource_policies import EVERYBODY, OWN, public_verdicts
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"


@check(
    id="sqs_public",
    title="A message queue is open to everybody",
    headline="{n} of {m} message queues are open to everybody",
    good_news="None of {m} message queues is open to everybody.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Anybody with an account at AWS could put messages in that your programs trust, or take yours away.",
    action="Close the message queues that are open to everybody",
    consequence="strangers could read, lose or forge messages",
    needs=("sqs.get_queue_attributes",),
    iam=("sqs:ListQueues", "sqs:GetQueueAttributes"),
    remedy="Name the accounts or services that need it in its policy; where it must stay open, add a condition that"
    " holds callers to your account or organisation.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    bad={"sqs.get_queue_attributes": [{"arn": ARN, "statements": EVERYBODY}]},
    good={"sqs.get_queue_attributes": [{"arn": ARN, "statements": OWN}]},
)
def sqs_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A queue without a policy is its own account's alone."""
    yield from public_verdicts(inventory, "sqs.get_queue_attributes", "sqs:queue")
