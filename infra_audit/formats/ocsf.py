"""OCSF 1.3 Compliance Findings (class 2003), for security data lakes: https://schema.ocsf.io/1.3.0/classes/compliance_finding"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from infra_audit import TOOL_VERSION
from infra_audit.finding import Finding
from infra_audit.formats.about import about_check
from infra_audit.registry import Severity

VERSION = "1.3.0"
CLASS_UID = 2003
CREATE = 1
SEVERITY_IDS = {
    Severity.INFO: 1,
    Severity.LOW: 2,
    Severity.MEDIUM: 3,
    Severity.HIGH: 4,
    Severity.CRITICAL: 5,
}
SEVERITY_NAMES = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
FAIL = 3


def ocsf(findings: Sequence[Finding], *, seen_at: datetime) -> list[dict[str, Any]]:
    """One event a finding; `seen_at` is when the run saw it. Authors stay out."""
    return [_event(finding, int(seen_at.timestamp() * 1000)) for finding in findings]


def _event(finding: Finding, time_ms: int) -> dict[str, Any]:
    about = about_check(finding)
    severity_id = SEVERITY_IDS[Severity(finding.severity)]
    event: dict[str, Any] = {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CLASS_UID // 1000,
        "category_name": "Findings",
        "class_uid": CLASS_UID,
        "class_name": "Compliance Finding",
        "type_uid": CLASS_UID * 100 + CREATE,
        "type_name": "Compliance Finding: Create",
        "time": time_ms,
        "severity_id": severity_id,
        "severity": SEVERITY_NAMES[severity_id],
        "status_id": 1,
        "status": "New",
        "message": finding.detail or finding.title,
        "metadata": {
            "version": VERSION,
            "product": {"name": "infra_audit", "vendor_name": "infra_audit", "version": TOOL_VERSION},
            "event_code": finding.check,
        },
        "finding_info": {
            "uid": finding.fingerprint,
            "title": finding.title,
            "desc": about.why,
            "types": [about.topic],
        },
        "compliance": {
            "control": finding.check,
            "requirements": [about.title],
            "standards": ["infra_audit catalogue"],
            "status_id": FAIL,
            "status": "Fail",
        },
        "remediation": {"desc": finding.remedy, "references": about.references},
        "resources": [
            {
                "uid": finding.resource,
                "name": finding.resource_name or finding.resource,
                "type": finding.resource_type or "unknown",
                "region": finding.region or None,
                "labels": [f"{key}:{value}" for key, value in sorted(finding.tags.items())],
            }
        ],
        "unmapped": {"path": finding.path, "line": finding.line, "commit": finding.commit},
    }
    if not finding.region:
        del event["resources"][0]["region"]
    if finding.account:
        event["cloud"] = {
            "provider": "AWS",
            "region": finding.region,
            "account": {"uid": finding.account, "type_id": 10},
        }
        event["metadata"]["profiles"] = ["cloud"]
    return event
