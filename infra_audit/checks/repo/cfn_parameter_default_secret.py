from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._cloudformation import OPERATION, parameter, rows_of, where
from infra_audit.checks.repo._terraform import eased
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

FOUND = {"default_is_secret": True, "default_preview": "password, 8 to 15 characters", "default_confidence": "high"}
HIDDEN = "NoEcho hides it in the console, not here."


@check(
    id="cfn_parameter_default_secret",
    title="A password is the default of a CloudFormation parameter",
    headline="{n} of {m} parameters of CloudFormation templates have a password as their default",
    good_news="None of {m} parameters of CloudFormation templates has a password as its default.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Whoever forgets to set it deploys a password that everybody with the template knows.",
    action="Take passwords out of parameter defaults",
    consequence="everyone with the template could know a live password",
    needs=(OPERATION,),
    remedy="Remove the default, so that a forgotten password stops the deployment; better, read it from a secret store"
    " by a dynamic reference. Replace the password that was there.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html",
    bad={OPERATION: [parameter(default_line=4, **FOUND)]},
    good={OPERATION: [parameter()]},
    scope=Scope.REPOSITORY,
)
def cfn_parameter_default_secret(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The collector looked at the default, at the parameter's name, and at where it is used."""
    for row in rows_of(inventory, "parameter"):
        yield Verdict(
            **where(row, row["default_line"]),
            **eased(row, Severity.HIGH),
            bad=row["default_is_secret"],
            detail=f"The default is a secret: {row['default_preview']}." + (f" {HIDDEN}" if row["no_echo"] else ""),
            confidence=row["default_confidence"] or "high",
        )
