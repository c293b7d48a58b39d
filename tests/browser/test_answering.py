"""A client reads and answers on a phone: what is picked moves the figures, and what is asked stands beside its line."""

from playwright.sync_api import expect

PHONE = {"width": 390, "height": 800}


def test_the_figures_follow_what_is_picked(page, live_server, world, sign_in, complaints):
    revision = world.promised.offered
    sign_in(world.ben)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/sent/{revision.public_id}/")
    figures, bar, total = page.locator("#offer-figures"), page.locator("#sign-bar-price"), page.locator("#total")
    expect(figures).to_contain_text("$12,900.00")
    expect(page.get_by_role("button", name="Update the total")).to_be_hidden()

    page.get_by_label("A second region").check()
    for place in (figures, bar, total):
        expect(place).to_contain_text("$14,400.00")
    page.get_by_label("Essential").check()
    for place in (figures, bar, total):
        expect(place).to_contain_text("$11,900.00")

    assert complaints == []


def test_what_was_picked_last_is_what_is_signed(page, live_server, world, sign_in):
    revision = world.promised.offered
    sign_in(world.ben)
    page.goto(f"{live_server.url}/sent/{revision.public_id}/")
    page.get_by_label("Essential").check()
    expect(page.locator("#total")).to_contain_text("$10,400.00")

    page.get_by_label("I have read proposal").check()
    page.get_by_role("button", name="Sign the proposal").click()

    expect(page.locator("#signed")).to_contain_text("$10,400.00")
