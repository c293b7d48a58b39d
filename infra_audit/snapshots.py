"""A reading in one file: a client runs the collectors, hands it over, and the checks run from it alone.

Gzipped lines of JSON (a plain file is read, too): a head, then one unit a line. Rows never hold a secret's value, so
the file holds none either; it does hold names, ARNs and tags. What a finding stands on is all in it: judged at the
moment it was read, it gives the findings and gaps of the live run.

Secrets' fingerprints are keyed by whoever read; the head has a proof of that key, from which one can tell whether it
was ours, and which tells nothing of it.
"""

import gzip
import io
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from infra_audit import CATALOGUE_VERSION, TOOL_VERSION
from infra_audit.call_log import Calls
from infra_audit.errors import BadArgumentError
from infra_audit.fingerprints import keyed
from infra_audit.inventory import REDACTED, Unit
from infra_audit.resources import RESOURCE_OPERATIONS
from infra_audit.states import OPERATION as STATES
from infra_audit.states import joined, read_states

FORMAT = 1
MOST_BYTES = 1_000_000_000  # unpacked; 20,000 resources take about 20 MB
MOST_UNITS = 200_000
GZIP_MAGIC = b"\x1f\x8b"
ACCOUNT_ID = re.compile(r"\d{12}")
OPERATION = re.compile(r"[a-z0-9_-]{1,40}(\.[a-z0-9_]{1,50}){1,2}")
LONGEST_OPERATION, LONGEST_REGION, LONGEST_PARTITION, LONGEST_WORD = 100, 32, 20, 100
END_OF_TIME_S = 253_402_300_800  # the year 10000, since 1970: no date goes further
ORG_ROLES = frozenset({"management", "member", "standalone", ""})
CONSENTS = frozenset({"metadata", "configuration"})
RESOURCE_TEXTS = ("arn", "type", "name")
DAMAGE = (OSError, EOFError, zlib.error, ValueError, RecursionError)  # ValueError: no UTF-8, no JSON


@dataclass(frozen=True)
class Head:
    """What was read, when, how much of it was agreed to, and with which key secrets were fingerprinted."""

    read_at: datetime
    account: Mapping[str, str]  # id, alias, partition, org_role
    regions: tuple[str, ...]
    consent: str  # "metadata" or "configuration"
    paid_calls: bool
    key_proof: str
    signing_in: tuple[Calls, ...] = ()  # the requests that no unit holds; files of old have none
    tool_version: str = TOOL_VERSION
    catalogue_version: str = CATALOGUE_VERSION

    def keyed_with(self, key: bytes) -> bool:
        """Whether secrets in it are fingerprinted as we do, so that one is recognised wherever else it lies."""
        return self.key_proof == key_proof(key)


@dataclass(frozen=True)
class Snapshot:
    """One account, read at one moment."""

    head: Head
    units: tuple[Unit, ...]

    @property
    def is_redacted(self) -> bool:
        """Whether its names are pseudonyms."""
        return any(unit.operation == REDACTED for unit in self.units)


def key_proof(key: bytes) -> str:
    """Says whether two keys are the same, and nothing else of them, if they are not to be guessed."""
    return keyed(key, "snapshot key")


def write_snapshot(path: Path, head: Head, units: Sequence[Unit]) -> None:
    """Write the file, readable to its owner alone. Raises OSError."""
    told = {"snapshot": FORMAT, **asdict(head), "read_at": head.read_at.isoformat(), "units": len(units)}
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        for line in (told, *(unit.as_json() for unit in units)):
            packed.write(json.dumps(line, separators=(",", ":"), sort_keys=True).encode() + b"\n")


def read_snapshots(paths: Iterable[Path]) -> list[Snapshot]:
    """Each file, in order. Raises BadArgumentError for a bad one, and where two are of the same account."""
    files: dict[str, Path] = {}
    snapshots = []
    for path in paths:
        one = read_snapshot(path)
        number = one.head.account["id"]
        if number in files:
            raise BadArgumentError(
                f"{files[number]} and {path} are both of account {number}: give the newer one alone."
            )
        files[number] = path
        snapshots.append(one)
    return snapshots


def merged_units(snapshots: Sequence[Snapshot]) -> list[Unit]:
    """All units together. States become one unit, for they are of no account and speak for every one."""
    units = [unit for one in snapshots for unit in one.units]
    states = [unit for unit in units if unit.operation == STATES]
    return [joined(states) or read_states(()), *(unit for unit in units if unit.operation != STATES)]


def read_snapshot(path: Path) -> Snapshot:
    """Read a file that anybody may have made or damaged. Raises BadArgumentError, in one sentence."""
    try:
        with path.open("rb") as file:
            lines = _lines(path, file)
            head, count = _head(path, next(lines, b""))
            units = tuple(_unit(path, line, head) for line in lines)
    except FileNotFoundError:
        raise BadArgumentError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise BadArgumentError(f"{path} is a folder: name the snapshot's file.") from None
    except PermissionError:
        raise BadArgumentError(f"{path} may not be read by you.") from None
    except DAMAGE:
        _damaged(path)
    if len(units) != count:
        _damaged(path)
    if len({(unit.place, unit.operation) for unit in units}) != count:
        _damaged(path)
    return Snapshot(head, units)


