from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._repository import (
    FILES,
    PYTHON,
    REPOSITORY,
    TOOLS,
    holds_a_program,
    repositories,
    tools,
)
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

WORKFLOW = {
    "category": "ci",
    "name": "GitHub Actions",
    "version": None,
    "path": ".github/workflows/test.yml",
    "files": 1,
}


@check(
    id="ci_missing",
    title="Nothing checks a change before it is used",
    headline="{n} of {m} repositories with programs or infrastructure have no pipeline",
    good_news="All {m} repositories with programs or infrastructure have a pipeline.",
    severity=Severity.MEDIUM,
    effort=Effort.DAYS,
    why="What is built and shipped from somebody's laptop depends on what is on that laptop, and on the day.",
    action="Let a pipeline build, test and ship every change",
    consequence="a mistake could reach customers that a machine would have found",
    needs=(FILES, TOOLS),
    remedy="Begin with a pipeline that runs the tests for every change; then let the same pipeline build and ship, so"
    " that nobody does it by hand.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/ops_dev_integ_build_mgmt_sys.html",
    bad={FILES: [REPOSITORY], TOOLS: [PYTHON]},
    good={FILES: [REPOSITORY], TOOLS: [PYTHON, WORKFLOW]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def ci_missing(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A pipeline that is set up outside of the repository, as some servers allow, cannot be seen from here."""
    is_judged = holds_a_program(inventory) or bool(tools(inventory, {"iac"}))
    for repository in repositories(inventory) if is_judged else ():
        yield Verdict(
            resource=repository["arn"],
            bad=not tools(inventory, {"ci"}),
            detail="It holds no definition of a pipeline for any of the services that we know.",
            confidence="medium",
            at_head=True,
        )
