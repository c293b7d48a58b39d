"""Events: what came of each; tags; and a pipeline that is getting cold."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import DomainError
from core.models import Event
from outreach import hooks, queries, queries_occasions
from outreach.models import Contact, Encounter, Lead, Occasion, Tag
from outreach.services import contacts, occasions
from outreach.services.occasions import OccasionParticulars
from tests.outreach_factories import day, make_contact, make_encounter, make_lead, make_touch
from tests.scope_factories import make_engagement

pytestmark = pytest.mark.django_db


def make_occasion(actor, name="Cloud evening", *, on=0, **fields):
    return occasions.add_occasion(particulars=OccasionParticulars(name=name, on=day(on), **fields), actor=actor)


def line_of(occasion):
    (line,) = queries_occasions.occasion_lines([occasion], day())
    return line


def page_of(name, *args):
    return reverse(f"outreach:{name}", args=args)


def text(response):
    return response.content.decode()


def test_an_event_tells_whom_one_met_and_what_came_of_it(ada):
    occasion = make_occasion(ada, on=-20)
    mara, oda, young = (make_contact(ada, name) for name in ("Mara", "Oda", "Young"))
    make_encounter(ada, mara, on=-20, card_received=True)
    make_encounter(ada, oda, on=-20)
    make_touch(ada, contact=mara, on=-14)
    make_touch(ada, contact=oda, on=-12)  # a day too late
    lead = make_lead(ada, contact=mara)
    make_lead(ada, contact=young)

    line = line_of(occasion)

    assert (line.people, line.cards, list(line.leads)) == (2, 1, [lead])
    assert (line.rate.followed, line.rate.met) == (1, 2)
    assert [one.followed_on for one in line.met] == [day(-14), None]


def test_a_lead_from_before_the_meeting_did_not_come_of_it(ada):
    mara = make_contact(ada)
    lead = make_lead(ada, contact=mara)
    Lead.objects.filter(pk=lead.pk).update(created_at=lead.created_at - dt.timedelta(days=9))

    assert not line_of(make_encounter(ada, mara, on=-3).occasion).leads


def test_who_was_met_this_week_counts_once_followed(ada):
    occasion = make_encounter(ada, make_contact(ada), on=-2).occasion

    assert line_of(occasion).rate.percent is None


def test_the_same_event_is_not_written_down_twice(ada):
    first = make_occasion(ada)
    later = make_occasion(ada, on=-40)

    with pytest.raises(DomainError, match="already"):
        make_occasion(ada, "CLOUD evening")
    with pytest.raises(DomainError, match="already"):
        occasions.change_occasion(occasion=later, particulars=OccasionParticulars(first.name, first.on), actor=ada)

    same = OccasionParticulars(first.name, first.on, "Leith", Occasion.Kind.NON_PEER)
    assert occasions.change_occasion(occasion=first, particulars=same, actor=ada).place == "Leith"


def test_an_event_where_one_met_somebody_stays(ada):
    occasion = make_encounter(ada, make_contact(ada)).occasion

    with pytest.raises(DomainError, match="met people"):
        occasions.delete_occasion(occasion=occasion, actor=ada)

    assert Encounter.objects.get().occasion == occasion
    assert not Event.objects.filter(what="occasion.deleted").exists()


def test_an_event_is_added_changed_and_deleted_on_its_pages(client, ada):
    client.force_login(ada)
    filled = {"name": "Ops breakfast", "on": day(5).isoformat(), "place": "Leith", "kind": "peer"}

    answer = client.post(page_of("occasion-new"), filled, follow=True)

    assert "Ops breakfast" in text(answer)
    occasion = Occasion.objects.get()
    assert client.post(page_of("occasion-new"), filled).status_code == 422
    client.post(page_of("occasion-edit", occasion.public_id), filled | {"kind": "mixed"})
    occasion.refresh_from_db()
    assert occasion.kind == Occasion.Kind.MIXED
    assert "Ops breakfast" in text(client.get(page_of("quick-add")))
    client.post(page_of("occasion-delete", occasion.public_id))
    assert not Occasion.objects.exists()


def test_deleting_an_event_with_people_is_refused_on_its_page(client, ada):
    client.force_login(ada)
    occasion = make_encounter(ada, make_contact(ada)).occasion

    answer = client.post(page_of("occasion-delete", occasion.public_id))

    assert answer.status_code == 409
    assert "so it stays" in text(answer)


def test_nobody_else_sees_or_changes_events_and_tags(client, ada, ben, cleo):
    contact = make_contact(ada, tags=["aws"])
    occasion = make_encounter(ada, contact).occasion
    for user in (ben, cleo):
        client.force_login(user)
        for name in ("occasion", "occasion-edit"):
            assert client.get(page_of(name, occasion.public_id)).status_code == 404
        assert client.post(page_of("occasion-delete", occasion.public_id)).status_code == 404
        assert client.post(page_of("contact-tag", contact.public_id), {"tag-tags": "x"}).status_code == 404
        assert client.post(page_of("contact-untag", contact.public_id), {"tag": "aws"}).status_code == 404

    assert [tag.name for tag in contact.tags.all()] == ["aws"]


def test_events_are_found_by_name_place_and_kind(ada):
    leith = make_occasion(ada, "Ops breakfast", place="Leith", kind=Occasion.Kind.PEER)
    make_occasion(ada, "Cloud evening", place="Utrecht")

    assert list(queries_occasions.occasions("leith ops")) == [leith]
    assert list(queries_occasions.occasions(kind="peer")) == [leith]


def test_the_page_of_an_event_takes_as_many_queries_for_three_people_as_for_thirty(client, ada):
    client.force_login(ada)
    occasion = make_occasion(ada, on=-9)

    def queries_with(numbers):
        for number in numbers:
            contact = make_contact(ada, f"Person {number}")
            make_encounter(ada, contact, on=-9)
            make_touch(ada, lead=make_lead(ada, contact=contact), on=-8)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_of("occasion", occasion.public_id)).status_code == 200
        return len(captured)

    assert queries_with(range(3)) == queries_with(range(3, 30)) <= 12


def test_tags_are_put_on_and_taken_off_on_the_page_of_a_contact(client, ada):
    client.force_login(ada)
    Tag.objects.create(name="AWS")
    contact = make_contact(ada, tags=["berlin"])

    client.post(page_of("contact-tag", contact.public_id), {"tag-tags": "aws, fin  tech"})
    client.post(page_of("contact-untag", contact.public_id), {"tag": "berlin"})
    client.post(page_of("contact-untag", contact.public_id), {"tag": "nothing they carry"})

    assert {tag.name for tag in contact.tags.all()} == {"AWS", "fin tech"}
    assert Contact.objects.get().changed_at
    wrong = client.post(page_of("contact-tag", contact.public_id), {"tag-tags": "x" * 51})
    assert wrong.status_code == 422
    assert "50 characters" in text(wrong)


def test_contacts_are_narrowed_by_a_tag_that_somebody_carries(client, ada):
    client.force_login(ada)
    make_contact(ada, "Mara Lind", tags=["aws"])
    oda = make_contact(ada, "Oda Tern", tags=["gone"])
    contacts.untag_contact(contact=oda, tag="gone", actor=ada)

    answer = text(client.get(page_of("contacts"), {"tag": "aws"}))

    assert "Mara Lind" in answer
    assert "Oda Tern" not in answer
    assert ">gone<" not in answer


def in_touch(actor, contact, *, recently, before):
    for number in range(recently):
        make_touch(actor, contact=contact, on=-number)
    for number in range(before):
        make_touch(actor, contact=contact, on=-14 - number)


def test_a_pipeline_gets_cold_when_touches_halve_and_few_leads_are_open(ada):
    contact = make_contact(ada)
    in_touch(ada, contact, recently=2, before=5)

    cold = queries.pipeline_cold(day())

    assert (cold.recent, cold.before, cold.open_leads, cold.is_busy) == (2, 5, 0, False)


@pytest.mark.parametrize(("recently", "before"), [(0, 0), (2, 4), (3, 5), (4, 0)])
def test_half_as_many_touches_are_not_cold(ada, recently, before):
    in_touch(ada, make_contact(ada), recently=recently, before=before)

    assert queries.pipeline_cold(day()) is None


def test_touches_of_a_month_ago_do_not_count(ada):
    make_touch(ada, contact=make_contact(ada), on=-28)

    assert queries.pipeline_cold(day()) is None


def test_with_three_open_leads_it_is_cold_only_while_work_is_under_way(ada, monkeypatch):
    contact = make_contact(ada)
    in_touch(ada, contact, recently=0, before=3)
    for number in range(3):
        make_lead(ada, contact=contact, company=f"Company {number}")
    monkeypatch.setattr(hooks, "_busy", [Lead.objects.none])
    assert queries.pipeline_cold(day()) is None

    monkeypatch.setattr(hooks, "_busy", [Lead.objects.all])
    assert queries.pipeline_cold(day()).is_busy


def test_an_active_engagement_is_busy(ada, ben):
    in_touch(ada, make_contact(ada), recently=0, before=3)
    assert not queries.pipeline_cold(day()).is_busy

    make_engagement(ben, owner=ada)

    assert queries.pipeline_cold(day()).is_busy


def test_today_says_that_the_pipeline_is_cold(client, ada):
    client.force_login(ada)
    contact = make_contact(ada)
    assert "getting cold" not in text(client.get(page_of("today")))
    make_encounter(ada, contact, on=-16)
    in_touch(ada, contact, recently=0, before=3)

    said = text(client.get(page_of("today")))

    assert "The pipeline is getting cold" in said
    assert "0 times in the last 14 days, 3 times in the 14 before" in said
    assert "100 %" in said
