import re
from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import blocks, eased, where
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

FROM_GIT = re.compile(
    r"^(?:git::|hg::|git@|(?:github\.com|bitbucket\.org|gitlab\.com)/|(?:https|ssh)://\S+\.git(?:$|//|\?))"
)
PINNED = re.compile(r"[?&](?:ref|rev)=[^&]+")
MODULE: Row = {
    "path": "main.tf",
    "path_class": "code",
    "line": 1,
    "type": "module",
    "labels": ["network"],
    "address": "module.network",
    "attributes": {"source": {"line": 2, "kind": "literal", "value": "git::https://git.example/network.git"}},
}
FIXED = {"line": 2, "kind": "literal", "value": "git::https://git.example/network.git?ref=v1.4.0"}


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
    bad={"repo.terraform": [MODULE]},
    good={"repo.terraform": [{**MODULE, "attributes": {"source": FIXED}}]},
    scope=Scope.REPOSITORY,
)
def tf_module_unpinned(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Only modules from git are judged: a local folder has no version, a registry's is another check."""
    for row in blocks(inventory, "module"):
        source = row["attributes"].get("source", {})
        address = source.get("value")
        if isinstance(address, str) and FROM_GIT.match(address):
            yield Verdict(
                **where(row, source["line"]),
                **eased(row, Severity.MEDIUM),
                bad=not PINNED.search(address),
                detail=f"The source {address} names no version.",
                evidence={"source": address},
            )
