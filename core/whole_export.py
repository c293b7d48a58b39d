"""Everything that the practice has, as one ZIP to take elsewhere: each table as JSON Lines and CSV, and all files.

It is written as a stream, table after table and row after row. What opens doors stays out: password hashes, second
factors, sessions, keys, the tokens of links.
"""

import csv
import datetime as dt
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import TextIOWrapper
from pathlib import PurePosixPath
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from djmoney.models.fields import CurrencyField, MoneyField

from core import clock
from core.cells import safe_cell
from core.models import StoredFile
from core.money import Money, as_json

# Sign-in and the framework's own; what of them a person would miss is in core.User.
LEFT_OUT_APPS = frozenset({"account", "mfa", "auth", "sessions", "contenttypes", "messages"})
SECRET = re.compile(r"(^|_)(password|secret|token|encrypted|private_key|otp|recovery)(_|$)|^external_id$")
CHUNK = 1024 * 1024
ROWS = 1000
UNPRINTABLE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
LONGEST_NAME = 100

Alive = Callable[[], None]


@dataclass(frozen=True)
class Table:
    """A model, the columns of it that go out, and those that stay."""

    model: type[models.Model]
    columns: tuple[str, ...]
    kept_back: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.model._meta.label.lower()


def tables() -> list[Table]:
    """Every table of ours, those between two others included."""
    found = (
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in LEFT_OUT_APPS and model._meta.managed and not model._meta.proxy
    )
    return sorted((_table(model) for model in found), key=lambda table: table.name)


def write(file: IO[bytes], *, alive: Alive = lambda: None) -> dict[str, int]:
    """The ZIP into `file`; returns how many tables, rows and files are in it, and how many files are lost.

    `alive` is called often: a worker says by it that it is still at work.
    """
    counted = {"tables": 0, "rows": 0, "files": 0, "lost": 0}
    with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=6, allowZip64=True) as archive:
        for table in tables():
            counted["rows"] += _write_table(archive, table, alive)
            counted["tables"] += 1
            alive()
        for stored in _files():
            there = _write_file(archive, stored)
            counted["files" if there else "lost"] += 1
            alive()
        archive.writestr("README.txt", _readme(counted))
    return counted


def path_of(stored: StoredFile) -> str:
    """A file's name in the ZIP: its client's folder, its day, its own name, and its number, which makes it unique."""
    name = PurePosixPath(_readable(stored.name) or "file")
    owner = _readable(stored.organisation.name) if stored.organisation else "practice"
    return f"files/{owner or 'client'}/{stored.created_at:%Y-%m-%d} {name.stem} ({stored.pk}){name.suffix}"


def _readable(text: str) -> str:
    return " ".join(UNPRINTABLE.sub(" ", text).split()).strip(" .")[-LONGEST_NAME:].strip(" .")


def _table(model: type[models.Model]) -> Table:
    columns: list[str] = []
    kept_back: list[str] = []
    for field in model._meta.concrete_fields:
        secret = SECRET.search(field.name) or isinstance(field, models.BinaryField)
        (kept_back if secret else columns).append(field.attname)
    return Table(model, tuple(columns), tuple(kept_back))


def _files() -> Iterator[StoredFile]:
    """All but earlier exports."""
    rows = StoredFile.objects.filter(export=None).select_related("organisation").order_by("pk")
    yield from rows.iterator(chunk_size=ROWS)


def _write_table(archive: zipfile.ZipFile, table: Table, alive: Alive) -> int:
    """JSON Lines go straight into the ZIP; the CSV waits in a file, for a ZIP takes one member at a time."""
    count = 0
    with tempfile.TemporaryFile("w+b") as waiting:
        sheet = TextIOWrapper(waiting, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(sheet)
        writer.writerow(_header(table))
        with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as lines:
            for count, row in enumerate(_rows(table), start=1):
                lines.write(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")
                writer.writerow([_cell(value) for value in row.values()])
                if count % ROWS == 0:
                    alive()
        sheet.flush()
        waiting.seek(0)
        with archive.open(f"tables/{table.name}.csv", "w", force_zip64=True) as member:
            shutil.copyfileobj(waiting, member, CHUNK)
        sheet.detach()
    return count


def _header(table: Table) -> list[str]:
    return [*table.columns, *(["in_zip"] if table.model is StoredFile else [])]


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    shown = {field.attname: field for field in table.model._meta.concrete_fields}
    if table.model is StoredFile:
        for stored in _files():
            yield {name: _plain(getattr(stored, name)) for name in table.columns} | {"in_zip": path_of(stored)}
        return
    rows = table.model._base_manager.order_by("pk").values(*table.columns)
    for row in rows.iterator(chunk_size=ROWS):
        yield {name: _value(shown[name], row) for name in table.columns}


def _value(field: "models.Field[Any, Any]", row: dict[str, Any]) -> Any:
    value = row[field.attname]
    if isinstance(field, MoneyField) and value is not None:
        return as_json(Money(Decimal(getattr(value, "amount", value)), row[f"{field.attname}_currency"]))["amount"]
    if isinstance(field, CurrencyField) and value is not None:
        return str(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    """What JSON knows; anything else as text, times in UTC."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, str | int | float | bool | list | dict | None):
        return value
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return safe_cell(json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, str):
        return safe_cell(value.replace("\x00", ""))
    return str(value)


def _write_file(archive: zipfile.ZipFile, stored: StoredFile) -> bool:
    """Whether it was there. Most are compressed already, so none is again."""
    try:
        content = default_storage.open(stored.file.name, "rb")
    except FileNotFoundError:
        return False
    about = zipfile.ZipInfo(path_of(stored), date_time=stored.created_at.timetuple()[:6])
    about.compress_type = zipfile.ZIP_STORED
    with content, archive.open(about, "w", force_zip64=True) as member:
        shutil.copyfileobj(content, member, CHUNK)
    return True


def _readme(counted: dict[str, int]) -> str:
    kept = [f"  {table.name}: {', '.join(table.kept_back)}" for table in tables() if table.kept_back]
    lost = f"\n{counted['lost']} files that a row names were no longer in the storage." if counted["lost"] else ""
    return "\n".join(
        [
            f"Everything of the practice at {settings.BASE_URL}, {clock.now():%Y-%m-%d %H:%M} UTC.",
            "",
            f"tables/  {counted['tables']} tables with {counted['rows']} rows, each as JSON Lines (.jsonl) and as CSV.",
            f"files/   {counted['files']} files, by client. tables/core.storedfile says which is which (in_zip).{lost}",
            "",
            "Amounts are text at the precision of their currency, which stands in the column beside (total,",
            "total_currency). Times are UTC. A column that ends in _id holds the id of a row of another table.",
            "In the CSV, a cell that a spreadsheet would calculate has an apostrophe before it; the JSON Lines hold",
            "every value as it is.",
            "",
            "Not in here, because it opens doors: password hashes, second factors, sessions, and these columns:",
            *kept,
            "",
            "The tables were read one after the other: what people did meanwhile may stand in one and not in another.",
            "To move the practice to another server, use manage.py backup and manage.py restore instead.",
            "",
        ]
    )
