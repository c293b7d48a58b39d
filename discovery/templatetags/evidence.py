from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

register = template.Library()


ONE_LINE = 60  # signs; a longer list takes a line for each


@register.filter
def evidence_facts(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A finding's evidence as labels and texts; what is empty says "none"."""
    return [(key.replace("_", " ").capitalize(), _in_words(value)) for key, value in evidence.items()]


def _in_words(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')}: {_in_words(one)}" for key, one in value.items())
    if isinstance(value, list):
        words = [_in_words(one) for one in value]
        return ("\n" if sum(map(len, words)) > ONE_LINE else "; ").join(words)
    return str(value)
