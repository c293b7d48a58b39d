"""A lead's stages, its next step, and what is known of how it fits."""

import pytest

from core.errors import DomainError, TransitionError
from core.models import Event, Organisation
from outreach.models import FollowUp, Lead
from outreach.services import follow_ups, leads
from outreach.services.follow_ups import NextStep
from outreach.services.leads import LeadParticulars
from tests.factories import make_consultant, make_organisation
from tests.outreach_factories import day, make_contact, make_lead, make_touch

pytestmark = pytest.mark.django_db


def planned(lead):
    return FollowUp.objects.open().get(lead=lead)


def moves_of(lead):
    rows = Event.objects.filter(what="lead.moved", subject_id=lead.pk).order_by("id")
    return [(event.data["was"], event.data["then"]) for event in rows]


def test_an_open_lead_has_a_next_step_two_days_on_where_nobody_says_when(ada):
    lead = make_lead(ada)

    assert (planned(lead).due_on, planned(lead).is_by_hand) == (day(2), False)
    assert (lead.owner, planned(lead).owner) == (ada, ada)


def test_a_lead_may_have_no_next_step_for_a_reason(ada):
    lead = make_lead(ada)

    follow_ups.plan_next_step(lead=lead, step=NextStep(none_because="They call us in May"), actor=ada)

    lead.refresh_from_db()
    assert lead.no_step_reason == "They call us in May"
    assert not FollowUp.objects.open().filter(lead=lead).exists()


def test_a_planned_step_replaces_the_reason_for_none(ada):
    lead = make_lead(ada)
    follow_ups.plan_next_step(lead=lead, step=NextStep(none_because="They call us"), actor=ada)

    follow_ups.plan_next_step(lead=lead, step=NextStep(what="Ask again", on=day(9)), actor=ada)

    lead.refresh_from_db()
    assert (lead.no_step_reason, str(planned(lead)), planned(lead).due_on) == ("", "Ask again", day(9))


def test_planning_anew_changes_the_one_step(ada):
    lead = make_lead(ada, step_on=day(1))

    follow_ups.plan_next_step(lead=lead, step=NextStep(what="Send it", on=day(4)), actor=ada)

    assert planned(lead).due_on == day(4)
    assert lead.follow_ups.count() == 1


def test_a_next_step_in_the_past_is_refused(ada):
    with pytest.raises(DomainError, match="in the past"):
        make_lead(ada, step_on=day(-1))

    assert not Lead.objects.exists()


def test_moving_over_stages_records_each_of_them_with_who(ada):
    lead = make_lead(ada, status=Lead.Status.DISCOVERY)

    assert moves_of(lead) == [("new", "contacted"), ("contacted", "qualified"), ("qualified", "discovery")]
    assert set(Event.objects.filter(what="lead.moved").values_list("actor", flat=True)) == {ada.pk}


def test_there_is_no_way_back_on_the_board(ada):
    lead = make_lead(ada, status=Lead.Status.DISCOVERY)

    with pytest.raises(TransitionError, match="cannot become"):
        leads.move_lead(lead=lead, to=Lead.Status.CONTACTED, actor=ada)


@pytest.mark.parametrize("status", [Lead.Status.LOST, Lead.Status.DORMANT])
def test_a_lead_is_not_lost_or_dormant_without_saying_why_or_until_when(ada, status):
    with pytest.raises(TransitionError):
        leads.move_lead(lead=make_lead(ada), to=status, actor=ada)


def test_a_won_lead_is_final_and_its_step_is_over(ada):
    lead = make_lead(ada, status=Lead.Status.WON)

    assert lead.follow_ups.get().status == FollowUp.Status.DROPPED
    for act in (
        lambda: leads.lose_lead(lead=lead, reason="No", actor=ada),
        lambda: leads.rest_lead(lead=lead, until=day(9), actor=ada),
        lambda: leads.move_lead(lead=lead, to=Lead.Status.PROPOSED, actor=ada),
        lambda: follow_ups.plan_next_step(lead=lead, step=NextStep(), actor=ada),
        lambda: leads.reopen_lead(lead=lead, actor=ada),
    ):
        with pytest.raises(DomainError):
            act()


