import re
from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import OPERATION, at, eased
from infra_audit.checks.repo._terraform_sources import example, is_from_registry, sources
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check

VPC = "terraform-aws-modules/vpc/aws"
BOUNDING = re.compile(r"\s*(?:~>|<=?|=)?\s*v?\d")


@check(
    id="tf_module_version_open",
    title="A Terraform module's version has no upper end",
    headline="{n} of {m} Terraform modules with a version would take any later one",
    good_news="All {m} Terraform modules with a version bound it above.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="The next major version, made to break what was before, comes with the next run that asks for modules.",
    action="Bound the versions of modules above",
    consequence="a version that breaks things could reach production unseen",
    needs=("repo.terraform",),
    remedy='Write "~> 5.1" instead of ">= 5.1": later ones of the same major version come, the next does not.',
    source="https://developer.hashicorp.com/terraform/language/expressions/version-constraints",
    bad=example(VPC, version=">= 5.1"),
    good=example(VPC, version="~> 5.1"),
    scope=Scope.REPOSITORY,
)
def tf_module_version_open(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """An exact version, `~>`, `<` and `<=` are bounds; `>=`, `>` and `!=` alone are none."""
    for row, address in sources(inventory):
        version = row["attributes"].get("version")
        if not is_from_registry(address) or version is None:
            continue
        told = at(row, "version")
        if version["kind"] != "literal" or not isinstance(version["value"], str):
            because = f"The version is computed in {row['path']}, so the code alone does not tell."
            yield Unknown(told["resource"], OPERATION, because=because)
            continue
        yield Verdict(
            **told,
            **eased(row, Severity.LOW),
            bad=not any(BOUNDING.match(part) for part in version["value"].split(",")),
            detail=f"The version of {address} is {version['value']}, with no upper end.",
            evidence={"source": address, "version": version["value"]},
        )
