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
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

TEST_FILES = {"category": "tests", "name": "Test files", "version": None, "path": "tests/test_app.py", "files": 12}


@check(
    id="tests_missing",
    title="A program has no tests",
    headline="{n} of {m} repositories with programs have no tests",
    good_news="All {m} repositories with programs have tests.",
    severity=Severity.MEDIUM,
    effort=Effort.WEEKS,
    why="Nobody can tell whether a change breaks something else, so changes are put off, or made with fingers crossed.",
    action="Write tests for what must not break",
    consequence="customers would be the first to notice what a change broke",
    needs=(FILES, TOOLS),
    remedy="Begin with a test for each of the few things that earn money; then let each mended mistake bring its own.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/ops_dev_integ_test_val_chg.html",
    bad={FILES: [REPOSITORY], TOOLS: [PYTHON]},
    good={FILES: [REPOSITORY], TOOLS: [PYTHON, TEST_FILES]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def tests_missing(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Files that are named or placed as tests count; whether they test much is not looked at."""
    for repository in repositories(inventory) if holds_a_program(inventory) else ():
        has_tests = bool(tools(inventory, {"tests"}))
        if not has_tests and inventory.incomplete(TOOLS):
            yield Unknown(repository["arn"], TOOLS)
            continue
        files = sum(row["files"] for row in tools(inventory, {"language"}))
        yield Verdict(
            resource=repository["arn"],
            bad=not has_tests,
            detail=f"None of its {files:,} files of code is a test, and no test library is asked for."
            if files > 1
            else "Its one file of code has no test.",
            evidence={"files_of_code": files},
            at_head=True,
        )
