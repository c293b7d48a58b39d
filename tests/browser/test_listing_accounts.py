"""Several accounts are added from a list: typed, looked at and added by keyboard, on a phone as well."""

import pytest
from django.urls import reverse

from discovery.models import AwsAccount
from tests.browser.test_pages import grave_violations

PHONE = {"width": 390, "height": 844}
LINES = (
    "arn:aws:iam::111111111111:role/infra-audit,,production",
    "arn:aws:iam::222222222222:role/audits/of-the-shared-services/infra-audit,,shared services",
    "arn:aws:iam::222222222222:role/other",
    "production",
)


@pytest.fixture
def list_page(page, live_server, world, sign_in):
    page.set_viewport_size(PHONE)
    sign_in(world.ada)
    page.goto(live_server.url + reverse("discovery:accounts-list", args=[world.organisation.public_id]))
    return page


def test_a_list_is_looked_at_and_added_by_keyboard_on_a_phone(list_page, complaints):
    page = list_page
    page.get_by_label("Roles").focus()
    page.keyboard.insert_text("\n".join(LINES))
    page.get_by_role("button", name="Show what would be added").press("Enter")
    page.get_by_role("heading", name="2 accounts would be added").wait_for()

    assert page.get_by_text("Line 4 does not begin with").is_visible()
    assert page.get_by_text("listed twice (lines 2 and 3)").is_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    assert grave_violations(page) == []

    page.get_by_role("button", name="Add 2 accounts").press("Enter")
    page.get_by_text("2 accounts are added.").wait_for()

    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    names = AwsAccount.objects.exclude(role_arn="").values_list("name", flat=True)
    assert set(names) == {"production", "shared services"}
    assert complaints == []
