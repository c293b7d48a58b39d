"""Charts repeat the light colours of tokens.css as literals, because WeasyPrint paints nothing else in an SVG."""

import re

from core.charts import PALETTE

TOKEN = re.compile(r"--(?P<name>[\w-]+):\s*light-dark\((?P<light>#[0-9a-f]{6}),\s*(?P<dark>#[0-9a-f]{6})\)")
RULE = re.compile(
    r"\.(?P<property>fill|stroke)-(?P<name>[\w-]+)\s*{\s*(?P=property):\s*var\(--(?P<token>[\w-]+)\);\s*}"
)
PAINTED = re.compile(
    r"""class="[^"]*\b(?P<property>fill|stroke)-(?P<name>{{[^}]*}}|[\w-]+)[^"]*"[^>]*?\b(?P=property)="(?P<literal>[^"]+)\""""
)
SHAPE = re.compile(r"<(?:rect|path|circle|line|polyline|text)\b[^>]*>")


def drawings(root):
    return [
        path
        for folder in ("charts", "components")
        for path in sorted((root / "templates" / folder).glob("*.html"))
        if "<svg" in path.read_text()
    ]


def without_quotes_in_tags(template: str) -> str:
    """`{% ink 'x' %}` and `{{ line.literal }}` may stand inside attributes; make them plain words."""
    return re.sub(r"{%\s*ink '([\w-]+)'\s*%}", r"ink:\1", template)


def test_each_literal_is_its_tokens_light_value(root):
    light = {match["name"]: match["light"] for match in TOKEN.finditer((root / "static/css/tokens.css").read_text())}

    assert {name: light.get(name) for name in PALETTE} == PALETTE


def test_each_class_takes_the_token_that_it_is_named_for(root):
    rules = RULE.findall((root / "static/css/components/chart.css").read_text())

    assert rules
    assert [rule for rule in rules if rule[1] != rule[2] or rule[1] not in PALETTE] == []


def test_each_colour_that_a_chart_may_take_has_a_class_for_fill(root):
    css = (root / "static/css/components/chart.css").read_text()

    missing = [name for name in PALETTE if f".fill-{name} " not in css and name != "chart-grid"]

    assert missing == []


def test_each_shape_has_a_literal_for_the_pdf_and_the_class_of_the_same_name_for_the_page(root):
    shapes = {}
    for path in drawings(root):
        for shape in SHAPE.findall(without_quotes_in_tags(path.read_text())):
            painted = [
                (match["name"], match["literal"])
                for match in PAINTED.finditer(shape)
                if match["literal"] == f"ink:{match['name']}"
                or match["literal"] == match["name"].replace(".colour", ".literal")
            ]
            shapes[(path.name, shape)] = painted

    assert len(shapes) > 15
    assert [where for where, painted in shapes.items() if not painted] == []
