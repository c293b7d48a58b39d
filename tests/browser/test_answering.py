"""A client reads and answers on a phone: what is picked moves the figures, and what is asked stands beside its line."""

from playwright.sync_api import expect

PHONE = {"width": 390, "height": 800}


def test_the_figures_follow_what_is_picked(page, live_server, world, sign_in, complaints):
    revision = world.promised.offered
    sign_in(world.ben)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/sent/{revision.public_id}/")
    places = [page.locator(f"#{id}") for id in ("offer-figures", "sign-bar-price", "offer-payment", "total")]
    expect(places[0]).to_contain_text("$12,900.00")
    expect(page.get_by_role("button", name="Update the total")).to_be_hidden()

    page.get_by_label("A second region").check()
    for place in places:
        expect(place).to_contain_text("$14,400.00")
    page.get_by_label("Essential").check()
    for place in places:
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


def test_of_two_quick_picks_the_last_counts(page, live_server, world, sign_in):
    revision = world.promised.offered
    sign_in(world.ben)
    page.goto(f"{live_server.url}/sent/{revision.public_id}/")

    page.get_by_label("A second region").check()
    page.get_by_label("Essential").check()
    page.get_by_label("A second region").uncheck()

    expect(page.locator("#total")).to_contain_text("$10,400.00")


def test_the_balance_of_a_trade_follows_what_is_ticked(page, live_server, world, sign_in, complaints):
    engagement = world.promised.quiet
    sign_in(world.ada)
    page.goto(f"{live_server.url}/engagements/{engagement.public_id}/draft/trade/")
    balance = page.locator("#balance")
    expect(balance).to_contain_text("level")

    page.get_by_label("Alarms that reach a person").check()
    expect(balance).to_contain_text("-$2,600.00")
    page.get_by_label("Work", exact=False).first.fill("The alarm also writes to your chat")
    page.get_by_label("Worth").first.fill("2600")
    page.get_by_label("Worth").first.blur()
    expect(balance).to_contain_text("Comes in$2,600.00")
    expect(balance).not_to_contain_text("not level")

    assert complaints == []