def test_a_lead_is_lost_with_a_reason_and_reopens_where_it_was(ada):
    lead = make_lead(ada, status=Lead.Status.QUALIFIED)
    with pytest.raises(DomainError, match="why"):
        leads.lose_lead(lead=lead, reason="  ", actor=ada)

    leads.lose_lead(lead=lead, reason="Too dear", actor=ada)

    lead.refresh_from_db()
    assert (lead.status, lead.lost_reason) == (Lead.Status.LOST, "Too dear")
    assert not FollowUp.objects.open().filter(lead=lead).exists()
    assert Event.objects.filter(what="lead.moved").latest("id").data["why"] == {"reason": "Too dear"}

    lead = leads.reopen_lead(lead=lead, actor=ada)

    assert (lead.status, lead.lost_reason) == (Lead.Status.QUALIFIED, "")
    assert planned(lead).due_on == day(2)


def test_a_resting_lead_comes_up_again_on_its_day(ada):
    lead = make_lead(ada, status=Lead.Status.CONTACTED, what="Ask about the budget")
    with pytest.raises(DomainError, match="after today"):
        leads.rest_lead(lead=lead, until=day(0), actor=ada)

    lead = leads.rest_lead(lead=lead, until=day(60), actor=ada)

    assert (lead.status, lead.dormant_until) == (Lead.Status.DORMANT, day(60))
    assert (planned(lead).due_on, str(planned(lead))) == (day(60), "Ask about the budget")
    assert leads.reopen_lead(lead=lead, actor=ada).status == Lead.Status.CONTACTED


def test_being_in_touch_makes_a_new_lead_contacted_and_starts_the_cadence_again(ada):
    lead = make_lead(ada)
    FollowUp.objects.update(due_on=day(-3))

    make_touch(ada, lead=lead, on=-1)

    lead.refresh_from_db()
    assert (lead.status, lead.last_touch_on) == (Lead.Status.CONTACTED, day(-1))
    assert planned(lead).due_on == day(1)


def test_a_day_that_somebody_chose_stays_when_one_is_in_touch(ada):
    lead = make_lead(ada, step_on=day(20))

    make_touch(ada, lead=lead)

    assert planned(lead).due_on == day(20)


def test_a_touch_still_to_come_is_refused(ada):
    with pytest.raises(DomainError, match="still to come"):
        make_touch(ada, lead=make_lead(ada), on=1)


@pytest.mark.parametrize(
    ("known", "verdict", "reasons"),
    [
        ({}, "unknown", ()),
        ({"size": "small"}, "good", ("Small start-up",)),
        ({"size": "mid", "work": "greenfield"}, "good", ("Mid-size start-up", "Greenfield")),
        ({"work": "second_generation", "fit_note": "Kind"}, "good", ("Second-generation legacy", "Kind")),
        ({"size": "large", "work": "greenfield"}, "poor", ("Large company",)),
        ({"size": "small", "is_defence": True}, "poor", ("Defence",)),
        ({"work": "other", "fit_note": "Hm"}, "unknown", ("Hm",)),
    ],
)
def test_fit_is_said_with_its_reasons(known, verdict, reasons):
    fit = Lead(**known).fit

    assert (fit.verdict, fit.reasons) == (verdict, reasons)


@pytest.mark.parametrize(
    ("channel", "theirs"), [("direct", False), ("referral", False), ("platform", True), ("recruiter", True)]
)
def test_a_platforms_or_recruiters_customer_is_flagged(channel, theirs):
    assert Lead(channel=channel).is_their_customer is theirs


def test_a_lead_of_nobody_is_refused(ada):
    with pytest.raises(DomainError, match="whose"):
        make_lead(ada, company="")


def test_a_lead_takes_company_and_client_from_its_contact(ada):
    client = make_organisation("Tern & Tide")
    contact = make_contact(ada, company="tern & tide")

    lead = make_lead(ada, contact=contact, company="")

    assert (lead.company, lead.organisation) == ("tern & tide", client)


def test_a_leads_company_becomes_a_client_once(ada):
    contact = make_contact(ada, company="Larkfield")
    lead = make_lead(ada, contact=contact, company="")

    client = leads.make_client(lead=lead, actor=ada)

    lead.refresh_from_db()
    contact.refresh_from_db()
    assert leads.make_client(lead=lead, actor=ada) == client == lead.organisation == contact.organisation
    assert Organisation.objects.get().name == "Larkfield"


def test_a_lead_without_company_becomes_no_client(ada):
    lead = make_lead(ada, contact=make_contact(ada), company="")

    with pytest.raises(DomainError, match="company"):
        leads.make_client(lead=lead, actor=ada)


def test_a_new_owner_takes_the_planned_step_over(ada):
    lead, other = make_lead(ada), make_consultant("grace")

    leads.change_lead(lead=lead, particulars=LeadParticulars(company="Tern"), owner=other, actor=ada)

    assert planned(lead).owner == other
    assert Event.objects.get(what="lead.changed").data["fields"] == ["company", "owner"]
