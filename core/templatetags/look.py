"""What templates need to look right: icons, components with a body, and the tone of a state."""

from collections.abc import Iterable
from functools import cache

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from core.charts import PALETTE

register = template.Library()

# Every stored state that a page shows, by what it means to the reader. A state not named here is neutral.
TONES = {
    "good": "done paid cleared accepted approved agreed active verified fixed confirmed published won ok sent kept",
    "warn": "done_with_gaps overdue part_paid paused snoozed disputed awaiting_deposit partial truncated throttled "
    "superseded expired expiring pending issuing noticed",
    "bad": "failed error denied regressed bounced refunded declined rejected lost in_force broken",
    "info": "running queued open new scheduled sending in_progress delivered offered issued due closing standing",
}
_TONE_OF = {state: tone for tone, states in TONES.items() for state in states.split()}

_NOTICE_TONES = {"success": "good", "warning": "warn", "error": "bad", "debug": "info"}


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> SafeString:
    """A Lucide icon inlined: decoration, the words stand beside it. Raises IconDoesNotExist on an unknown name."""
    kind = "icon icon--small" if size < 16 else "icon"
    attributes = {"class": kind, "aria-hidden": "true", "focusable": "false"}
    # Lucide ships these shapes in its own wheel: nothing here was written by a person using the product.
    svg = lucide(name, size=size, **attributes)
    return mark_safe("".join(part.strip() for part in svg.splitlines()))  # noqa: S308


@register.simple_tag
def ink(name: str) -> str:
    """The literal colour that the PDF paints for a token, as "severity-high"."""
    return PALETTE[name]


@register.simple_block_tag(takes_context=True)
def component(context: Context, content: SafeString, name: str, /, **values: object) -> SafeString:
    """Render templates/components/<name>.html round a body: {% component "card" title="Runs" %} … {% endcomponent %}.

    The component sees what is passed, the body, the request and the CSRF token, and nothing else of the page.
    """
    engine = context.template.engine  # type: ignore[union-attr]
    shared = {key: context.get(key) for key in ("request", "csrf_token", "practice")}
    return engine.get_template(f"components/{name}.html").render(context.new({**shared, **values, "body": content}))


@register.filter
def tone(status: object) -> str:
    """good, warn, bad, info, or nothing for a neutral state."""
    return _TONE_OF.get(str(status).lower().replace(" ", "_").replace("-", "_"), "")


@register.filter
def notice_tone(level: str) -> str:
    """Django's message levels, which may come with extra tags, as our tones."""
    word = level.split()[-1] if level else "info"
    return _NOTICE_TONES.get(word, word)


@register.filter
def widget_kind(field: BoundField) -> str:
    """How a field is laid out: "check" beside its label, "group" of several under a legend, "plain" under its label."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "group" if widget.use_fieldset else "plain"


@register.filter
def as_columns(columns: Iterable[str | tuple[str, str]]) -> list[tuple[str, str]]:
    """Column heads as (label, kind), whether they came as labels alone or in pairs."""
    return [(column, "") if isinstance(column, str) else column for column in columns]
