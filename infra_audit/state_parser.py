"""A Terraform state read as a stream: ids and tags come out; all else is dropped before it was ever whole in memory.

Events are pulled one by one, so that a state of many megabytes takes little memory, also where it cannot be read
twice (an object that comes over the network).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import ijson

from infra_audit.errors import BadArgumentError
from infra_audit.inventory import Ending

VERSION = 4
MAX_TEXT = 2_048  # no id is longer; what is longer is content
MAX_TAGS = 100  # AWS allows 50

# Attributes that say which resource it is, and nothing of what is in it.
IDENTITY = frozenset(
    {
        "account_id",
        "allocation_id",
        "arn",
        "bucket",
        "cluster_id",
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
        "replication_group_id",
        "url",
    }
)
# Attributes by which a part (a rule, an attachment, a policy) names what it is a part of.
PARENTS = frozenset(
    {
        "file_system_id",
        "key_id",
        "queue_url",
        "role",
        "route_table_id",
        "secret_id",
        "security_group_id",
        "spot_instance_id",
        "user",
        "volume_id",
    }
)
NAMES = IDENTITY | PARENTS
TAGS = ("tags", "tags_all")
DISKS = ("root_block_device", "ebs_block_device")

OPENING = frozenset({"start_map", "start_array"})
CLOSING = frozenset({"end_map", "end_array"})
Events = Iterator[tuple[str, Any]]


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class StateError(BadArgumentError):
    """A file that cannot be read as a state. `ending` is ERROR for a broken file, UNSUPPORTED for another kind."""

    def __init__(self, message: str, ending: Ending = Ending.ERROR) -> None:
        super().__init__(message)
        self.ending = ending


@dataclass
class Instance:
    """One instance of a resource block. `status` is "", "tainted" (made anew next time) or "deposed" (to be deleted).

    `attributes` holds those of NAMES, all of them text; `disks` the ids of what came with it, by DISKS.
    """

    index_key: str | int | None = None
    status: str = ""
    deposed: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    disks: dict[str, list[str]] = field(default_factory=dict)

    @property
    def volumes(self) -> list[str]:
        return [disk for name in DISKS for disk in self.disks.get(name, ())]


@dataclass
class Block:
    """One resource of the code with its instances, as `count` and `for_each` make them."""

    module: str = ""
    mode: str = ""
    type: str = ""
    name: str = ""
    provider: str = ""
    instances: list[Instance] = field(default_factory=list)

    @property
    def is_managed_at_aws(self) -> bool:
        return self.mode == "managed" and self.type.startswith(("aws_", "awscc_"))

    def address(self, instance: Instance) -> str:
        """As Terraform writes it: `module.network.aws_subnet.public["eu-west-1a"]`."""
        module = f"{self.module}." if self.module else ""
        index = "" if instance.index_key is None else f"[{json.dumps(instance.index_key, ensure_ascii=False)}]"
        return f"{module}{self.type}.{self.name}{index}"


def blocks(stream: Stream, name: str) -> Iterator[Block]:
    """The resource blocks that Terraform manages at AWS. Raises StateError, in one sentence that names the mend."""
    with _told_plainly(name):
        events = ijson.basic_parse(stream, use_float=True)
        if next(events, ("", None))[0] != "start_map":
            raise _no_state(name)
        yield from _top(events, name)
        for _ in events:  # what follows the state makes the parser complain
            pass


def _top(events: Events, name: str) -> Iterator[Block]:
    version, told_version = None, False
    for key in _keys(events):
        event, value = next(events)
        if key == "encrypted_data":
            raise StateError(
                f"{name} is encrypted by OpenTofu: give what `tofu state pull` prints where the key is at hand.",
                Ending.UNSUPPORTED,
            )
        if key == "version" and event == "number":
            version, told_version = value, True
            _refuse_version(version, name)
        elif key == "resources" and event == "start_array":
            yield from _resources(events)
        else:
            _skip(events, event)
    if not told_version:
        raise _no_state(name)


def _no_state(name: str) -> StateError:
    return StateError(f"{name} is no Terraform state: give what `terraform state pull` prints.")


def _refuse_version(version: Any, name: str) -> None:
    if version == VERSION:
        return
    mend = "write it anew with Terraform 0.12 or later." if version < VERSION else "ask for a newer version of this."
    how = "too old" if version < VERSION else "too new"
    raise StateError(
        f"{name} is {how}: it is a state of version {version}, and only version {VERSION} is read: {mend}",
        Ending.UNSUPPORTED,
    )


def _resources(events: Events) -> Iterator[Block]:
    for event, _ in _items(events):
        if event != "start_map":
            _skip(events, event)
            continue
        block = _block(events)
        if block.is_managed_at_aws:
            yield block


def _block(events: Events) -> Block:
    """Terraform writes `instances` last; where a tool has sorted the keys it comes first, so nothing may rest on it."""
    block = Block()
    for key in _keys(events):
        event, value = next(events)
        if key in {"module", "mode", "type", "name", "provider"} and event == "string":
            setattr(block, key, value[:MAX_TEXT])
        elif key == "instances" and event == "start_array" and block.mode != "data":
            for one, _ in _items(events):
                if one == "start_map":
                    block.instances.append(_instance(events))
                else:
                    _skip(events, one)
        else:
            _skip(events, event)
    return block


def _instance(events: Events) -> Instance:
    made = Instance()
    hidden: set[str] = set()
    for key in _keys(events):
        event, value = next(events)
        match key, event:
            case "index_key", "string" | "number":
                made.index_key = value
            case "status" | "deposed", "string":
                setattr(made, key, value[:MAX_TEXT])
            case "attributes", "start_map":
                _read_attributes(events, made)
            case "attributes_flat", "start_map":  # from a state of version 3, until Terraform next writes it
                _read_flat(events, made)
            case "sensitive_attributes", "start_array":
                hidden = set(_sensitive(events))
            case _:
                _skip(events, event)
    made.status = "deposed" if made.deposed else made.status
    _forget(hidden, made)
    return made


def _forget(hidden: set[str], made: Instance) -> None:
    for found in (made.attributes, made.tags, made.disks):
        for name in hidden & found.keys():
            del found[name]


def _read_attributes(events: Events, made: Instance) -> None:
    for key in _keys(events):
        event, value = next(events)
        if key in NAMES and event == "string" and _is_short(value):
            made.attributes[key] = value
        elif key in TAGS and event == "start_map":
            made.tags[key] = _text_map(events)
        elif key in DISKS and event == "start_array":
            made.disks[key] = list(_volumes(events))
        else:
            _skip(events, event)


def _read_flat(events: Events, made: Instance) -> None:
    """Version 3 wrote `tags.Name` and `root_block_device.0.volume_id` as keys of one flat map."""
    for key in _keys(events):
        event, value = next(events)
        if event != "string":
            _skip(events, event)
            continue
        head, _, rest = key.partition(".")
        if not rest and key in NAMES and _is_short(value):
            made.attributes[key] = value
        elif head in TAGS and rest not in {"", "%", "#"}:
            made.tags.setdefault(head, {})[rest] = value[:MAX_TEXT]
        elif head in DISKS and rest.endswith(".volume_id") and _is_short(value):
            made.disks.setdefault(head, []).append(value)


def _text_map(events: Events) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in _keys(events):
        event, value = next(events)
        if event == "string" and len(found) < MAX_TAGS:
            found[key[:MAX_TEXT]] = value[:MAX_TEXT]
        else:
            _skip(events, event)
    return found


def _volumes(events: Events) -> Iterator[str]:
    for event, _ in _items(events):
        if event != "start_map":
            _skip(events, event)
            continue
        for key in _keys(events):
            inner, value = next(events)
            if key == "volume_id" and inner == "string" and _is_short(value):
                yield value
            else:
                _skip(events, inner)


def _is_short(text: str) -> bool:
    return 0 < len(text) <= MAX_TEXT


def _sensitive(events: Events) -> Iterator[str]:
    """Names of the attributes that Terraform marks: lists of paths, whose first step is the name."""
    for event, value in _items(events):
        if event == "start_array":
            for position, (step, name) in enumerate(_items(events)):
                if position == 0:
                    yield from _step(events, step, name)
                else:
                    _skip(events, step)
        else:
            yield from _step(events, event, value)


def _step(events: Events, event: str, value: Any) -> Iterator[str]:
    """The name in `{"type": "get_attr", "value": "password"}`, or a bare one."""
    if event == "string":
        yield value
    elif event == "start_map":
        for key in _keys(events):
            inner, name = next(events)
            if key == "value" and inner == "string":
                yield name
            else:
                _skip(events, inner)
    else:
        _skip(events, event)


def _keys(events: Events) -> Iterator[str]:
    """The keys of an object just opened; whoever asks takes the value that follows each."""
    for event, value in events:
        if event == "end_map":
            return
        yield value


def _items(events: Events) -> Iterator[tuple[str, Any]]:
    """The first event of each member of a list just opened; whoever asks takes the rest of it."""
    for event, value in events:
        if event == "end_array":
            return
        yield event, value


def _skip(events: Events, event: str) -> None:
    """Drop what began with `event`."""
    depth = int(event in OPENING)
    while depth:
        event, _ = next(events)
        depth += (event in OPENING) - (event in CLOSING)


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
