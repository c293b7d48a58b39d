"""Credentials in what machines run when they start. Scanned here, in memory: only detections leave."""

import base64
import binascii
import email
import gzip
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from infra_audit.collectors.aws.ec2 import instances
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import Consent, collector
from infra_audit.inventory import Row
from infra_audit.secrets import DETECTOR_VERSION

GZIP = b"\x1f\x8b"
UNPACKED_LIMIT = 4 * 1024 * 1024  # user data itself is at most 16 KB, and gzip of zeros is a thousand times smaller
DEPTH = 4

# Tags that AWS writes: machines of one group that started from one version of a template run the same.
TWINS = ("aws:autoscaling:groupName", "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version")


@collector(
    "ec2.describe_instance_attribute",
    iam=("ec2:DescribeInstances", "ec2:DescribeInstanceAttribute"),
    consent=Consent.CONFIGURATION,
)
def describe_instance_attribute(reader: Reader) -> Iterator[Row]:
    """An instance each: {arn, has_user_data: bool, detections: [Detection.as_row()], detector_version}."""
    groups: dict[object, list[str]] = {}
    for one in instances(reader):
        groups.setdefault(_twins(one), []).append(one["InstanceId"])

    def read(ids: list[str]) -> list[Row]:
        try:
            text = _user_data(reader, ids[0])
        except READ_ERRORS as error:
            for each in ids:
                reader.miss(reader.arn("ec2", f"instance/{each}"), error)
            return []
        found = [detection.as_row() for part in parts(text) for detection in reader.secrets.scan(part)]
        said = {"has_user_data": bool(text), "detections": found, "detector_version": DETECTOR_VERSION}
        return [{"arn": reader.arn("ec2", f"instance/{each}"), **said} for each in ids]

    for rows in reader.each(read, list(groups.values())):
        yield from rows


def _twins(one: Mapping[str, Any]) -> object:
    """Equal for instances that surely run the same user data."""
    tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags") or ()}
    return tuple(tags[key] for key in TWINS) if all(key in tags for key in TWINS) else one["InstanceId"]


def _user_data(reader: Reader, instance: str) -> bytes:
    answer = reader.ask("ec2", "describe_instance_attribute", InstanceId=instance, Attribute="userData")
    encoded = (answer.get("UserData") or {}).get("Value") or ""
    try:
        return base64.b64decode(encoded, validate=False)
    except binascii.Error:
        return str(encoded).encode()


def parts(data: bytes, depth: int = DEPTH) -> Iterator[bytes]:
    """The plain texts inside user data: gunzipped, base64 undone, multipart taken apart; at most 4 MB of each."""
    if not data or not depth:
        return
    if data.startswith(GZIP):
        yield from parts(_gunzipped(data), depth - 1)
    elif data[:512].lower().startswith((b"content-type:", b"mime-version:", b"from ")):
        for part in email.message_from_bytes(data).walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield from parts(payload, depth - 1)
    elif inner := _unbase64(data):
        yield from parts(inner, depth - 1)
    else:
        yield data


def _gunzipped(data: bytes) -> bytes:
    """As much as can be unpacked, up to the limit; what is broken yields what came before the break."""
    out = b""
    with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
        try:
            while len(out) < UNPACKED_LIMIT and (block := stream.read(65_536)):
                out += block
        except (OSError, EOFError, zlib.error):
            return out
    return out


def _unbase64(data: bytes) -> bytes | None:
    """Some tools encode twice: what is base64 as a whole, and nothing else, is undone."""
    compact = b"".join(data.split())
    if len(compact) < 24 or len(compact) % 4:
        return None
    try:
        decoded = base64.b64decode(compact, validate=True)
    except binascii.Error:
        return None
    return decoded if decoded.startswith((b"#", GZIP, b"Content-Type", b"MIME")) else None
