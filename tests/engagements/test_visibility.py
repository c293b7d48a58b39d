"""What each level of visibility leaves of a project: every page of it, every role, every answer a client may give."""

import pytest
from django.core import mail
from django.urls import reverse

from core.models import StoredFile
from engagements.models import Deliverable, Engagement
from engagements.services import decisions, items, telling
from outreach import dates
from tests.report_factories import make_report, with_pdfs
from tests.scope_factories import make_engagement, make_member, make_order, work

pytestmark = pytest.mark.django_db
ROLES = ("owner", "payer", "reader")
MONEY = ("owner", "payer")
LEVELS = ("full", "read_only", "overview", "hidden")

# page: (levels that show it, roles that see it). What is missing from both is 404.
PAGES = {
    "engagements:engagement": (LEVELS[:3], ROLES),
    "engagements:change": (LEVELS[:2], MONEY),
    "engagements:change-pdf": (LEVELS[:2], MONEY),
    "engagements:deliverable": (LEVELS[:2], ROLES),
    "portal:reports": (LEVELS[:3], ROLES),
    "portal:report": (LEVELS[:3], ROLES),
    "engagements:project-board": ((), ()),
    "engagements:ledger": ((), ()),
    "engagements:work": ((), ()),
    "portal:home": (LEVELS, ROLES),
    "portal:organisation": (LEVELS, ROLES),
}
# what an owner answers: the levels at which the thing answered is shown. Answered it is at the full one alone.
ANSWERS = {
    "engagements:wish": LEVELS[:3],
    "engagements:decide": LEVELS[:3],
    "engagements:item-accept": LEVELS[:2],
    "engagements:item-send-back": LEVELS[:2],
    "engagements:change-approve": LEVELS[:2],
    "engagements:change-reject": LEVELS[:2],
}


@pytest.fixture
def things(ada, ben):
    """The subject of each address."""
    one = make_engagement(ben, owner=ada, title="The project")
    first, second, *_rest = one.items.all()
    stored = StoredFile.store(name="a.txt", content_type="text/plain", content=b"a", organisation=one.organisation)
    items.hand_over(item=first, handover=items.Handover(title="named-handover", file=stored), actor=ada)
    change = make_order(one, actor=ada, out=[second], incoming=[work("named-work", 700)], title="named-change")
    decision = decisions.ask_for_decision(
        engagement=one, question="Which?", wanted_by=dates.today(), waiting_costs="", is_clients=True, actor=ada
    )
    report = with_pdfs(make_report(one, actor=ada))
    of = {
        "deliverable": Deliverable.objects.get(),
        "decide": decision,
        "item-accept": first,
        "item-send-back": first,
        "report": report,
        "organisation": one.organisation,
    }
    of |= dict.fromkeys(("change", "change-pdf", "change-approve", "change-reject"), change)
    return one, of


def address(route, things):
    one, of = things
    if route == "portal:home":
        return reverse(route)
    return reverse(route, args=[of.get(route.split(":")[1], one).public_id])


def sign_in_as(client, role, ben, one):
    client.force_login(ben if role == "owner" else make_member(one.organisation, role, role))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_each_page_is_shown_at_its_levels_to_its_roles(client, ben, things, level, role):
    one, _of = things
    Engagement.objects.filter(pk=one.pk).update(visibility=level)
    sign_in_as(client, role, ben, one)

    got = {route: client.get(address(route, things)).status_code for route in PAGES}

    assert got == {route: 200 if level in levels and role in roles else 404 for route, (levels, roles) in PAGES.items()}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_no_page_names_what_its_level_or_role_hides(client, ben, things, level, role):
    one, _of = things
    Engagement.objects.filter(pk=one.pk).update(visibility=level)
    sign_in_as(client, role, ben, one)
    told = ""
    for route in PAGES:
        answer = client.get(address(route, things))
        if answer.status_code == 200 and not answer.streaming and "html" in answer["Content-Type"]:
            told += answer.content.decode().split("<main", 1)[1]

    assert ("Item 1" in told) == (level in LEVELS[:2])
    assert ("named-change" in told) == (level in LEVELS[:2] and role in MONEY)
    if level == "hidden":
        assert "Which?" not in told
    if role == "reader":
        assert "$" not in told


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_only_an_owner_answers_and_only_where_all_is_shown(client, ben, things, level, role):
    one, _of = things
    Engagement.objects.filter(pk=one.pk).update(visibility=level)
    sign_in_as(client, role, ben, one)
    said = {"body": "A swap", "reason": "No.", "answer": "Blue", "name": "Ben", "consent": "on"}

    for route, levels in ANSWERS.items():
        status = client.post(address(route, things), said).status_code
        shown = level in levels and not (role == "reader" and "change" in route)
        if not shown:
            assert (route, status) == (route, 404)
        elif role != "owner" or level != "full":
            assert (route, status) == (route, 403)
        else:
            assert (route, status) in {(route, 302), (route, 409)}


@pytest.mark.parametrize(("level", "mails", "named"), [("full", 1, True), ("overview", 1, False), ("hidden", 0, False)])
def test_a_mail_tells_no_more_than_the_page(things, level, mails, named):
    one, of = things
    Engagement.objects.filter(pk=one.pk).update(visibility=level)
    item = of["item-accept"]
    item.engagement.refresh_from_db()
    mail.outbox.clear()

    telling.remind_of_delivery(item)

    assert len(mail.outbox) == mails
    assert any("Item 1" in one.subject + one.body for one in mail.outbox) == named


@pytest.mark.parametrize("level", LEVELS)
def test_staff_are_told_what_the_client_sees(client, ada, things, level):
    one, _of = things
    client.force_login(ada)
    client.post(reverse("engagements:visibility", args=[one.public_id]), {"visibility": level})

    page = client.get(address("engagements:engagement", things))

    assert page.context["shown"] == Engagement.SHOWS[level]
    assert str(Engagement.SHOWS[level]) in page.content.decode()
