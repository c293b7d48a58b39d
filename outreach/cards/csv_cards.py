"""Contacts in CSV, as address books, spreadsheets and networks write it."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from core.errors import DomainError
from outreach.cards.card import Reading

DELIMITERS = ",;\t|"
HEADER_WITHIN = 10  # rows; some exports begin with a note
LONGEST_CELL = 200_000

# What a column is called, letters and digits only; the first name in an export is the one that counts.
COLUMNS = {
    "name": ("name", "fullname", "displayname", "contact", "contactname"),
    "first": ("firstname", "givenname", "forename"),
    "last": ("lastname", "familyname", "surname"),
    "company": ("company", "organisation", "organization", "organizationname", "organization1name", "employer"),
    "job": ("job", "jobtitle", "title", "position", "role", "organizationtitle", "organization1title"),
    "phone": (
        "phone",
        "mobile",
        "telephone",
        "phonenumber",
        "mobilephone",
        "businessphone",
        "primaryphone",
        "phone1value",
    ),
    "where_met": ("wheremet", "wherewemet", "metat", "event", "source"),
    "notes": ("notes", "note", "comment", "comments"),
    "tags": ("tags", "labels", "groups", "categories"),
}
_EMAIL = re.compile(r"^(?:furtheremails?|(?:primary)?e?mail(?:address)?\d*(?:value|address)?)$")
_FIELD_OF = {alias: field for field, aliases in COLUMNS.items() for alias in aliases}


def read_csv(text: str) -> Reading:
    """One card a row. Raises DomainError where no row names columns that hold a name or an address."""
    header, rows = _table(text)
    fields = _fields(header)
    reading = Reading()
    for line, row in rows:
        if any(cell.strip() for cell in row):
            _add(reading, line, fields, row)
    return reading


def _table(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and the rows under it with the line each ends on."""
    if text[:4].lower() == "sep=":  # a hint of Excel's
        text = text.partition("\n")[2]
    candidates = [found for delimiter in DELIMITERS if (found := _header(text, delimiter))]
    if not candidates:
        first = " · ".join(cell.strip()[:30] for cell in next(iter(_rows(text, ",")), (0, []))[1][:6])
        raise DomainError(
            _("No column is named “Name” or “E-mail”. The first line reads: %(first)s. Name the columns there."),
            first=first,
        )
    _known, header, rows = max(candidates, key=lambda found: found[0])
    return header, rows


def _header(text: str, delimiter: str) -> tuple[int, list[str], Iterator[tuple[int, list[str]]]] | None:
    """The first row that names a name or an address, how many of its columns are known, and the rows to come."""
    rows = _rows(text, delimiter)
    for number, (_line, row) in enumerate(rows):
        known = [name for name in map(_field, row) if name]
        if {"name", "first", "last", "emails"} & set(known):
            return len(known), row, rows
        if number == HEADER_WITHIN:
            break
    return None


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as broken:
        raise DomainError(
            _("Line %(line)s cannot be read: a quotation mark is open, or a cell is huge."), line=reader.line_num
        ) from broken


def _field(column: str) -> str:
    """What a column holds, or nothing for one we have no place for."""
    plain = re.sub(r"[\W_]", "", column).lower()
    return "emails" if _EMAIL.match(plain) else _FIELD_OF.get(plain, "")


def _fields(header: Sequence[str]) -> list[str]:
    """The field of each column; of two columns for one field the first counts, but for addresses."""
    fields: list[str] = []
    for column in header:
        field = _field(column)
        fields.append(field if field == "emails" or field not in fields else "")
    return fields


def _add(reading: Reading, line: int, fields: Sequence[str], row: Sequence[str]) -> None:
    values: dict[str, str] = {}
    emails: list[str] = []
    for field, cell in zip(fields, row, strict=False):
        if field == "emails":
            emails += re.split(r"[,;\s]+|:::", cell)
        elif field:
            values[field] = cell
    first, last = values.pop("first", ""), values.pop("last", "")
    values["name"] = values.get("name", "").strip() or f"{first.strip()} {last.strip()}".strip()
    tags = re.split(r"[,;]|:::", values.pop("tags", ""))
    reading.add(line, values, emails, tags)
