"""The books as an accountant takes them: what was issued, tax by tax, as it was frozen, and the money that moved."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing.document import InvoiceDocument
from billing.models import Deduction, Invoice, Payment
from billing.models.settings import CREDIT_SERIES, INVOICE_SERIES
from billing.periods import Period
from billing.queries import CAME_IN
from billing.record import Record
from billing.sheets import Cell, plain
from core.models import NumberSeries
from core.money import Money, from_json, total

CHUNK = 500


@dataclass(frozen=True)
class Series:
    """The numbers of one series: INV-2026, 1–42. `missing` were drawn, or passed over, and stand on no invoice."""

    name: str
    last: int
    missing: tuple[int, ...]

    @property
    def words(self) -> str:
        if not self.missing:
            return _("%(name)s: 1–%(last)d, none missing") % {"name": self.name, "last": self.last}
        shown = ", ".join(str(number) for number in self.missing[:10]) + ("…" if len(self.missing) > 10 else "")
        return _("%(name)s: 1–%(last)d, missing: %(missing)s") % {
            "name": self.name,
            "last": self.last,
            "missing": shown,
        }


@dataclass(frozen=True)
class TaxPart:
    """What of an invoice stands under one tax: `net` counts each line once and adds up to the invoice's; `taxed` is
    what the tax was taken of, where a line carries two of them the same line twice."""

    name: str
    percent: Decimal | None
    net: Money
    tax: Money
    taxed: Money


def invoices_in(period: Period) -> int:
    return _invoices(period).count()


def payments_in(period: Period) -> int:
    return Payment.objects.filter(status__in=CAME_IN, cleared_on__range=(period.since, period.until)).count()


def series_of(period: Period) -> list[Series]:
    """Every series of the years that the period touches. Two queries."""
    years = {str(year) for year in range(period.since.year, period.until.year + 1)}
    drawn: dict[str, int] = {}
    for one in NumberSeries.objects.filter(kind__in=[INVOICE_SERIES, CREDIT_SERIES]):
        if one.scope.rpartition("-")[2] in years:
            drawn[one.scope] = max(one.last, drawn.get(one.scope, 0))
    used: dict[str, set[int]] = defaultdict(set)
    for reference, number in Invoice.objects.issued().order_by().values_list("reference", "number"):
        used[reference.rpartition("-")[0]].add(number or 0)
    names = {name for name in used if name.rpartition("-")[2] in years} | set(drawn)
    return [_series(name, used[name], drawn.get(name, 0)) for name in sorted(names)]


def invoice_header() -> list[str]:
    return [
        *(_("Date"), _("Number"), _("Kind"), _("Client"), _("Client's tax id"), _("Tax"), _("Rate %")),
        *(_("Net"), _("Tax amount"), _("Gross"), _("Currency"), _("Due"), _("Corrects"), _("Deducts")),
        *(_("Taxed net"), _("Project")),
    ]


def invoice_rows(period: Period) -> Iterator[list[Cell]]:
    """A row for each tax of each invoice, in the order of their numbers' days; what a final invoice deducts stands
    below zero, so that net and tax add up to what it newly asks for. Of any number of invoices only a few hundred are
    in memory."""
    rows = _invoices(period).select_related("engagement", "organisation").prefetch_related("deductions__earlier")
    for invoice in rows.order_by("issued_on", "id").iterator(chunk_size=CHUNK):
        yield from _rows_of(invoice)


def payment_header() -> list[str]:
    return [
        *(_("Date"), _("Kind"), _("Amount"), _("Currency"), _("Client"), _("Bank reference")),
        *(_("Invoices paid"), _("Received on")),
    ]


def payment_rows(period: Period) -> Iterator[list[Cell]]:
    """Money that cleared in the period, and what went back in it, below zero."""
    rows = Payment.objects.filter(status__in=CAME_IN, cleared_on__lte=period.until)
    moved = Q(cleared_on__gte=period.since) | Q(status=Payment.Status.REVERSED) | Q(refunded__gt=0)
    rows = rows.filter(moved).select_related("organisation").prefetch_related("allocations__invoice")
    everything = rows.order_by("cleared_on", "id").iterator(chunk_size=CHUNK)
    while part := list(islice(everything, CHUNK)):
        record = Record([], part)
        for payment in part:
            for on, kind, amount in _moves(payment, record):
                if on in period:
                    yield _payment_row(payment, on, kind, amount)


def tax_parts(document: InvoiceDocument) -> list[TaxPart]:
    """Net and tax add up to the document's, whichever lines carry no tax or several."""
    first = {tax.name: at for at, tax in reversed(list(enumerate(document.taxes)))}
    nets: dict[int | None, list[Money]] = defaultdict(list)
    for line in document.lines:
        nets[first[line.taxes[0]] if line.taxes else None].append(line.net)
    parts = [
        TaxPart(tax.name, tax.percent, total(nets[at], document.currency), tax.tax, tax.net)
        for at, tax in enumerate(document.taxes)
    ]
    untaxed = total(nets[None], document.currency)
    if nets[None] or not parts:
        nothing = Money(0, document.currency)
        parts.append(TaxPart("", None, untaxed, nothing, nothing))
    return parts


