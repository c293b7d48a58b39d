from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._cloudformation import OPERATION, fetched, resource, rows_of, where
from infra_audit.checks.repo._secrets import told_apart
from infra_audit.checks.repo._terraform import eased
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

DATABASE = "AWS::RDS::DBInstance"
SECRET = {
    "property": "MasterUserPassword",
    "line": 9,
    "preview": "password, 8 to 15 characters",
    "confidence": "high",
}


@check(
    id="cfn_password_literal",
    title="A password stands in a CloudFormation template",
    headline="{n} of {m} resources in CloudFormation templates have a password written down in plain text",
    good_news="None of {m} resources in CloudFormation templates has a password written into it.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may read the template, in the repository or in the account, knows a password that works.",
    action="Take passwords out of CloudFormation templates",
    consequence="everyone with the template could know a live password",
    needs=(OPERATION,),
    remedy="Let the database service manage the password, or read it from a secret store by a dynamic reference."
    " Replace the password that was there.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html",
    bad={OPERATION: [resource(DATABASE, secrets=[SECRET])]},
    good={OPERATION: [resource(DATABASE)]},
    scope=Scope.REPOSITORY,
)
def cfn_password_literal(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A finding a place. The collector looked at each value and kept only what may be said about it."""
    yield from fetched(inventory)
    for row in rows_of(inventory, "resource"):
        for name, secret in told_apart((secret["property"], secret) for secret in row["secrets"]):
            yield Verdict(
                **where(row, secret["line"]),
                **eased(row, Severity.HIGH),
                bad=True,
                sub_key=name,
                detail=f"{name} holds a password or a token: {secret['preview']}.",
                confidence=secret["confidence"],
            )
        if not row["secrets"]:
            yield Verdict(**where(row), bad=False)
