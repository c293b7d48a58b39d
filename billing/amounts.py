"""What lines come to. Tax is rounded for each line, half up, and then added: a printed page adds up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from billing.models import Invoice, InvoiceLine, TaxRate
from core.money import Money, as_json, exponent, percent_of, round_money, total


@dataclass(frozen=True)
class NewLine:
    """A line to be written. `taxes` None: those of the client. `source` as in InvoiceLine."""

    title: str
    unit_price: Money
    quantity: Decimal = Decimal(1)
    unit: str = ""
    detail: str = ""
    source: str = ""
    agreed_in: str = ""
    taxes: Sequence[TaxRate] | None = None

    @property
    def net(self) -> Money:
        return round_money(self.unit_price * self.quantity)

    @property
    def is_reduction(self) -> bool:
        return bool(self.net.amount < 0)


@dataclass(frozen=True)
class TaxSum:
    """One tax of an invoice: of which net amounts it was taken, and what it comes to."""

    name: str
    percent: Decimal
    note: str
    net: Money
    tax: Money

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "percent": plain_number(self.percent),
            "note": self.note,
            "net": as_json(self.net),
            "tax": as_json(self.tax),
        }


def plain_number(number: Decimal) -> str:
    """Without idle zeros and without an exponent: 20, not 2E+1."""
    return format(number.normalize(), "f")


def tax_of(net: Money, rate: TaxRate) -> Money:
    """The same for a credit note's negative net: half up away from zero, so that it takes back what was charged."""
    return percent_of(net, rate.percent)


def tax_sums(lines: Iterable[InvoiceLine], currency: str) -> list[TaxSum]:
    """By tax, in the order in which they first appear. Expects `taxes` prefetched."""
    found: dict[tuple[str, Decimal], tuple[str, list[Money], list[Money]]] = {}
    for line in lines:
        for tax in line.taxes.all():
            key = (tax.name, tax.percent)
            _note, nets, taxes = found.setdefault(key, (tax.note, [], []))
            nets.append(line.net)
            taxes.append(tax.amount)
    return [
        TaxSum(name, percent, note, total(nets, currency), total(taxes, currency))
        for (name, percent), (note, nets, taxes) in found.items()
    ]


def share_without_tax(invoice: Invoice) -> Money:
    """What of the money that cleared is for the work and not for the tax, rounded down to the coin: a deposit that is
    paid in full covers exactly what was agreed, and a part of it never more than its part."""
    if invoice.paid >= invoice.due or not invoice.due.amount:
        whole: Money = invoice.net
        return whole
    coin = Decimal(1).scaleb(-exponent(str(invoice.due.currency)))
    part = invoice.paid.amount * invoice.net.amount / invoice.due.amount
    return Money(part.quantize(coin, rounding=ROUND_FLOOR), invoice.due.currency)