def deducted_parts(deduction: Deduction) -> list[TaxPart]:
    """The same of what is deducted, below zero; above it where a credit note gives it back. Its frozen sums say how
    much each tax was taken of."""
    currency = str(deduction.net.currency)
    nothing = Money(0, currency)
    left = deduction.net
    parts = []
    for tax in deduction.taxes:
        taxed = from_json(tax["net"])
        net = min(taxed, left) if deduction.net.amount > 0 else max(taxed, left)
        left -= net
        parts.append(
            TaxPart(
                tax["name"], Decimal(tax["percent"]), nothing - net, nothing - from_json(tax["tax"]), nothing - taxed
            )
        )
    if left.amount or not parts:
        parts.append(TaxPart("", None, nothing - left, nothing, nothing))
    return parts


def _invoices(period: Period) -> QuerySet[Invoice]:
    return Invoice.objects.issued().filter(issued_on__range=(period.since, period.until))


def _rows_of(invoice: Invoice) -> Iterator[list[Cell]]:
    document = InvoiceDocument.of(invoice)
    kind = str(Invoice.Kind(document.kind).label)
    for part in tax_parts(document):
        yield _invoice_row(invoice, document, kind, part)
    for deduction in invoice.deductions.all():
        for part in deducted_parts(deduction):
            yield _invoice_row(invoice, document, _("Deduction"), part, deducts=deduction.earlier.reference)


def _invoice_row(
    invoice: Invoice, document: InvoiceDocument, kind: str, part: TaxPart, *, deducts: str = ""
) -> list[Cell]:
    return [
        *(document.issued_on, document.reference, kind, document.client.name, document.client.tax_id),
        *(part.name, part.percent, plain(part.net), plain(part.tax), plain(part.net + part.tax), document.currency),
        *(document.due_on, document.corrects, deducts, plain(part.taxed), invoice.engagement.title),
    ]


def _moves(payment: Payment, record: Record) -> Iterator[tuple[dt.date, str, Money]]:
    nothing = Money(0, payment.amount.currency)
    came = payment.cleared_on or payment.received_on
    yield came, _("Received"), payment.amount
    if payment.status == Payment.Status.REVERSED:
        yield record.reversed_on(payment) or came, _("Reversed"), nothing - payment.amount
    for on, amount in record.refunds(payment):
        yield on or came, _("Refunded"), nothing - amount


def _payment_row(payment: Payment, on: dt.date, kind: str, amount: Money) -> list[Cell]:
    paid = [one.invoice.reference or _("not numbered yet") for one in payment.allocations.all()]
    return [
        *(on, kind, plain(amount), str(amount.currency), payment.organisation.name, payment.bank_reference),
        *("; ".join(paid), payment.received_on),
    ]


def _series(name: str, used: set[int], drawn: int) -> Series:
    last = max(drawn, *used, 0)
    return Series(name, last, tuple(number for number in range(1, last + 1) if number not in used))
