"""The fields in which an amount of money, or a number beside one, is typed."""

import re
from typing import Any

from babel.numbers import format_decimal
from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.money import Money, exponent, known_locale, parse_amount

PLAIN = re.compile(r"\d+(\.\d+)?", re.ASCII)
LONGEST = 40  # characters: more than the largest amount with all its separators


class AmountField(forms.CharField):
    """Text typed in a locale's way of writing numbers becomes Money of one currency, or an error that says why not.

    What is empty and not required becomes None. components/field.html shows `currency` beside the input.
    """

    def __init__(self, *, currency: str, locale: str = "en_US", negative: bool = False, **kwargs: Any) -> None:
        self.currency, self.locale, self.negative = currency, locale, negative
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        kwargs.setdefault("error_messages", {"required": _("Enter an amount.")})
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Money):
            return value
        typed = super().to_python(value) or ""
        if not typed:
            return None
        if len(typed) > LONGEST:
            raise forms.ValidationError(_("Enter an amount below a million millions."))
        try:
            return parse_amount(typed, self.currency, self.locale, negative=self.negative)
        except DomainError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def run_validators(self, value: Any) -> None:
        """Those of text have nothing to say about an amount."""

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(str(self.prepare_value(initial) or "").strip() != str(data or "").strip())

    def prepare_value(self, value: Any) -> Any:
        """As one would type it: without sign or grouping, so that it reads back the same."""
        if not isinstance(value, Money):
            return value
        decimals = exponent(str(value.currency)) if value.amount % 1 else 0
        pattern = "0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(value.amount, pattern, locale=known_locale(self.locale))


class PlainDecimalField(forms.DecimalField):
    """A quantity or a percentage in digits with at most one point: no sign, and no exponent, which a person types by
    mistake only."""

    def to_python(self, value: Any) -> Any:
        typed = str(value).strip() if value not in self.empty_values else ""
        if typed and not PLAIN.fullmatch(typed):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
