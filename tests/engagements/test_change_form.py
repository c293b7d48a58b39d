"""The form in which staff write a trade or an order."""

import re

from django.urls import reverse

from tests.factories import make_client, make_consultant
from tests.scope_factories import make_engagement, make_trade, work


def ticked(page):
    return re.findall(r'name="out" value="([\w-]+)" checked', page.content.decode())


def test_a_draft_that_is_opened_again_still_says_what_goes_out(client, db):
    ada, ben = make_consultant("ada"), make_client("ben")
    engagement = make_engagement(ben, owner=ada)
    out = list(engagement.items.all()[1:2])
    draft = make_trade(engagement, actor=ada, out=out, incoming=[work("Chat", 3000)], offered=False)
    client.force_login(ada)

    page = client.get(reverse("engagements:change-edit", args=[draft.public_id]))

    assert ticked(page) == [out[0].public_id]
    assert "$3,000.00" in page.content.decode()  # the other side of the balance


def test_a_refused_form_keeps_what_was_ticked(client, db):
    ada, ben = make_consultant("ada"), make_client("ben")
    engagement = make_engagement(ben, owner=ada)
    item = engagement.items.first()
    client.force_login(ada)

    page = client.post(
        reverse("engagements:change-new", args=[engagement.public_id, "trade"]),
        {"title": "", "out": [item.public_id]},
    )

    assert page.status_code == 422
    assert ticked(page) == [item.public_id]
