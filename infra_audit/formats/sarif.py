"""SARIF 2.1.0, for code hosts and editors: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from infra_audit import TOOL_VERSION
from infra_audit.finding import Finding
from infra_audit.formats.about import AboutCheck, about_check
from infra_audit.registry import Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# Code hosts sort by this number, which they read as a CVSS score.
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """One SARIF run with a rule for each check that found something. Authors stay out."""
    told = {finding.check: about_check(finding) for finding in reversed(findings)}
    rules = [told[check] for check in sorted(told)]
    places = {one.id: number for number, one in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "infra_audit",
                        "version": TOOL_VERSION,
                        "semanticVersion": TOOL_VERSION,
                        "rules": [_rule(one) for one in rules],
                    }
                },
                "columnKind": "utf16CodeUnits",
                "results": [_result(finding, places[finding.check]) for finding in findings],
            }
        ],
    }


def _rule(one: AboutCheck) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": one.id,
        "shortDescription": {"text": one.title},
        "fullDescription": {"text": one.why},
        "help": {"text": one.remedy},
        "defaultConfiguration": {"level": LEVELS[one.severity]},
        "properties": {"security-severity": SCORES[one.severity], "tags": ["security", one.topic]},
    }
    if one.references:
        rule["helpUri"] = one.references[0]
    return rule


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    severity = Severity(finding.severity)
    return {
        "ruleId": finding.check,
        "ruleIndex": rule_index,
        "level": LEVELS[severity],
        "rank": 100.0 - 20.0 * severity.rank,
        "message": {"text": " ".join(filter(None, (f"{finding.title}.", finding.detail)))},
        "locations": [_location(finding)],
        "partialFingerprints": {"finding/v1": finding.fingerprint},
        "properties": {"severity": finding.severity, "confidence": finding.confidence},
    }


def _location(finding: Finding) -> dict[str, Any]:
    """A line of a file, or the resource by its name: SARIF wants a location, AWS has no files."""
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": finding.resource, "kind": "resource"}],
    }
    if finding.path is not None:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        location["physicalLocation"] = place
    return location


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))
