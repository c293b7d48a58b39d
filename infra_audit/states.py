"""Terraform states: what they manage. Ids come out; everything else, secrets among it, is dropped while parsing.

A state is read as a stream, so that a large one takes little memory, and is never stored.
"""

import json
import math
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from infra_audit.errors import BadArgumentError
from infra_audit.inventory import Ending, Place, Row, Unit, Unread

OPERATION = "tfstate.resources"
VERSION = 4
MAX_BYTES = 256_000_000
MAX_RESOURCES = 500_000
MAX_TEXT = 2_048  # no id is longer; what is longer is content

# Attributes that say which resource it is, and nothing of what is in it.
IDENTITY = frozenset(
    {
        "account_id",
        "allocation_id",
        "arn",
        "bucket",
        "cluster_identifier",
        "function_name",
        "id",
        "identifier",
        "key_name",
        "key_pair_id",
        "name",
        "owner_id",
        "public_ip",
        "region",
        "url",
    }
)
DISKS = ("root_block_device", "ebs_block_device")


class StateError(BadArgumentError):
    """A file that cannot be read as a state. `ending` is ERROR for a broken file, UNSUPPORTED for another kind."""

    def __init__(self, message: str, ending: Ending = Ending.ERROR) -> None:
        super().__init__(message)
        self.ending = ending


def read_states(paths: Sequence[Path]) -> Unit:
    """One unit for all states given; a bad file makes it partial and is named, with a sentence in the message.

    Rows: {state, address, tf_type, id, arn, attributes}: the file's name, the address in the code with modules and
    keys, Terraform's type, and the attributes of IDENTITY, all of them text; of instances also `volumes`, the ids of
    the disks that come with them. Only what Terraform manages and AWS holds: nothing merely looked up.
    """
    if not paths:
        return Unit(OPERATION, Place(), Ending.NOT_APPLICABLE, message="No Terraform state was given.")
    rows: list[Row] = []
    unread: list[Unread] = []
    messages: list[str] = []
    for path in paths:
        try:
            rows.extend(list(_rows(path)))  # all of a file or nothing
        except StateError as error:
            unread.append(Unread(path.name, error.ending))
            messages.append(str(error))
    truncated = len(rows) > MAX_RESOURCES
    if truncated:
        messages.append(f"Only the first {MAX_RESOURCES:,} of {len(rows):,} resources were read.")
    ending = Ending.TRUNCATED if truncated else Ending.PARTIAL if unread else Ending.OK
    return Unit(
        OPERATION, Place(), ending, tuple(rows[:MAX_RESOURCES]), unread=tuple(unread), message=" ".join(messages)
    )


def strip_state(path: Path) -> dict[str, Any]:
    """A state of the same shape that holds ids and tags only: what a client runs before handing it over.

    `read_states` reads it like the original. Raises StateError, in one sentence, for what is no state.
    """
    resources = []
    for block in _blocks(path, max_bytes=math.inf):
        kept = {key: block[key] for key in ("module", "mode", "type", "name", "provider") if key in block}
        resources.append({**kept, "instances": [_stripped(one) for one in _instances(block)]})
    return {"version": VERSION, "stripped": True, "resources": resources}


def _stripped(instance: Mapping[str, Any]) -> dict[str, Any]:
    attributes = _attributes(instance)
    found: dict[str, Any] = {key: attributes[key] for key in sorted(IDENTITY & attributes.keys())}
    found |= {key: attributes[key] for key in ("tags", "tags_all") if _is_text_map(attributes.get(key))}
    found |= {
        key: [{"volume_id": disk} for disk in _disks(attributes, key)] for key in DISKS if _disks(attributes, key)
    }
    return {**({"index_key": instance["index_key"]} if "index_key" in instance else {}), "attributes": found}


def _rows(path: Path) -> Iterator[Row]:
    for block in _blocks(path):
        for instance in _instances(block):
            attributes = _attributes(instance)
            kept: dict[str, Any] = {key: attributes[key] for key in IDENTITY & attributes.keys()}
            volumes = [disk for key in DISKS for disk in _disks(attributes, key)]
            if volumes:
                kept["volumes"] = volumes
            yield {
                "state": path.name,
                "address": _address(block, instance),
                "tf_type": block["type"],
                "id": kept.get("id"),
                "arn": kept.get("arn"),
                "attributes": kept,
            }


