"""Late money by key and by thumb: reminders sent and dropped where they stand, a day promised on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Dispute, Promise, ReminderStep
from tests.outreach_factories import day


@pytest.fixture
def go(page, live_server, world, sign_in, complaints):
    """Opens a page of money as somebody; whatever the browser complained of fails the test."""

    def open_page(name, *things, who="ada"):
        sign_in(getattr(world, who))
        page.goto(live_server.url + reverse(f"billing:{name}", args=[one.public_id for one in things]))
        return page

    yield open_page
    assert complaints == []


def test_reminders_are_sent_and_dropped_by_key(go, world):
    firm = world.promised.reminder
    board = go("reminders")
    row = board.locator(f"[data-row='{firm.public_id}']")
    row.focus()

    board.keyboard.press("s")

    expect(board.locator("#board")).to_contain_text("1 reminder sent.")
    expect(row).to_have_count(0)
    first = board.locator("#drafts [data-row]").first
    first.focus()
    board.keyboard.press("x")
    expect(board.locator("#board")).to_contain_text("Dropped.")
    firm.refresh_from_db()
    assert firm.status == "sent"
    assert ReminderStep.objects.filter(status="dropped").count() == 1


def test_a_call_is_noted_where_it_stands(go, world):
    firm = world.promised.reminder
    board = go("reminders")
    row = board.locator(f"[data-row='call-{firm.public_id}']")
    row.focus()
    board.keyboard.press("d")
    row.get_by_label("What was said").fill("They had not seen it.")

    row.get_by_role("button", name="It is done").click()

    expect(row).to_have_count(0)
    firm.refresh_from_db()
    assert firm.call_note == "They had not seen it."


def test_a_client_names_a_day_and_says_what_is_wrong_on_a_phone(go, page, world):
    page.set_viewport_size({"width": 390, "height": 800})
    late = world.promised.late
    invoice = go("invoice", late, who="ben")
    invoice.get_by_text("We will pay on …").click()
    invoice.get_by_label("Paid on").fill(day(5).isoformat())
    invoice.get_by_role("button", name="Save").click()
    expect(invoice.locator("#late")).to_contain_text("Promised")

    invoice.get_by_text("Something is wrong with it").click()
    invoice.get_by_label("What is wrong").fill("Ten hours.")
    invoice.get_by_role("button", name="Send it").click()

    expect(invoice.locator("#late")).to_contain_text("We look into it")
    assert Promise.objects.filter(invoice=late).get().pays_on == day(5)
    assert Dispute.objects.filter(invoice=late).get().reason == "Ten hours."


def test_a_text_is_shown_as_it_will_read_while_it_is_typed(go):
    settings = go("reminder-policy")

    settings.get_by_label("Subject").first.fill("{{7*7}} $reference, $balance")

    expect(settings.locator("#previews")).to_contain_text("{{7*7}} INV-2026-0007, $3,600.00")
