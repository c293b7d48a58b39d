"""Corners of promising: what stays hidden, what is refused, what two people at once may not do."""

import datetime as dt

import pytest
from django.urls import reverse

from core import clock
from core.errors import DomainError, TransitionError
from core.models import Event, StoredFile
from engagements.models import Deliverable, Engagement, ScopeItem
from engagements.services import changes, deposits, items, proposals, sending, work
from engagements.services import engagements as service
from outreach import dates
from tests.engagement_factories import make_sent_revision
from tests.scope_factories import (
    make_acceptance,
    make_engagement,
    make_order,
    make_trade,
    usd,
)
from tests.scope_factories import work as new_work

NOTE = items.Handover(title="Done", note="See the runbook.")


@pytest.fixture
def one(ada, ben):
    return make_engagement(ben, owner=ada)


def page_of(client, one, who):
    client.force_login(who)
    return client.get(reverse("engagements:engagement", args=[one.public_id])).content.decode()


def address_of(change_set):
    return reverse("engagements:change", args=[change_set.public_id])


# Hidden


def test_a_draft_that_was_thrown_away_is_never_shown(client, one, ada, ben):
    draft = make_order(one, actor=ada, incoming=[new_work("Secret plan", "9000")], title="Secret order", offered=False)
    changes.withdraw_change(change_set=draft, reason="Too early.", actor=ada)

    assert "Secret" not in page_of(client, one, ben)
    assert client.get(address_of(draft)).status_code == 404
    client.force_login(ada)
    assert client.get(address_of(draft)).status_code == 200


def test_an_offer_that_was_taken_back_can_still_be_read(client, one, ada, ben):
    offered = make_order(one, actor=ada, incoming=[new_work("More", "900")])
    changes.withdraw_change(change_set=offered, reason="Too early.", actor=ada)

    client.force_login(ben)
    assert client.get(address_of(offered)).status_code == 200


def test_a_draft_that_answers_a_wish_is_not_named_before_it_is_offered(client, one, ada, ben):
    item = one.items.first()
    wish = changes.wish_swap(engagement=one, body="Swap it.", actor=ben)
    draft = make_trade(one, actor=ada, out=[item], incoming=[new_work("In", "4000")], title="Quiet", offered=False)
    changes.answer_wish(wish=wish, change_set=draft, refusal="", actor=ada)

    assert "Quiet" not in page_of(client, one, ben)
    changes.offer_change(change_set=draft, actor=ada)
    assert "Quiet" in page_of(client, one, ben)


def test_an_overview_names_no_item_whatever_happens_to_it(client, one, ada, ben):
    first, second, *_rest = one.items.all()
    offered = make_order(one, actor=ada, out=[second])
    items.hand_over(item=first, handover=NOTE, actor=ada)
    service.set_visibility(engagement=one, visibility=Engagement.Visibility.OVERVIEW, actor=ada)

    page = page_of(client, one, ben)

    assert first.title not in page
    assert second.title not in page
    assert address_of(offered) not in page
    assert client.get(address_of(offered)).status_code == 404
    assert client.get(reverse("engagements:change-pdf", args=[offered.public_id])).status_code == 404


@pytest.mark.parametrize("visibility", [Engagement.Visibility.HIDDEN, Engagement.Visibility.OVERVIEW])
def test_what_was_handed_over_is_hidden_with_its_project(client, one, ada, ben, visibility):
    stored = StoredFile.store(name="a.txt", content_type="text/plain", content=b"a", organisation=one.organisation)
    items.hand_over(item=one.items.first(), handover=items.Handover(title="Done", file=stored), actor=ada)
    addresses = [
        reverse("engagements:deliverable", args=[Deliverable.objects.get().public_id]),
        reverse("core:file", args=[stored.public_id]),
    ]
    client.force_login(ben)
    assert client.get(addresses[0]).status_code == 200

    service.set_visibility(engagement=one, visibility=visibility, actor=ada)

    assert [client.get(address).status_code for address in addresses] == [404, 404]


# Refused


