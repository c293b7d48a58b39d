from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._resource_policies import EVERYBODY, OWN, public_verdicts
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/payments-AbCdEf"


@check(
    id="secret_public",
    title="A stored secret is open to everybody",
    headline="{n} of {m} stored secrets are open to everybody",
    good_news="None of {m} stored secrets is open to everybody.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="What is kept in the secret store opens something else, and anybody with an account at AWS could ask for it.",
    action="Close the stored secrets that are open to everybody",
    consequence="strangers could take passwords and keys",
    needs=("secretsmanager.get_resource_policy",),
    iam=("secretsmanager:ListSecrets", "secretsmanager:GetResourcePolicy"),
    remedy="Name the accounts and roles that need it in its policy; where it must stay open, add a condition that holds"
    " callers to your account or organisation. Then change the secret itself.",
    source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
    bad={"secretsmanager.get_resource_policy": [{"arn": ARN, "statements": EVERYBODY}]},
    good={"secretsmanager.get_resource_policy": [{"arn": ARN, "statements": OWN}]},
)
def secret_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A secret without a policy is its own account's alone."""
    yield from public_verdicts(inventory, "secretsmanager.get_resource_policy", "secretsmanager:secret")
