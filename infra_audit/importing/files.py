"""Files of other tools' findings, read as streams: a list, one object a line, or what Security Hub's API answers.

A report that is one object, as Checkov and SARIF write it, is held in memory whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import ijson

from infra_audit.errors import BadArgumentError
from infra_audit.importing import asff, cfn_lint, checkov, gitleaks, ocsf, sarif
from infra_audit.importing.joining import OPERATION
from infra_audit.importing.rows import NotOursError, Told, row_of
from infra_audit.inventory import Ending, Place, Row, Unit
from infra_audit.secrets import SecretEngine

MOST_BYTES = 500_000_000
DEEPEST = 50
MOST_FINDINGS = 200_000
BAD = (ijson.JSONError, UnicodeDecodeError, RecursionError, ValueError)


def read_findings(paths: Iterable[Path], *, key: bytes) -> Unit | None:
    """All that the files found, as one unit; None without a file. `key` keys the search for credentials in texts.

    Raises BadArgumentError, in one sentence, for a file that is not such findings from end to end.
    """
    given = list(paths)
    if not given:
        return None
    secrets = SecretEngine(key)
    rows = [row for path in given for row in _rows(path, secrets)]
    return Unit(OPERATION, Place(), Ending.OK, tuple(rows))


def _rows(path: Path, secrets: SecretEngine) -> list[Row]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadArgumentError(f"{path} is too large: {MOST_BYTES // 1_000_000:,} MB is the most.")
        with path.open("rb") as file:
            return list(_read(path, file, secrets))
    except FileNotFoundError:
        raise BadArgumentError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise BadArgumentError(f"{path} is a folder: name a file.") from None
    except OSError as error:
        raise BadArgumentError(f"{path} could not be read: {error.strerror}.") from None
    except BAD:
        raise BadArgumentError(f"{path} is no JSON, or was cut short: have the tool write it again.") from None


def _read(path: Path, file: IO[bytes], secrets: SecretEngine) -> Iterator[Row]:
    found = known = foreign = 0
    for told in _all_told(path, file):
        known += 1
        if told is None:
            continue
        try:
            yield row_of(told, secrets)
        except NotOursError:
            foreign += 1
            continue
        found += 1
        if found > MOST_FINDINGS:
            raise BadArgumentError(f"{path} holds more than {MOST_FINDINGS:,} findings: give it in parts.")
    if foreign and not found:
        raise BadArgumentError(f"{path} is of no AWS account, and names no file.")
    if not known and file.tell() < 2:  # an empty list is a good file
        raise BadArgumentError(f"{path} is empty.")


def _all_told(path: Path, file: IO[bytes]) -> Iterator[Told | None]:
    """What each finding tells, None for each that is none. Raises BadArgumentError for what we do not read."""
    for one in _objects(file):
        found = _told(one) if isinstance(one, Mapping) else None
        if found is None:
            raise BadArgumentError(
                f"{path} holds something else than findings in OCSF, ASFF, SARIF, or of Checkov, cfn-lint or gitleaks."
            )
        yield from found


def _told(one: Mapping[str, Any]) -> Iterable[Told | None] | None:
    """None for what is no format that we read."""
    if ocsf.is_event(one):
        return [ocsf.told_by(one)]
    if asff.is_finding(one):
        return [asff.told_by(one)]
    if cfn_lint.is_match(one):
        return [cfn_lint.told_by(one)]
    if gitleaks.is_leak(one):
        return [gitleaks.told_by(one)]
    if checkov.is_report(one):
        return [None, *checkov.told_by(one)]  # a report of nothing is a good file
    return [None, *sarif.told_by(one)] if sarif.is_log(one) else None


def _objects(file: IO[bytes]) -> Iterator[Any]:
    """Each finding, and whatever else stands where one should."""
    is_list = file.read(4096).lstrip().startswith(b"[")
    file.seek(0)
    for one in _values(file, base=1 if is_list else 0):
        if isinstance(one, Mapping) and isinstance(one.get("Findings"), list):
            yield from one["Findings"]
        else:
            yield one


def _values(file: IO[bytes], *, base: int) -> Iterator[Any]:
    """The values at that depth, one at a time. Raises ValueError for what is nested deeper than any finding is.

    The parser's own way to pick items keeps the whole path of each, and nesting alone would take all memory.
    """
    depth, builder = 0, None
    for event, value in ijson.basic_parse(file, use_float=True, multiple_values=True):
        opens, closes = event in {"start_map", "start_array"}, event in {"end_map", "end_array"}
        if depth > base or (depth == base and not closes):
            builder = builder or ijson.ObjectBuilder()
            builder.event(event, value)
        depth += opens - closes
        if depth > DEEPEST:
            raise ValueError
        if depth == base and builder:
            yield builder.value
            builder = None
