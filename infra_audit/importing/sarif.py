"""SARIF 2.1.0, as Checkov, cfn-lint and others write it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/

Places are lines of files, so what is found is of a repository.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from infra_audit.importing.rows import Told, first, listed, number, part, text, tool_id

LEVELS = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
# "security-severity" of a rule, as GitHub reads it
SCALE = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
ALL_ERRORS = frozenset({"checkov"})  # it writes "error" for whatever failed
REQUIRES = frozenset({"checkov"})  # its titles say what should be
SCHEME = re.compile(r"^[a-z]+://", re.IGNORECASE)
OPEN = frozenset({"", "new", "unchanged", "updated"})


def is_log(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("runs"), list) and text(one, "version").startswith("2.")


def told_by(log: Mapping[str, Any]) -> Iterator[Told]:
    """What failed and was not suppressed."""
    for run in listed(log, "runs"):
        driver = part(part(run, "tool"), "driver")
        rules = {text(rule, "id"): rule for rule in listed(driver, "rules") if isinstance(rule, Mapping)}
        for result in listed(run, "results") if isinstance(run, Mapping) else ():
            if isinstance(result, Mapping) and _is_bad(result):
                yield _told(result, driver, rules)


def _is_bad(result: Mapping[str, Any]) -> bool:
    passed = text(result, "kind") not in {"", "fail", "open", "review"}
    suppressed = any(
        isinstance(one, Mapping) and text(one, "status") in {"", "accepted"} for one in listed(result, "suppressions")
    )
    return not passed and not suppressed and text(result, "baselineState") in OPEN


def _told(result: Mapping[str, Any], driver: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]) -> Told:
    name = text(driver, "name") or "SARIF"
    tool = tool_id(name)
    check = text(result, "ruleId") or text(part(result, "rule"), "id")
    rule = rules.get(check, {})
    place = part(first(result, "locations"), "physicalLocation")
    path = unquote(SCHEME.sub("", text(part(place, "artifactLocation"), "uri")))
    region = part(place, "region")
    line = number(region, "startLine", 0)
    message = text(part(result, "message"), "text")
    return Told(
        tool=tool,
        tool_name=name,
        tool_version=text(driver, "semanticVersion") or text(driver, "version"),
        check=check,
        title=text(part(rule, "shortDescription"), "text") or text(rule, "name") or check,
        detail=message,
        why=text(part(rule, "fullDescription"), "text"),
        remedy=text(part(rule, "help"), "text"),
        source=text(rule, "helpUri"),
        severity=_severity(tool, result, rule),
        partition="",
        account="",
        region="",
        resource=f"{path}:{line}" if path else "",
        resource_type="",
        resource_name="",
        requirement=tool in REQUIRES,
        path=path,
        line=line,
        last_line=max(line, number(region, "endLine", line)),
    )


def _severity(tool: str, result: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    given = part(rule, "properties").get("security-severity")
    try:
        score = float(given) if isinstance(given, str | int | float) else 0.0
    except ValueError:
        score = 0.0
    if score > 0:
        return next((severity for least, severity in SCALE if score >= least), "low")
    level = text(result, "level") or text(part(rule, "defaultConfiguration"), "level") or "warning"
    return "medium" if tool in ALL_ERRORS else LEVELS.get(level, "medium")
