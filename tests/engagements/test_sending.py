"""Sending: the practice's signature. What was sent is frozen, in the database too."""

import datetime as dt
import json
import re
from functools import partial

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction

from core import clock
from core.errors import DomainError, TransitionError
from core.models import Event, Membership, Practice
from core.money import Money
from core.snapshots import sha256_of
from engagements import tasks
from engagements.models import CostBase, Proposal, ProposalLine, ProposalLink, ProposalRevision, Terms
from engagements.offer import Offer
from engagements.services import drawing, links, proposals, sending
from engagements.services.sending import Recipient, UnderbidError
from outreach.models import Lead
from tests.engagement_factories import (
    make_draft,
    make_line,
    make_sent_revision,
)
from tests.factories import make_client, make_organisation, make_practice, organisation_of
from tests.money_factories import make_cost_base, make_selling_rate
from tests.outreach_factories import day, make_lead
from tests.threads import all_at_once

Status = ProposalRevision.Status
BEN = Recipient(email="ben@client.example", name="Ben")


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """PDFs that were rung for; nobody makes them here."""
    heard = []
    monkeypatch.setattr(tasks.draw_proposal, "delay", heard.append)
    return heard


def a_draft(ben, **fields):
    draft = make_draft(client_of=ben, finishes_on=day(60))
    make_line(draft, likely_hours=20, **fields)
    return draft


def send(draft, ada, *, to=BEN, **fields):
    return sending.send_revision(revision=draft, recipient=to, actor=ada, **fields)


def test_what_is_sent_is_signed_frozen_and_mailed(ada, ben, rung, django_capture_on_commit_callbacks):
    draft = a_draft(ben)
    before = Offer.of(draft)
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        link = send(draft, ada)

    draft.refresh_from_db()
    assert draft.status == Status.SENT
    assert draft.sent_by == ada
    assert draft.snapshot_sha256 == sha256_of(draft.snapshot)
    assert Offer.of(draft) == before
    assert draft.lines.get().frozen_at is not None
    assert rung == [draft.pk]
    letter = mail.outbox[0]
    assert len(mail.outbox) == 1
    assert letter.to == ["ben@client.example"]
    assert f"/offers/{link.token}/" in letter.body
    assert "$4,000.00" in letter.body
    assert Event.objects.get(what="proposal.sent").audience == Event.Audience.CLIENT


def test_the_snapshot_holds_no_hour_rate_or_cost(ada, ben):
    make_cost_base(ada, {"pay": 1000})
    make_selling_rate(ada, 181)
    draft = a_draft(ben)
    draft.rate, draft.contingency_percent = Money(181, "USD"), 77
    draft.save()

    send(draft, ada)

    draft.refresh_from_db()
    text = json.dumps(draft.snapshot)
    assert draft.snapshot["rate"] is None
    assert not re.search(r"hours\"|cost|floor|margin|contingency|guard|effort|181|\b77\b", text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"terms": None}, "terms"),
        ({"valid_until": dt.date(2020, 1, 1)}, "valid until"),
        ({"deposit_percent": 90}, "more than 100"),
        ({"kind": ProposalRevision.Kind.CAPPED_TIME}, "a rate and a cap"),
        ({"starts_on": dt.date(2031, 1, 2), "finishes_on": dt.date(2031, 1, 1)}, "before it starts"),
    ],
)
def test_what_is_missing_is_said(ada, ben, change, why):
    draft = a_draft(ben)
    ProposalRevision.objects.filter(pk=draft.pk).update(**change)

    with pytest.raises(DomainError, match=why):
        send(draft, ada)

    draft.refresh_from_db()
    assert draft.status == Status.DRAFT
    assert not ProposalLink.objects.exists()


def test_no_line_and_no_price_cannot_be_sent(ada, ben):
    draft = make_draft(client_of=ben)

    with pytest.raises(DomainError, match="at least one line"):
        send(draft, ada)
    make_line(draft, price="0")
    with pytest.raises(DomainError, match="a price"):
        send(draft, ada)


def test_today_is_a_valid_day_in_the_practice_s_zone(ada, ben):
    make_practice(zone="Pacific/Kiritimati")
    here = clock.today("Pacific/Kiritimati")
    draft = a_draft(ben)
    ProposalRevision.objects.filter(pk=draft.pk).update(valid_until=here)

    link = send(draft, ada)

    assert link.expires_at.astimezone(dt.UTC) > clock.now()
    assert sending.expire_revisions() == 0


