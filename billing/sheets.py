"""Tables for a spreadsheet: UTF-8 with its mark, ISO days, plain numbers with a point, and no cell that runs."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.http import StreamingHttpResponse

from core.money import Money, as_json
from outreach.exports import safe_cell

Cell = str | Decimal | dt.date | None


def plain(money: Money) -> Decimal:
    """At the currency's own precision: 10.00 USD, 10 JPY, 10.000 KWD."""
    amount = Decimal(as_json(money)["amount"])
    return amount if amount else abs(amount)


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, raw: bool = False) -> Iterator[str]:
    """Line by line. Words that a spreadsheet would run as formulas get an apostrophe before them, unless `raw` is
    asked for; numbers and days are written by us and stay as they are."""
    yield "\ufeff" + _line(header)
    for row in rows:
        yield _line([_cell(cell, raw=raw) for cell in row])


def download(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    """Sent while it is read, and kept nowhere on the way."""
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _cell(cell: Cell, *, raw: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return cell if raw else safe_cell(cell)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
