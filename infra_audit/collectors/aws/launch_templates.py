"""Credentials in launch templates: what machines will run when they start. Scanned here, in memory."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws.ec2 import instances
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row
from infra_audit.secrets import DETECTOR_VERSION
from infra_audit.secrets.packed import detections

PAGE = 200
# AWS writes these tags. What starts a machine for a group or a fleet cannot give it another start-up script.
TEMPLATE, VERSION = "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version"
STARTERS = ("aws:autoscaling:groupName", "aws:ec2:fleet-id")
IAM = ("ec2:DescribeLaunchTemplateVersions", "ec2:DescribeInstances")


@collector("ec2.describe_launch_template_versions", iam=IAM, consent=Consent.CONFIGURATION)
def describe_launch_template_versions(reader: Reader) -> Iterator[Row]:
    """A template each: {arn, name, has_user_data: bool, versions: [int], detections: [Detection.as_row() + where],
    detector_version}. The versions: the latest, the default, and those that groups' machines run; no older ones.
    """
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in versions(reader):
        found[one["LaunchTemplateId"]].append(one)
    for template, read in found.items():
        rows: dict[str, Row] = {}
        for one in read:
            for row in detections(reader.secrets, user_data(one)):
                rows.setdefault(row["fingerprint"], {**row, "version": one["VersionNumber"]})
        yield {
            "arn": reader.arn("ec2", f"launch-template/{template}"),
            "name": read[0]["LaunchTemplateName"],
            "versions": sorted(one["VersionNumber"] for one in read),
            "has_user_data": any(user_data(one) for one in read),
            "detections": list(rows.values()),
            "detector_version": DETECTOR_VERSION,
        }


def versions(reader: Reader) -> Iterator[Mapping[str, Any]]:
    """Latest and default of every template in one paged list, then one list for each template that runs another.

    Raises what AWS answers to the first; a template whose other versions may not be read is missed.
    """
    known = set()
    for one in _listed(reader, Versions=["$Latest", "$Default"]):
        key = _key(one["LaunchTemplateId"], one["VersionNumber"])
        if key not in known:
            known.add(key)
            yield one
    for template, numbers in _in_use(reader, known).items():
        try:
            yield from list(_listed(reader, LaunchTemplateId=template, Versions=sorted(numbers)))
        except READ_ERRORS as error:
            reader.miss(reader.arn("ec2", f"launch-template/{template}"), error)


def _listed(reader: Reader, **params: Any) -> Iterator[Mapping[str, Any]]:
    return reader.pages("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", page_size=PAGE, **params)


def _in_use(reader: Reader, known: set[tuple[str, str]]) -> dict[str, set[str]]:
    """Versions that machines were started from and that are not known, by template."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in instances(reader):
        started = started_from(one)
        if started and started not in known:
            wanted[started[0]].add(started[1])
    return wanted


def started_from(instance: Mapping[str, Any]) -> tuple[str, str] | None:
    """Template and version whose start-up script the instance surely runs; None where it may run another."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags") or ()}
    if TEMPLATE in tags and VERSION in tags and any(key in tags for key in STARTERS):
        return _key(tags[TEMPLATE], tags[VERSION])
    return None


def scripts(reader: Reader) -> dict[tuple[str, str], bytes]:
    """The start-up script of each version that could be read; nothing where templates may not be read at all."""
    try:
        return {_key(one["LaunchTemplateId"], one["VersionNumber"]): user_data(one) for one in versions(reader)}
    except READ_ERRORS:
        return {}


def _key(template: str, version: int | str) -> tuple[str, str]:
    return template, str(version)


def user_data(version: Mapping[str, Any]) -> bytes:
    """What a version's machines run, as written; b"" where it has none."""
    return decoded((version.get("LaunchTemplateData") or {}).get("UserData") or "")


def decoded(encoded: str) -> bytes:
    """User data as AWS answers it, in base64; what is none stays as it is."""
    try:
        return base64.b64decode(encoded, validate=False)
    except binascii.Error:
        return encoded.encode()
