"""Terraform states given as files or folders: what they manage. A state is never stored."""

import math
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from infra_audit.inventory import Ending, Place, Row, Unit, Unread
from infra_audit.state_parser import VERSION, Block, Instance, StateError, Stream, blocks

OPERATION = "tfstate.resources"
MAX_BYTES = 256_000_000
MAX_RESOURCES = 500_000
MAX_FILES = 5_000
SUFFIXES = (".tfstate", ".tfstate.json")
# Terraform's own folder: what is called terraform.tfstate there says where the state is, and is none.
WORKING_FOLDER = ".terraform"


def read_states(paths: Sequence[Path]) -> Unit:
    """One unit for all states given, folders walked; a bad file makes it partial and is named, with a sentence.

    Rows are those of `rows_of`. Only what Terraform manages and AWS holds: nothing merely looked up.
    """
    if not paths:
        return Unit(OPERATION, Place(), Ending.NOT_APPLICABLE, message="No Terraform state was given.")
    return read_named(find_states(paths))


def joined(units: Sequence[Unit]) -> Unit | None:
    """What several readings of states said, as one unit; None where no state was given to any."""
    given = [unit for unit in units if unit.ending is not Ending.NOT_APPLICABLE]
    if len(given) < 2:
        return next(iter(given), None)
    bad = [unit for unit in given if not unit.ending.complete]
    return Unit(
        OPERATION,
        given[0].place,
        Ending.OK if not bad else Ending.PARTIAL,
        tuple(row for unit in given for row in unit.rows),
        unread=tuple(miss for unit in given for miss in unit.unread),
        message=" ".join(unit.message for unit in bad),
    )


def read_named(states: Sequence[tuple[str, Path]]) -> Unit:
    """The same for states with what to call each, as `find_states` gives them."""
    rows: list[Row] = []
    unread: list[Unread] = []
    messages: list[str] = []
    for name, path in states:
        try:
            rows.extend(list(_rows(path, name)))  # all of a file or nothing
        except StateError as error:
            unread.append(Unread(name, error.ending))
            messages.append(str(error))
    truncated = len(rows) > MAX_RESOURCES
    if truncated:
        messages.append(f"Only the first {MAX_RESOURCES:,} of {len(rows):,} resources were read.")
    ending = Ending.TRUNCATED if truncated else Ending.PARTIAL if unread else Ending.OK
    return Unit(
        OPERATION, Place(), ending, tuple(rows[:MAX_RESOURCES]), unread=tuple(unread), message=" ".join(messages)
    )


def find_states(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """What to call each state, and where it is. A folder is walked for *.tfstate and *.tfstate.json, no link followed.

    A folder that holds none stands for itself, so that reading it says so.
    """
    alike = Counter(path.name for path in paths)
    found: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            inside = list(_walk(path))
            top = path.resolve()
            found.extend((f"{top.name}/{one.relative_to(path).as_posix()}", one) for one in inside)
            if inside:
                continue
        # Most states are called terraform.tfstate: the folder tells them apart.
        found.append((path.name if alike[path.name] < 2 else f"{path.resolve().parent.name}/{path.name}", path))
    return list({path: (name, path) for name, path in found}.values())[:MAX_FILES]


def _walk(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(one for one in folders if one != WORKING_FOLDER)
        for name in sorted(files):
            path = Path(here, name)
            if name.endswith(SUFFIXES) and not path.is_symlink():
                yield path


def rows_of(stream: Stream, name: str) -> Iterator[Row]:
    """{state, address, tf_type, id, arn, attributes, tags, status}: one a resource that Terraform manages at AWS.

    The state's name, the address in the code with modules and keys, Terraform's type, and the attributes that are
    names, all of them text; of instances also `volumes`, the ids of the disks that come with them. `status` is "",
    "tainted" or "deposed". Raises StateError.
    """
    for block in blocks(stream, name):
        for one in block.instances:
            attributes: dict[str, Any] = dict(one.attributes)
            if one.volumes:
                attributes["volumes"] = one.volumes
            yield {
                "state": name,
                "address": block.address(one),
                "tf_type": block.type,
                "id": attributes.get("id"),
                "arn": attributes.get("arn"),
                "attributes": attributes,
                "tags": one.tags.get("tags_all") or one.tags.get("tags") or {},
                "status": one.status,
            }


def strip_state(path: Path) -> dict[str, Any]:
    """A state of the same shape that holds ids and tags only: what a client runs before handing it over.

    `read_states` reads it like the original. Raises StateError, in one sentence, for what is no state.
    """
    with _opened(path, path.name, math.inf) as file:
        resources = [_stripped(block) for block in blocks(file, path.name)]
    return {"version": VERSION, "stripped": True, "resources": resources}


def _stripped(block: Block) -> dict[str, Any]:
    told = {key: getattr(block, key) for key in ("module", "mode", "type", "name", "provider") if getattr(block, key)}
    return {**told, "instances": [_stripped_instance(one) for one in block.instances]}


def _stripped_instance(one: Instance) -> dict[str, Any]:
    kept: dict[str, Any] = {key: one.attributes[key] for key in sorted(one.attributes)}
    kept |= one.tags
    kept |= {key: [{"volume_id": disk} for disk in disks] for key, disks in one.disks.items() if disks}
    return {
        **({} if one.index_key is None else {"index_key": one.index_key}),
        **({"status": "tainted"} if one.status == "tainted" else {}),
        **({"deposed": one.deposed} if one.deposed else {}),
        "attributes": kept,
    }


def _rows(path: Path, name: str) -> Iterator[Row]:
    with _opened(path, name, MAX_BYTES) as file:
        yield from rows_of(file, name)


def _opened(path: Path, name: str, max_bytes: float) -> BinaryIO:
    """The file, if it is an ordinary one of a sensible size. Raises StateError."""
    if path.is_dir() and not path.is_symlink():
        raise StateError(f"There is no state in the folder {name}: none of its files is called *{SUFFIXES[0]}.")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise StateError(_why_not_opened(path, name, error)) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise StateError(f"{name} is not a file: give the state file itself.")
    if found.st_size > max_bytes:
        os.close(descriptor)
        raise too_large(name, found.st_size)
    return os.fdopen(descriptor, "rb")


def too_large(name: str, size: int) -> StateError:
    return StateError(
        f"{name} has {size / 1e6:,.0f} MB, and {MAX_BYTES / 1e6:,.0f} MB is the most that is read:"
        " let `strip-state` make it small first.",
        Ending.UNSUPPORTED,
    )


def _why_not_opened(path: Path, name: str, error: OSError) -> str:
    if path.is_symlink():
        return f"{name} is a symbolic link: give the state file itself."
    if isinstance(error, FileNotFoundError):
        return f"There is no file {name}."
    return f"{name} could not be opened: {error.strerror}."
