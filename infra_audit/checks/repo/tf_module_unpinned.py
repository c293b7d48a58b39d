from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import at, eased
from infra_audit.checks.repo._terraform_sources import example, is_from_git, revision_of, sources
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check


@check(
    id="tf_module_unpinned",
    title="A Terraform module comes from whatever its repository holds today",
    headline="{n} of {m} Terraform modules taken from git name no version",
    good_news="All {m} Terraform modules taken from git name their version.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="The same code could build something else tomorrow, because somebody changed another repository.",
    action="Name a version for every module",
    consequence="a change elsewhere could reach production unseen",
    needs=("repo.terraform",),
    remedy="Add ?ref= with a tag or a commit to the source, and raise it on purpose.",
    source="https://developer.hashicorp.com/terraform/language/modules/sources#selecting-a-revision",
    bad=example("git::https://git.example/network.git"),
    good=example("git::https://git.example/network.git?ref=v1.4.0"),
    scope=Scope.REPOSITORY,
)
def tf_module_unpinned(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Only modules from git are judged: a local folder has no version, a registry's is another check."""
    for row, address in sources(inventory):
        if is_from_git(address):
            yield Verdict(
                **at(row, "source"),
                **eased(row, Severity.MEDIUM),
                bad=not revision_of(address),
                detail=f"The source {address} names no version.",
                evidence={"source": address},
            )
