"""What collectors of named settings have in common."""

from collections.abc import Mapping
from typing import Any

from infra_audit.collectors.aws.reader import Reader
from infra_audit.inventory import Row
from infra_audit.secrets import DETECTOR_VERSION


def settings_row(reader: Reader, arn: str, settings: Mapping[str, str], **more: Any) -> Row:
    """{arn, settings: how many, detections: [Detection.as_row() + where: the setting's name], detector_version, …}."""
    return {
        "arn": arn,
        **more,
        "settings": len(settings),
        "detections": [{**found.as_row(), "where": name} for name, found in reader.secrets.scan_settings(settings)],
        "detector_version": DETECTOR_VERSION,
    }
