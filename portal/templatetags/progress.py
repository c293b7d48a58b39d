"""Days of a report as its client's locale writes them, short enough for a phone."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from babel.dates import format_skeleton
from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from core.markdown import render_markdown
from core.money import known_locale

register = template.Library()


@register.filter
def short_day(day: dt.date | str | None, locale: str = "en_US") -> str:
    """ "Nov 27" or "27 Nov", as the locale writes a day without its year; nothing for none."""
    if not day:
        return ""
    known = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return format_skeleton("MMMd", known, locale=known_locale(locale))


@register.filter
def paper(lines: Sequence[Any], most: int) -> Sequence[Any]:
    """As many as a page holds."""
    return lines[:most]


@register.simple_tag
def left_out(lines: Sequence[Any], kept: int) -> int:
    return max(len(lines) - kept, 0)


@register.filter
def on_paper(text: str, letters: int) -> SafeString:
    """Markdown as HTML, in one line; what is longer than a page has room for is cut, as plain text."""
    if len(text) > letters:
        return conditional_escape(text[: letters - 1].rstrip() + "…")
    html = render_markdown(text).strip()
    single = re.fullmatch(r'<p dir="auto">(.*)</p>', html, re.DOTALL) if html.count("<p") == 1 else None
    return mark_safe(single[1] if single else html)  # noqa: S308  (render_markdown's allow-list made it)