def _blocks(path: Path, max_bytes: float = MAX_BYTES) -> Iterator[dict[str, Any]]:
    """The resource blocks that Terraform manages at AWS; each holds one resource's instances."""
    with _opened(path, max_bytes) as file, _told_plainly(path.name):
        _refuse_other_kinds(file, path.name)
        file.seek(0)
        for block in ijson.items(file, "resources.item", use_float=True):
            if isinstance(block, dict) and block.get("mode") == "managed" and _is_of_aws(block.get("type")):
                yield block


def _is_of_aws(kind: object) -> bool:
    return isinstance(kind, str) and kind.startswith(("aws_", "awscc_"))


def _opened(path: Path, max_bytes: float) -> BinaryIO:
    """The file, if it is an ordinary one of a sensible size. Raises StateError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise StateError(_why_not_opened(path, error)) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise StateError(f"{path.name} is not a file: give the state file itself.")
    if found.st_size > max_bytes:
        os.close(descriptor)
        raise StateError(
            f"{path.name} has {found.st_size / 1e6:,.0f} MB, and {max_bytes / 1e6:,.0f} MB is the most that is read:"
            " let `strip-state` make it small first.",
            Ending.UNSUPPORTED,
        )
    return os.fdopen(descriptor, "rb")


@contextmanager
def _told_plainly(name: str) -> Iterator[None]:
    """Turn what a parser says of a broken file into a sentence."""
    try:
        yield
    except ijson.IncompleteJSONError as error:
        if "premature EOF" in str(error):
            raise StateError(f"{name} is cut off: fetch it again with `terraform state pull`.") from error
        raise StateError(f"{name} is not JSON: give what `terraform state pull` prints.") from error
    except (ijson.JSONError, ValueError) as error:
        raise StateError(f"{name} is not JSON: give what `terraform state pull` prints.") from error
    except OSError as error:
        raise StateError(f"{name} could not be read: {error.strerror}.") from error


def _why_not_opened(path: Path, error: OSError) -> str:
    if path.is_symlink():
        return f"{path.name} is a symbolic link: give the state file itself."
    if isinstance(error, FileNotFoundError):
        return f"There is no file {path.name}."
    return f"{path.name} could not be opened: {error.strerror}."


def _refuse_other_kinds(file: BinaryIO, name: str) -> None:
    """Raise StateError unless it is a state of version 4."""
    version = None
    for prefix, event, value in ijson.parse(file):
        if prefix == "" and event not in {"start_map", "map_key", "end_map"}:
            break
        if prefix == "encrypted_data":
            raise StateError(
                f"{name} is encrypted: give what `tofu state pull` prints where the key is at hand.", Ending.UNSUPPORTED
            )
        if prefix == "version" and event == "number":
            version = value
            break
    if version is None:
        raise StateError(f"{name} is no Terraform state: give what `terraform state pull` prints.")
    if version != VERSION:
        raise StateError(
            f"{name} is a state of version {version}, and only version {VERSION} is read: write it anew with"
            " Terraform 0.12 or later.",
            Ending.UNSUPPORTED,
        )


def _instances(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = block.get("instances")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            yield one


def _attributes(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Its attributes, without those marked sensitive and without identities that are no short text."""
    found = instance.get("attributes")
    if not isinstance(found, dict):
        return {}
    hidden = _sensitive(instance)
    return {
        key: value
        for key, value in found.items()
        if key not in hidden and (key not in IDENTITY or (isinstance(value, str) and 0 < len(value) <= MAX_TEXT))
    }


def _sensitive(instance: Mapping[str, Any]) -> set[str]:
    """Names of the attributes that Terraform marks: lists of paths, whose first step is the name."""
    marked = instance.get("sensitive_attributes")
    names: set[str] = set()
    for steps in marked if isinstance(marked, list) else ():
        first = steps[0] if isinstance(steps, list) and steps else steps
        names.add(str(first.get("value")) if isinstance(first, dict) else str(first))
    return names


def _disks(attributes: Mapping[str, Any], key: str) -> list[str]:
    found = attributes.get(key)
    disks = [one.get("volume_id") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [disk for disk in disks if isinstance(disk, str) and 0 < len(disk) <= MAX_TEXT]


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _address(block: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    """As Terraform writes it: `module.network.aws_subnet.public["eu-west-1a"]`."""
    module = f"{block['module']}." if block.get("module") else ""
    key = instance.get("index_key")
    index = "" if key is None else f"[{json.dumps(key)}]"
    return f"{module}{block['type']}.{block.get('name', '')}{index}"
