"""Exact amounts, each with its currency. Never a float at any edge; never a sum across currencies."""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    NumberFormatError,
    format_currency,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
)
from babel.numbers import parse_decimal as parse_localised
from django.utils.translation import gettext as _
from djmoney.models.fields import MoneyField
from djmoney.money import Money

from core.errors import DomainError

__all__ = [
    "CurrencyMismatchError",
    "Money",
    "as_json",
    "exponent",
    "format_money",
    "from_json",
    "money_field",
    "parse_amount",
    "percent_of",
    "round_money",
    "split",
    "total",
]

LARGEST = Decimal(10) ** 12  # not reached: what a column of 15 digits with 3 decimals can hold
SPACES = "\u00a0\u202f "  # what some locales group thousands with


class CurrencyMismatchError(DomainError):
    """Amounts of different currencies met in one sum."""


class ExactMoneyField(MoneyField):
    """An amount of up to 12 digits and 3 decimals, and a column for its currency, which is always said."""

    # What the type checker takes it for.
    _pyi_private_set_type: Money  # type: ignore[assignment]
    _pyi_private_get_type: Money  # type: ignore[assignment]


def money_field(**options: Any) -> Any:
    """A column for an amount and one for its currency; there is no default."""
    fixed: dict[str, Any] = {"max_digits": 15, "decimal_places": 3, "default_currency": None, "currency_choices": []}
    return ExactMoneyField(**fixed, **options)  # type: ignore[no-untyped-call]


def exponent(currency: str) -> int:
    """Decimals of the smallest coin: JPY 0, USD 2, KWD 3."""
    return get_currency_precision(currency)


def round_money(money: Money) -> Money:
    """Half up, away from zero, to the smallest coin."""
    coin = Decimal(1).scaleb(-exponent(str(money.currency)))
    return Money(money.amount.quantize(coin, rounding=ROUND_HALF_UP), money.currency)


def percent_of(money: Money, percent: Decimal | int) -> Money:
    """That share of it, rounded."""
    return round_money(Money(money.amount * Decimal(percent) / 100, money.currency))


def split(money: Money, percents: Sequence[Decimal | int]) -> list[Money]:
    """Parts that add up to the whole: each is rounded, the last takes what remains.

    Raises ValueError where the percents do not add up to 100.
    """
    if sum(percents) != 100:
        raise ValueError(f"{percents} do not add up to 100 %")
    parts = [percent_of(money, percent) for percent in percents[:-1]]
    return [*parts, Money(money.amount - sum((part.amount for part in parts), Decimal(0)), money.currency)]


def total(moneys: Iterable[Money], currency: str) -> Money:
    """Their sum, zero of `currency` where there is none. Raises CurrencyMismatchError for one of another currency."""
    amount = Decimal(0)
    for money in moneys:
        if str(money.currency) != currency:
            raise CurrencyMismatchError(
                _("%(one)s and %(other)s cannot be added up."), one=str(money.currency), other=currency
            )
        amount += money.amount
    return Money(amount, currency)


def parse_amount(text: str, currency: str, locale: str = "en_US", *, negative: bool = False) -> Money:
    """What a person typed, in their locale's way of writing numbers. Raises DomainError with the reason."""
    typed = text.strip()
    for space in SPACES:
        typed = typed.replace(space, "")
    typed = typed.replace("\u2212", "-")
    if not typed:
        raise DomainError(_("Enter an amount."))
    point, group = _symbols(locale)
    number = rf"(\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+)(?:{re.escape(point)}\d+)?"
    if not re.fullmatch(rf"-?{number}", typed, re.ASCII):
        raise DomainError(_("Write the amount as %(example)s."), example=_example(currency, locale))
    try:
        amount = parse_localised(typed.replace(group, ""), locale=locale)
    except NumberFormatError as error:
        raise DomainError(_("Write the amount as %(example)s."), example=_example(currency, locale)) from error
    if typed.startswith("-") and (not negative or not amount):
        raise DomainError(_("Enter an amount of zero or more."))
    if abs(amount) >= LARGEST:
        raise DomainError(_("Enter an amount below a million millions."))
    decimals = exponent(currency)
    if -cast(int, amount.as_tuple().exponent) > decimals:
        if decimals == 0:
            raise DomainError(_("%(currency)s has no decimals."), currency=currency)
        raise DomainError(_("%(currency)s has %(n)d decimals, no more."), currency=currency, n=decimals)
    return Money(amount, currency)


def format_money(money: Money, locale: str = "en_US") -> str:
    """With the currency's sign and its own decimals, as the locale writes it."""
    return format_currency(money.amount, str(money.currency), locale=_known(locale))


def as_json(money: Money) -> dict[str, str]:
    """Text, never a float: {"amount": "10.00", "currency": "USD"}."""
    coin = Decimal(1).scaleb(-exponent(str(money.currency)))
    amount = money.amount.quantize(coin) if money.amount == money.amount.quantize(coin) else money.amount
    return {"amount": str(amount), "currency": str(money.currency)}


def from_json(data: dict[str, str]) -> Money:
    return Money(Decimal(data["amount"]), data["currency"])


def _known(locale: str) -> Locale:
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


def _symbols(locale: str) -> tuple[str, str]:
    """The decimal point and what groups thousands; a group of spaces has been taken out before."""
    known = _known(locale)
    group = get_group_symbol(known)
    return get_decimal_symbol(known), group if group not in SPACES else "'"


def _example(currency: str, locale: str) -> str:
    return format_currency(Decimal("1234.56"), currency, locale=_known(locale))
