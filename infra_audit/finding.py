"""What a check has to say against one resource."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One bad verdict with all that a reader needs; field names are those of the published JSON."""

    check: str
    severity: str
    severity_reason: str
    effort: str
    confidence: str
    title: str
    detail: str
    remedy: str
    evidence: dict[str, Any]
    account: str
    region: str
    resource: str
    resource_type: str
    resource_name: str
    tags: dict[str, str]
    environment: str | None
    fingerprint: str
    repository: str = ""
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    date: str | None = None
    at_head: bool | None = None
    author: str | None = None  # for staff's eyes only: never in a PDF, an export or the portal
