"""Every page by day and by night through axe, and 320 pixels wide."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import PAGES, Page

GRAVE = {"serious", "critical"}
AXE_OPTIONS = {"resultTypes": ["violations"]}
NARROW = {"width": 320, "height": 640}


def grave_violations(page, without=None):
    context = {"exclude": [[without]]} if without else None
    found = Axe().run(page, context=context, options=AXE_OPTIONS).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} – {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.fixture
def opened(page, live_server, world, sign_in):
    def open_page(one):
        if one.who:
            sign_in(getattr(world, one.who))
        answer = page.goto(live_server.url + one.path(world))
        assert answer.status == one.status
        return page

    return open_page


@pytest.mark.parametrize("one", PAGES, ids=str)
def test_axe_finds_nothing_grave_by_day_or_by_night(opened, complaints, one):
    page = opened(one)
    found = grave_violations(page)
    page.emulate_media(color_scheme="dark")
    page.reload()  # switched in place, what fades would be measured half-way

    assert (found, grave_violations(page)) == ([], [])
    assert complaints == []


def test_axe_finds_nothing_grave_in_the_document_itself(opened):
    """A frame is a page of its own to axe. The word DRAFT across it is meant to be faint."""
    page = opened(Page("discovery:summary-document", "draft"))

    assert grave_violations(page, without=".watermark") == []


@pytest.mark.parametrize("one", PAGES, ids=str)
def test_a_page_fits_a_narrow_screen(opened, page, one):
    page.set_viewport_size(NARROW)
    opened(one)

    assert page.evaluate("document.scrollingElement.scrollWidth") <= NARROW["width"]
