import re
from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._docker import DOCKER, eased, example
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

ROOT = re.compile(r"^(?:root|0+)(?::.*)?$")
NO_ROOT = re.compile(r"nonroot|unprivileged|rootless|(?:^|/)(?:cgr\.dev/)?chainguard/|^cgr\.dev/|(?:^|/)bitnami/")
WINDOWS = re.compile(r"^mcr\.microsoft\.com/(?:windows|dotnet/framework)|nanoserver|servercore|windowsservercore")
FINAL = {**example("final", "python", "3.12-slim"), "user": None}


@check(
    id="docker_root_user",
    title="A container runs as root",
    headline="{n} of {m} container images are made to run as root",
    good_news="All {m} container images are made to run without root's rights.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="Whoever breaks into the program may change all that is in the container, and is a step nearer to the host.",
    action="Run containers without root's rights",
    consequence="a break-in would reach further than the program",
    needs=(DOCKER,),
    remedy="Make a user in the Dockerfile, give it the files it has to write, and name it with USER in the last stage.",
    source="https://docs.docker.com/build/building/best-practices/#user",
    bad={DOCKER: [FINAL]},
    good={DOCKER: [{**FINAL, "user": "app"}]},
    scope=Scope.REPOSITORY,
)
def docker_root_user(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The last stage counts. A user that only a variable names is not judged; images known to bring one are fine."""
    for row in inventory[DOCKER]:
        user = row.get("user")
        if row["kind"] != "final" or user == "" or WINDOWS.search(f"{row['image']}:{row['version']}"):
            continue
        brings_one = user is None and bool(NO_ROOT.search(f"{row['image']}:{row['version'] or ''}"))
        yield Verdict(
            resource=row["path"],
            bad=not brings_one and (user is None or bool(ROOT.match(user))),
            detail=f"Its last stage says USER {user}."
            if user
            else "No USER stands in its last stage, so it runs as its base image does: for most, that is root.",
            evidence={"base": row["image"] or "named by a variable"},
            **eased(row, Severity.MEDIUM),
            confidence="high" if user else "medium",
            resource_type="git:dockerfile",
            resource_name=row["path"],
            path=row["path"],
            line=row["line"],
            at_head=True,
        )
