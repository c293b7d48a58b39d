from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, code_of, eased, where
from infra_audit.checks.repo._terraform_roots import MODULES, is_published, runs_by_terragrunt
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.terraform_outcomes import Sort, folder_of, kind_of
from infra_audit.terraform_taggable import BY_BLOCKS, TAGGABLE
from infra_audit.terraform_values import Code

CODE = "repo.infrastructure"
EVERY = "*"
DEEPEST = 30
ELSEWHERE = "Which tags its provider adds is decided where this module is called, outside this repository."
BUCKET: Row = {"path": "main.tf", "path_class": "code", "line": 1, "type": "resource", "labels": ["aws_s3_bucket", "a"]}
BUCKET |= {"address": "aws_s3_bucket.a", "attributes": {}, "blocks": []}
TAGS: Row = {"tags": {"line": 3, "kind": "expression", "value": None}}


@check(
    id="tf_no_tags",
    title="The code makes resources without tags",
    headline="{n} of {m} resources in the code are made without a tag",
    good_news="All {m} resources in the code are made with tags.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="Nobody can tell from the account whose it is, what it is for, and on whose bill it belongs.",
    action="Tag everything that the code makes",
    consequence="costs and owners could not be told apart",
    needs=(OPERATION, CODE),
    remedy="Add default_tags with owner and environment to the provider: one block tags everything that it makes.",
    source="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/resource-tagging",
    bad={OPERATION: [BUCKET], CODE: []},
    good={OPERATION: [{**BUCKET, "attributes": TAGS}], CODE: []},
    scope=Scope.REPOSITORY,
)
def tf_no_tags(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Tags of its own, or its provider's. Of a module that nobody here calls the provider is not known."""
    code = code_of(inventory)
    providers = Providers(inventory, code)
    for row in code.resources(*TAGGABLE, BY_BLOCKS):
        own = has_own_tags(row, code)
        added = own or (kind_of(row) != BY_BLOCKS and providers.add_tags(row))
        if added is None:
            yield Unknown(where(row)["resource"], OPERATION, because=ELSEWHERE)
            continue
        yield Verdict(
            **where(row),
            **eased(row, Severity.LOW),
            bad=not added,
            detail=f"{row['address']} names no tags, and no provider adds any.",
            confidence="high" if providers.are_seen(folder_of(row)) else "medium",
        )


def has_own_tags(row: Row, code: Code) -> bool:
    """Whether it names tags in every way in which it can be made; what is computed counts as tags."""
    if kind_of(row) == BY_BLOCKS:
        return "tags" in row["attributes"] or any(inner["type"] in {"tag", "dynamic"} for inner in row["blocks"])
    return all(one.sort is not Sort.ABSENT for one in code.outcomes(row, "tags"))


class Providers:
    """Which AWS providers add tags, and which of them makes a resource."""

    def __init__(self, inventory: Inventory, code: Code) -> None:
        self._inventory, self._code = inventory, code
        self._from_outside = runs_by_terragrunt(inventory)
        self._known: dict[tuple[str, str], bool | None] = {}
        self._by_folder: dict[str, dict[str, bool]] = {}
        for row in code.by_type["provider"]:
            if row["labels"] == ["aws"]:
                alias = str(row["attributes"].get("alias", {}).get("value") or "")
                self._by_folder.setdefault(folder_of(row), {})[alias] = _has_default_tags(row)

    def are_seen(self, folder: str) -> bool:
        """Whether the folder has a provider, or somebody here who gives it one."""
        return folder in self._by_folder or bool(self._code.callers.get(folder))

    def add_tags(self, row: Row) -> bool | None:
        """Whether the resource's provider adds tags, wherever it is made; None where that is decided elsewhere."""
        provider = row["attributes"].get("provider", {}).get("value")
        alias = str(provider).partition(".")[2] if provider else ""
        return self._added(folder_of(row), alias, 0)

    def _added(self, folder: str, alias: str, depth: int) -> bool | None:
        key = (folder, alias)
        if key not in self._known:
            self._known[key] = None  # a module that comes back to itself tells nothing
            self._known[key] = self._worked_out(folder, alias, depth)
        return self._known[key]

    def _worked_out(self, folder: str, alias: str, depth: int) -> bool | None:
        own = self._by_folder.get(folder, {})
        if own and alias == EVERY:
            return _agreed(list(own.values()))
        if alias in own:
            return own[alias]
        callers = self._code.callers.get(folder, [])
        if callers and depth < DEEPEST:
            return _worst([self._of_caller(call, alias, depth) for call in callers])
        if self._from_outside or MODULES.search(folder) or is_published(self._inventory, folder):
            return None
        return False

    def _of_caller(self, call: Row, alias: str, depth: int) -> bool | None:
        handed_over = alias or "providers" in call["attributes"]
        return self._added(folder_of(call), EVERY if handed_over else "", depth + 1)


def _has_default_tags(provider: Row) -> bool:
    return any(
        inner["type"] in {"default_tags", "dynamic"} and not inner["attributes"].get("tags", {}).get("empty")
        for inner in provider["blocks"]
    )


def _agreed(answers: list[bool]) -> bool | None:
    """What all say, else None."""
    return answers[0] if len(set(answers)) == 1 else None


def _worst(answers: list[bool | None]) -> bool | None:
    """A resource is made by each caller: one without tags is enough."""
    if False in answers:
        return False
    return None if None in answers else True
