"""What docs/ says of the checks is what the checks say of themselves."""

from pathlib import Path

from discovery.catalogue_docs import catalogue_page
from infra_audit.registry import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_is_current():
    assert (ROOT / "docs" / "checks.md").read_text() == catalogue_page(), "Run: make docs"


def test_every_check_stands_on_it_once():
    page = catalogue_page()

    assert all(page.count(f"`{check}` ·") == 1 for check in catalogue())
