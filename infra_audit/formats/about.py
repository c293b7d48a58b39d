"""What other tools want to know of a check, be it ours or one that another tool brought along."""

from dataclasses import dataclass

from infra_audit.finding import Finding
from infra_audit.registry import Severity, catalogue


@dataclass(frozen=True)
class AboutCheck:
    """`references` are web addresses, at most one of them."""

    id: str
    title: str
    why: str
    remedy: str
    topic: str
    severity: Severity
    references: list[str]


def about_check(finding: Finding) -> AboutCheck:
    """From our catalogue; else from what the other tool said with the finding itself."""
    one = catalogue().get(finding.check)
    if one:
        return AboutCheck(one.id, one.title, one.why, one.remedy, one.topic, one.severity, [one.source])
    source = str(finding.evidence.get("source", ""))
    return AboutCheck(
        id=finding.check,
        title=finding.title,
        why=str(finding.evidence.get("why") or finding.title),
        remedy=finding.remedy or finding.title,
        topic="imported",
        severity=Severity(finding.severity),
        references=[source] if source.startswith(("https://", "http://")) and " " not in source else [],
    )
