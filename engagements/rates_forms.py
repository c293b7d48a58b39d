"""What staff fill in about their own costs and their rate. Each form hands on what the services take."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from core.forms_money import AmountField
from core.money import Money
from engagements.models import CostBase
from engagements.services.rates import HOURS_A_WEEK, NOT_BILLABLE_PERCENT, WEEKS_OFF, CostFigures

MOST_OTHERS = 30
NUMBERS = ("weeks_off", "hours_a_week", "not_billable_percent")
LABELS = {
    "pay": _("Pay"),
    "office": _("Office"),
    "supplies": _("Supplies"),
    "training": _("Training"),
    "liability_insurance": _("Liability insurance"),
    "health_insurance": _("Health insurance"),
    "retirement": _("Retirement"),
    "software": _("Software"),
    "accounting": _("Accounting"),
    "severance_reserve": _("Severance reserve"),
    "overhead": _("Other overhead"),
}


def _number(label: Any, initial: Decimal, **options: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(
        label=label, initial=initial, max_digits=4, decimal_places=1, min_value=0, widget=widget, **options
    )


def _from_day() -> forms.DateField:
    return forms.DateField(label=_("From"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


def _weeks_off() -> forms.DecimalField:
    return _number(_("Weeks off a year"), WEEKS_OFF, help_text=_("Holidays and sickness."))


class CapacityForm(forms.Form):
    """What the short and the full form share: a year needs weeks to work in."""

    def clean_weeks_off(self) -> Decimal:
        weeks: Decimal = self.cleaned_data["weeks_off"]
        if weeks >= 52:
            raise forms.ValidationError(_("A year has 52 weeks: with %(n)s off, none is left to work in."),
                                        params={"n": f"{weeks.normalize():f}"})  # fmt: skip
        return weeks


class ShortCostForm(CapacityForm):
    """Three fields make a first cost base."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        income = _("Before tax, what you want to be left with.")
        self.fields["income"] = AmountField(currency=currency, label=_("Income wanted a year"), help_text=income)
        overhead = _("Insurance, software, office, accounting: all of it.")
        self.fields["overhead"] = AmountField(currency=currency, label=_("Overhead a year"), help_text=overhead)
        self.fields["weeks_off"] = _weeks_off()

    def clean_income(self) -> Money:
        return _above_zero(self.cleaned_data["income"])

    def figures(self, valid_from: dt.date) -> CostFigures:
        values = self.cleaned_data
        costs = {"pay": values["income"], "overhead": values["overhead"]}
        return CostFigures(self.currency, valid_from, costs, weeks_off=values["weeks_off"])


class CostForm(CapacityForm):
    """Everything a year costs; empty is zero."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        for name, label in LABELS.items():
            self.fields[name] = AmountField(currency=currency, label=label, required=name == "pay")
        self.fields["weeks_off"] = _weeks_off()
        self.fields["hours_a_week"] = _number(_("Hours a week"), HOURS_A_WEEK)
        self.fields["not_billable_percent"] = _number(
            _("Not billable, percent"),
            NOT_BILLABLE_PERCENT,
            help_text=_("Sales, events, administration: 25 to 30 is usual."),
        )
        self.fields["valid_from"] = _from_day()

    @staticmethod
    def values_of(base: CostBase) -> dict[str, Any]:
        """What it says; a cost of zero is left empty."""
        costs = {name: getattr(base, name) for name in LABELS}
        return {
            **{name: f"{getattr(base, name).normalize():f}" for name in NUMBERS},
            **{name: amount for name, amount in costs.items() if amount or name == "pay"},
            "valid_from": base.valid_from,
        }

    @property
    def cost_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in LABELS]

    @property
    def capacity_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in NUMBERS]

    def clean_hours_a_week(self) -> Decimal:
        hours: Decimal = self.cleaned_data["hours_a_week"]
        if not 0 < hours <= 100:
            raise forms.ValidationError(_("Enter hours above 0, and 100 at most."))
        return hours

    def clean_not_billable_percent(self) -> Decimal:
        share: Decimal = self.cleaned_data["not_billable_percent"]
        if share >= 100:
            raise forms.ValidationError(_("Something must be left to bill: enter less than 100."))
        return share

    def figures(self, others: tuple[tuple[str, Money], ...]) -> CostFigures:
        values = self.cleaned_data
        costs = {name: values[name] for name in LABELS if values[name] is not None}
        return CostFigures(
            self.currency, values["valid_from"], costs, others, **{name: values[name] for name in NUMBERS}
        )


class OtherCostForm(forms.Form):
    """A cost of their own naming."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=_("What it is"), max_length=100, required=False)
        self.fields["amount"] = AmountField(currency=currency, label=_("A year"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("name") and "amount" in values and values["amount"] is None:
            self.add_error("amount", _("Enter an amount, or clear the name."))
        if values.get("amount") is not None and not values.get("name") and "name" not in self.errors:
            self.add_error("name", _("Say what it is."))
        return values


class OtherCosts(BaseFormSet):  # type: ignore[type-arg]  # Django's own cannot be subscripted
    """Rows with neither name nor amount are no costs."""

    def costs(self) -> tuple[tuple[str, Money], ...]:
        rows = [form.cleaned_data for form in self.forms]
        return tuple((row["name"], row["amount"]) for row in rows if row.get("name"))


OtherCostsFormSet = formset_factory(
    OtherCostForm, formset=OtherCosts, extra=2, max_num=MOST_OTHERS, validate_max=True, absolute_max=MOST_OTHERS
)


class RateForm(forms.Form):
    """What an hour is sold for."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate"] = AmountField(currency=currency, label=_("An hour sells for"))
        self.fields["target_margin_percent"] = _number(
            _("Target margin, percent"),
            Decimal(20),
            max_value=Decimal("99.9"),
            help_text=_("Of the price. What leaves less is marked in a proposal."),
        )
        self.fields["valid_from"] = _from_day()

    def clean_rate(self) -> Money:
        return _above_zero(self.cleaned_data["rate"])


def _above_zero(amount: Money) -> Money:
    if amount.amount <= 0:
        raise forms.ValidationError(_("Enter more than zero."))
    return amount