def _lines(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """Line by line, so that a small file which unpacks to a huge one is given up as soon as it shows."""
    packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    source: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=file)) if packed else file
    left, units = MOST_BYTES, 0
    while line := source.readline(left + 1):
        left, units = left - len(line), units + 1
        if left < 0 or units > MOST_UNITS + 1:
            raise BadArgumentError(f"{path} is too large: {MOST_BYTES // 1_000_000:,} MB unpacked is the most.")
        yield line


def _head(path: Path, line: bytes) -> tuple[Head, int]:
    try:
        told = _parsed(line)
    except DAMAGE:
        told = {}
    if "snapshot" not in told:
        raise BadArgumentError(f"{path} is no snapshot: `python -m infra_audit aws --snapshot FILE` writes one.")
    version = str(told.get("tool_version"))[:40]
    if told["snapshot"] != FORMAT or _series(version) != _series(TOOL_VERSION):
        raise BadArgumentError(
            f"{path} was written by version {version}, and this is {TOOL_VERSION}: check it with that version, "
            "or read the account again with this one."
        )
    try:
        return _checked(told), int(told["units"])
    except (KeyError, TypeError, ValueError):
        _damaged(path)


def _series(version: str) -> list[str]:
    """Rows keep their shape within a minor version."""
    return version.split(".")[:2]


def _checked(told: Mapping[str, Any]) -> Head:
    """Raises KeyError, TypeError or ValueError for what no snapshot of ours says."""
    account = {key: str(told["account"][key]) for key in ("id", "alias", "partition", "org_role")}
    regions = tuple(map(str, told["regions"]))
    signing_in = tuple(map(Calls.from_json, told.get("signing_in", ())))
    sound = (
        ACCOUNT_ID.fullmatch(account["id"])
        and len(account["alias"]) <= 100
        and 0 < len(account["partition"]) <= LONGEST_PARTITION
        and account["org_role"] in ORG_ROLES
        and all(0 < len(one) <= LONGEST_REGION for one in regions)
        and told["consent"] in CONSENTS
        and _are_calls(signing_in)
    )
    read_at = datetime.fromisoformat(told["read_at"])
    if not sound or read_at.tzinfo is None:
        raise ValueError
    return Head(
        read_at=read_at,
        account=account,
        regions=regions,
        consent=told["consent"],
        paid_calls=told["paid_calls"] is True,
        key_proof=str(told["key_proof"]),
        signing_in=signing_in,
        tool_version=str(told["tool_version"]),
        catalogue_version=str(told["catalogue_version"]),
    )


def _unit(path: Path, line: bytes, head: Head) -> Unit:
    try:
        unit = Unit.from_json(_parsed(line))
    except (KeyError, TypeError, AttributeError):
        _damaged(path)
    if not _is_sound(unit, head):
        _damaged(path)
    return unit


def _is_sound(unit: Any, head: Head) -> bool:
    """Whether each part is of its type, and the unit of this account: no other may be slipped in."""
    place, texts = unit.place, (unit.operation, unit.message, *asdict(unit.place).values())
    optional = (unit.iam_action, unit.denied_by)
    return (
        all(isinstance(one, str) for one in texts)
        and all(one is None or (isinstance(one, str) and len(one) <= 100) for one in optional)
        and OPERATION.fullmatch(unit.operation) is not None
        and len(unit.operation) <= LONGEST_OPERATION
        and all(_is_row(row, of_resources=unit.operation in RESOURCE_OPERATIONS) for row in unit.rows)
        and all(isinstance(one.resource, str) for one in unit.unread)
        and type(unit.api_calls) is int
        and unit.api_calls >= 0
        and isinstance(unit.duration_s, (int, float))
        and _are_calls(unit.calls)
        and place.account == ("" if unit.operation == STATES else head.account["id"])
        and len(place.region) <= LONGEST_REGION
        and len(place.partition) <= LONGEST_PARTITION
        and not place.repository
    )


def _are_calls(calls: Sequence[Any]) -> bool:
    """Whether each says in short words what was asked, and at moments that there are."""
    return all(
        all(isinstance(one, str) and len(one) <= LONGEST_WORD for one in (call.service, call.operation, call.ending))
        and isinstance(call.region, str)
        and len(call.region) <= LONGEST_REGION
        and len(call.at) > 0
        and all(type(at) is int and 0 <= at < END_OF_TIME_S for at in call.at)
        for call in calls
    )


def _is_row(row: Any, *, of_resources: bool) -> bool:
    """Whether what every row of a resource says is there, and of its type: more than the checks reads these."""
    if not isinstance(row, dict):
        return False
    # What is in a state need have no ARN.
    texts = all(isinstance(row.get(key, ""), str if of_resources else str | None) for key in RESOURCE_TEXTS)
    tags = row.get("tags")
    tagged = tags is None or (isinstance(tags, dict) and all(isinstance(one, str) for one in tags.values()))
    return texts and tagged and (not of_resources or row.keys() >= {*RESOURCE_TEXTS, "tags"})


def _parsed(line: bytes) -> dict[str, Any]:
    """Raises ValueError for what is no JSON object, or holds what no database stores."""
    if not line.endswith(b"\n") or b"\\u0000" in line:
        raise ValueError
    told = json.loads(line, parse_constant=_refuse)
    if not isinstance(told, dict):
        raise ValueError
    return told


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def _damaged(path: Path) -> NoReturn:
    raise BadArgumentError(f"{path} is damaged or cut short: have it sent again.") from None
