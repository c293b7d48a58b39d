"""What the checks on container images share."""

import re
from typing import Any

from infra_audit.environments import environment_of, is_production_like
from infra_audit.inventory import Row
from infra_audit.registry import Severity

DOCKER = "repo.docker"
FOR_DEVELOPERS = re.compile(
    r"(?:^|/)\.devcontainer/|(?:^|[/._-])(?:dev|develop|development|local|test|ci)(?:$|[/._-])", re.I
)


def eased(row: Row, severity: Severity) -> dict[str, Any]:
    """One step milder, with the reason, for tests and for what only developers start."""
    environment = environment_of({}, row["path"].rpartition("/")[0])
    reason = ""
    if row["path_class"] == "test":
        reason = "it stands among tests"
    elif FOR_DEVELOPERS.search(row["path"]):
        reason = "by its name it is for developers"
    elif environment and not is_production_like(environment):
        reason = f"its folder is for {environment}"
    elif row["kind"] == "compose":
        reason = "compose files are started by developers, mostly"
    return {"severity": severity.milder(), "severity_reason": f"One step milder: {reason}."} if reason else {}


def example(kind: str, image: str, version: str) -> Row:
    """A row of `repo.docker`, for the checks' examples."""
    return {
        "kind": kind,
        "path": "Dockerfile",
        "path_class": "code",
        "line": 1,
        "image": image,
        "version": version,
        "has_digest": False,
        "is_known": True,
    }
