"""Credentials in what machines run when they start. Scanned here, in memory: only detections leave."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws.ec2 import instances
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.launch_templates import decoded, scripts, started_from
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row
from infra_audit.secrets import DETECTOR_VERSION
from infra_audit.secrets.packed import detections


@collector(
    "ec2.describe_instance_attribute",
    iam=("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeLaunchTemplateVersions"),
    consent=Consent.CONFIGURATION,
)
def describe_instance_attribute(reader: Reader) -> Iterator[Row]:
    """An instance each: {arn, has_user_data: bool, template: ARN or None, detections: [Detection.as_row() + where],
    detector_version}.

    One call an instance, but none where a group or fleet started it from a template that was read: that one's ARN is
    `template`. Where the template could not be read, one call for all of its instances.
    """
    known = scripts(reader)
    groups: dict[object, list[str]] = {}
    for one in instances(reader):
        groups.setdefault(started_from(one) or one["InstanceId"], []).append(one["InstanceId"])

    def read(group: tuple[object, list[str]]) -> list[Row]:
        key, ids = group
        template = reader.arn("ec2", f"launch-template/{key[0]}") if isinstance(key, tuple) and key in known else None
        try:
            script = known[key] if template and isinstance(key, tuple) else _user_data(reader, ids[0])
        except READ_ERRORS as error:
            for each in ids:
                reader.miss(reader.arn("ec2", f"instance/{each}"), error)
            return []
        said = {
            "has_user_data": bool(script),
            "template": template,
            "detections": detections(reader.secrets, script),
            "detector_version": DETECTOR_VERSION,
        }
        return [{"arn": reader.arn("ec2", f"instance/{each}"), **said} for each in ids]

    for rows in reader.each(read, list(groups.items())):
        yield from rows


def _user_data(reader: Reader, instance: str) -> bytes:
    answer: Mapping[str, Any] = reader.ask(
        "ec2", "describe_instance_attribute", InstanceId=instance, Attribute="userData"
    )
    return decoded((answer.get("UserData") or {}).get("Value") or "")
