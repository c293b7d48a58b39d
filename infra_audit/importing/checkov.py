"""Checkov's own JSON (`checkov -o json`): one report a framework, or a list of them.

https://www.checkov.io/8.Outputs/JSON.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.importing.rows import Told, listed, number, part, text

NAME = "Checkov"
SECRETS = "CKV_SECRET_"  # what it calls the resource there is a hash of the secret, which could be guessed back
SEVERITIES = frozenset({"critical", "high", "medium", "low", "info"})


def is_report(one: Mapping[str, Any]) -> bool:
    """Without anything to look at Checkov writes its counts alone."""
    return ("check_type" in one and "results" in one) or {"passed", "failed", "checkov_version"} <= one.keys()


def told_by(report: Mapping[str, Any]) -> Iterator[Told]:
    """What failed; what passed or was skipped is no finding. Copies of the code are left out."""
    version = text(part(report, "summary"), "checkov_version")
    for one in listed(part(report, "results"), "failed_checks"):
        if isinstance(one, Mapping):
            yield _told(one, version)


def _told(one: Mapping[str, Any], version: str) -> Told:
    path = text(one, "repo_file_path") or text(one, "file_path")
    resource = "" if text(one, "check_id").startswith(SECRETS) else text(one, "resource")
    first, last = _lines(one)
    severity = text(one, "severity").lower()
    return Told(
        tool="checkov",
        tool_name=NAME,
        tool_version=version,
        check=text(one, "check_id"),
        title=text(one, "check_name") or text(one, "check_id"),
        detail=f"{resource or 'It'} failed this check.",
        why="",
        remedy="",
        source=text(one, "guideline"),
        severity=severity if severity in SEVERITIES else "medium",
        partition="",
        account="",
        region="",
        resource=resource or path,
        resource_type="",
        resource_name=resource,
        requirement=True,
        path=path,
        line=first,
        last_line=last,
    )


def _lines(one: Mapping[str, Any]) -> tuple[int, int]:
    told = {str(at): line for at, line in enumerate(listed(one, "file_line_range"))}
    first = number(told, "0", 0)
    return first, max(first, number(told, "1", first))
