from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._resource_policies import EVERYBODY, OWN, public_verdicts
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0123-0123-0123-0123456789ab"


@check(
    id="kms_key_public",
    title="An encryption key may be used by everybody",
    headline="{n} of {m} encryption keys may be used by everybody",
    good_news="None of {m} encryption keys may be used by everybody (single grants were not looked at).",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Encryption keeps data from those who may not use the key: what this one guards is open to whoever gets a"
    " copy.",
    action="Close the encryption keys that everybody may use",
    consequence="a stolen copy of encrypted data could be read",
    needs=("kms.get_key_policy",),
    iam=("kms:ListKeys", "kms:ListAliases", "kms:GetKeyPolicy"),
    remedy="Name the accounts and roles that need it in its policy; where it must stay open, add a condition that holds"
    " callers to your account or organisation.",
    source="https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
    bad={"kms.get_key_policy": [{"arn": ARN, "statements": EVERYBODY}]},
    good={"kms.get_key_policy": [{"arn": ARN, "statements": OWN}]},
)
def kms_key_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Only the account's own keys: AWS looks after the policies of its own."""
    yield from public_verdicts(inventory, "kms.get_key_policy", "kms:key")
