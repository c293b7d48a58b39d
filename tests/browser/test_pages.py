"""Every page by day and by night through axe, and 320 pixels wide.

What the pages show takes longer to make than to look at, so several are looked at in one world.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from core.models import Practice
from tests.browser.pages import PAGES, Page

GRAVE = {"serious", "critical"}
AXE_OPTIONS = {"resultTypes": ["violations"]}
# What is the same page in other colours can only be wrong in its colours.
COLOURS_ALONE = {**AXE_OPTIONS, "runOnly": ["color-contrast", "link-in-text-block"]}
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 720}
TOGETHER = 9
ALONE = {"freezing", "frozen"}  # what these show is changed for every page after them


def rounds():
    """The pages in groups for which one world is made."""
    shared = [one for one in PAGES if one.thing not in ALONE]
    groups = [shared[at : at + TOGETHER] for at in range(0, len(shared), TOGETHER)]
    return groups + [[one] for one in PAGES if one.thing in ALONE]


def grave_violations(page, without=None, options=AXE_OPTIONS):
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    context = {"include": [["html"]], "exclude": [[without]] if without else []}
    found = page.evaluate("asked => axe.run(...asked).then(found => found.violations)", [context, options])
    return [
        f"{one['id']}: {node['html'][:160]} – {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def turn_dark(page):
    """As if night fell. Where motion is to be reduced no colour fades, so the next look sees the night's colours."""
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("new Promise(requestAnimationFrame).then(() => document.getAnimations().length)") == 0


@pytest.fixture
def open_page(page, context, live_server, world, sign_in):
    """Opens a page by day and wide, as the person it is for; hands on whatever is not as it should be."""

    def opened(one):
        context.clear_cookies()
        if one.who:
            sign_in(getattr(world, one.who))
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        answer = page.goto(live_server.url + one.path(world))
        return [] if answer.status == one.status else [f"{one} answered {answer.status}"]

    return opened


@pytest.mark.parametrize("pages", rounds(), ids=lambda pages: f"{pages[0]}-and-{len(pages) - 1}-more")
def test_a_page_is_open_to_everyone_by_day_by_night_and_narrow(page, open_page, complaints, pages):
    wrong = []
    for one in pages:
        wrong += open_page(one)
        wrong += [f"{one} by day: {found}" for found in grave_violations(page)]
        turn_dark(page)
        wrong += [f"{one} by night: {found}" for found in grave_violations(page, options=COLOURS_ALONE)]
        page.set_viewport_size(NARROW)
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > NARROW["width"]:
            wrong.append(f"{one} is {width} pixels wide on a screen of {NARROW['width']}")
        wrong += [f"{one} complains: {words}" for words in complaints]
        complaints.clear()

    assert wrong == []


def test_axe_finds_nothing_grave_in_the_document_itself(page, open_page):
    """A frame is a page of its own to axe. The word DRAFT across it is meant to be faint."""
    assert open_page(Page("discovery:summary-document", "draft")) == []

    assert grave_violations(page, without=".watermark") == []


def test_a_practices_own_colour_can_be_read(page, open_page):
    """A colour that no text could be read in, on the pages of a client that use it most."""
    Practice.objects.update(accent="#ffee00")
    for one in (
        Page("portal:home", beside="promised.everything", who="ben"),
        Page("engagements:change", "promised.order", who="ben"),
    ):
        assert open_page(one) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.reload()
            assert grave_violations(page, options=COLOURS_ALONE) == []


def test_what_is_grave_is_seen_by_day_and_by_night(page):
    """A check that could not fail would be none: a picture without words, and grey on grey once it is dark."""
    page.set_content(
        '<html lang="en"><title>A</title><style>@media (prefers-color-scheme: dark) {p {color: #777; background: #666}}'
        '</style><main><h1>A</h1><p>Faint</p><img src="data:,"></main>'
    )
    assert [found.partition(":")[0] for found in grave_violations(page)] == ["image-alt"]

    turn_dark(page)
    assert [found.partition(":")[0] for found in grave_violations(page, options=COLOURS_ALONE)] == ["color-contrast"]
