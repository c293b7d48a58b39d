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
    tools,
    unsaid,
)
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

README = {"path": "README.md", "size": 900, "words": 120}
READ = {FILES: [REPOSITORY], "repo.readme": [README], TOOLS: [PYTHON]}
ASKED = {"run": "run it", "test": "test it", "deploy": "deploy it"}


@check(
    id="readme_thin",
    title="What is written down does not tell how to work on it",
    headline="{n} of {m} repositories do not tell a newcomer how to run, test and deploy",
    good_news="All {m} repositories tell a newcomer how to run, test and deploy.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="Whoever comes new loses days asking, and in an emergency only those who know the steps can help.",
    action="Write down how to run, test and deploy",
    consequence="only those who know the steps by heart could change it",
    needs=(FILES, "repo.readme", DOCUMENTS, TOOLS),
    remedy="Add to the README the commands that start it, that test it, and the way a change gets to where it runs.",
    source="https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/"
    "customizing-your-repository/about-readmes",
    bad={**READ, DOCUMENTS: [said("run"), unsaid("test"), unsaid("deploy")]},
    good={**READ, DOCUMENTS: [said("run"), said("test"), said("deploy")]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def readme_thin(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """An answer in any document or build file counts. Without a README there is another finding, and this is silent;
    so it is where there is nothing to run."""
    readmes = [one for one in inventory["repo.readme"] if one["words"] != 0]
    is_judged = bool(readmes) and (holds_a_program(inventory) or bool(tools(inventory, {"iac"})))
    for repository in repositories(inventory) if is_judged else ():
        missing = [words for question, words in ASKED.items() if not answer(inventory, question)["is_answered"]]
        if missing and inventory.incomplete(DOCUMENTS):
            yield Unknown(repository["arn"], DOCUMENTS)
            continue
        yield Verdict(
            resource=repository["arn"],
            bad=bool(missing),
            detail=f"Nothing in its documents tells how to {_listed(missing)}.",
            evidence={"not_told": [question for question, words in ASKED.items() if words in missing]},
            confidence="medium",
            path=readmes[0]["path"],
            at_head=True,
        )


def _listed(words: list[str]) -> str:
    return " or how to ".join(filter(None, (", how to ".join(words[:-1]), *words[-1:])))
