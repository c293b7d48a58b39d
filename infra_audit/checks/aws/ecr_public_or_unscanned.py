from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.aws._resource_policies import EVERYBODY, OWN, public_verdict
from infra_audit.inventory import Inventory, Row
from infra_audit.policy_documents import public_actions
from infra_audit.registry import CheckSettings, Effort, Severity, Unknown, Verdict, check

ARN = "arn:aws:ecr:eu-west-1:123456789012:repository/shop"
SHOP: Row = {"arn": ARN, "type": "ecr:repository", "name": "shop", "tags": {}, "scan_on_push": False}
POLICIES = "ecr.get_repository_policy"
SCANNING = "ecr.batch_get_repository_scanning_configuration"


@check(
    id="ecr_public_or_unscanned",
    title="A store of container images is open to everybody, or is not scanned",
    headline="{n} of {m} stores of container images are open to everybody or not scanned for known holes",
    good_news="All {m} stores of container images are closed to the public and scanned for known holes.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Images hold the company's programs, often with a password inside, and parts by others in which holes are found"
    " every week.",
    action="Close the stores of container images, and have images scanned",
    consequence="strangers could take programs, or known holes go live unseen",
    needs=("ecr.describe_repositories",),
    consults=(POLICIES, SCANNING),
    iam=(
        "ecr:DescribeRepositories",
        "ecr:ListTagsForResource",
        "tag:GetResources",
        "ecr:GetRepositoryPolicy",
        "ecr:BatchGetRepositoryScanningConfiguration",
        "ecr:GetRegistryScanningConfiguration",
    ),
    remedy="Name the accounts that need it in the repository's policy. Switch scanning on for the whole registry, on"
    " push at least, and have somebody read what it finds.",
    source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html",
    bad={
        "ecr.describe_repositories": [SHOP],
        POLICIES: [{"arn": ARN, "statements": EVERYBODY}],
        SCANNING: [{"arn": ARN, "frequency": "MANUAL", "obeys_repository": True}],
    },
    good={
        "ecr.describe_repositories": [SHOP],
        POLICIES: [{"arn": ARN, "statements": OWN}],
        SCANNING: [{"arn": ARN, "frequency": "SCAN_ON_PUSH", "obeys_repository": True}],
    },
)
def ecr_public_or_unscanned(
    inventory: Inventory, settings: CheckSettings, now: datetime
) -> Iterator[Verdict | Unknown]:
    """Two questions a repository, each answered where its own reading allows."""
    policies = {row["arn"]: row["statements"] for row in inventory[POLICIES]}
    scanning = {row["arn"]: row for row in inventory[SCANNING]}
    for row in inventory["ecr.describe_repositories"]:
        arn = row["arn"]
        if policies.get(arn) is not None:
            yield _open(row, public_actions(policies[arn]))
        else:
            yield Unknown(arn, POLICIES)
        if arn in scanning:
            yield _unscanned(row, scanning[arn])
        else:
            yield Unknown(arn, SCANNING)


def _open(row: Row, actions: list[str]) -> Verdict:
    found = public_verdict(row["arn"], actions, row["type"])
    return Verdict(
        resource=row["arn"],
        bad=found.bad,
        detail=found.detail,
        sub_key="public",
        evidence=found.evidence,
        severity=Severity.HIGH,
        severity_reason="It is open to everybody.",
    )


def _unscanned(row: Row, found: Row) -> Verdict:
    by_itself = row["scan_on_push"] and found["obeys_repository"]
    return Verdict(
        resource=row["arn"],
        bad=found["frequency"] == "MANUAL" and not by_itself,
        detail="Images are scanned only when somebody asks for it.",
        sub_key="unscanned",
        evidence={"frequency": found["frequency"], "scan_on_push": row["scan_on_push"]},
    )
