import re
from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, at, eased, where
from infra_audit.checks.repo._terraform_sources import example, is_from_git, revision_of, sources
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

BRANCHES = re.compile(
    r"(?:refs/heads/|origin/)?(?:main|master|trunk|head|default|develop|development|dev|devel|next|edge|nightly|latest|"
    r"stable|staging|stage|prod|production|release|integration)",
    re.IGNORECASE,
)
BRANCH_LIKE = re.compile(
    r"(?:refs/heads|origin|feature|feat|features|fix|bugfix|hotfix|chore|users?|wip|release|releases|support|renovate|"
    r"dependabot)/.+",
    re.IGNORECASE,
)
COMMIT = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
TAG = re.compile(r"refs/tags/.+|(?:[\w.-]+[/_-])?v?\d+(?:\.\d+)+(?:[-+.]\w[\w.+-]*)?|v\d+", re.IGNORECASE)
UNTOLD = "Whether {revision} is a tag or a branch only the repository of the module could tell."


@check(
    id="tf_module_ref_is_branch",
    title="A Terraform module follows a branch of another repository",
    headline="{n} of {m} Terraform modules with a revision are taken from a branch",
    good_news="All {m} Terraform modules that name a revision name one that stays.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="A branch moves: the same code could build something else tomorrow, because somebody merged elsewhere.",
    action="Pin modules to a tag or a commit",
    consequence="a change elsewhere could reach production unseen",
    needs=(OPERATION,),
    remedy="Put a tag or a commit after ?ref=, and raise it on purpose.",
    source="https://developer.hashicorp.com/terraform/language/modules/sources#selecting-a-revision",
    bad=example("git::https://git.example/network.git?ref=main"),
    good=example("git::https://git.example/network.git?ref=v1.4.0"),
    scope=Scope.REPOSITORY,
)
def tf_module_ref_is_branch(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """By its name, which tells commits, versions and the usual branches; of others it is said. None: another check."""
    for row, address in sources(inventory):
        revision = revision_of(address) if is_from_git(address) else ""
        if revision:
            sure = bool(BRANCHES.fullmatch(revision))
            bad = sure or bool(BRANCH_LIKE.fullmatch(revision))
            if not (bad or COMMIT.fullmatch(revision) or TAG.fullmatch(revision)):
                because = UNTOLD.format(revision=revision)
                yield Unknown(where(row)["resource"], OPERATION, because=because)
                continue
            yield Verdict(
                **at(row, "source"),
                **eased(row, Severity.MEDIUM),
                bad=bad,
                detail=f"The source {address} follows {revision}, which by its name is a branch.",
                evidence={"source": address, "revision": revision},
                confidence="high" if sure else "medium",
            )