def test_below_the_floor_a_reason_is_asked_and_kept(ada, ben):
    base = make_cost_base(ada)
    draft = a_draft(ben, price="100")

    with pytest.raises(UnderbidError):
        send(draft, ada)
    send(draft, ada, underbid_reason="The first work for them")

    draft.refresh_from_db()
    base.refresh_from_db()
    assert draft.underbid_reason == "The first work for them"
    assert draft.guard["verdict"] == "below"
    assert draft.cost_base == base
    assert base.used_at is not None


def test_without_a_cost_base_nothing_is_blocked(ada, ben):
    draft = a_draft(ben, price="1")

    send(draft, ada, underbid_reason="never asked")

    draft.refresh_from_db()
    assert draft.guard["verdict"] == "unknown"
    assert draft.underbid_reason == ""
    assert not CostBase.objects.exists()


def test_whoever_gets_it_first_becomes_an_owner_with_one_mail(ada, django_capture_on_commit_callbacks):
    draft = make_draft(organisation=make_organisation("Tern"))
    make_line(draft)
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        send(draft, ada, to=Recipient("new@tern.example", "Nell"))

    membership = Membership.objects.get(organisation=draft.organisation)
    assert (membership.user.email, membership.role) == ("new@tern.example", "owner")
    assert [letter.to for letter in mail.outbox] == [["new@tern.example"]]


def test_a_payer_who_gets_it_stays_a_payer(ada, ben):
    make_client("payer", organisation=organisation_of(ben), role=Membership.Role.PAYER)
    draft = a_draft(ben)

    send(draft, ada, to=Recipient("PAYER@client.example", ""))

    assert [one.role for one in Membership.objects.filter(user__email="payer@client.example")] == ["payer"]


def test_it_is_not_sent_to_our_own_people(ada, ben):
    draft = a_draft(ben)

    with pytest.raises(DomainError, match="cannot be invited"), transaction.atomic():
        send(draft, ada, to=Recipient(ada.email, "Ada"))

    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_a_name_with_line_breaks_adds_no_header(ada, ben, django_capture_on_commit_callbacks):
    draft = a_draft(ben)
    draft.proposal.title = "One\r\nBcc: all@client.example"
    draft.proposal.save()
    draft.refresh_from_db()
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        send(draft, ada)

    message = mail.outbox[0].message()
    assert message["Bcc"] is None
    assert "Bcc: all" in message["Subject"]


def test_the_lead_is_moved_to_proposed(ada, ben):
    lead = make_lead(ada, company="Tern")
    draft = a_draft(ben)
    draft.proposal.lead = lead
    draft.proposal.save()

    send(draft, ada)

    lead.refresh_from_db()
    assert lead.status == Lead.Status.PROPOSED


def test_a_new_version_supersedes_the_one_before(ada, ben):
    first = a_draft(ben)
    send(first, ada)
    second = proposals.revise(revision=first, actor=ada)

    send(second, ada)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.SUPERSEDED, Status.SENT)
    with pytest.raises(TransitionError):
        send(second, ada)


def test_withdrawing_needs_a_reason_and_ends_it(ada, ben):
    sent = make_sent_revision(client_of=ben)

    with pytest.raises(DomainError, match="Say why"):
        sending.withdraw(revision=sent, reason=" ", actor=ada)
    sending.withdraw(revision=sent, reason="They were bought", actor=ada)

    sent.refresh_from_db()
    assert (sent.status, sent.closing_reason) == (Status.WITHDRAWN, "They were bought")
    with pytest.raises(TransitionError):
        sending.withdraw(revision=sent, reason="Again", actor=ada)
    with pytest.raises(TransitionError):
        links.give_link(revision=sent, email=BEN.email, name=BEN.name, actor=ada)


def test_what_ran_out_expires_once(ada, ben):
    sent = make_sent_revision(client_of=ben, valid_until=day(-1))
    open_one = make_sent_revision(client_of=ben, valid_until=day(0))

    assert sending.expire_revisions() == 1
    assert sending.expire_revisions() == 0

    sent.refresh_from_db()
    open_one.refresh_from_db()
    assert (sent.status, open_one.status) == (Status.EXPIRED, Status.SENT)


