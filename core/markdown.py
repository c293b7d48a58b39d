"""Markdown that people wrote, as HTML that a page may show.

Markdown lets raw HTML through, so what comes out is cut down to an allow-list: no scripts, styles or frames, links to
http, https and mailto only, and pictures of our own only.
"""

import nh3
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

MAX_CHARACTERS = 20_000  # some 3,000 words; the worst that can be made of so many takes half a second

BLOCKS = {"blockquote", "dd", "dt", "h2", "h3", "h4", "h5", "h6", "li", "p", "summary", "td", "th"}
INLINE = {"a", "abbr", "b", "br", "code", "del", "em", "i", "img", "ins", "kbd", "s", "strong", "sub", "sup"}
FRAMES = {"details", "dl", "hr", "ol", "pre", "table", "tbody", "thead", "tr", "ul"}
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
OWN_PICTURES = "/files/"

_parser = MarkdownIt("commonmark", {"breaks": True}).enable(["table", "strikethrough"])


def render_markdown(text: str) -> SafeString:
    """HTML safe to show. Headings start at the second rank: the page has its own first. Raises ValidationError where
    the text is longer than a form would have taken."""
    validate_length(text)
    html = _parser.render(text)
    clean = nh3.clean(
        html.replace("<h1>", "<h2>").replace("</h1>", "</h2>"),
        tags=BLOCKS | INLINE | FRAMES,
        attributes=ATTRIBUTES,
        attribute_filter=_own_pictures_only,
        url_schemes={"http", "https", "mailto"},
        set_tag_attribute_values={
            tag: {"dir": "auto"} for tag in BLOCKS
        },  # each reads its own way: Hebrew from the right
        link_rel="noopener noreferrer",
    )
    return mark_safe(clean)  # noqa: S308  (the allow-list above is what makes it so)


def validate_length(text: str) -> None:
    """For form and model fields that hold Markdown: refuses a pasted book, and says the limit."""
    if len(text) > MAX_CHARACTERS:
        raise ValidationError(
            _("This is too long: %(n)s characters, of %(limit)s at most.") % {"n": len(text), "limit": MAX_CHARACTERS}
        )


def _own_pictures_only(tag: str, attribute: str, value: str) -> str | None:
    """A picture from elsewhere would tell its owner who reads; a PDF must not fetch it at all."""
    if tag == "img" and attribute == "src" and not value.startswith(OWN_PICTURES):
        return None
    return value
