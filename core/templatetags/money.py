from django import template

from core.money import Money, format_money

register = template.Library()


@register.filter
def money(amount: Money | None, locale: str = "en_US") -> str:
    """`{{ price|money:offer.locale }}`: with the currency's sign and its own decimals; nothing for nothing."""
    return format_money(amount, locale) if amount is not None else ""
