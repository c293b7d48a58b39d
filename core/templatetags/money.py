"""Money as a reader's locale writes it: {% load money %} {{ price|money }} or {{ price|money:organisation.locale }}."""

from django import template

from core.money import Money, format_money

register = template.Library()


@register.filter
def money(amount: Money | None, locale: str = "en_US") -> str:
    """With the currency's sign and decimals; a dash where there is no amount."""
    return "–" if amount is None else format_money(amount, locale)


@register.filter
def money_change(amount: Money, locale: str = "en_US") -> str:
    """As `money`, and what comes on top says so with a plus."""
    return ("+" if amount.amount > 0 else "") + format_money(amount, locale)
