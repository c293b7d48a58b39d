from collections.abc import Iterator
from datetime import UTC, datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check
from infra_audit.support_wording import judge_version

RESIZE = {
    "arn": "arn:aws:lambda:eu-west-1:123456789012:function:resize",
    "type": "lambda:function",
    "name": "resize",
    "tags": {},
}


@check(
    id="lambda_runtime_unsupported",
    title="A function runs on a language version without support",
    headline="{n} of {m} functions run on a language version without support",
    good_news="All {m} functions run on language versions with support.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="No security fixes are made for it any more, and AWS stops changes to the function some weeks later.",
    action="Move functions to a supported language version",
    consequence="a known flaw could stay open, and an urgent fix could not be deployed",
    needs=("lambda.list_functions",),
    iam=("lambda:ListFunctions", "lambda:ListTags", "tag:GetResources"),
    remedy="Raise the runtime in the code that makes the function, run its tests on the new version, and deploy it"
    " where nobody is hurt first.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    bad={"lambda.list_functions": [{**RESIZE, "runtime": "nodejs12.x"}]},
    good={"lambda.list_functions": [{**RESIZE, "runtime": "python3.13"}, {**RESIZE, "runtime": None}]},
    examples_at=datetime(2026, 6, 1, tzinfo=UTC),
)
def lambda_runtime_unsupported(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """A function from a container image brings its own runtime along, which AWS does not know: it is not judged."""
    for row in inventory["lambda.list_functions"]:
        if row["runtime"]:
            yield judge_version(
                row["arn"], row["runtime"], "lambda", row["runtime"], now, operation="lambda.list_functions"
            )
