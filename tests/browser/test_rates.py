"""What an hour costs, reckoned by the server while one types."""

from playwright.sync_api import expect


def test_the_figure_follows_what_is_typed(page, live_server, world, sign_in, complaints):
    sign_in(world.ada)
    page.goto(f"{live_server.url}/settings/rates/cost/{world.cost_base.public_id}/")
    figure = page.get_by_role("status", name="What an hour costs")
    expect(figure).to_contain_text("$122.19")

    page.get_by_label("Pay").fill("200,000")
    expect(figure).to_contain_text("$189.66")
    page.get_by_label("Weeks off a year").fill("52")
    expect(figure).to_contain_text("once the figures are in")

    assert complaints == []
