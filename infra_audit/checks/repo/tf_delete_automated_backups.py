from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform_databases import RELATIONAL, example, judged_databases
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.terraform_outcomes import Outcome, Sort

SETTING = "delete_automated_backups"


@check(
    id="tf_delete_automated_backups",
    title="The code deletes a database's backups together with it",
    headline="{n} of {m} databases in the code are deleted together with their automated backups",
    good_news="All {m} databases whose code decides on it keep their automated backups after deletion.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="Whoever deletes the database by mistake deletes in the same moment what it could be restored from.",
    action="Keep automated backups when a database is deleted",
    consequence="one deletion could take the database and all of its backups",
    needs=("repo.terraform",),
    remedy="Set delete_automated_backups to false: the backups then stay until their retention ends. Taking the line"
    " out is not enough, because true is also the default.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups-Retaining.html",
    bad=example(delete_automated_backups=True),
    good=example(delete_automated_backups=False),
    scope=Scope.REPOSITORY,
)
def tf_delete_automated_backups(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """Only where the code says so. Where it says nothing, AWS deletes them too; that is judged by what survives."""
    yield from judged_databases(
        inventory,
        SETTING,
        lambda _row, one: one.is_true or one.sort is Sort.ABSENT,
        severity=Severity.MEDIUM,
        kinds=RELATIONAL,
        detail=_detail,
        only_where_named=True,
    )


def _detail(row: Row, outcome: Outcome) -> str:
    told = "null, which means true" if outcome.sort is Sort.ABSENT else "true, which is also the default"
    return f"{SETTING} is {told}"
