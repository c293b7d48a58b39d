"""Threat detection."""

from collections.abc import Iterator

from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("guardduty.list_detectors", iam=("guardduty:ListDetectors", "guardduty:GetDetector"))
def list_detectors(reader: Reader) -> Iterator[Row]:
    """{detector: its ARN, enabled: bool, None where it could not be read}: at most one row a region."""
    for found in reader.pages("guardduty", "list_detectors", "DetectorIds"):
        arn = reader.arn("guardduty", f"detector/{found}")
        yield {"detector": arn, "enabled": _is_enabled(reader, found, arn)}


def _is_enabled(reader: Reader, found: str, arn: str) -> bool | None:
    try:
        return bool(reader.call("guardduty", "get_detector", DetectorId=found)["Status"] == "ENABLED")
    except READ_ERRORS as error:
        reader.miss(arn, error)
        return None
