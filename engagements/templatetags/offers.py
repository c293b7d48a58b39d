"""An offer in a template: sums with what was picked, days and money as its locale writes them."""

import datetime as dt
from collections.abc import Collection

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from django import template

from core.money import Money, format_money
from engagements.offer import Instalment, Offer

register = template.Library()


@register.filter
def price_with(offer: Offer, picks: Collection[str]) -> Money:
    return offer.price_with(picks)


@register.filter
def deposit_with(offer: Offer, picks: Collection[str]) -> Money:
    return offer.deposit_with(picks)


@register.filter
def instalments_with(offer: Offer, picks: Collection[str]) -> tuple[Instalment, ...]:
    return offer.instalments_with(picks)


@register.filter
def in_locale(money: Money | None, locale: str = "en_US") -> str:
    """The amount with its currency's sign; nothing for none."""
    return "" if money is None else format_money(money, locale or "en_US")


@register.filter
def day_in(day: dt.date | None, locale: str = "en_US") -> str:
    """ "December 1, 2026", as the locale writes a day; a dash for none."""
    if day is None:
        return "–"
    try:
        known = Locale.parse((locale or "en_US").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        known = Locale("en", "US")
    return format_date(day, format="long", locale=known)
