"""Courting by hand and by key: the board, the day's follow-ups in place, a duplicate told while typing."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from outreach.models import FollowUp, Lead
from tests.outreach_factories import day, make_follow_up


@pytest.fixture
def go(page, live_server, world, sign_in, complaints):
    """Opens a page of courting as ada; whatever the browser complained of fails the test."""
    sign_in(world.ada)

    def open_page(name):
        page.goto(live_server.url + reverse(f"outreach:{name}"))
        return page

    yield open_page
    assert complaints == []


def test_a_lead_is_dragged_over_stages(go, world):
    board = go("board")
    card = board.locator(f"[data-row='{world.lead.public_id}']")

    card.drag_to(board.locator("[data-stage='discovery']"))

    expect(board.locator(f"[data-stage='discovery'] [data-row='{world.lead.public_id}']")).to_be_visible()
    assert Lead.objects.get(pk=world.lead.pk).status == Lead.Status.DISCOVERY


def test_a_lead_is_moved_by_key(go, world):
    board = go("board")
    board.locator(f"[data-row='{world.lead.public_id}']").focus()

    board.keyboard.press(">")

    expect(board.locator(f"[data-stage='qualified'] [data-row='{world.lead.public_id}']")).to_be_visible()


def test_a_follow_up_is_done_and_another_put_off_where_they_stand(go, world):
    other = make_follow_up(world.ada)
    today = go("today")
    first = today.locator(f"#follow-up-{world.follow_up.public_id}")
    first.locator("summary").first.click()
    first.get_by_role("button", name="It is done").click()
    expect(first).to_contain_text("Next step on")

    second = today.locator(f"#follow-up-{other.public_id}")
    second.focus()
    today.keyboard.press("s")
    second.get_by_role("button", name="In 3 days").click()

    expect(second).to_contain_text("put off once")
    assert FollowUp.objects.get(pk=other.pk).due_on == day(3)


@pytest.mark.parametrize("width", [390, 1280])
def test_who_is_known_is_told_while_typing(go, page, world, width):
    page.set_viewport_size({"width": width, "height": 800})
    card = go("quick-add")

    card.get_by_label("E-mail").press_sequentially("MARA@lark.example")

    expect(card.locator("#alike")).to_contain_text("the same address")
