"""Exact amounts, each with its currency. Never a float at any edge; never a sum across currencies."""

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from babel import Locale, UnknownLocaleError
from babel.numbers import (
    NumberFormatError,
    format_currency,
    format_decimal,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
)
from babel.numbers import parse_decimal as parse_localised
from django.utils.translation import gettext as _
from djmoney.models.fields import MoneyField
from djmoney.money import Money
from moneyed import CURRENCIES

from core.errors import DomainError

__all__ = [
    "CurrencyMismatchError",
    "Money",
    "as_json",
    "exponent",
    "format_money",
    "from_json",
    "is_known",
    "known_locale",
    "money_field",
    "parse_amount",
    "percent_of",
    "round_money",
    "split",
    "total",
]

LARGEST = Decimal(10) ** 12  # not reached: what a column of 15 digits with 3 decimals can hold
SPACES = "\u00a0\u202f "  # what some locales group thousands with
BESIDE_LETTERS = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")  # where "KWD5" wants its space
SWISS_GROUP = "\u2019"  # for which keyboards have the plain apostrophe


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


def is_known(currency: str) -> bool:
    """Whether an amount can be of that currency; the newest are not in the library's list yet."""
    return currency in CURRENCIES


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

    A part takes no more than is left, so that none of a few coins turns negative. Raises ValueError where the percents
    do not add up to 100.
    """
    if sum(percents) != 100:
        raise ValueError(f"{percents} do not add up to 100 %")
    least, most = (min, max) if money.amount >= 0 else (max, min)
    parts: list[Money] = []
    left = money.amount
    for percent in percents[:-1]:
        part = least(percent_of(money, percent).amount, most(left, Decimal(0)))
        parts.append(Money(part, money.currency))
        left -= part
    return [*parts, Money(left, money.currency)]


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
    known = known_locale(locale)
    point, group = _symbols(known)
    typed = typed.replace("'", group) if group == SWISS_GROUP else typed
    inner = r"\d{2,3}" if _groups_by_two(known) else r"\d{3}"
    whole = rf"(\d{{1,3}}(?:{re.escape(group)}{inner})*{re.escape(group)}\d{{3}}|\d+)"
    number = rf"{whole}(?:{re.escape(point)}\d+)?"
    if not re.fullmatch(rf"-?{number}", typed, re.ASCII):
        raise DomainError(_("Write the amount as %(example)s."), example=_example(currency, known))
    try:
        amount = parse_localised(typed.replace(group, ""), locale=known)
    except NumberFormatError as error:
        raise DomainError(_("Write the amount as %(example)s."), example=_example(currency, known)) from error
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
    money = round_money(money)
    shown = format_currency(money.amount, str(money.currency), locale=known_locale(locale))
    return BESIDE_LETTERS.sub("\u00a0", shown)


def as_json(money: Money) -> dict[str, str]:
    """Text, never a float: {"amount": "10.00", "currency": "USD"}."""
    coin = Decimal(1).scaleb(-exponent(str(money.currency)))
    amount = money.amount.quantize(coin) if money.amount == money.amount.quantize(coin) else money.amount
    return {"amount": str(amount), "currency": str(money.currency)}


def from_json(data: dict[str, str]) -> Money:
    return Money(Decimal(data["amount"]), data["currency"])


def known_locale(locale: str) -> Locale:
    """The locale as "de_CH" or "de-CH"; American English where there is no such."""
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


def _symbols(known: Locale) -> tuple[str, str]:
    """The decimal point and what groups thousands; a group of spaces has been taken out before."""
    group = get_group_symbol(known)
    return get_decimal_symbol(known), group if group not in SPACES else "'"


def _groups_by_two(known: Locale) -> bool:
    """Whether thousands go on by hundreds, as 12,34,567 in India."""
    return bool(known.decimal_formats[None].grouping[1] == 2)


def _example(currency: str, known: Locale) -> str:
    """How it is typed: without the currency's sign."""
    decimals = exponent(currency)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(Decimal("1234.56"), pattern, locale=known)
