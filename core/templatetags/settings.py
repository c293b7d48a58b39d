"""{% load settings %}{% settings_tabs at as tabs %}: the pages of the settings, whichever app they are of."""

from django import template

from core import navigation

register = template.Library()


@register.simple_tag
def settings_tabs(at: str) -> list[navigation.TabItem]:
    """`at` is the URL name of the page that shows them."""
    return navigation.settings_tabs(at)
