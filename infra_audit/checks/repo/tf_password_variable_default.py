from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import blocks, eased, where
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

VARIABLE: Row = {
    "path": "variables.tf",
    "path_class": "code",
    "line": 1,
    "type": "variable",
    "labels": ["db_password"],
    "address": "variable.db_password",
    "default_is_secret": True,
    "default_line": 3,
    "default_confidence": "high",
    "default_preview": "password, 8 to 15 characters",
}


@check(
    id="tf_password_variable_default",
    title="A password is the default of a Terraform variable",
    headline="{n} of {m} Terraform variables have a password as their default",
    good_news="None of {m} Terraform variables has a password as its default.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Whoever forgets to set it deploys a password that everybody with the code knows.",
    action="Take passwords out of variable defaults",
    consequence="everyone with the code could know a live password",
    needs=("repo.terraform",),
    remedy="Remove the default, so that a forgotten password stops the deployment; read it from a secret store, or let"
    " the database service manage it. Replace the password that was there.",
    source="https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    bad={"repo.terraform": [VARIABLE]},
    good={"repo.terraform": [{**VARIABLE, "default_is_secret": False, "default_line": None}]},
    scope=Scope.REPOSITORY,
)
def tf_password_variable_default(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The collector looked at the default and kept only what may be said about it."""
    for row in blocks(inventory, "variable"):
        yield Verdict(
            **where(row, row["default_line"]),
            **eased(row, Severity.HIGH),
            bad=row["default_is_secret"],
            detail=f"The default is a secret: {row['default_preview']}.",
            confidence=row["default_confidence"] or "high",
        )
