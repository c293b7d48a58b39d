"""What invoices print and which taxes they carry. An issued one keeps what it printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models import BillingParticulars, Invoice, InvoiceSettings, TaxRate
from core import clock, events
from core.errors import DomainError
from core.models import Organisation, User


@dataclass(frozen=True)
class Printed:
    """Of the practice, on every invoice."""

    legal_name: str = ""
    tax_id: str = ""
    pay_to: str = ""
    due_days: int = 14
    prefix: str = "INV"
    credit_prefix: str = "CN"
    note: str = ""


@dataclass(frozen=True)
class NewTax:
    name: str
    percent: Decimal = Decimal(0)
    kind: TaxRate.Kind = TaxRate.Kind.STANDARD
    note: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class Particulars:
    """Of a client."""

    legal_name: str = ""
    address: str = ""
    tax_id: str = ""
    po_number: str = ""
    due_days: int | None = None
    has_own_taxes: bool = False
    taxes: Sequence[TaxRate] = ()


@transaction.atomic
def set_printed(*, printed: Printed, actor: User) -> InvoiceSettings:
    """Raises DomainError where invoices and credit notes would share numbers, now or with those of earlier years."""
    if printed.prefix == printed.credit_prefix:
        raise DomainError(_("Invoices and credit notes are numbered apart: use two prefixes."))
    _require_own_series(printed)
    settings, _made = InvoiceSettings.objects.update_or_create(id=1, defaults=vars(printed))
    events.record(settings, "invoicing.changed", actor=actor)
    return settings


def _require_own_series(printed: Printed) -> None:
    credit = Q(kind=Invoice.Kind.CREDIT)
    for prefix, others in ((printed.prefix, credit), (printed.credit_prefix, ~credit)):
        if Invoice.objects.filter(others, reference__startswith=f"{prefix}-").exists():
            raise DomainError(
                _("“%(prefix)s” begins the numbers of the other kind already. Use one that neither had."),
                prefix=prefix,
            )


@transaction.atomic
def add_tax(*, tax: NewTax, actor: User) -> TaxRate:
    """Raises DomainError for a name that is in use, or a rate that its kind does not charge."""
    if not tax.name.strip():
        raise DomainError(_("Name the tax."))
    if TaxRate.objects.filter(name__iexact=tax.name.strip(), retired_at=None).exists():
        raise DomainError(_("There is a tax of that name. Retire it first."))
    if tax.kind != TaxRate.Kind.STANDARD and tax.percent:
        raise DomainError(_("This kind charges nothing."))
    rate = TaxRate.objects.create(
        name=tax.name.strip(),
        kind=tax.kind,
        percent=tax.percent,
        note=tax.note.strip(),
        is_default=tax.is_default,
    )
    events.record(rate, "tax.added", actor=actor, name=rate.name)
    return rate


@transaction.atomic
def retire_tax(*, rate: TaxRate, actor: User) -> TaxRate:
    """No new line carries it; those written keep it. Twice is once."""
    if rate.retired_at is None:
        rate.retired_at = clock.now()
        rate.is_default = False
        rate.save(update_fields=["retired_at", "is_default"])
        events.record(rate, "tax.retired", actor=actor, name=rate.name)
    return rate


@transaction.atomic
def set_particulars(*, organisation: Organisation, particulars: Particulars, actor: User) -> BillingParticulars:
    values = dict(vars(particulars))
    taxes = values.pop("taxes")
    row, _made = BillingParticulars.objects.update_or_create(organisation=organisation, defaults=values)
    row.taxes.set(taxes)
    events.record(row, "billing.particulars_changed", actor=actor, organisation=organisation)
    return row
