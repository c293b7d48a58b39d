"""An invoice as its reader gets it. Page and PDF read the snapshot that was frozen when it was issued; a draft's is
made from its rows. It prints what a bookkeeper needs: who, to whom, number, dates, order, taxes, where to pay."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.amounts import plain_number, tax_sums
from billing.models import BillingParticulars, Invoice, InvoiceSettings
from core.logo import logo_as_data
from core.money import Money, as_json, from_json
from core.pdf import PdfLimits, render_pdf
from core.queries import practice_or_blank
from engagements.offer import Offer
from outreach import dates

SCHEMA = 1
LIMITS = PdfLimits(seconds=20, megabytes=512, pages=60)
# Inside the transaction that numbers it others wait, on SQLite all of them: less on the wall clock than their patience.
LOCKED_LIMITS = PdfLimits(seconds=6, megabytes=512, pages=60)
MONEYS = ("net", "tax", "total", "deducted", "due")
DAYS = ("issued_on", "due_on", "service_from", "service_to")
WORDS = ("reference", "kind", "kind_label", "title", "po_number", "agreement", "corrects", "reason", "note", "pay_to")
NO_NUMBER = "0000"  # what the trial before issuing prints: as long as a real one


@dataclass(frozen=True)
class Party:
    """Who asks for money, or who is asked. Address as typed, in lines."""

    name: str
    address: str
    tax_id: str


@dataclass(frozen=True)
class DocumentLine:
    title: str
    detail: str
    quantity: Decimal
    unit: str
    unit_price: Money
    net: Money
    agreed_in: str
    taxes: tuple[str, ...]  # names

    @property
    def has_quantity(self) -> bool:
        return self.quantity != 1 or bool(self.unit)


@dataclass(frozen=True)
class DocumentTax:
    name: str
    percent: Decimal
    note: str
    net: Money
    tax: Money


@dataclass(frozen=True)
class DocumentDeduction:
    """An earlier invoice that is taken off."""

    reference: str
    issued_on: dt.date
    net: Money
    tax: Money
    total: Money


@dataclass(frozen=True)
class InvoiceDocument:
    """Built by `InvoiceDocument.of(invoice)`; of an issued one it says what was frozen, whatever the rows say now."""

    reference: str
    kind: str
    kind_label: str
    title: str
    practice: Party
    client: Party
    issued_on: dt.date | None
    due_on: dt.date | None
    service_from: dt.date | None
    service_to: dt.date | None
    po_number: str
    agreement: str
    change_orders: tuple[str, ...]
    corrects: str
    reason: str
    note: str
    pay_to: str
    terms: str  # under which it is to be paid, as signed; empty on what was issued before they were printed
    currency: str
    locale: str
    lines: tuple[DocumentLine, ...]
    taxes: tuple[DocumentTax, ...]
    deductions: tuple[DocumentDeduction, ...]
    net: Money
    tax: Money
    total: Money
    deducted: Money
    due: Money

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        return cls.from_snapshot(invoice.snapshot or snapshot_of(invoice))

    @classmethod
    def from_snapshot(cls, data: dict[str, Any]) -> Self:
        plain: dict[str, Any] = {name: data[name] for name in (*WORDS, "currency", "locale")}
        plain["terms"] = data.get("terms", "")
        plain |= {name: from_json(data[name]) for name in MONEYS}
        plain |= {name: _day(data[name]) for name in DAYS}
        return cls(
            **plain,
            practice=Party(**data["practice"]),
            client=Party(**data["client"]),
            change_orders=tuple(data["change_orders"]),
            lines=tuple(_line(line) for line in data["lines"]),
            taxes=tuple(
                DocumentTax(
                    name=tax["name"],
                    percent=Decimal(tax["percent"]),
                    note=tax["note"],
                    net=from_json(tax["net"]),
                    tax=from_json(tax["tax"]),
                )
                for tax in data["taxes"]
            ),
            deductions=tuple(
                DocumentDeduction(
                    reference=one["reference"],
                    issued_on=dt.date.fromisoformat(one["issued_on"]),
                    **{name: from_json(one[name]) for name in ("net", "tax", "total")},
                )
                for one in data["deductions"]
            ),
        )

    @property
    def is_credit(self) -> bool:
        return self.kind == Invoice.Kind.CREDIT

    @property
    def shows_quantities(self) -> bool:
        return any(line.has_quantity for line in self.lines)

    @property
    def notes_of_taxes(self) -> tuple[str, ...]:
        """The sentences that the law wants, each once."""
        return tuple(dict.fromkeys(tax.note for tax in self.taxes if tax.note))


def snapshot_of(invoice: Invoice, *, reference: str = "", issued_on: dt.date | None = None) -> dict[str, Any]:
    """What the document says, as JSON with amounts as text. Reads the rows of now."""
    currency = str(invoice.total.currency)
    practice, mine = practice_or_blank(), InvoiceSettings.get()
    theirs = BillingParticulars.objects.filter(organisation=invoice.organisation).first() or BillingParticulars()
    issued_on = issued_on or dates.today()
    lines = list(invoice.lines.prefetch_related("taxes"))
    agreement = invoice.engagement.acceptance.revision.reference
    agreed = dict.fromkeys(line.agreed_in for line in lines if line.agreed_in and line.agreed_in != agreement)
    is_credit = invoice.kind == Invoice.Kind.CREDIT
    return {
        "schema": SCHEMA,
        "reference": reference,
        "kind": invoice.kind,
        "kind_label": str(_("Credit note") if is_credit else _("Invoice")),
        "title": invoice.title,
        "practice": {
            "name": mine.legal_name or practice.name,
            "address": practice.address,
            "tax_id": mine.tax_id,
        },
        "client": {
            "name": theirs.legal_name or invoice.organisation.name,
            "address": theirs.address,
            "tax_id": theirs.tax_id,
        },
        "issued_on": issued_on.isoformat(),
        "due_on": None if is_credit else due_on(invoice, issued_on).isoformat(),
        "service_from": _iso(invoice.service_from),
        "service_to": _iso(invoice.service_to),
        "po_number": invoice.po_number,
        "agreement": agreement,
        "change_orders": list(agreed),
        "corrects": invoice.corrects.reference if invoice.corrects else "",
        "reason": invoice.reason,
        "note": "\n".join(filter(None, (invoice.note, mine.note))),
        "pay_to": "" if is_credit else mine.pay_to,
        "terms": "" if is_credit else _terms_of(invoice),
        "currency": currency,
        "locale": invoice.engagement.locale,
        "lines": [
            {
                "title": line.title,
                "detail": line.detail,
                "quantity": plain_number(line.quantity),
                "unit": line.unit,
                "unit_price": as_json(line.unit_price),
                "net": as_json(line.net),
                "agreed_in": line.agreed_in,
                "taxes": [tax.name for tax in line.taxes.all()],
            }
            for line in lines
        ],
        "taxes": [one.as_json() for one in tax_sums(lines, currency)],
        "deductions": [
            {
                "reference": one.earlier.reference,
                "issued_on": str(one.earlier.issued_on),
                **{name: as_json(getattr(one, name)) for name in ("net", "tax", "total")},
            }
            for one in invoice.deductions.select_related("earlier")
        ],
        **{name: as_json(getattr(invoice, name)) for name in MONEYS},
    }


def due_on(invoice: Invoice, issued_on: dt.date) -> dt.date:
    return issued_on + dt.timedelta(days=invoice.due_days)


def invoice_pdf(
    document: InvoiceDocument, *, draft: bool = False, digest: str = "", limits: PdfLimits = LIMITS
) -> bytes:  # fmt: skip
    """With `draft`, DRAFT stands across every page; `digest` is the snapshot's. Raises PdfError."""
    html = invoice_html(document, draft=draft, digest=digest)
    return render_pdf(html, title=document_title(document), limits=limits)


