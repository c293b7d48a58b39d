from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._secrets import example, judged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db/password"
BAD, GOOD = example(ARN, type="ssm:parameter", name="/shop/db/password")


@check(
    id="ssm_parameter_plaintext_secret",
    title="A stored parameter holds a credential in plain text",
    headline="{n} of {m} plain parameters hold a credential",
    good_news="None of {m} plain parameters holds a credential (encrypted ones were not read).",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="It lies in the place meant for secrets, but unencrypted: everybody who may read parameters can read it, and so"
    " can whoever reads their history.",
    action="Encrypt the stored parameters that hold credentials",
    consequence="whoever may read parameters could take the credentials among them",
    needs=("ssm.get_parameters",),
    iam=("ssm:DescribeParameters", "ssm:GetParameters"),
    remedy="Change the credential, store the new one as SecureString under a key of your own, and delete the plain one:"
    " its history keeps the old value.",
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html",
    bad={"ssm.get_parameters": BAD},
    good={"ssm.get_parameters": GOOD},
)
def ssm_parameter_plaintext_secret(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Only those of type String; their values are searched where they are read, and not kept."""
    yield from judged(inventory, "ssm.get_parameters", "ssm:parameter")
