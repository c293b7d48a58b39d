"""What commands that judge write: the options that name files, and the files."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra_audit import kit
from infra_audit.document import findings_csv
from infra_audit.errors import BadArgumentError
from infra_audit.evaluate import Evaluation
from infra_audit.formats.ocsf import ocsf
from infra_audit.formats.sarif import sarif
from infra_audit.inventory import Inventory
from infra_audit.kit.handing_over import write as write_folder
from infra_audit.kit.imports_tf import imports_of

STANDARD_OUTPUT = "-"
DOCUMENTS = {
    "json": "the whole run as JSON",
    "csv": "the findings as a table",
    "sarif": "the findings as SARIF 2.1.0",
    "ocsf": "the findings as OCSF 1.3.0 Compliance Findings",
}
IMPORTS_TF = "imports_tf"


def add_output(parser: argparse.ArgumentParser, *, of_account: bool) -> None:
    """`of_account`: there may be resources that no code knows."""
    parser.add_argument("--now", type=_moment, default=None, metavar="ISO", help="the moment that ages are counted to")
    for kind, what in DOCUMENTS.items():
        parser.add_argument(f"--{kind}", metavar="FILE", help=f"write {what}; - is the standard output")
    parser.add_argument("--kit", metavar="FOLDER", type=Path, help="write scripts and tables that help to mend it")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(imports_tf=None, each=None)
    if of_account:
        parser.add_argument(
            "--imports-tf",
            metavar="FILE",
            help="write Terraform's import blocks for what is in no code; - is the standard output",
        )
        parser.add_argument(
            "--each", metavar="FOLDER", type=Path, help="also write one JSON for each account alone: FOLDER/NUMBER.json"
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no date and time: write it like 2026-03-01T09:00:00+00:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def named_files(options: argparse.Namespace) -> list[str]:
    """Where documents are to be written to, the standard output included."""
    return [given for kind in (*DOCUMENTS, IMPORTS_TF) if (given := getattr(options, kind))]


def refuse_unwritable(options: argparse.Namespace, *others: str | None) -> None:
    """Before an hour of reading, not after. Raises BadArgumentError."""
    folders = [one for one in (options.kit, options.each) if one]
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise BadArgumentError(f"{folder} is no folder: name another one.")
    if named_files(options).count(STANDARD_OUTPUT) > 1:
        raise BadArgumentError("the standard output takes one document: name files for the others.")
    for given in filter(None, (*named_files(options), *others, *map(str, folders))):
        if given != STANDARD_OUTPUT and not Path(given).absolute().parent.is_dir():
            raise BadArgumentError(f"{given}: there is no folder {Path(given).parent}: make it first.")


def write_documents(
    options: argparse.Namespace, evaluation: Evaluation, inventory: Inventory, whole: dict[str, Any], *, now: datetime
) -> None:
    """Those that were asked for; `whole` is the run as JSON. Raises BadArgumentError."""
    writers: dict[str, Callable[[], str]] = {
        "json": lambda: _as_json(whole),
        "csv": lambda: findings_csv(evaluation.findings),
        "sarif": lambda: _as_json(sarif(evaluation.findings)),
        "ocsf": lambda: _as_json(ocsf(evaluation.findings, seen_at=now)),
        IMPORTS_TF: lambda: imports_of(inventory, evaluation),
    }
    for kind, made in writers.items():
        if given := getattr(options, kind):
            write(given, made())
    if options.kit:
        _write_kit(options.kit, kit.files(inventory, evaluation))


def write_each(folder: Path, documents: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """One JSON for each (account number, its document). Raises BadArgumentError."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise BadArgumentError(f"{folder} could not be made: {error.strerror}.") from error
    for number, told in documents:
        write(str(folder / f"{number}.json"), _as_json(told))


def _as_json(told: Any) -> str:
    return json.dumps(told, indent=2) + "\n"


def _write_kit(folder: Path, made: Iterable[kit.KitFile]) -> None:
    try:
        write_folder(made, folder)
    except OSError as error:
        raise BadArgumentError(f"{folder} could not be written: {error.strerror}.") from error


def write(given: str, text: str) -> None:
    """Raises BadArgumentError."""
    if given == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        Path(given).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadArgumentError(f"{given} could not be written: {error.strerror}.") from error
