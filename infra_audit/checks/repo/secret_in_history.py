from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._secrets import example, judged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check


@check(
    id="secret_in_history",
    title="A credential was deleted from the code, but not from its history",
    headline="{n} of {m} repositories hold credentials in their history that are gone from the current files",
    good_news="The history of all {m} repositories holds no deleted credential that we know how to recognise.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Deleting a line leaves it in every clone: the credential works until it is replaced.",
    action="Replace the credentials left in history",
    consequence="anyone with an old copy of the code could sign in",
    needs=("repo.secrets",),
    consults=("repo.files",),
    remedy="Make a new credential and switch the old one off. Rewriting history is optional then: copies of it are"
    " already elsewhere.",
    source="https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
    "removing-sensitive-data-from-a-repository",
    bad={"repo.secrets": [example(at_head=False)]},
    good={"repo.secrets": [example(at_head=True)]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def secret_in_history(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Of secrets in the current files `secret_at_head` speaks."""
    yield from judged(inventory, at_head=False, worst=Severity.HIGH)
    for row in inventory["repo.files"]:
        for sentence in row.get("lacks", ()):
            yield Unknown(row["arn"], "repo.secrets", because=sentence)
