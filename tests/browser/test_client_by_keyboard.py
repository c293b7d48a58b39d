"""A client's owner without a mouse: from the code in the mail to a colleague let in."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from core.models import Membership
from tests.browser.keyboard import Keyboard
from tests.browser.promised import Promised
from tests.factories import make_client, make_consultant, make_practice


@pytest.fixture
def promised(transactional_db, monkeypatch):
    monkeypatch.setattr("portal.tasks.tell_of_report.delay", lambda pk: None)
    monkeypatch.setattr("portal.tasks.draw_report.delay", lambda pk: None)
    make_practice()
    made = Promised(make_consultant("ada"), make_client("ben"))
    _ = made.report, made.trade
    mail.outbox.clear()
    return made


def test_a_clients_owner_needs_no_mouse(page, live_server, promised, complaints):
    keys, main = Keyboard(page), page.locator("main")
    page.set_default_timeout(10_000)

    # The code comes by mail.
    page.goto(live_server.url + reverse("account_request_login_code"))
    keys.fill(page.get_by_label("E-mail"), promised.ben.email)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_visible()
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", mail.outbox[-1].body, re.MULTILINE)[1]
    keys.fill(page.get_by_label("Code"), code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Waits for you")).to_be_visible()

    # The latest report says that it was read.
    keys.press(page.locator("a.latest-report"))
    expect(page.get_by_text("We see that you have read it.")).to_be_visible()

    # A trade is approved, a delivery accepted.
    page.goto(live_server.url)
    keys.press(page.get_by_role("link", name=re.compile("read and approve")).first)
    expect(page.get_by_role("button", name=re.compile("^Approve")).first).to_be_visible()
    keys.send(page.get_by_role("button", name=re.compile("^Approve")).first)
    expect(main).to_contain_text("Approved by Ben")
    page.goto(live_server.url)
    item = promised.active.items.get(status="delivered")
    keys.press(page.get_by_role("link", name=re.compile("look and accept")).first)
    expect(page.locator(f"#item-{item.public_id}")).to_be_visible()
    keys.send(page.locator(f"#item-{item.public_id}").get_by_role("button", name=re.compile("^Accept")))
    item.refresh_from_db()
    assert item.status == "accepted"

    # A finding is mended, and should be looked at again.
    page.goto(live_server.url + reverse("portal:findings", args=[promised.active.organisation.public_id]))
    keys.press(page.locator("tbody summary").first)
    keys.send(page.get_by_role("button", name=re.compile("retest please")).first)
    expect(main).to_contain_text("retest asked for")

    # A colleague is let in.
    page.goto(live_server.url + reverse("portal:people", args=[promised.active.organisation.public_id]))
    keys.fill(page.get_by_label("E-mail"), "rita@client.example")
    keys.fill(page.get_by_label("Name"), "Rita Vale")
    keys.send(page.get_by_role("button", name="Invite"))
    assert Membership.objects.filter(user__email="rita@client.example").exists()
    assert complaints == []
