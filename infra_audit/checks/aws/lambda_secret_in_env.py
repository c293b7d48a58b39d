from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._secrets import example, judged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

BAD, GOOD = example("arn:aws:lambda:eu-west-1:123456789012:function:orders")


@check(
    id="lambda_secret_in_env",
    title="A function's settings hold a credential",
    headline="{n} of {m} functions hold a credential in their settings",
    good_news="None of {m} functions holds a credential in its settings.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may list the functions can read it, as many read-only roles may, and it lands in every copy of"
    " the function's settings.",
    action="Take credentials out of the settings of functions",
    consequence="whoever may list the functions could take their credentials",
    needs=("lambda.environments",),
    iam=("lambda:ListFunctions",),
    remedy="Change the credential, keep the new one in Secrets Manager or Parameter Store, give the function's role"
    " access to that one, and let the function fetch it when it starts.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
    bad={"lambda.environments": BAD},
    good={"lambda.environments": GOOD},
)
def lambda_secret_in_env(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A function whose environment AWS would not decrypt for us is named as not assessed."""
    yield from judged(inventory, "lambda.environments", "lambda:function")
