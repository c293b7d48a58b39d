from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, code_of
from infra_audit.checks.repo._terraform_roots import TERRAGRUNT, example, roots, runs_by_terragrunt
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

FILES = "repo.files"
LOCK_FILE = ".terraform.lock.hcl"


@check(
    id="tf_no_lock_file",
    title="Terraform takes whatever provider is newest",
    headline="{n} of {m} folders that Terraform runs in have no lock file",
    good_news="All {m} folders that Terraform runs in have a lock file.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="Two people, or two runs of a pipeline, may apply the same code with different providers, and nobody checks"
    " that a provider is the one that was tried.",
    action="Commit Terraform's lock files",
    consequence="an untried provider could change production",
    needs=(OPERATION, FILES, "repo.infrastructure"),
    remedy="Run terraform init and commit the .terraform.lock.hcl that it writes; take it out of .gitignore if it"
    " stands there.",
    source="https://developer.hashicorp.com/terraform/language/files/dependency-lock",
    bad={OPERATION: example(), FILES: [{"path": "main.tf"}], "repo.infrastructure": []},
    good={OPERATION: example(), FILES: [{"path": "main.tf"}, {"path": LOCK_FILE}], "repo.infrastructure": []},
    scope=Scope.REPOSITORY,
)
def tf_no_lock_file(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Modules have none of their own."""
    paths = {row["path"] for row in inventory[FILES] if "path" in row}
    terragrunt, half_read = runs_by_terragrunt(inventory), bool(inventory.incomplete(FILES))
    for root in roots(inventory, code_of(inventory)):
        missing = f"{root.folder}/{LOCK_FILE}".lstrip("/") not in paths
        if missing and (terragrunt or half_read):
            yield Unknown(root.folder or ".", FILES, because=TERRAGRUNT if terragrunt else "")
            continue
        yield Verdict(
            **root.where,
            bad=missing,
            detail=f"{LOCK_FILE} is not among the committed files.",
            confidence=root.confidence,
        )
