"""AWS Security Finding Format, as Prowler and Security Hub write it.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
"""

from collections.abc import Mapping
from typing import Any

from infra_audit.importing.rows import Told, first, part, text, tool_id

CLOSED = frozenset({"SUPPRESSED", "RESOLVED"})
SEVERITIES = {"INFORMATIONAL": "info", "LOW": "low", "MEDIUM": "medium", "HIGH": "high", "CRITICAL": "critical"}
PROWLER_IDS = "prowler-"
CONTROL = "security-control/"


def is_finding(one: Mapping[str, Any]) -> bool:
    return "AwsAccountId" in one and "GeneratorId" in one and "ProductArn" in one


def told_by(one: Mapping[str, Any]) -> Told | None:
    """None where it passed, is muted (Prowler writes WARNING), archived or closed."""
    compliance = part(one, "Compliance")
    if compliance and text(compliance, "Status") != "FAILED":
        return None
    if one.get("RecordState") == "ARCHIVED" or text(part(one, "Workflow"), "Status") in CLOSED:
        return None
    resource, recommendation = first(one, "Resources"), part(part(one, "Remediation"), "Recommendation")
    name, check = _who_and_what(one)
    tags = part(resource, "Tags")
    return Told(
        tool=tool_id(name),
        tool_name=name,
        tool_version=text(part(one, "ProductFields"), "ProviderVersion"),
        check=check,
        title=text(one, "Title"),
        detail=text(one, "Description"),
        why="",
        remedy=text(recommendation, "Text"),
        source=text(recommendation, "Url"),
        severity=SEVERITIES.get(text(part(one, "Severity"), "Label").upper(), "medium"),
        partition=text(resource, "Partition") or "aws",
        account=text(one, "AwsAccountId"),
        region=text(resource, "Region") or text(one, "Region"),
        resource=text(resource, "Id"),
        resource_type=text(resource, "Type"),
        resource_name="",
        requirement=bool(compliance),
        tags={key: value for key, value in tags.items() if isinstance(value, str)},
    )


def _who_and_what(one: Mapping[str, Any]) -> tuple[str, str]:
    """The tool's name and its id of the check; a control keeps its number whichever standard asked for it."""
    generator = text(one, "GeneratorId")
    if generator.startswith(PROWLER_IDS):
        return "Prowler", generator.removeprefix(PROWLER_IDS)
    control = text(part(one, "Compliance"), "SecurityControlId")
    if control or generator.startswith(CONTROL):
        return "Security Hub", control or generator.removeprefix(CONTROL)
    return text(one, "ProductName") or "Security Hub", generator.rpartition("/")[2]
