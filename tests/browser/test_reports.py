"""A report in a browser: written and published by one, read on a phone by the other, whose receipt comes back."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from portal.models import ReadReceipt, ReportRevision
from tests.browser.promised import Promised
from tests.factories import make_client, make_consultant, make_practice
from tests.report_factories import make_report

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _bells(monkeypatch):
    """Nobody is rung for: what a worker does is tested elsewhere."""
    for name in ("tell_of_report", "draw_report"):
        monkeypatch.setattr(f"portal.tasks.{name}.delay", lambda pk: None)


@pytest.fixture
def promised(transactional_db):
    make_practice()
    return Promised(make_consultant("ada"), make_client("ben"))


def test_written_published_and_read_on_a_phone(page, live_server, promised, sign_in, complaints):
    sign_in(promised.ada)
    page.goto(live_server.url + reverse("portal:reports", args=[promised.active.public_id]))
    page.get_by_role("button", name="Draft it").click()
    status = page.get_by_label("How it stands")
    status.fill("The restores run; the second account is next.")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/blocks/status/" in answer.url):
        status.blur()  # kept without a click
    page.locator("#block-done").get_by_label("Outcome").first.fill("Every database restores itself")
    page.locator("#block-done").get_by_role("button", name=re.compile("^Hide")).nth(1).click()
    expect(page.locator("#block-done").get_by_role("button", name=re.compile("^Keep"))).to_have_count(1)
    expect(page.locator("#block-done").get_by_label("Outcome").first).to_have_value("Every database restores itself")
    page.get_by_role("link", name="Preview and publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The restores run; the second account is next.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Nobody of the client has read it yet.")).to_be_visible()
    report = ReportRevision.objects.get()

    sign_in(promised.ben)
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + reverse("portal:report", args=[report.public_id]))

    expect(page.get_by_text("We see that you have read it.")).to_be_visible()
    for part in ("The restores run", "Needed from you"):
        expect(page.get_by_text(part).first).to_be_in_viewport()
    needed = page.locator("section", has=page.get_by_role("heading", name="Needed from you")).bounding_box()
    assert needed["y"] + needed["height"] <= PHONE["height"]
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    assert ReadReceipt.objects.get().user == promised.ben

    sign_in(promised.ada)
    page.goto(live_server.url + reverse("portal:report", args=[report.public_id]))
    expect(page.get_by_text(re.compile("Read by Ben"))).to_be_visible()
    assert complaints == []


def test_without_javascript_a_button_says_that_it_was_read(browser, live_server, promised, client):
    report = make_report(promised.active, actor=promised.ada)
    client.force_login(promised.ben)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("portal:report", args=[report.public_id]))
    assert not ReadReceipt.objects.exists()

    page.get_by_role("button", name="I have read this").click()

    expect(page.get_by_text(re.compile("You read this on"))).to_be_visible()
    assert ReadReceipt.objects.count() == 1
    context.close()
