from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform_databases import RETENTION, example, judged_databases, retention
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.terraform_outcomes import Outcome, Sort


@check(
    id="tf_backup_retention_zero",
    title="The code makes a database without automated backups",
    headline="{n} of {m} databases in the code make no automated backups",
    good_news="All {m} databases in the code make automated backups.",
    severity=Severity.HIGH,
    effort=Effort.MINUTES,
    why="A bad migration or a wrong DELETE could not be undone: there is no earlier state to go back to.",
    action="Switch automated backups on in the code",
    consequence="a wrong change to the data could not be undone",
    needs=("repo.terraform",),
    remedy="Set backup_retention_period to 7 days or more. Where it is left out, Terraform makes a single database with"
    " none at all.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html",
    bad=example(backup_retention_period=0),
    good=example(backup_retention_period=7),
    scope=Scope.REPOSITORY,
)
def tf_backup_retention_zero(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """Left out, it is 0 for a single database, and a day for a cluster. A replica is backed up where its source is."""
    yield from judged_databases(inventory, RETENTION, _is_zero, severity=Severity.HIGH, detail=_detail)


def _is_zero(row: Row, outcome: Outcome) -> bool | None:
    days = retention(row, outcome)
    return None if days is None else days == 0


def _detail(row: Row, outcome: Outcome) -> str:
    if outcome.sort is Sort.ABSENT:
        return f"{RETENTION} is left out, which means 0 days"
    return f"{RETENTION} is 0 days"