def invoice_html(document: InvoiceDocument, *, draft: bool = False, digest: str = "", for_page: bool = False) -> str:
    """`for_page`: its style sheets come from where a browser finds them."""
    context = {
        "language": "en",
        "invoice": document,
        "draft": draft,
        "digest": digest,
        "document": document_title(document),
        "imprint": " · ".join(filter(None, (document.practice.name, document.practice.tax_id, document.reference))),
        "author": document.practice.name,
        "practice_logo": logo_as_data(),
        "assets": settings.STATIC_URL if for_page else "",
    }
    return render_to_string("reports/invoice.html", context)


def document_title(document: InvoiceDocument) -> str:
    return f"{document.kind_label} {document.reference}".strip()


def _line(data: dict[str, Any]) -> DocumentLine:
    return DocumentLine(
        title=data["title"],
        detail=data["detail"],
        quantity=Decimal(data["quantity"]),
        unit=data["unit"],
        unit_price=from_json(data["unit_price"]),
        net=from_json(data["net"]),
        agreed_in=data["agreed_in"],
        taxes=tuple(data["taxes"]),
    )


def _terms_of(invoice: Invoice) -> str:
    """What was signed, and the fee for paying late where it names one."""
    offer = Offer.of(invoice.engagement.acceptance.revision)
    days = ngettext("To be paid within %(n)d day.", "To be paid within %(n)d days.", invoice.due_days)
    said = [days % {"n": invoice.due_days}]
    if offer.terms:
        values = {"name": offer.terms.name, "version": offer.terms.version, "reference": offer.reference}
        said.append(_("%(name)s, version %(version)d, as signed with %(reference)s.") % values)
        said.append(offer.terms.late_fee)
    return " ".join(filter(None, said))


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
