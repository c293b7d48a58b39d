"""OCSF findings as Prowler writes them: https://schema.ocsf.io/1.5.0/classes/detection_finding"""

from collections.abc import Mapping
from typing import Any

from infra_audit.importing.rows import Told, first, listed, number, part, text, tool_id

CLASSES = frozenset({2001, 2003, 2004})  # security, compliance and detection findings
OPEN = frozenset({0, 1, 2, 99})  # status_id: unknown, new, in progress, other; not suppressed, resolved, archived
FAIL = 3  # compliance.status_id
# https://schema.ocsf.io/1.5.0/classes/base_event, severity_id: fatal is critical, unknown and other are medium
SEVERITIES = {0: "medium", 1: "info", 2: "low", 3: "medium", 4: "high", 5: "critical", 6: "critical", 99: "medium"}


def is_event(one: Mapping[str, Any]) -> bool:
    return number(one, "class_uid", 0) in CLASSES and "finding_info" in one


def told_by(event: Mapping[str, Any]) -> Told | None:
    """None where it passed, was muted, is to be looked at by hand, or is resolved."""
    if not _is_bad(event):
        return None
    metadata, resource = part(event, "metadata"), first(event, "resources")
    info, cloud, remediation = part(event, "finding_info"), part(event, "cloud"), part(event, "remediation")
    product = part(metadata, "product")
    name = text(product, "name") or "OCSF"
    check = text(metadata, "event_code") or text(part(event, "compliance"), "control")
    return Told(
        tool=tool_id(name),
        tool_name=name,
        tool_version=text(product, "version"),
        check=check,
        title=text(info, "title") or check,
        detail=text(event, "status_detail") or text(event, "message"),
        why=text(event, "risk_details") or text(info, "desc"),
        remedy=text(remediation, "desc"),
        source=next((one for one in listed(remediation, "references") if isinstance(one, str)), ""),
        severity=SEVERITIES.get(number(event, "severity_id", 0), "medium"),
        partition=text(resource, "cloud_partition") or "aws",
        account=text(part(cloud, "account"), "uid"),
        region=text(resource, "region") or text(cloud, "region"),
        resource=text(resource, "uid"),
        resource_type=text(resource, "type"),
        resource_name=text(resource, "name"),
        requirement=True,
        tags=_tags(listed(resource, "labels")),
    )


def _is_bad(event: Mapping[str, Any]) -> bool:
    if number(event, "status_id", 1) not in OPEN or event.get("status") == "Suppressed":
        return False
    if code := text(event, "status_code"):
        return code.upper() in {"FAIL", "FAILED"}
    return number(part(event, "compliance"), "status_id", FAIL) == FAIL


def _tags(labels: list[Any]) -> dict[str, str]:
    """From ["Owner:web"], and from [{"name": …, "value": …}]."""
    told: dict[str, str] = {}
    for one in labels:
        if isinstance(one, str) and ":" in one:
            key, _, value = one.partition(":")
            told[key] = value
        elif isinstance(one, Mapping) and isinstance(one.get("name"), str):
            told[one["name"]] = text(one, "value")
    return told
