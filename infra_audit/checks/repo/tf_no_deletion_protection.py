from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform_databases import example, judged_databases
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.terraform_outcomes import Outcome, Sort

SETTING = "deletion_protection"


@check(
    id="tf_no_deletion_protection",
    title="The code makes a database that one command deletes",
    headline="{n} of {m} databases in the code are not protected against deletion",
    good_news="All {m} databases in the code are protected against deletion.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A change that replaces the database, or a `terraform destroy` in the wrong folder, deletes it without asking.",
    action="Protect databases in the code against deletion",
    consequence="one wrong command could delete a live database",
    needs=("repo.terraform",),
    remedy="Set deletion_protection to true; add prevent_destroy to its lifecycle, so that the plan itself stops.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    bad=example(),
    good=example(deletion_protection=True),
    scope=Scope.REPOSITORY,
)
def tf_no_deletion_protection(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """Left out, it is off. What is computed is not judged, and said so."""
    yield from judged_databases(
        inventory, SETTING, lambda _row, one: not one.is_true, severity=Severity.MEDIUM, detail=_detail
    )


def _detail(row: Row, outcome: Outcome) -> str:
    return f"{SETTING} is left out" if outcome.sort is Sort.ABSENT else f"{SETTING} is false"
