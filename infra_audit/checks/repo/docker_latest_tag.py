from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._docker import DOCKER, eased, example
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

LATEST = "latest"
FROM = example("from", "node", LATEST)


@check(
    id="docker_latest_tag",
    title="A container starts from whatever image is newest",
    headline="{n} of {m} container images come in whatever version is newest",
    good_news="All {m} container images come in a version that is named.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="The same code builds something else tomorrow, and what ran yesterday cannot be built again.",
    action="Name a version for every container image",
    consequence="an image that changed elsewhere could break production unseen",
    needs=(DOCKER,),
    remedy="Name the version, best with its digest, and let a bot propose newer ones.",
    source="https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
    bad={DOCKER: [FROM]},
    good={DOCKER: [{**FROM, "version": "24-slim"}]},
    scope=Scope.REPOSITORY,
)
def docker_latest_tag(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """In Dockerfiles and compose files. An image that a variable without a value decides on is not judged."""
    for row in inventory[DOCKER]:
        if row["kind"] == "final" or not row["is_known"]:
            continue
        how = "asks for its newest version" if row["version"] == LATEST else "names no version, which means the newest"
        yield Verdict(
            resource=f"{row['path']}#{row.get('service') or row['image']}",
            bad=row["version"] in {None, LATEST} and not row["has_digest"],
            detail=f"{row['image']} in {row['path']}, line {row['line']}, {how}.",
            evidence={"image": row["image"]},
            **eased(row, Severity.MEDIUM),
            resource_type="git:image",
            resource_name=row["image"],
            path=row["path"],
            line=row["line"],
            at_head=True,
        )
