from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._repository import DOCUMENTS, FILES, REPOSITORY, answer, repositories, said, unsaid
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check


@check(
    id="no_codeowners",
    title="No file says who answers for which part of the code",
    headline="{n} of {m} repositories do not say who answers for which part of the code",
    good_news="All {m} repositories say who answers for which part of the code.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="A change may be merged without those who know that part having seen it, and nobody is asked to.",
    action="Add a CODEOWNERS file",
    consequence="risky changes could pass unseen by those who know the part",
    needs=(FILES, DOCUMENTS),
    remedy="Add a CODEOWNERS file that names a team for each folder, and let merging ask for their review.",
    source="https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/"
    "customizing-your-repository/about-code-owners",
    bad={FILES: [REPOSITORY], DOCUMENTS: [unsaid("owner")]},
    good={FILES: [REPOSITORY], DOCUMENTS: [said("owner", ".github/CODEOWNERS", "codeowners")]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def no_codeowners(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Looked for in the root, .github, .gitlab and docs. Where a document names an owner, it is worth knowing only."""
    for repository in repositories(inventory):
        owner = answer(inventory, "owner")
        is_there = owner["kind"] == "codeowners"
        if not is_there and inventory.incomplete(DOCUMENTS):
            yield Unknown(repository["arn"], DOCUMENTS)
            continue
        where = f" {owner['path']} says whom to ask, but no review follows from it." if owner["is_answered"] else ""
        yield Verdict(
            resource=repository["arn"],
            bad=not is_there,
            detail=f"There is no CODEOWNERS file with a rule in it.{where}",
            severity=Severity.INFO if where else None,
            severity_reason="One step milder: its documents say whom to ask." if where else "",
            at_head=True,
        )
