from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._secrets import told_apart
from infra_audit.checks.repo._terraform import OPERATION, eased, where
from infra_audit.checks.repo._terraform_secrets import example, secrets_in
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

HOLDERS = frozenset({"resource", "module", "locals", "data", "output", "assignments"})


@check(
    id="tf_password_literal",
    title="A password stands in the Terraform code",
    headline="{n} of {m} blocks of Terraform code have a password written down in plain text",
    good_news="None of {m} blocks of Terraform code has a password written into it.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Everybody who may read the code, and every copy of it and of its state, knows a password that works.",
    action="Take passwords out of the Terraform code",
    consequence="everyone with the code could know a live password",
    needs=(OPERATION,),
    remedy="Let the database service manage the password, or read it from a secret store; a write-only argument keeps"
    " it out of the state too. Replace the password that was there.",
    source="https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
    bad=example("resource", ["aws_db_instance", "orders"], "password", is_secret=True),
    good=example("resource", ["aws_db_instance", "orders"], "password", is_secret=False),
    scope=Scope.REPOSITORY,
)
def tf_password_literal(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A finding a place. The collector looked at each value and kept only what may be said about it."""
    for row in inventory[OPERATION]:
        if row["type"] not in HOLDERS:
            continue
        found = list(told_apart(secrets_in(row)))
        for name, secret in found:
            yield Verdict(
                **where(row, secret["line"]),
                **eased(row, Severity.HIGH),
                bad=True,
                sub_key=name,
                detail=f"{name} holds a password or a token: {secret['preview']}.",
                confidence=secret["confidence"],
            )
        if not found:
            yield Verdict(**where(row), bad=False)
