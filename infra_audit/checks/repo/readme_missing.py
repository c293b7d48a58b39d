from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

REPOSITORY = {"arn": "repo:shop", "type": "git:repository", "name": "shop", "tags": {}, "is_empty": False}


@check(
    id="readme_missing",
    title="Nothing says what the repository is",
    headline="{n} of {m} repositories have no README",
    good_news="All {m} repositories have a README.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="A new colleague, or you in two years, has to ask around how to run, test and deploy it.",
    action="Write a README",
    consequence="knowledge would leave with the people who have it",
    needs=("repo.files", "repo.readme"),
    remedy="Write one page: what it is for, how to run it, how to test it, how to deploy it, whom to ask.",
    source="https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/"
    "customizing-your-repository/about-readmes",
    bad={"repo.files": [REPOSITORY], "repo.readme": []},
    good={"repo.files": [REPOSITORY], "repo.readme": [{"path": "README.md", "size": 900, "words": 120}]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def readme_missing(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """An empty README is none; a link to one counts (`words` None). A repository without a commit is not judged."""
    readmes = inventory["repo.readme"]
    for repository in inventory["repo.files"]:
        if repository.get("type") == "git:repository" and not repository["is_empty"]:
            yield Verdict(
                resource=repository["arn"],
                bad=not any(readme["words"] != 0 for readme in readmes),
                detail="Its README is empty." if readmes else "It has no README.",
                path=readmes[0]["path"] if readmes else None,
                at_head=True,
            )
