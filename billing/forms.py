from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from billing.services.payments import Received
from core.forms_money import AmountField
from outreach import dates

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PaymentForm(forms.Form):
    """Money received, cleared on the same day if not said otherwise."""

    received_on = forms.DateField(label=_("Received on"), widget=DATE)
    has_cleared = forms.BooleanField(label=_("It has cleared"), required=False, initial=True)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, invoice: Invoice, initial: dict[str, Any] | None = None) -> None:
        filled = {"amount": invoice.total, "received_on": dates.today_on_page(), **(initial or {})}
        super().__init__(data, initial=filled)
        self.fields["amount"] = AmountField(
            label=_("Amount"), currency=str(invoice.total.currency), locale=invoice.engagement.locale
        )
        self.order_fields(["amount", "received_on", "has_cleared", "note"])

    def received(self) -> Received:
        values = self.cleaned_data
        return Received(
            amount=values["amount"],
            received_on=values["received_on"],
            cleared_on=values["received_on"] if values["has_cleared"] else None,
            note=values["note"],
        )
