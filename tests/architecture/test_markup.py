"""The strict CSP and the one home of colours, held where they would be broken: in templates and stylesheets."""

import re
from collections.abc import Iterator

import pytest
import tinycss2
from PIL import ImageColor

COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?{%\s*endcomment\s*%}|<!--.*?-->", re.DOTALL)
TAG = re.compile(r"<(?P<name>[a-zA-Z][\w-]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*'|{%.*?%})*)>", re.DOTALL)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
COLOUR_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color"}


def breaches_of_csp(template: str) -> list[str]:
    """What in a page's markup the browser would refuse to apply or run."""
    found = []
    for tag in TAG.finditer(COMMENT.sub("", template)):
        name, attributes = tag["name"].lower(), QUOTED.sub('""', tag["attributes"])
        if re.search(r"(?:^|\s)style\s*=", attributes):
            found.append(f"<{name} style=>")
        if handler := re.search(r"(?:^|\s)((?:on[a-z]+|hx-on[\w:-]*)\s*=)", attributes):
            found.append(f"<{name} {handler[1]}>")
        if name == "style":
            found.append("<style>")
        if name == "script" and not re.search(r"(?:^|\s)src\s*=|application/json", tag["attributes"]):
            found.append("<script> without src")
    return found


def raw_colours(css: str) -> list[str]:
    """Colours written out in the values of a stylesheet, in the order they stand."""
    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return [colour for values in declared(nodes) for colour in colours_in(values)]


def declared(nodes: list) -> Iterator[list]:
    """The values of every declaration, in nested rules too."""
    for node in nodes:
        if node.type == "declaration":
            yield node.value
        elif getattr(node, "content", None):
            yield from declared(tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True))


def colours_in(values: list) -> Iterator[str]:
    for token in values:
        if token.type == "hash":
            yield f"#{token.value}"
        elif token.type == "ident" and token.lower_value in ImageColor.colormap:
            yield token.lower_value
        elif token.type == "function":
            if token.lower_name in COLOUR_FUNCTIONS:
                yield f"{token.lower_name}()"
            else:
                yield from colours_in(token.arguments)


def test_no_page_breaks_the_csp(root):
    # Mail has no CSP, and its readers know no stylesheets.
    pages = [page for page in (root / "templates").rglob("*.html") if "email" not in page.parts]

    wrong = {str(page.relative_to(root)): found for page in pages if (found := breaches_of_csp(page.read_text()))}

    assert wrong == {}


def test_raw_colours_live_in_the_tokens_only(root):
    sheets = [sheet for sheet in (root / "static" / "css").rglob("*.css") if sheet.name != "tokens.css"]

    wrong = {str(sheet.relative_to(root)): found for sheet in sheets if (found := raw_colours(sheet.read_text()))}

    assert wrong == {}


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<p class="a" style="color: red">', ["<p style=>"]),
        ('<button\n  onclick="go()">', ["<button onclick=>"]),
        ('<div hx-on:click="x()">', ["<div hx-on:click=>"]),
        ("<script>go()</script>", ["<script> without src"]),
        ("<style>p {}</style>", ["<style>"]),
        ('<script src="{% static "js/keys.js" %}" defer></script>', []),
        ('<script type="application/json" id="data">{}</script>', []),
        ('<a title="style=loud onclick=no" data-style="x">', []),
        ("{# <p style='x'> #}<p>on a = b</p>", []),
    ],
)
def test_a_breach_of_the_csp_is_seen(markup, expected):
    assert breaches_of_csp(markup) == expected


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a { color: #fff }", ["#fff"]),
        ("@layer screen { a { &:hover { border: 1px solid tomato } } }", ["tomato"]),
        ("a { background: linear-gradient(oklch(1 0 0), var(--ink)) }", ["oklch()"]),
        ("#decision { color: var(--ink); outline-color: currentColor; fill: transparent }", []),
        ("a { background: url(#fade) }", []),
    ],
)
def test_a_raw_colour_is_seen(css, expected):
    assert raw_colours(css) == expected
