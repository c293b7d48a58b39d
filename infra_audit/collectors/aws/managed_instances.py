"""Servers whose agent answers Systems Manager: people get in through it, without an open port or a key."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("ssm.describe_instance_information", iam=("ssm:DescribeInstanceInformation",))
def describe_instance_information(reader: Reader) -> Iterator[Row]:
    """{id, online: bool, last_seen, platform: "Linux" | "Windows" | "MacOS", system, system_version}."""
    found = reader.pages("ssm", "describe_instance_information", "InstanceInformationList", page_size=50)
    for one in found:
        yield {
            "id": one["InstanceId"],
            "online": one.get("PingStatus") == "Online",
            "last_seen": iso(one.get("LastPingDateTime")),
            "platform": one.get("PlatformType") or "",
            "system": one.get("PlatformName") or "",
            "system_version": one.get("PlatformVersion") or "",
        }
