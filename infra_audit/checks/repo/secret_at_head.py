from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._secrets import example, judged
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check


@check(
    id="secret_at_head",
    title="A credential lies in the current code",
    headline="{n} of {m} repositories hold credentials in their current files",
    good_news="The current files of all {m} repositories hold no credential that we know how to recognise.",
    severity=Severity.CRITICAL,
    effort=Effort.HOURS,
    why="Whoever can read the code, or a copy of it on any laptop, could sign in with it.",
    action="Replace the credentials in the code",
    consequence="anyone who can read the code could sign in",
    needs=("repo.secrets",),
    remedy="Make a new credential and switch the old one off; only then take it out of the files. Keep the new one in a"
    " secret store, and let the program read it when it starts.",
    source="https://docs.github.com/en/code-security/secret-scanning/working-with-secret-scanning-and-push-protection/"
    "remediating-a-leaked-secret",
    bad={"repo.secrets": [example(at_head=True)]},
    good={"repo.secrets": []},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def secret_at_head(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A finding a secret, on its repository. One that is in history too is only here.

    What only its name tells, in Terraform or CloudFormation alone, is told by the checks on those.
    """
    yield from judged(inventory, at_head=True, worst=Severity.CRITICAL)
