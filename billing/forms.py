"""What people fill in about money."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from billing.amounts import NewLine
from billing.models import BillingParticulars, Invoice, InvoiceLine, InvoiceSettings, Payment, TaxRate
from billing.services.drafting import DraftWords, EditedLine, is_agreed
from billing.services.payments import Received
from billing.services.settings import NewTax, Particulars, Printed
from core.forms_money import AmountField, PlainDecimalField
from core.money import LARGEST, Money
from outreach import dates

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
LINES = forms.Textarea(attrs={"rows": 4})
MOST_LINES = 60


class ReceivedForm(forms.Form):
    """Money received of a client, cleared on the same day if not said otherwise."""

    amount_help: Any = _("It is kept as the client's credit.")
    received_on = forms.DateField(label=_("Received on"), widget=DATE)
    has_cleared = forms.BooleanField(label=_("It has cleared"), required=False, initial=True)
    cleared_on = forms.DateField(
        label=_("Cleared on"), widget=DATE, required=False, help_text=_("Empty: the day it was received.")
    )
    bank_reference = forms.CharField(
        label=_("Bank reference"), max_length=100, required=False, help_text=_("As the statement prints it.")
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    another = forms.BooleanField(label=_("Another payment of the same amount on the same day"), required=False)

    def __init__(
        self, data: Any = None, *, currencies: Sequence[str], locale: str, amount: Money | None = None
    ) -> None:  # fmt: skip
        super().__init__(data, initial={"amount": amount, "received_on": dates.today_on_page()})
        chosen = str(data.get("currency")) if data else ""
        currency = chosen if chosen in currencies else currencies[0]
        self.fields["amount"] = AmountField(
            label=_("Amount"), currency=currency, locale=locale, help_text=self.amount_help
        )
        if len(currencies) > 1:
            self.fields["currency"] = forms.ChoiceField(label=_("Currency"), choices=[(one, one) for one in currencies])
        self.order_fields(
            ["amount", "currency", "received_on", "has_cleared", "cleared_on", "bank_reference", "note", "another"]
        )
        if data is None:  # asked only once the service has found its twin
            del self.fields["another"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("cleared_on") and not values.get("has_cleared"):
            self.add_error("cleared_on", _("Tick that it has cleared, or leave the day out."))
        return values

    def received(self) -> Received:
        values = self.cleaned_data
        return Received(
            amount=values["amount"],
            received_on=values["received_on"],
            cleared_on=(values["cleared_on"] or values["received_on"]) if values["has_cleared"] else None,
            note=values["note"],
            bank_reference=values["bank_reference"],
            another=values.get("another", False),
        )


class PaymentForm(ReceivedForm):
    """Money received for an invoice."""

    amount_help = _("What is above the invoice is kept as the client's credit.")

    def __init__(self, data: Any = None, *, invoice: Invoice) -> None:
        currency, locale = str(invoice.total.currency), invoice.engagement.locale
        super().__init__(data, currencies=[currency], locale=locale, amount=invoice.balance)


class ClearForm(forms.Form):
    """The day on which money that was on its way cleared."""

    cleared_on = forms.DateField(label=_("Cleared on"), widget=DATE)


class RefundForm(forms.Form):
    """What of a payment goes back to the client."""

    reason = forms.CharField(label=_("Why"), max_length=500)

    def __init__(self, data: Any = None, *, payment: Payment) -> None:
        super().__init__(data, initial={"amount": payment.unspent})
        self.fields["amount"] = AmountField(
            label=_("Amount"), currency=str(payment.amount.currency), locale=payment.organisation.locale
        )
        self.order_fields(["amount", "reason"])


class WordsForm(forms.Form):
    """A draft besides its lines."""

    title = forms.CharField(label=_("Title"), max_length=200)
    po_number = forms.CharField(label=_("Purchase order"), max_length=100, required=False)
    service_from = forms.DateField(label=_("Service from"), widget=DATE, required=False)
    service_to = forms.DateField(label=_("to"), widget=DATE, required=False)
    due_days = forms.IntegerField(label=_("Days to pay"), min_value=0, max_value=365)
    note = forms.CharField(label=_("Note, printed below"), widget=LINES, max_length=2000, required=False)

    @classmethod
    def of(cls, invoice: Invoice, data: Any = None) -> "WordsForm":
        names = ("title", "po_number", "service_from", "service_to", "due_days", "note")
        return cls(data, initial={name: getattr(invoice, name) for name in names})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        begins, ends = values.get("service_from"), values.get("service_to")
        if begins and ends and ends < begins:
            self.add_error("service_to", _("The service period ends before it begins."))
        return values

    def words(self) -> DraftWords:
        return DraftWords(**self.cleaned_data)


class ByHandForm(WordsForm):
    """The words of one that is written by hand, and whether it bills the contract."""

    agreed = forms.BooleanField(
        label=_("It is part of the agreed price"),
        required=False,
        help_text=_("Then the final invoice deducts it. Otherwise it comes on top."),
    )

    def words(self) -> DraftWords:
        return DraftWords(**{name: value for name, value in self.cleaned_data.items() if name != "agreed"})


class LineForm(forms.Form):
    """A line of a draft. An empty new row is passed over; of what was agreed only words and taxes can be changed."""

    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=_("What for"), max_length=200, required=False)
    detail = forms.CharField(label=_("Detail"), max_length=500, required=False)
    quantity = PlainDecimalField(
        label=_("Quantity"), min_value=Decimal("0.01"), max_digits=9, decimal_places=2, required=False
    )
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    remove = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(
        self,
        *args: Any,
        currency: str,
        locale: str,
        rates: Sequence[TaxRate],
        agreed: frozenset[int],
        keeps_taxes: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        carried = self.initial.get("taxes", ())  # a retired one too: it stays where it is
        rates = [rate for rate in rates if rate.retired_at is None or rate.public_id in carried]
        self.rates = {rate.public_id: rate for rate in rates}
        self.fields["unit_price"] = AmountField(
            label=_("Price"), currency=currency, locale=locale, required=False, negative=True
        )
        self.fields["taxes"] = forms.MultipleChoiceField(
            label=_("Taxes"),
            choices=[(rate.public_id, rate.name) for rate in rates],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            disabled=keeps_taxes,
        )
        self.is_agreed = (self.initial.get("pk") or 0) in agreed
        self.is_new = not self.initial.get("pk")
        self.order_fields(["title", "detail", "quantity", "unit", "unit_price", "taxes", "remove", "pk"])
        if self.is_agreed:
            for name in ("quantity", "unit", "unit_price", "remove"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("remove") or self.is_agreed:
            return values
        if values.get("unit_price") is not None and not values.get("title"):
            self.add_error("title", _("Say what it is for."))
        price, quantity = values.get("unit_price"), values.get("quantity") or Decimal(1)
        if price is not None and abs(price.amount * quantity) >= LARGEST:
            self.add_error("unit_price", _("Quantity times price comes to a million millions or more."))
        if values.get("title") and values.get("unit_price") is None and "unit_price" not in self.errors:
            self.add_error("unit_price", _("Enter an amount."))
        return values

    def line(self) -> EditedLine | None:
        values = self.cleaned_data
        if values.get("remove") or not values.get("title"):
            return None
        return EditedLine(
            pk=values.get("pk"),
            title=values["title"],
            detail=values.get("detail", ""),
            unit_price=values["unit_price"],
            quantity=values.get("quantity") or Decimal(1),
            unit=values.get("unit", ""),
            taxes=tuple(self.rates[one] for one in values.get("taxes", [])),
        )


class Lines(BaseFormSet):  # type: ignore[type-arg]  # Django's own cannot be subscripted
    def edited(self) -> list[EditedLine]:
        return [line for form in self.forms if (line := form.line())]

    def new(self) -> list[NewLine]:
        return [
            NewLine(
                title=line.title,
                detail=line.detail,
                unit_price=line.unit_price,
                quantity=line.quantity,
                unit=line.unit,
                taxes=tuple(line.taxes),
            )
            for line in self.edited()
        ]


def line_forms(
    data: Any,
    *,
    currency: str,
    locale: str,
    lines: Sequence[InvoiceLine],
    extra: int,
    usual: Sequence[TaxRate] = (),
    keeps_taxes: bool = False,
) -> Lines:
    """A row for each line and `extra` empty ones, those with the client's usual taxes ticked. With `keeps_taxes` the
    lines carry what they carry, as those of a credit note."""
    carried = {tax.rate.pk: tax.rate for line in lines for tax in line.taxes.all()}
    rates = [*TaxRate.objects.filter(retired_at=None).exclude(pk__in=carried), *carried.values()]
    made = formset_factory(
        LineForm, formset=Lines, extra=extra, max_num=MOST_LINES, validate_max=True, absolute_max=MOST_LINES
    )
    initial: list[dict[str, Any]] = [
        {
            "pk": line.pk,
            "title": line.title,
            "detail": line.detail,
            "quantity": line.quantity,
            "unit": line.unit,
            "unit_price": line.unit_price,
            "taxes": [tax.rate.public_id for tax in line.taxes.all()],
        }
        for line in lines
    ]
    agreed = frozenset(line.pk for line in lines if is_agreed(line))
    options = {"currency": currency, "locale": locale, "rates": rates, "agreed": agreed, "keeps_taxes": keeps_taxes}
    formset = cast(Lines, made(data, initial=initial, prefix="lines", form_kwargs=options))
    for form in formset.forms[len(initial) :]:
        form.initial.setdefault("taxes", [rate.public_id for rate in usual])
        form.initial.setdefault("quantity", 1)
    return formset


class CreditForm(forms.Form):
    """What of an invoice is taken back: all that is left of it, or so much of each line."""

    reason = forms.CharField(label=_("What is corrected, and why"), max_length=500)
    how = forms.ChoiceField(
        label=_("How much"),
        choices=[("whole", _("All that is left of it")), ("part", _("A part of its lines"))],
        widget=forms.RadioSelect,
        initial="whole",
    )

    def __init__(self, data: Any = None, *, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
        super().__init__(data)
        self.lines = lines
        for line in lines:
            self.fields[f"line-{line.pk}"] = AmountField(
                label=line.title,
                currency=str(invoice.total.currency),
                locale=invoice.engagement.locale,
                required=False,
            )

    def amounts(self) -> dict[int, Money] | None:
        if self.cleaned_data["how"] == "whole":
            return None
        found = {line.pk: self.cleaned_data.get(f"line-{line.pk}") for line in self.lines}
        return {pk: amount for pk, amount in found.items() if amount is not None and amount.amount}


class PrintedForm(forms.Form):
    """What the practice prints on every invoice."""

    legal_name = forms.CharField(
        label=_("Legal name"), max_length=200, required=False, help_text=_("Where it differs from the practice's name.")
    )
    tax_id = forms.CharField(label=_("Tax id"), max_length=64, required=False)
    pay_to = forms.CharField(
        label=_("Where to pay"),
        widget=LINES,
        max_length=2000,
        required=False,
        help_text=_("As printed: IBAN and BIC, ACH routing and account number, wire details, where a check goes."),
    )
    due_days = forms.IntegerField(label=_("Days to pay"), min_value=0, max_value=365)
    invoice_prefix = forms.RegexField(r"^[A-Z0-9]{1,12}$", label=_("Invoice numbers begin with"), strip=True)
    credit_prefix = forms.RegexField(r"^[A-Z0-9]{1,12}$", label=_("Credit notes begin with"), strip=True)
    note = forms.CharField(label=_("Note under every invoice"), widget=LINES, max_length=2000, required=False)
    NAMES = ("legal_name", "tax_id", "pay_to", "due_days", "credit_prefix", "note")

    @classmethod
    def of(cls, settings: InvoiceSettings, data: Any = None) -> "PrintedForm":
        filled = {name: getattr(settings, name) for name in cls.NAMES}
        form = cls(data, initial=filled | {"invoice_prefix": settings.prefix})
        for name in ("invoice_prefix", "credit_prefix"):
            form.fields[name].error_messages["invalid"] = _("Use up to 12 capital letters and digits.")
        return form

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("credit_prefix") and values.get("invoice_prefix") == values.get("credit_prefix"):
            self.add_error("credit_prefix", _("Invoices and credit notes are numbered apart: use another."))
        return values

    def printed(self) -> Printed:
        values = dict(self.cleaned_data)
        return Printed(prefix=values.pop("invoice_prefix"), **values)


class TaxForm(forms.Form):
    """A tax that lines may carry."""

    name = forms.CharField(label=_("Name, as printed"), max_length=64)
    kind = forms.ChoiceField(label=_("Kind"), choices=TaxRate.Kind.choices)
    percent = PlainDecimalField(
        label=_("Percent"), min_value=0, max_value=100, max_digits=6, decimal_places=3, required=False
    )
    note = forms.CharField(
        label=_("Sentence beside it"), max_length=300, required=False, help_text=_("Where the law wants one.")
    )
    is_default = forms.BooleanField(label=_("On every line, unless a client has others"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        charged = values.get("kind") == TaxRate.Kind.STANDARD
        if charged and not values.get("percent"):
            self.add_error("percent", _("Say how many percent."))
        if not charged and values.get("percent"):
            self.add_error("percent", _("This kind charges nothing: leave it empty."))
        return values

    def tax(self) -> NewTax:
        values = self.cleaned_data
        return NewTax(
            name=values["name"],
            kind=TaxRate.Kind(values["kind"]),
            percent=values["percent"] or Decimal(0),
            note=values["note"],
            is_default=values["is_default"],
        )


class ParticularsForm(forms.Form):
    """Whom a client's invoices are made out to."""

    legal_name = forms.CharField(label=_("Legal name"), max_length=200, required=False)
    address = forms.CharField(label=_("Address"), widget=LINES, max_length=1000, required=False)
    tax_id = forms.CharField(label=_("Tax id"), max_length=64, required=False)
    po_number = forms.CharField(
        label=_("Purchase order"), max_length=100, required=False, help_text=_("Where the agreement names none.")
    )
    due_days = forms.IntegerField(
        label=_("Days to pay"), min_value=0, max_value=365, required=False, help_text=_("Empty: as the practice's.")
    )
    has_own_taxes = forms.BooleanField(label=_("Taxes of its own"), required=False)

    def __init__(self, data: Any = None, *, particulars: BillingParticulars) -> None:
        names = ("legal_name", "address", "tax_id", "po_number", "due_days", "has_own_taxes")
        initial: dict[str, Any] = {name: getattr(particulars, name) for name in names}
        if particulars.pk:
            initial["taxes"] = [rate.public_id for rate in particulars.taxes.all()]
        super().__init__(data, initial=initial)
        self.rates = {rate.public_id: rate for rate in TaxRate.objects.filter(retired_at=None)}
        self.fields["taxes"] = forms.MultipleChoiceField(
            label=_("Which"),
            choices=[(key, rate.name) for key, rate in self.rates.items()],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=_("None ticked: no tax."),
        )

    def particulars(self) -> Particulars:
        values = dict(self.cleaned_data)
        values["taxes"] = tuple(self.rates[one] for one in values["taxes"])
        return Particulars(**values)


class UntilForm(forms.Form):
    """Up to which day logged time is billed."""

    until = forms.DateField(widget=DATE)

    def day(self) -> dt.date:
        day: dt.date = self.cleaned_data["until"]
        return day
