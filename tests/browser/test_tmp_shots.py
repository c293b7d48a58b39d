import pytest

from tests.browser.pages import PAGES

SIZES = {"1280": (1280, 900), "390": (390, 844)}


@pytest.mark.django_db(transaction=True)
def test_shots(page, world, sign_in, live_server):
    sign_in(world.ada)
    for one in PAGES:
        if not one.route.startswith("engagements:"):
            continue
        for name, (w, h) in SIZES.items():
            for scheme in ("light", "dark") if "revision" in one.route and name == "1280" else ("light",):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": w, "height": h})
                page.goto(live_server.url + one.path(world))
                page.screenshot(
                    path=f"/tmp/shots/{one.route.split(':')[1]}-{one.thing}-{name}-{scheme}.png", full_page=True
                )
