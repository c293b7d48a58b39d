"""Verdicts on versions, in words, from the table of support dates."""

from datetime import datetime

from infra_audit.registry import Severity, Unknown, Verdict
from infra_audit.support import COMPILED, Standing, support_of, warning


def judge_version(
    resource: str,
    called: str,
    product: str,
    version: str,
    now: datetime,
    *,
    operation: str,
    paid: str = "",
    told_by: str = "",
    confidence: str = "high",
    resource_type: str = "",
    resource_name: str = "",
) -> Verdict | Unknown:
    """How one resource's version stands today. `called` names it to people, `told_by` says how it is known.

    `paid` says what goes on beyond the end, if anything does: then the finding is one step milder.
    """
    found = support_of(product, version)
    standing = found.on(now.date()) if found else None
    if found is None or standing is None:
        return Unknown(
            resource, operation, because=f"Our table of {COMPILED.isoformat()} does not know when {called} ends."
        )
    old = warning(now)
    ended = f"The support of {called} ended on {found.ends}." if standing is not Standing.SUPPORTED else ""
    extended = standing is Standing.EXTENDED
    sentences = (ended, f"{paid} until {found.extended}." if extended and paid else "", told_by, old)
    return Verdict(
        resource=resource,
        bad=standing is not Standing.SUPPORTED,
        detail=" ".join(filter(None, sentences)) or f"{called} is supported until {found.ends}.",
        evidence={
            "version": version,
            "ended_on": str(found.ends) if found.ends else None,
            "extended_until": str(found.extended) if found.extended else None,
            "table_of": COMPILED.isoformat(),
        },
        severity=Severity.MEDIUM if extended and paid else None,
        severity_reason="Fixes go on, at a price." if extended and paid else "",
        confidence="medium" if old and confidence == "high" else confidence,
        resource_type=resource_type,
        resource_name=resource_name,
    )
