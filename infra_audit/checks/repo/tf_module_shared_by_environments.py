from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import at, code_of, environment_of_folder
from infra_audit.checks.repo._terraform_sources import example, source_of
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check
from infra_audit.terraform_outcomes import folder_of

OPERATION = "repo.terraform"
PROD = "prod"


def _called_from(*environments: str) -> list[Row]:
    (call,) = example("../../modules/network")[OPERATION]
    return [{**call, "path": f"envs/{name}/main.tf"} for name in environments]


@check(
    id="tf_module_shared_by_environments",
    title="All environments are built from the same copy of a module",
    headline="{n} of {m} Terraform modules in the repository are shared by several environments",
    good_news="None of {m} Terraform modules in the repository is shared by several environments.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="A change to the module reaches production with the next run there, tried elsewhere first or not.",
    action="Give each environment its own version of shared modules",
    consequence="a change meant for a trial could reach production",
    needs=("repo.terraform",),
    remedy="Give the module tags of its own, in its own repository or this one, and let each environment name the tag"
    " that it runs; raise production's last.",
    source="https://developer.hashicorp.com/terraform/language/modules/sources#selecting-a-revision",
    bad={OPERATION: _called_from("dev", PROD)},
    good={OPERATION: _called_from(PROD)},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def tf_module_shared_by_environments(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Environments are known by their folders. Calls in tests and examples do not count."""
    code = code_of(inventory)
    for folder, callers in sorted(code.callers.items()):
        by_environment: dict[str, Row] = {}
        for call in callers:
            environment = environment_of_folder(folder_of(call)) if call["path_class"] == "code" else None
            if environment:
                by_environment.setdefault(environment, call)
        if by_environment:
            yield _verdict(folder, by_environment)


def _verdict(folder: str, by_environment: dict[str, Row]) -> Verdict:
    """It stands where production calls the module, else where the first environment does."""
    call = by_environment.get(PROD) or next(iter(by_environment.values()))
    address = source_of(call)
    return Verdict(
        **{
            **at(call, "source"),
            "resource": folder or ".",
            "resource_type": "terraform:module",
            "resource_name": folder or "the top folder",
        },
        bad=len(by_environment) > 1,
        detail=f"The folder {folder or '.'} is called as {address} for {', '.join(sorted(by_environment))}.",
        evidence={"callers": {name: f"{one['path']}:{one['line']}" for name, one in sorted(by_environment.items())}},
    )
