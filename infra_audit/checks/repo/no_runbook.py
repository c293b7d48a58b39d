from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._repository import (
    DOCUMENTS,
    FILES,
    REPOSITORY,
    RUNS_SOMEWHERE,
    TOOLS,
    answer,
    repositories,
    said,
    tools,
    unsaid,
)
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

DOCKER = {"category": "containers", "name": "Docker", "version": None, "path": "Dockerfile", "files": 1}


@check(
    id="no_runbook",
    title="Nothing says what to do when it breaks",
    headline="{n} of {m} repositories have no runbook and no way back written down",
    good_news="All {m} repositories say what to do when something breaks.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="At night, under pressure, people try what they remember; each minute of it is an outage.",
    action="Write a runbook, beginning with the way back",
    consequence="an outage could last as long as it takes to find who knows",
    needs=(FILES, DOCUMENTS, TOOLS),
    remedy="Write one page for whoever is called: how to see what is wrong, how to bring the last release back, how to"
    " restore the data, and whom to wake.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/operational-excellence-pillar/ops_ready_to_support_use_runbooks.html",
    bad={FILES: [REPOSITORY], DOCUMENTS: [unsaid("roll_back"), unsaid("runbook")], TOOLS: [DOCKER]},
    good={FILES: [REPOSITORY], DOCUMENTS: [said("roll_back"), unsaid("runbook")], TOOLS: [DOCKER]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def no_runbook(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """How to roll back counts as a beginning. Where nothing shows that it is run anywhere it is only worth knowing."""
    is_run = bool(tools(inventory, RUNS_SOMEWHERE))
    for repository in repositories(inventory):
        is_written = any(answer(inventory, question)["is_answered"] for question in ("runbook", "roll_back"))
        if not is_written and inventory.incomplete(DOCUMENTS):
            yield Unknown(repository["arn"], DOCUMENTS)
            continue
        yield Verdict(
            resource=repository["arn"],
            bad=not is_written,
            detail="No document tells how to go back to the last release, or what to do when it breaks.",
            confidence="medium",
            severity=None if is_run else Severity.INFO,
            severity_reason="" if is_run else "Nothing in it shows that it is run anywhere.",
            at_head=True,
        )
