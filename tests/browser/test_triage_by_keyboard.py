"""Triage without a mouse: every act is one key, and the place in the list is never lost."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from discovery.models import Finding


@pytest.fixture
def triage(page, live_server, world, sign_in, complaints):
    sign_in(world.ada)
    page.goto(live_server.url + reverse("discovery:summary", args=[world.draft.public_id]))
    yield page
    assert complaints == []


def focused_row(page):
    return page.evaluate("document.activeElement.closest('[data-row]')?.dataset.row ?? null")


def entry(world, rank):
    return world.draft.entries.get(rank=rank)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_j_and_k_walk_and_x_hides_and_keeps_where_one_stands(triage, world):
    second = entry(world, 2)
    row = triage.locator(f"#entry-{second.public_id}")
    press(triage, "j", "j", "j", "k")
    assert focused_row(triage) == second.public_id

    press(triage, "x")
    expect(triage.locator("#tally")).to_contain_text("2 kept, 1 hidden")
    expect(row).to_be_focused()
    second.refresh_from_db()
    assert second.decision == "hide"

    press(triage, "x")
    expect(triage.locator("#tally")).to_contain_text("3 kept, 0 hidden")
    expect(row).to_be_focused()
    second.refresh_from_db()
    assert second.decision == "keep"


def test_shift_j_and_shift_k_rank_and_keep_the_focus(triage, world):
    first, second = entry(world, 1), entry(world, 2)
    press(triage, "j", "Shift+J")
    expect(triage.locator("[data-row]").nth(1)).to_have_id(f"entry-{first.public_id}")
    expect(triage.locator(f"#entry-{first.public_id}")).to_be_focused()

    press(triage, "Shift+K")
    expect(triage.locator("[data-row]").first).to_have_id(f"entry-{first.public_id}")
    assert [one.pk for one in world.draft.entries.all()][:2] == [first.pk, second.pk]


def test_e_rewords_and_comes_back_to_the_row(triage, world):
    first = entry(world, 1)
    press(triage, "j", "e")
    expect(triage.get_by_label("In your words")).to_be_focused()
    expect(triage.get_by_label("In your words")).to_have_value(
        "3 of 10 databases have no copy that would survive their deletion"
    )
    triage.get_by_label("In your words").fill("Twelve databases would be gone for good")
    press(triage, "Enter")

    row = triage.locator(f"#entry-{first.public_id}")
    expect(row.locator(".triage__title")).to_have_text("Twelve databases would be gone for good")
    expect(row).to_be_focused()
    first.refresh_from_db()
    assert first.title == "Twelve databases would be gone for good"


def test_words_half_written_outlive_an_act_on_another_row(triage, world):
    press(triage, "j", "e")
    expect(triage.get_by_label("In your words")).to_be_focused()
    triage.get_by_label("In your words").fill("Half a sen")
    press(triage, "Escape", "j", "Shift+J")

    expect(triage.locator("[data-row]").nth(2)).to_have_id(f"entry-{entry(world, 3).public_id}")
    expect(triage.get_by_label("In your words")).to_have_value("Half a sen")


def test_f_looks_into_a_group_and_marks_one_finding_false(triage, world):
    second = entry(world, 2)
    press(triage, "j", "j", "f")
    boxes = triage.locator(f"#panel-{second.public_id} input[name=findings]")
    expect(boxes.first).to_be_focused()
    press(triage, "Space")
    triage.get_by_label("Why is it no finding?").focus()
    triage.keyboard.type("It is the office's own address.")
    press(triage, "Enter")

    row = triage.locator(f"#entry-{second.public_id}")
    expect(row).to_contain_text("1 false positive")
    expect(row).to_be_focused()
    ruled = Finding.objects.get(status=Finding.Status.FALSE_POSITIVE)
    assert (ruled.check_id, ruled.ruling_reason) == (second.check_id, "It is the office's own address.")


def test_a_adds_a_finding_and_goes_to_it(triage, world):
    press(triage, "a")
    expect(triage.get_by_label("What you found")).to_be_focused()
    triage.keyboard.type("Releases need two people at midnight")
    triage.get_by_label("Kind").select_option("process")
    triage.get_by_role("button", name="Add it").press("Enter")

    expect(triage.locator(".triage__row", has_text="Releases need two people")).to_be_focused()
    assert world.draft.entries.get(check_id="").topic == "process"


def test_the_verdict_counts_its_words_and_saves_itself(triage, world):
    press(triage, "v")
    field = triage.get_by_label("Verdict")
    expect(field).to_be_focused()
    field.fill("Three words only")
    expect(triage.locator("[data-words-of]")).to_have_text("3 of 30 words.")
    press(triage, "Tab")

    expect(triage.locator("#verdict-saved")).to_contain_text("Saved.")
    world.draft.refresh_from_db()
    assert world.draft.verdict == "Three words only"


def test_a_verdict_of_more_than_thirty_words_is_refused_in_place(triage, world):
    before = world.draft.verdict
    field = triage.get_by_label("Verdict")
    field.fill("word " * 31)
    expect(triage.locator("[data-words-of]")).to_contain_text("too many")
    press(triage, "Tab")

    expect(triage.locator("#verdict-saved")).to_contain_text("31 words")
    expect(field).to_have_value("word " * 31)
    world.draft.refresh_from_db()
    assert world.draft.verdict == before


def test_question_mark_lists_every_key_of_the_page(triage):
    press(triage, "?")

    listed = triage.locator("#shortcuts dt").all_inner_texts()
    assert {"x", "e", "f", "J", "K", "a", "v", "p"} <= {key.strip() for text in listed for key in text.split()}


def test_every_act_has_a_button_that_works_without_javascript(browser, live_server, client, world):
    client.force_login(world.ada)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("discovery:summary", args=[world.draft.public_id]))
    first, second = entry(world, 1), entry(world, 2)
    row = page.locator(f"#entry-{first.public_id}")

    row.get_by_role("button", name="Hide").click()
    expect(page.locator("#tally")).to_contain_text("2 kept, 1 hidden")
    row.get_by_role("button", name="Rank lower").click()
    expect(page.locator("[data-row]").first).to_have_id(f"entry-{second.public_id}")
    row.get_by_role("link", name="Reword").click()
    page.get_by_label("In your words").fill("Gone for good")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".triage__title")).to_have_text("Gone for good")
    page.locator(f"#entry-{second.public_id}").get_by_role("link", name="Look into it").click()
    page.get_by_label("All 5 of them").check()
    page.get_by_label("Why is it no finding?").fill("A test account")
    page.get_by_role("button", name="Mark as false positive").click()
    expect(page.locator("#tally")).to_contain_text("1 kept, 1 hidden, 1 false positive")
    page.get_by_role("link", name="Add a finding by hand").click()
    page.get_by_label("What you found").fill("Nobody reviews changes")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".triage__title", has_text="Nobody reviews changes")).to_be_visible()
    context.close()
