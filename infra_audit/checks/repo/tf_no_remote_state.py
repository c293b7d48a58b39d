from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, code_of
from infra_audit.checks.repo._terraform_roots import TERRAGRUNT, example, roots, runs_by_terragrunt
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

BACKEND = {"type": "backend", "label": "s3", "line": 2, "attributes": {}, "blocks": []}


@check(
    id="tf_no_remote_state",
    title="What Terraform knows of the infrastructure lies on somebody's machine",
    headline="{n} of {m} folders that Terraform runs in keep their state on one machine",
    good_news="All {m} folders that Terraform runs in keep their state in a shared place.",
    severity=Severity.HIGH,
    effort=Effort.HOURS,
    why="Without the state Terraform would build all of it a second time; on one machine it is lost with that machine,"
    " and two people cannot work at once.",
    action="Keep Terraform's state in a shared place",
    consequence="one lost machine could leave the infrastructure out of control",
    needs=(OPERATION, "repo.infrastructure"),
    remedy="Add a backend with locking, such as a storage bucket with versions, run `terraform init -migrate-state`,"
    " and delete the local copies: they hold secrets.",
    source="https://developer.hashicorp.com/terraform/language/backend",
    bad={OPERATION: example(), "repo.infrastructure": []},
    good={OPERATION: example(BACKEND), "repo.infrastructure": []},
    scope=Scope.REPOSITORY,
)
def tf_no_remote_state(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """A backend called `local` is none. Modules have no state of their own."""
    code, terragrunt = code_of(inventory), runs_by_terragrunt(inventory)
    unread = {one.resource.rpartition("/")[0] for unit in inventory.units(OPERATION) for one in unit.unread}
    for root in roots(inventory, code):
        shared = [block for _path, block in root.states if block.get("label") != "local"]
        if not shared and (terragrunt or root.folder in unread):
            because = TERRAGRUNT if terragrunt else f"A file in {root.folder or '.'} could not be read whole."
            yield Unknown(root.folder or ".", OPERATION, because=because)
            continue
        local = next(((path, block) for path, block in root.states if block.get("label") == "local"), None)
        place = {"path": local[0], "line": local[1]["line"]} if local and not shared else {}
        yield Verdict(
            **{**root.where, **place},
            bad=not shared,
            detail="Its backend is local." if local else "It names no backend, so the state is a file beside the code.",
            confidence=root.confidence,
        )