def test_work_is_not_taken_up_again_while_the_gate_is_closed(one, ada):
    why = Engagement.Pause.CONSULTANT
    one = service.pause(engagement=one, why=why, reason="The payment was reversed.", actor=ada)
    deposits.set_deposit_cleared(engagement=one, cleared=usd(0), actor=ada)

    with pytest.raises(TransitionError, match="deposit"):
        service.resume(engagement=one, actor=ada)

    deposits.set_deposit_cleared(engagement=one, cleared=one.deposit_required, actor=ada)
    assert service.resume(engagement=one, actor=ada).status == Engagement.Status.ACTIVE


def test_what_was_delivered_is_not_started_anew_unless_the_client_sent_it_back(one, ada, ben):
    item = one.items.first()
    items.hand_over(item=item, handover=NOTE, actor=ada)

    with pytest.raises(TransitionError, match="send it back"):
        items.start_item(item=item, actor=ada)

    items.send_back(item=item, reason="It restores nothing.", actor=ben)
    item.refresh_from_db()
    assert item.status == ScopeItem.Status.IN_PROGRESS


def test_a_wish_is_answered_once(one, ada, ben):
    wish = changes.wish_swap(engagement=one, body="Swap it.", actor=ben)
    changes.answer_wish(wish=wish, change_set=None, refusal="It is done already.", actor=ada)

    with pytest.raises(TransitionError):
        changes.answer_wish(wish=wish, change_set=None, refusal="Something else.", actor=ada)

    wish.refresh_from_db()
    assert wish.refusal == "It is done already."


def test_a_correction_does_not_give_a_day_25_hours_either(one, ada):
    today = dates.today()
    first, _second = (
        work.log_work(engagement=one, minutes=720, on=today, note="", item=None, actor=ada) for _ in range(2)
    )

    with pytest.raises(DomainError, match="hours"):
        work.change_work(log=first, minutes=780, note="", actor=ada)

    assert work.change_work(log=first, minutes=600, note="Less.", actor=ada).minutes == 600


def test_what_is_cancelled_takes_its_offers_back_and_says_so(one, ada):
    offered = make_order(one, actor=ada, incoming=[new_work("More", "900")])

    service.cancel(engagement=one, reason="The client was sold.", actor=ada)

    offered.refresh_from_db()
    assert offered.status == "withdrawn"
    assert offered.answer_reason == "The client was sold."
    assert Event.objects.get(what="change.withdrawn").actor == ada


def test_nothing_counts_as_accepted_in_what_was_cancelled(one, ada):
    items.hand_over(item=one.items.first(), handover=NOTE, actor=ada)
    service.cancel(engagement=one, reason="The client was sold.", actor=ada)
    ScopeItem.objects.filter(engagement=one).update(delivered_at=clock.now() - dt.timedelta(days=30))

    assert items.waiting_for_a_reminder() == []
    assert items.deem_accepted() == 0


# Two at once


def test_what_was_sent_back_and_delivered_anew_meanwhile_is_not_deemed_accepted(one, ada, monkeypatch):
    item = one.items.first()
    items.hand_over(item=item, handover=NOTE, actor=ada)
    rows = ScopeItem.objects.filter(pk=item.pk, status="delivered")
    rows.update(delivered_at=clock.now() - dt.timedelta(days=30))
    lock = items._locked

    def lock_after_it_was_delivered_anew(found):
        rows.update(delivered_at=clock.now())
        return lock(found)

    monkeypatch.setattr(items, "_locked", lock_after_it_was_delivered_anew)

    assert items.deem_accepted() == 0
    assert rows.exists()


@pytest.mark.both
def test_a_version_is_not_sent_where_the_one_before_is_signed_while_it_waits_for_the_lock(ada, ben, monkeypatch):
    sent = make_sent_revision(client_of=ben)
    draft = proposals.revise(revision=sent, actor=ada)
    supersede = sending._supersede_earlier

    def supersede_after_it_was_signed(*args):
        make_acceptance(sent, ben)
        supersede(*args)

    monkeypatch.setattr(sending, "_supersede_earlier", supersede_after_it_was_signed)

    with pytest.raises(TransitionError, match="signed"):
        sending.send_revision(revision=draft, recipient=sending.Recipient(email=ben.email, name="Ben"), actor=ada)

    draft.refresh_from_db()
    assert draft.status == "draft"
