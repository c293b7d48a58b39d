"""The recorder of how resources were configured, and when that changed."""

from collections.abc import Iterator

from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector(
    "config.describe_configuration_recorders",
    iam=("config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus"),
)
def describe_configuration_recorders(reader: Reader) -> Iterator[Row]:
    """{name, recording: bool, all_types: bool, last_status: AWS's own word or None}: one row a recorder of the region.

    Where there is no recorder, its status is not asked for.
    """
    recorders = list(reader.pages("config", "describe_configuration_recorders", "ConfigurationRecorders"))
    if not recorders:
        return
    told = reader.pages("config", "describe_configuration_recorder_status", "ConfigurationRecordersStatus")
    status = {one["name"]: one for one in told}
    for one in recorders:
        found = status.get(one["name"], {})
        yield {
            "name": one["name"],
            "recording": bool(found.get("recording")),
            "all_types": bool((one.get("recordingGroup") or {}).get("allSupported")),
            "last_status": found.get("lastStatus"),
        }
