from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._repository import (
    DOCUMENTS,
    FILES,
    PYTHON,
    REPOSITORY,
    TOOLS,
    answer,
    holds_a_program,
    repositories,
    said,
    unsaid,
)
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check


@check(
    id="no_architecture_doc",
    title="Nothing shows how the parts hang together",
    headline="{n} of {m} repositories with programs do not show how their parts hang together",
    good_news="All {m} repositories with programs show how their parts hang together.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="Without the whole picture people change what they see, and break what they do not.",
    action="Draw how the parts hang together",
    consequence="changes could break parts that nobody thought of",
    needs=(FILES, DOCUMENTS, TOOLS),
    remedy="Write one page with a drawing: the parts, what each keeps, what talks to what, and why it was built so.",
    source="https://docs.aws.amazon.com/prescriptive-guidance/latest/architectural-decision-records/welcome.html",
    bad={FILES: [REPOSITORY], DOCUMENTS: [unsaid("architecture")], TOOLS: [PYTHON]},
    good={FILES: [REPOSITORY], DOCUMENTS: [said("architecture", "docs/architecture.md", "file")], TOOLS: [PYTHON]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def no_architecture_doc(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A heading on it with something below, a document of that name, or records of decisions count."""
    for repository in repositories(inventory) if holds_a_program(inventory) else ():
        is_written = answer(inventory, "architecture")["is_answered"]
        if not is_written and inventory.incomplete(DOCUMENTS):
            yield Unknown(repository["arn"], DOCUMENTS)
            continue
        yield Verdict(
            resource=repository["arn"],
            bad=not is_written,
            detail="No document and no heading is about its architecture or the decisions behind it.",
            confidence="medium",
            at_head=True,
        )
