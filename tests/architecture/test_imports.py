"""The direction of imports, held by import-linter, and by templates that link and include."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"""{%\s*url\s+["'](?P<app>\w+):""")
INCLUDE = re.compile(r"""{%\s*(?:include|extends)\s+["'](?P<app>\w+)/""")


def rooms_below() -> dict[str, set[str]]:
    """For each app, itself and the apps that it may know: read from the contract that imports are held to."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    below: dict[str, set[str]] = {}
    lower: set[str] = set()
    for layer in reversed(layers):
        apps = {name.strip() for name in layer.split("|")}
        below |= {app: lower | {app} for app in apps}
        lower = lower | apps
    return below


BELOW = rooms_below()


def upward(app: str, template: str) -> list[str]:
    """The apps that a template of `app` links to or includes from, though it may not know them."""
    named = [match["app"] for pattern in (LINK, INCLUDE) for match in pattern.finditer(template)]
    return [name for name in named if name in BELOW and name not in BELOW[app]]


@pytest.mark.slow
def test_imports_keep_every_contract():
    linter = Path(sys.executable).with_name("lint-imports")

    outcome = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("app", sorted(BELOW))
def test_templates_link_and_include_downwards_only(app):
    pages = sorted((ROOT / "templates" / app).rglob("*.html"))

    wrong = {str(page.relative_to(ROOT)): names for page in pages if (names := upward(app, page.read_text()))}

    assert wrong == {}


@pytest.mark.parametrize(
    ("app", "template", "expected"),
    [
        ("engagements", '{% url "billing:invoice" id as there %}', ["billing"]),
        ("engagements", "{% include 'portal/_card.html' %}", ["portal"]),
        ("billing", '{% url "discovery:run" id %}', ["discovery"]),
        ("billing", '{% url "engagements:proposal" id %}{% include "components/table.html" %}', []),
        ("core", '{% url "account_login" %}{% extends "base.html" %}', []),
    ],
)
def test_the_direction_is_seen_in_a_template(app, template, expected):
    assert upward(app, template) == expected
