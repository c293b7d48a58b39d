from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._resource_policies import OWN
from infra_audit.inventory import Inventory, Row
from infra_audit.policy_documents import lets_everybody
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

HOOK: Row = {
    "arn": "arn:aws:lambda:eu-west-1:123456789012:function:hook",
    "url": "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws/",
    "qualifier": None,
    "auth": "NONE",
}
CALL = "lambda:invokefunctionurl"
OPEN = [
    {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunctionUrl",
        "Resource": HOOK["arn"],
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    }
]


@check(
    id="lambda_url_public",
    title="A function can be called by anybody on the internet",
    headline="{n} of {m} functions with an internet address answer anybody",
    good_news="None of {m} functions with an internet address answers just anybody.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="AWS asks callers for nothing: all that stands before the function's rights and its bill is its own code.",
    action="Put a sign-in before functions that answer anybody",
    consequence="strangers could call the function at your cost",
    needs=("lambda.list_function_url_configs",),
    iam=("lambda:ListFunctions", "lambda:ListFunctionUrlConfigs", "lambda:GetPolicy"),
    remedy="Have the address ask for signed requests, or put a gateway with a sign-in and a limit before it. Where it"
    " must be open, as for a webhook, check the sender's signature first and cap how many run at once.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    bad={"lambda.list_function_url_configs": [{**HOOK, "statements": OPEN}]},
    good={"lambda.list_function_url_configs": [{**HOOK, "auth": "AWS_IAM", "statements": OWN}]},
)
def lambda_url_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Both must be open: the address asks for no signature, and the policy lets everybody call it."""
    for row in inventory["lambda.list_function_url_configs"]:
        unsigned = row["auth"] == "NONE"
        if row["statements"] is None and unsigned:
            continue  # among the unit's misses
        asked = [_without_url_conditions(one, row["auth"]) for one in row["statements"] or ()]
        everybody = lets_everybody(filter(None, asked), CALL)
        yield Verdict(
            resource=row["arn"],
            bad=unsigned and everybody,
            detail=f"{row['url']} asks for no signature, and its policy lets everybody call it.",
            sub_key=row["qualifier"] or "",
            evidence={"url": row["url"], "qualifier": row["qualifier"]},
            resource_type="lambda:function",
            resource_name=row["arn"].rpartition(":")[2],
        )


def _without_url_conditions(statement: Row, auth: str) -> Row | None:
    """What says for which kind of address a statement holds is settled here; None where it is for the other kind."""
    conditions = {}
    for operator, keys in (statement.get("Condition") or {}).items():
        told = {key.lower(): value for key, value in keys.items()}
        wanted = told.pop("lambda:functionurlauthtype", auth)
        if wanted != auth and auth not in wanted:
            return None
        conditions[operator] = told
    return {**statement, "Condition": {operator: keys for operator, keys in conditions.items() if keys}}
