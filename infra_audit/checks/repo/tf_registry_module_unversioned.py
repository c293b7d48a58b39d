from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import at, eased
from infra_audit.checks.repo._terraform_sources import example, is_from_registry, sources
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

VPC = "terraform-aws-modules/vpc/aws"


@check(
    id="tf_registry_module_unversioned",
    title="A Terraform module is the newest that its registry has",
    headline="{n} of {m} Terraform modules taken from a registry name no version",
    good_news="All {m} Terraform modules taken from a registry name their version.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="The same code could build something else tomorrow, because somebody published a new version.",
    action="Name a version for every module",
    consequence="a stranger's release could reach production unseen",
    needs=("repo.terraform",),
    remedy='Add a version, such as "~> 5.1" or an exact one, and raise it on purpose.',
    source="https://developer.hashicorp.com/terraform/language/block/module#version",
    bad=example(VPC),
    good=example(VPC, version="5.13.0"),
    scope=Scope.REPOSITORY,
)
def tf_registry_module_unversioned(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Only modules from a registry are judged. Whether the version bounds anything is another check."""
    for row, address in sources(inventory):
        if is_from_registry(address):
            yield Verdict(
                **at(row, "source"),
                **eased(row, Severity.MEDIUM),
                bad="version" not in row["attributes"],
                detail=f"The source {address} stands there without a version.",
                evidence={"source": address},
            )
