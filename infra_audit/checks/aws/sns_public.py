from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._resource_policies import EVERYBODY, OWN, public_verdicts
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:sns:eu-west-1:123456789012:orders"


@check(
    id="sns_public",
    title="A notification topic is open to everybody",
    headline="{n} of {m} notification topics are open to everybody",
    good_news="None of {m} notification topics is open to everybody.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Anybody with an account at AWS could listen in on what it announces, or announce something false.",
    action="Close the notification topics that are open to everybody",
    consequence="strangers could listen in or send false alarms",
    needs=("sns.get_topic_attributes",),
    iam=("sns:ListTopics", "sns:GetTopicAttributes"),
    remedy="Name the accounts or services that need it in its policy; where it must stay open, add a condition that"
    " holds callers to your account or organisation.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
    bad={"sns.get_topic_attributes": [{"arn": ARN, "statements": EVERYBODY}]},
    good={"sns.get_topic_attributes": [{"arn": ARN, "statements": OWN}]},
)
def sns_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The policy that a topic is born with names everybody, but holds them to the owner's account: not public."""
    yield from public_verdicts(inventory, "sns.get_topic_attributes", "sns:topic")
