from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform_databases import example, judged_databases
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

SETTING = "skip_final_snapshot"


@check(
    id="tf_skip_final_snapshot",
    title="The code deletes a database without a last copy",
    headline="{n} of {m} databases in the code would be deleted without a last copy",
    good_news="All {m} databases in the code leave a last copy when they are deleted.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="One wrong `terraform destroy`, or a change that replaces the database, would leave nothing to restore from.",
    action="Keep a last copy when a database is deleted",
    consequence="one wrong command could delete a database for good",
    needs=("repo.terraform",),
    remedy="Set skip_final_snapshot to false and name the final snapshot; protect the database against deletion too.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    bad=example(skip_final_snapshot=True),
    good=example(skip_final_snapshot=False),
    scope=Scope.REPOSITORY,
)
def tf_skip_final_snapshot(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Left out, it is false. A replica has no last copy of its own. What is computed is not judged, and said so."""
    yield from judged_databases(
        inventory,
        SETTING,
        lambda _row, one: one.is_true,
        severity=Severity.HIGH,
        detail=lambda _row, _one: f"{SETTING} is true",
    )
