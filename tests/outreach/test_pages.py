"""The pages of courting: who sees them, what they show, what they change."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Organisation
from outreach.models import Contact, Encounter, FollowUp, ImportBatch, Lead, Touch
from outreach.services import follow_ups, imports
from outreach.services.follow_ups import NextStep
from tests.factories import make_organisation
from tests.outreach_factories import (
    day,
    make_contact,
    make_encounter,
    make_follow_up,
    make_lead,
    make_touch,
)

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
MOST_OF_TODAY = 18
WRITES = ("INSERT", "UPDATE", "DELETE")
HTMX = {"HX-Request": "true"}


def page_of(name, *args):
    return reverse(f"outreach:{name}", args=args)


def text(response):
    return response.content.decode()


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [one["sql"] for one in captured.captured_queries]


def everything(ada):
    """One of each, and the address of every page."""
    contact = make_contact(ada, emails=["mara@lark.example"], tags=["aws"])
    lead = make_lead(ada, contact=contact)
    occasion = make_encounter(ada, contact).occasion
    make_touch(ada, lead=lead)
    batch = imports.check_import(name="a.csv", content=b"Name\nOda\n", actor=ada)
    plain = ["today", "contacts", "quick-add", "alike", "contacts-export", "import", "leads", "board", "lead-new"]
    plain += ["occasions", "occasion-new"]
    urls = [page_of(name) for name in plain]
    urls += [page_of(name, contact.public_id) for name in ("contact", "contact-edit")]
    urls += [page_of(name, occasion.public_id) for name in ("occasion", "occasion-edit")]
    urls += [page_of(name, lead.public_id) for name in ("lead", "lead-edit")]
    follow_up = FollowUp.objects.get(lead=lead)
    return [*urls, page_of("import-batch", batch.public_id), page_of("follow-up", follow_up.public_id)]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_staff_alone_see_them(client, ada, ben, cleo, headers):
    for url in everything(ada):
        client.logout()
        assert client.get(url, headers=headers).url.startswith(reverse("account_login")), url
        for user, status in ((ada, 200), (ben, 404), (cleo, 404)):
            client.force_login(user)
            assert client.get(url, headers=headers).status_code == status, (url, user)


def test_nobody_else_changes_anything(client, ada, ben, cleo):
    follow_up = make_follow_up(ada)
    urls = [page_of(f"follow-up-{act}", follow_up.public_id) for act in ("done", "snooze", "drop")]
    acts = ("move", "lose", "rest", "reopen", "client", "touch", "step")
    urls += [page_of(f"lead-{act}", follow_up.lead.public_id) for act in acts]
    for user in (ben, cleo):
        client.force_login(user)
        assert {client.post(url, {"to": "won", "reason": "x"}).status_code for url in urls} == {404}

    follow_up.refresh_from_db()
    assert follow_up.status == FollowUp.Status.DUE
    assert Lead.objects.get().status == Lead.Status.NEW


def test_looking_changes_nothing(client, ada):
    client.force_login(ada)
    for url in everything(ada):
        written = [sql for sql in queries_of(client, url) if sql.startswith(WRITES)]
        assert [sql for sql in written if "session" not in sql] == [], url


def test_acts_are_not_done_by_looking(client, ada):
    client.force_login(ada)
    follow_up = make_follow_up(ada)

    assert client.get(page_of("follow-up-done", follow_up.public_id)).status_code == 405
    assert client.get(page_of("lead-move", follow_up.lead.public_id)).status_code == 405


@pytest.mark.parametrize("name", ["today", "contacts", "leads", "board", "occasions"])
def test_a_list_takes_as_many_queries_for_three_rows_as_for_thirty(client, ada, name):
    client.force_login(ada)

    def add(number):
        contact = make_contact(ada, f"Person {number}", emails=[f"p{number}@x.example"], tags=["aws", "berlin"])
        contact.organisation = make_organisation(f"Client {number}")
        contact.save()
        make_encounter(ada, contact, on=-20, occasion=f"Evening {number}")
        make_touch(ada, contact=contact, on=-19)
        status = Lead.STAGES[number % 5]
        make_follow_up(ada, due=-(number % 2), contact=contact, status=status)

    for number in range(3):
        add(number)
    few = queries_of(client, page_of(name))
    for number in range(3, 30):
        add(number)

    many = queries_of(client, page_of(name))

    # Today asks every room for its own block, so it may ask a little more.
    assert len(few) == len(many) <= (MOST_OF_TODAY if name == "today" else MOST_QUERIES)


@pytest.mark.parametrize("name", ["contact", "lead"])
def test_a_page_takes_as_many_queries_for_three_lines_as_for_thirty(client, ada, name):
    client.force_login(ada)
    contact = make_contact(ada, emails=["a@x.example"], tags=["aws"])
    lead = make_lead(ada, contact=contact)
    follow_ups.plan_contact_step(contact=contact, step=NextStep("Coffee"), actor=ada)

    def add(number):
        make_encounter(ada, contact, on=-40 * number)
        make_touch(ada, lead=lead, on=-number)
        make_lead(ada, contact=contact, company=f"Company {number}")

    for number in range(3):
        add(number)
    url = page_of(name, contact.public_id if name == "contact" else lead.public_id)
    few = queries_of(client, url)
    for number in range(3, 30):
        add(number)

    many = queries_of(client, url)

    assert len(few) == len(many) <= MOST_QUERIES


def test_today_shows_what_is_overdue_before_what_is_due_and_nothing_of_tomorrow(client, ada):
    late, due = make_follow_up(ada, due=-3, company="Late & Co"), make_follow_up(ada, company="Due & Co")
    make_follow_up(ada, due=1, company="Tomorrow & Co")
    client.force_login(ada)

    response = client.get(page_of("today"))

    today = response.context["today"]
    assert [row.follow_up for row in today.overdue] == [late]
    assert [row.follow_up for row in today.due] == [due]
    assert "3 days late" in text(response)
    assert "Tomorrow" not in text(response).replace("Tomorrow</button>", "")


def test_an_empty_day_says_the_next_step(client, ada):
    client.force_login(ada)

    assert "Nobody waits for you today" in text(client.get(page_of("today")))


def test_done_in_place_shows_the_line_as_done_with_what_comes_next(client, ada):
    follow_up = make_follow_up(ada)
    client.force_login(ada)

    response = client.post(page_of("follow-up-done", follow_up.public_id), {"how": "email"}, headers=HTMX)

    assert response.status_code == 200
    assert "<html" not in text(response)
    assert f'id="follow-up-{follow_up.public_id}"' in text(response)
    assert "Next step on" in text(response)
    assert Touch.objects.get().how == "email"


def test_done_without_script_leads_back_to_where_one_was(client, ada):
    first, second = make_follow_up(ada), make_follow_up(ada)
    client.force_login(ada)

    assert client.post(page_of("follow-up-done", first.public_id)).url == page_of("today")
    there = client.post(page_of("follow-up-done", second.public_id), {"back": "lead"}).url

    assert there == page_of("lead", second.lead.public_id)


def test_a_button_puts_it_off_as_the_field_does(client, ada):
    first, second = make_follow_up(ada), make_follow_up(ada)
    client.force_login(ada)

    client.post(page_of("follow-up-snooze", first.public_id), {"until": ["", str(day(3))]}, headers=HTMX)
    client.post(page_of("follow-up-snooze", second.public_id), {"until": str(day(7))})

    assert {one.due_on for one in FollowUp.objects.all()} == {day(3), day(7)}


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("act", "sent", "status"),
    [
        ("snooze", {}, 422),
        ("snooze", {"until": "never"}, 422),
        ("snooze", {"until": "2020-01-01"}, 409),
        ("drop", {"reason": " "}, 422),
        ("drop", {"reason": "x" * 501}, 422),
        ("done", {"next_on": "2020-01-01"}, 409),
        ("done", {"how": "telepathy"}, 422),
    ],
)
def test_what_cannot_be_is_said_in_the_line_and_changes_nothing(client, ada, act, sent, status, headers):
    follow_up = make_follow_up(ada)
    client.force_login(ada)

    response = client.post(page_of(f"follow-up-{act}", follow_up.public_id), sent, headers=headers)

    assert response.status_code == status
    assert "field__error" in text(response)
    assert ("<html" in text(response)) is (not headers)
    follow_up.refresh_from_db()
    assert (follow_up.status, follow_up.due_on) == (FollowUp.Status.DUE, day())


def test_what_is_done_already_is_said(client, ada):
    follow_up = make_follow_up(ada)
    follow_ups.finish_follow_up(follow_up=follow_up, actor=ada)
    client.force_login(ada)

    response = client.post(page_of("follow-up-drop", follow_up.public_id), {"reason": "Late"}, headers=HTMX)

    assert response.status_code == 409
    assert "done already" in text(response)


CARD = {
    "name": "Mara Lind",
    "email": "mara@lark.example",
    "company": "Larkfield",
    "met_at": "Cloud evening",
    "said": "Hi",
}


def test_a_card_takes_six_inputs_and_opens_a_lead(client, ada):
    client.force_login(ada)
    form = client.get(page_of("quick-add")).context["form"]
    assert len(form.fields) == 6
    assert form.initial["step_on"] == day(2)

    response = client.post(page_of("quick-add"), CARD | {"step_on": str(day(2))})

    assert response.url == page_of("lead", Lead.objects.get().public_id)
    assert Encounter.objects.get().occasion.name == "Cloud evening"


def test_a_card_without_a_day_is_a_contact_alone_and_the_next_card_may_follow(client, ada):
    client.force_login(ada)

    response = client.post(page_of("quick-add"), CARD | {"another": "1"})

    assert response.url == page_of("quick-add") + "?at=Cloud+evening"
    assert not Lead.objects.exists()
    assert 'value="Cloud evening"' in text(client.get(response.url))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"email": "mara"}, "email"),
        ({"email": "KNOWN@lark.example "}, "email"),
        ({"step_on": "2020-01-01"}, "step_on"),
        ({"step_on": "soon"}, "step_on"),
        ({"said": "x" * 5_001}, "said"),
        ({"company": "a\0b"}, "company"),
    ],
)
def test_a_card_that_cannot_be_is_refused_at_its_field(client, ada, sent, field):
    make_contact(ada, emails=["known@lark.example"])
    client.force_login(ada)

    response = client.post(page_of("quick-add"), CARD | sent)

    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("name", ["مارا ليند", "Zoë é", "🚢 Ship", "<script>{{7*7}}</script>"])
def test_any_name_is_kept_and_shown_as_text(client, ada, name):
    client.force_login(ada)
    client.post(page_of("quick-add"), CARD | {"name": name})
    contact = Contact.objects.get()

    shown = text(client.get(page_of("contact", contact.public_id)))

    assert contact.name == name
    assert "<script>{{7" not in shown
    assert name.replace("<", "&lt;").replace(">", "&gt;") in shown


def test_who_may_be_the_same_is_told_while_typing(client, ada):
    mara = make_contact(ada, emails=["mara@lark.example"])
    client.force_login(ada)

    response = client.get(page_of("alike"), {"name": "mara lind", "email": "MARA@lark.example"}, headers=HTMX)

    assert text(response).count(page_of("contact", mara.public_id)) == 1
    assert "the same address" in text(response)
    assert "Known already" not in text(client.get(page_of("alike"), {"name": "Oda"}, headers=HTMX))


def test_a_contact_is_edited(client, ada):
    mara = make_contact(ada, emails=["a@x.example"])
    client.force_login(ada)
    sent = {"name": "Mara L.", "emails": "b@x.example\nA@x.example", "tags": "aws, AWS,  big  data", "is_peer": "false"}

    assert client.post(page_of("contact-edit", mara.public_id), sent).url == page_of("contact", mara.public_id)

    mara.refresh_from_db()
    assert (mara.name, mara.is_peer, mara.economic_buyer) == ("Mara L.", False, False)
    assert [email.address for email in mara.emails.all()] == ["b@x.example", "A@x.example"]
    assert sorted(tag.name for tag in mara.tags.all()) == ["AWS", "big data"]


@pytest.mark.parametrize("sent", [{"emails": "nobody"}, {"notes": "x" * 20_001}, {"tags": "x" * 51}, {"name": ""}])
def test_an_edit_that_cannot_be_is_refused(client, ada, sent):
    mara = make_contact(ada)
    client.force_login(ada)

    response = client.post(page_of("contact-edit", mara.public_id), {"name": "Mara", **sent})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(sent)


def test_a_contact_of_a_lead_is_not_deleted_and_the_page_says_why(client, ada):
    mara = make_contact(ada)
    make_lead(ada, contact=mara)
    client.force_login(ada)

    response = client.post(page_of("contact-delete", mara.public_id))

    assert response.status_code == 409
    assert "the record stays" in text(response)


def test_on_a_contacts_page_touches_meetings_and_steps_are_written_down(client, ada):
    mara = make_contact(ada)
    client.force_login(ada)
    here = page_of("contact", mara.public_id)
    touch = {"touch-how": "call", "touch-said": "Rang", "touch-on": str(day())}

    assert client.post(page_of("contact-touch", mara.public_id), touch).url == here
    assert client.post(page_of("contact-met", mara.public_id), {"occasion": "Evening", "on": str(day(-1))}).url == here
    assert client.post(page_of("contact-step", mara.public_id), {"step-what": "Coffee"}).url == here

    shown = text(client.get(here))
    assert all(word in shown for word in ("Call: Rang", "Met at Evening", "Coffee"))


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        ("touch", {"touch-how": "call", "touch-on": "2999-01-01"}),
        ("met", {"on": "2999-01-01"}),
        ("met", {}),
        ("step", {"step-on": "2020-01-01"}),
    ],
)
def test_what_a_contacts_page_cannot_take_is_said_there(client, ada, act, sent):
    client.force_login(ada)

    response = client.post(page_of(f"contact-{act}", make_contact(ada).public_id), sent)

    assert response.status_code == 422
    assert "field__error" in text(response)


def test_the_board_shows_open_leads_by_stage(client, ada):
    new, proposed = make_lead(ada), make_lead(ada, status=Lead.Status.PROPOSED)
    make_lead(ada, status=Lead.Status.WON)
    client.force_login(ada)

    columns = client.get(page_of("board")).context["columns"]

    assert [(column.status, list(column.leads)) for column in columns if column.count] == [
        ("new", [new]),
        ("proposed", [proposed]),
    ]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_card_moves_on_the_board(client, ada, headers):
    lead = make_lead(ada)
    client.force_login(ada)

    response = client.post(page_of("lead-move", lead.public_id), {"to": "discovery", "back": "board"}, headers=headers)

    lead.refresh_from_db()
    assert lead.status == Lead.Status.DISCOVERY
    assert text(response).strip().startswith('<div id="board"') if headers else response.url == page_of("board")


@pytest.mark.parametrize("back", ["", "board"])
def test_a_move_that_cannot_be_is_said_where_it_was_tried(client, ada, back):
    lead = make_lead(ada, status=Lead.Status.DISCOVERY)
    client.force_login(ada)

    response = client.post(page_of("lead-move", lead.public_id), {"to": "new", "back": back})

    assert response.status_code == 409
    assert "cannot become" in text(response)
    assert client.post(page_of("lead-move", lead.public_id), {"to": "nowhere"}).status_code == 404


def test_a_lead_is_opened_of_a_contact_a_client_or_a_company(client, ada):
    mara, organisation = make_contact(ada, company="Larkfield"), make_organisation("Tern & Tide")
    client.force_login(ada)
    new = page_of("lead-new")

    assert client.post(new, {"channel": "direct"}).status_code == 422
    client.post(f"{new}?contact={mara.public_id}", {"channel": "referral", "company": "Larkfield"})
    client.post(f"{new}?client={organisation.public_id}", {"channel": "direct"})
    client.post(new, {"channel": "platform", "company": "Copperline"})

    assert [lead.who for lead in Lead.objects.order_by("id")] == ["Larkfield", "Tern & Tide", "Copperline"]
    assert client.get(f"{new}?contact=nobody").status_code == 404


def test_a_lead_of_a_platform_says_whose_customer_it_is(client, ada):
    lead = make_lead(ada, channel="platform", size="large")
    client.force_login(ada)

    shown = text(client.get(page_of("lead", lead.public_id)))

    assert "Their customer, not yours" in shown
    assert "Poor fit" in shown


def test_a_lead_is_lost_rested_and_reopened_on_its_page(client, ada):
    lead = make_lead(ada, status=Lead.Status.QUALIFIED)
    client.force_login(ada)

    def do(act, **sent):
        return client.post(page_of(f"lead-{act}", lead.public_id), sent)

    assert do("lose", **{"lose-reason": ""}).status_code == 422
    assert do("rest", **{"rest-until": "2020-01-01"}).status_code == 409
    for act, sent, status in (
        ("rest", {"rest-until": str(day(30))}, "dormant"),
        ("reopen", {}, "qualified"),
        ("lose", {"lose-reason": "Too dear"}, "lost"),
        ("reopen", {}, "qualified"),
    ):
        assert do(act, **sent).url == page_of("lead", lead.public_id)
        lead.refresh_from_db()
        assert lead.status == status

    assert "Too dear" in text(client.get(page_of("lead", lead.public_id)))


def test_a_lead_is_edited_and_becomes_a_client(client, ada):
    lead = make_lead(ada)
    client.force_login(ada)
    sent = {"company": "Larkfield", "channel": "recruiter", "size": "small", "owner": ada.public_id}

    assert client.post(page_of("lead-edit", lead.public_id), {**sent, "company": ""}).status_code == 422
    client.post(page_of("lead-edit", lead.public_id), sent)
    client.post(page_of("lead-client", lead.public_id))

    lead.refresh_from_db()
    assert (lead.channel, lead.size, lead.organisation) == ("recruiter", "small", Organisation.objects.get())


def test_leads_are_narrowed(client, ada):
    mine, lost = make_lead(ada, company="Larkfield"), make_lead(ada, channel="platform", status=Lead.Status.WON)
    client.force_login(ada)

    def shown(**choice):
        return list(client.get(page_of("leads"), choice).context["page"])

    assert shown(status="open") == shown(q="lark") == [mine]
    assert shown(status="won") == shown(channel="platform") == [lost]
    assert shown(owner=ada.public_id) == [lost, mine]
    assert shown(q="nobody") == []


def test_a_file_is_looked_at_imported_and_taken_back(client, ada):
    client.force_login(ada)
    file = io.BytesIO("Name;E-mail\r\nMara;m@x.example\r\nBad;nope\r\n".encode("utf-16"))
    file.name = "people.csv"

    there = client.post(page_of("import"), {"file": file}).url
    shown = text(client.get(there))
    assert "Import 2 contacts" in shown
    assert "“nope” is no e-mail address." in shown
    assert not Contact.objects.exists()

    batch = ImportBatch.objects.get()
    assert client.post(page_of("import-run", batch.public_id)).url == there
    assert client.post(page_of("import-run", batch.public_id)).status_code == 409
    assert Contact.objects.count() == 2
    assert "2 contacts came in" in text(client.get(there))

    client.post(page_of("import-undo", batch.public_id))
    assert not Contact.objects.exists()
    assert client.post(page_of("import-undo", batch.public_id)).status_code == 409
    assert client.get(page_of("import")).status_code == 200


@pytest.mark.parametrize("content", [b"", b"Apples\n1\n", b"BEGIN:VCARD\n"])
def test_a_file_that_is_none_is_refused_at_the_field(client, ada, content):
    client.force_login(ada)
    file = io.BytesIO(content)
    file.name = "people.csv"

    response = client.post(page_of("import"), {"file": file})

    assert response.status_code == 422
    assert response.context["form"].errors["file"]


def test_what_was_looked_at_is_forgotten(client, ada):
    batch = imports.check_import(name="a.csv", content=b"Name\nOda\n", actor=ada)
    client.force_login(ada)

    assert client.post(page_of("import-discard", batch.public_id)).url == page_of("import")
    assert not ImportBatch.objects.exists()


def test_the_export_is_safe_unless_raw_is_asked_for(client, ada):
    make_contact(ada, "=1+1")
    client.force_login(ada)

    safe, raw = client.get(page_of("contacts-export")), client.get(page_of("contacts-export") + "?raw=1")

    assert "'=1+1" in text(safe)
    assert "'=1+1" not in text(raw)
    assert safe["Content-Disposition"].startswith("attachment")
