"""A trade or a change order as its reader sees it: a draft from its rows, everything else from its snapshot."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from core.money import Money, from_json
from core.queries import practice_or_blank
from engagements.models import ChangeSet
from engagements.services.changes import read_draft


@dataclass(frozen=True)
class Balance:
    """The two sides of a trade. The hours are for staff alone."""

    out: Money
    incoming: Money
    tolerance: Money
    hours_out: Decimal | int
    hours_in: Decimal | int

    @property
    def difference(self) -> Money:
        return self.incoming - self.out

    @property
    def is_level(self) -> bool:
        return bool(abs(self.difference.amount) <= self.tolerance.amount)

    @property
    def hours(self) -> Decimal | int:
        return self.hours_in - self.hours_out


@dataclass(frozen=True)
class ToldLine:
    title: str
    outcome: str
    done_when: str
    value: Money


@dataclass(frozen=True)
class Told:
    """What the client reads."""

    reference: str
    kind: str
    title: str
    reason: str
    broken_assumption: str
    engagement: str
    client: str
    locale: str
    out: tuple[ToldLine, ...]
    incoming: tuple[ToldLine, ...]
    value_before: Money
    value_change: Money
    days_change: int
    finishes_on_before: dt.date | None
    valid_until: dt.date | None
    offered_by: str

    @property
    def value_after(self) -> Money:
        return self.value_before + self.value_change

    @property
    def days_earlier(self) -> int:
        return max(-self.days_change, 0)

    @property
    def finishes_on_after(self) -> dt.date | None:
        before = self.finishes_on_before
        return before + dt.timedelta(days=self.days_change) if before else None

    @property
    def is_trade(self) -> bool:
        return self.kind == ChangeSet.Kind.HORSE_TRADE


def read(change_set: ChangeSet) -> Told:
    data: dict[str, Any] = change_set.snapshot or read_draft(change_set)
    names = ("reference", "kind", "title", "reason", "broken_assumption", "engagement", "client", "locale")
    return Told(
        **{name: data[name] for name in names},
        offered_by=data["offered_by"],
        days_change=data["days_change"],
        out=_lines(data, "out"),
        incoming=_lines(data, "in"),
        value_before=from_json(data["value_before"]),
        value_change=from_json(data["value_change"]),
        finishes_on_before=_date(data["finishes_on_before"]),
        valid_until=_date(data["valid_until"]),
    )


def effort(change_set: ChangeSet) -> Decimal:
    """What it changes in likely hours; for staff alone."""
    signs = {"in": 1, "out": -1}
    hours = (signs[line.direction] * (line.likely_hours or Decimal(0)) for line in change_set.lines.all())
    return sum(hours, start=Decimal(0))


def html(change_set: ChangeSet) -> str:
    """The one-page document."""
    told = read(change_set)
    practice = practice_or_blank()
    context = {
        "language": "en",
        "document": str(change_set),
        "imprint": f"{practice.name} · {told.reference}",
        "author": practice.name,
        "told": told,
        "change_set": change_set,
        "practice": practice,
        "signature": change_set.signature,
    }
    return render_to_string("reports/change_order.html", context)


def _lines(data: dict[str, Any], direction: str) -> tuple[ToldLine, ...]:
    return tuple(
        ToldLine(line["title"], line["outcome"], line["done_when"], from_json(line["value"]))
        for line in data["lines"]
        if line["direction"] == direction
    )


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
