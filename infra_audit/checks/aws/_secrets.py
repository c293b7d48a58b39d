"""What the checks on credentials in plain configuration share."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.inventory import Inventory, Row
from infra_audit.registry import Verdict

DETECTION: Row = {
    "rule": "assigned-secret",
    "title": "Password in plain text",
    "preview": "password, 16 to 31 characters",
    "fingerprint": "0" * 32,
    "line": 1,
    "where": "DB_PASSWORD",
    "engines": ["own rules"],
    "confidence": "high",
    "confidence_reason": "",
    "entropy": 4.1,
    "aws_account": "",
    "companion": "",
}


def example(arn: str, **more: Any) -> tuple[list[Row], list[Row]]:
    """Rows of a collector of settings, for a check's `bad` and `good`."""
    row = {"arn": arn, "settings": 2, "detector_version": "1", **more}
    return [{**row, "detections": [DETECTION]}], [{**row, "detections": []}]


def judged(inventory: Inventory, operation: str, kind: str) -> Iterator[Verdict]:
    """One verdict a row. Another credential at the same place is another finding."""
    for row in inventory[operation]:
        yield verdict(row, kind)


def verdict(row: Mapping[str, Any], kind: str, note: str = "") -> Verdict:
    """Of one row with `detections`; `note` ends the detail."""
    found = row["detections"]
    words = [one["confidence"] for one in found]
    return Verdict(
        resource=row["arn"],
        bad=bool(found),
        detail="; ".join(map(_told, found)) + "." + note if found else "",
        sub_key=" ".join(sorted({one["fingerprint"] for one in found})),
        evidence={"detections": found, "detector_version": row["detector_version"]},
        confidence=next((word for word in ("high", "medium", "low") if word in words), "high"),
        resource_type=kind,
        resource_name=row.get("name", ""),
    )


def _told(one: Mapping[str, Any]) -> str:
    """ "DB_PASSWORD: Password in plain text (password, 16 to 31 characters)"; a script's place is its line."""
    where = [one["where"]] if one.get("where") else []
    if one["line"] > 1 or not where:
        where.append(f"line {one['line']}")
    account = f", of AWS account {one['aws_account']}" if one.get("aws_account") else ""
    return f"{', '.join(where)}: {one['title']} ({one['preview']}{account})"
