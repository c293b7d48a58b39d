from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import blocks
from infra_audit.inventory import Inventory, Row
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

OPERATION = "repo.terraform"
RESOURCE: Row = {"path": "main.tf", "path_class": "code", "line": 1, "type": "resource", "labels": ["aws_vpc", "main"]}
RESOURCE |= {"address": "aws_vpc.main", "attributes": {}, "blocks": []}
TEST: Row = {**RESOURCE, "path": "tests/vpc.tftest.hcl", "type": "test", "labels": [], "tool": "terraform test"}


@check(
    id="tf_no_tests",
    title="Nothing tests the Terraform code",
    headline="{n} of {m} repositories with Terraform code have no test of it",
    good_news="All {m} repositories with Terraform code test it.",
    severity=Severity.LOW,
    effort=Effort.DAYS,
    why="Whether a change does what was meant is first seen in a live environment.",
    action="Test the Terraform code",
    consequence="mistakes would first be seen in a live environment",
    needs=(OPERATION,),
    remedy="Begin with one test file for the module that most depends on: terraform test plans it with its own inputs"
    " and checks what comes out, without any account.",
    source="https://developer.hashicorp.com/terraform/language/tests",
    bad={OPERATION: [RESOURCE]},
    good={OPERATION: [RESOURCE, TEST]},
    scope=Scope.REPOSITORY,
    eased_outside_production=False,
)
def tf_no_tests(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Known are `terraform test`, `tofu test`, Terratest, testinfra, tftest and kitchen-terraform."""
    for unit in inventory.units(OPERATION):
        own = [row for row in unit.rows if row["type"] in {"resource", "module"} and row["path_class"] == "code"]
        if own:
            tools = sorted({row["tool"] for row in blocks(inventory, "test")})
            files = {row["path"] for row in own}
            yield Verdict(
                f"repo:{unit.place.repository}",
                bad=not tools,
                detail=f"{len(files)} {'file' if len(files) == 1 else 'files'} of Terraform, and no test of"
                f" {'it' if len(files) == 1 else 'them'} that we know how to recognise.",
                resource_type="git:repository",
                resource_name=unit.place.repository,
                at_head=True,
            )
