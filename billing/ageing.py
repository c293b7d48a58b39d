"""What is owed and for how long it has been late: by client and in all, each currency for itself."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Case, DecimalField, F, IntegerField, Sum, When
from django.utils.translation import gettext as _

from billing.models import Invoice
from billing.sheets import Cell, plain
from core import charts
from core.models import Organisation
from core.money import Money, format_money, round_money, total

BUCKETS = ("not_due", "to_30", "to_60", "to_90", "over_90")
COLOURS = ("chart-4", "chart-5", "chart-3", "chart-2", "severity-critical")
LATEST = (0, 30, 60, 90)  # days late at most, of each but the last
IN_PICTURE = 8  # clients who owe most; the table has them all
SUM: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=24, decimal_places=3)
LEFT = F("due") - F("paid") - F("credited")


@dataclass(frozen=True)
class Owing:
    """What one client owes in one currency; `parts` in the order of BUCKETS."""

    name: str
    public_id: str
    locale: str
    parts: tuple[Money, ...]
    owed: Money


@dataclass(frozen=True)
class Ageing:
    """One currency: the clients by what they owe, most first, and the sums."""

    currency: str
    clients: tuple[Owing, ...]
    parts: tuple[Money, ...]
    owed: Money

    @property
    def overdue(self) -> Money:
        return total(self.parts[1:], self.currency)

    @property
    def in_all(self) -> charts.BarChart:
        """One bar of how old the whole is."""
        title = _("All of it, by age")
        return charts.stacked_bars(title, _series(), [_stack(_("All clients"), self.parts, self.owed, "en_US")])

    @property
    def by_client(self) -> charts.BarChart:
        """Who owes most, on one scale."""
        stacks = [_stack(one.name, one.parts, one.owed, one.locale) for one in self.clients[:IN_PICTURE]]
        return charts.stacked_bars(_("Who owes most"), _series(), stacks, share=False)

    @property
    def left_out(self) -> int:
        return max(0, len(self.clients) - IN_PICTURE)


def labels() -> tuple[str, ...]:
    """As people read them, in the order of BUCKETS."""
    return (_("Not yet due"), _("1–30 days late"), _("31–60 days"), _("61–90 days"), _("Over 90 days"))


def ageing(today: dt.date) -> list[Ageing]:
    """By currency. Two queries, whatever the number of invoices; `today` is the practice's."""
    late = [When(due_on__gte=today - dt.timedelta(days=most), then=at) for at, most in enumerate(LATEST)]
    rows = (
        Invoice.objects.open()
        .exclude(kind=Invoice.Kind.CREDIT)
        .order_by()
        .values("due_currency", "organisation_id")
        .annotate(place=Case(*late, default=len(LATEST), output_field=IntegerField()))
        .annotate(sum=Sum(LEFT, output_field=SUM))
        .order_by("due_currency", "organisation_id")
    )
    found = list(rows)
    clients = Organisation.objects.in_bulk({row["organisation_id"] for row in found})
    return [
        _one(currency, list(group), clients) for currency, group in groupby(found, key=lambda row: row["due_currency"])
    ]


def parts_of(invoices: Iterable[Invoice], today: dt.date, currency: str) -> tuple[Money, ...]:
    """What is left of each, in the order of BUCKETS. No query."""
    found = [Money(0, currency) for _name in BUCKETS]
    for one in invoices:
        late = (today - one.due_on).days if one.due_on else 0
        found[next((at for at, most in enumerate(LATEST) if late <= most), len(LATEST))] += one.balance
    return tuple(found)


def by_age(label: str, parts: tuple[Money, ...], locale: str) -> charts.BarChart:
    """One bar of what one client owes in one currency."""
    owed = total(parts, str(parts[0].currency))
    return charts.stacked_bars(_("What is owed, by age"), _series(), [_stack(label, parts, owed, locale)])


def rows(found: list[Ageing]) -> Iterator[list[Cell]]:
    """For a spreadsheet: a row a client, with its currency beside it."""
    for one in found:
        for client in one.clients:
            yield [client.name, one.currency, *(plain(part) for part in client.parts), plain(client.owed)]


def header() -> list[str]:
    return [_("Client"), _("Currency"), *labels(), _("Owed")]


def _one(currency: str, rows: list[dict[str, Any]], known: dict[int, Organisation]) -> Ageing:
    of = groupby(rows, key=lambda row: row["organisation_id"])
    clients = [_owing(currency, list(group), known[key]) for key, group in of]
    clients.sort(key=lambda one: (-one.owed.amount, one.name))
    parts = tuple(total((one.parts[at] for one in clients), currency) for at in range(len(BUCKETS)))
    return Ageing(currency, tuple(clients), parts, total(parts, currency))


def _owing(currency: str, rows: list[dict[str, Any]], client: Organisation) -> Owing:
    # SQLite adds decimals as floats: rounding to the coin takes off what that left.
    left = {row["place"]: round_money(Money(row["sum"], currency)) for row in rows}
    parts = tuple(left.get(at, Money(0, currency)) for at in range(len(BUCKETS)))
    return Owing(client.name, client.public_id, client.locale, parts, total(parts, currency))


def _series() -> list[charts.Series]:
    return [charts.Series(name, label, colour) for name, label, colour in zip(BUCKETS, labels(), COLOURS, strict=True)]


def _stack(label: str, parts: tuple[Money, ...], owed: Money, locale: str) -> charts.Stack:
    """Drawn and read out in whole units; what is there at all counts as one, so that it stays visible."""
    units = {name: _units(part) for name, part in zip(BUCKETS, parts, strict=True)}
    return charts.Stack(label, units, format_money(owed, locale))


def _units(money: Money) -> int:
    return max(1, int(money.amount.to_integral_value())) if money.amount > 0 else 0