def test_a_reminder_goes_out_once_to_who_got_it(ada, ben, django_capture_on_commit_callbacks):
    draft = a_draft(ben)
    send(draft, ada)
    far = make_sent_revision(client_of=ben, valid_until=day(9))
    ProposalLink.objects.create(revision=far, sent_to="far@client.example", expires_at=clock.now())
    ProposalRevision.objects.filter(pk=draft.pk).update(reminded_at=None)
    Practice.get()
    mail.outbox.clear()
    assert sending.expire_revisions() == 0
    assert mail.outbox == []

    later = make_sent_revision(client_of=ben, valid_until=day(3))
    sending._link(later, BEN)
    sending.expire_revisions()
    sending.expire_revisions()

    assert [letter.to for letter in mail.outbox] == [["ben@client.example"]]
    assert mail.outbox[0].subject.startswith("Reminder:")


def test_a_revoked_link_is_dead_and_one_more_can_be_made(ada, ben):
    sent = make_sent_revision(client_of=ben)
    link = links.give_link(revision=sent, email=BEN.email, name=BEN.name, actor=ada)

    links.revoke_link(link=link, actor=ada)
    links.revoke_link(link=link, actor=ada)

    link.refresh_from_db()
    assert not link.is_live
    assert links.give_link(revision=sent, email=BEN.email, name=BEN.name, actor=ada).token != link.token
    assert Event.objects.filter(what="proposal.link_revoked").count() == 1


# Frozen


def refused():
    return pytest.raises(DatabaseError, match="frozen")


@pytest.mark.both
def test_a_sent_revision_is_refused_to_change_in_bulk_by_save_and_to_go(ada, ben):
    sent = make_sent_revision(client_of=ben)

    with refused(), transaction.atomic():
        ProposalRevision.objects.filter(pk=sent.pk).update(problem="Another one")
    with refused(), transaction.atomic():
        sent.deposit_percent = 1
        sent.save()
    with refused(), transaction.atomic():
        ProposalRevision.objects.filter(pk=sent.pk).update(snapshot={})
    with pytest.raises(DatabaseError), transaction.atomic():
        ProposalRevision.objects.filter(pk=sent.pk).delete()


@pytest.mark.both
def test_a_sent_line_is_refused_to_change_and_to_go_by_cascade(ada, ben):
    sent = make_sent_revision(client_of=ben)
    line = sent.lines.get()

    with refused(), transaction.atomic():
        ProposalLine.objects.filter(pk=line.pk).update(price=1)
    with refused(), transaction.atomic():
        line.title = "Cheaper"
        line.save()
    with refused(), transaction.atomic():
        line.delete()
    with refused(), transaction.atomic():
        sent.delete()

    assert ProposalLine.objects.get().title == "Backups are restored once a week"


@pytest.mark.both
def test_terms_are_never_edited(ada, ben):
    terms = make_draft(client_of=ben).terms

    with refused(), transaction.atomic():
        type(terms).objects.filter(pk=terms.pk).update(body="Other")


@pytest.mark.both
def test_what_may_still_happen_to_a_sent_one_may(ada, ben):
    sent = make_sent_revision(client_of=ben)

    ProposalRevision.objects.filter(pk=sent.pk).update(reminded_at=clock.now(), closing_reason="")

    assert Offer.of(sent).price == Money(10000, "USD")


# The PDF


def test_the_pdf_is_made_from_the_snapshot_once_and_for_staff(ada, ben, monkeypatch):
    sent = make_sent_revision(client_of=ben)
    made = []
    monkeypatch.setattr(drawing.documents, "offer_pdf", lambda offer, digest: made.append(digest) or b"%PDF")

    drawing.draw_pdf(revision_id=sent.pk)
    drawing.draw_pdf(revision_id=sent.pk)
    drawing.draw_missing()

    sent.refresh_from_db()
    assert made == [sent.snapshot_sha256]
    assert sent.pdf.audience == "staff"
    assert sent.pdf.name == "P-1-backups-that-restore.pdf"


# At once


def _outcome(act):
    """What it returned, or what it was refused with; the thread's connection is closed."""
    try:
        return act()
    except DomainError as refusal:
        return refusal
    finally:
        connection.close()


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_eight_who_send_at_once_one_sends(ada, ben):
    draft = a_draft(ben)

    outcomes = all_at_once(8, partial(_outcome, partial(send, draft, ada)))

    assert sum(isinstance(one, ProposalLink) for one in outcomes) == 1
    assert ProposalLink.objects.count() == 1
    assert Event.objects.filter(what="proposal.sent").count() == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double(ada, ben):
    organisation = organisation_of(ben)

    all_at_once(6, partial(_outcome, partial(make_draft, actor=ada, organisation=organisation)))

    assert sorted(Proposal.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert Terms.objects.count() == 1
