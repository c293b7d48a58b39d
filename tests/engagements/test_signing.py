"""What a client does with a sent proposal: opens, picks, asks, declines, signs; and what proves it."""

import datetime as dt
import json
import threading
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from core import clock
from core.errors import DomainError, NotAllowedError, StaleError, TransitionError
from core.models import Event, Membership
from core.money import Money
from engagements.models import Acceptance, Engagement, ProposalOpening, ProposalRevision
from engagements.offer import Offer
from engagements.services import acceptance as service
from engagements.services import certificates, links, telling
from engagements.services.acceptance import Offline, Signature
from outreach import dates
from outreach.models import Lead
from tests.factories import make_practice
from tests.outreach_factories import make_lead
from tests.scope_factories import make_line, make_member, make_revision, make_sent, usd
from tests.threads import all_at_once

NAME = Signature(name="Ben Client", po_number="PO-77")


@pytest.fixture
def draft(ada, ben):
    """Two lines, an option, and a choice of two."""
    revision = make_revision(ben, owner=ada, prices=("4000", "2000"))
    make_line(revision, "Alarms", "500", kind="option", position=3)
    make_line(revision, "Silver", "1000", kind="alternative", choice="Care", position=4)
    make_line(revision, "Gold", "3000", kind="alternative", choice="Care", position=5, is_recommended=True)
    return revision


@pytest.fixture
def sent(draft):
    return make_sent(draft)


def key(revision, title):
    return str(revision.lines.get(title=title).key)


def open_terms(revision, user):
    service.record_opening(revision=revision, what=ProposalOpening.What.TERMS, user=user)


def sign(revision, user, *, picked=None, seen=None, signature=NAME):
    return service.accept_revision(
        revision=revision,
        seen_sha256=seen or revision.snapshot_sha256,
        picked=Offer.of(revision).default_picks if picked is None else picked,
        signature=signature,
        actor=user,
    )


def test_a_signature_is_one_act(sent, ada, ben):
    sent.proposal.lead = make_lead(ada, title="Backups", company="Harbour")
    sent.proposal.save()
    open_terms(sent, ben)

    made = sign(sent, ben, picked=[key(sent, "Alarms"), key(sent, "Gold")])

    sent.refresh_from_db()
    assert sent.status == ProposalRevision.Status.ACCEPTED
    assert made.price == usd(9500)
    assert made.deposit == usd(2850)
    assert (made.signer_name, made.signer_email, made.po_number) == ("Ben Client", ben.email, "PO-77")
    assert made.terms_opened_at < made.signed_at
    assert "I may sign" in made.consent_text
    engagement = Engagement.objects.get(acceptance=made)
    assert [item.title for item in engagement.items.all()] == ["Item 1", "Item 2", "Alarms", "Gold"]
    assert Lead.objects.get().status == Lead.Status.WON
    assert Event.objects.get(what="proposal.accepted").actor == ben


def test_the_terms_are_opened_before_signing(sent, ben):
    with pytest.raises(TransitionError, match="Open the terms"):
        sign(sent, ben)


def test_only_an_owner_signs(sent, ada, ben, cleo):
    payer = make_member(sent.organisation, "pam", Membership.Role.PAYER)
    for person in (ada, cleo, payer):
        open_terms(sent, person)
        with pytest.raises(NotAllowedError, match="Only an owner"):
            sign(sent, person)


def test_a_price_that_changed_between_view_and_signature_is_stale(sent, ben):
    open_terms(sent, ben)
    with pytest.raises(StaleError, match="newer version"):
        sign(sent, ben, seen="0" * 64)
    assert not Acceptance.objects.exists()


def test_what_is_no_longer_open_is_not_signed(sent, ben):
    open_terms(sent, ben)
    ProposalRevision.objects.filter(pk=sent.pk).update(status="superseded")
    with pytest.raises(TransitionError, match="Superseded"):
        sign(sent, ben)


def test_a_day_after_its_validity_it_has_run_out(draft, ben, settings):
    draft.valid_until = dates.today()
    draft.save()
    sent = make_sent(draft)
    open_terms(sent, ben)
    settings.CLOCK_OFFSET_S = 2 * 86_400

    with pytest.raises(TransitionError, match="was valid until"):
        sign(sent, ben)


def test_a_choice_wants_exactly_one_and_foreign_lines_are_refused(sent, ben):
    open_terms(sent, ben)
    silver, gold = key(sent, "Silver"), key(sent, "Gold")

    for picked in ([], [silver, gold], [gold, key(sent, "Item 1")], ["nonsense"]):
        with pytest.raises(DomainError):
            sign(sent, ben, picked=picked)


def test_the_second_click_gets_the_same_certificate(sent, ben):
    open_terms(sent, ben)

    assert sign(sent, ben) == sign(sent, ben)
    assert Engagement.objects.count() == 1


def test_another_version_of_an_accepted_proposal_is_not_signed_too(sent, ada, ben):
    open_terms(sent, ben)
    sign(sent, ben)
    second = make_revision(ben, owner=ada)
    ProposalRevision.objects.filter(pk=second.pk).update(proposal=sent.proposal, number=2)
    second.refresh_from_db()
    make_sent(second)
    open_terms(second, ben)
    with pytest.raises(TransitionError, match="accepted already"):
        sign(second, ben)
    assert Acceptance.objects.count() == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_sign_at_once_one_does(ada, ben):
    """On PostgreSQL they wait for the row's lock, on SQLite for the file's."""
    people = 20 if connection.vendor == "postgresql" else 6
    sent = make_sent(make_revision(ben, owner=ada))
    open_terms(sent, ben)
    start, made, wrong = threading.Barrier(people), [], []

    def click():
        try:
            start.wait()
            made.append(sign(sent, ben).pk)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(set(made)) == 1
    assert (Acceptance.objects.count(), Engagement.objects.count()) == (1, 1)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_openings_at_once_one_is_written(ada, ben):
    sent = make_sent(make_revision(ben, owner=ada))

    def click():
        try:
            return service.record_opening(revision=sent, what=ProposalOpening.What.PROPOSAL, user=ben).pk
        finally:
            connection.close()

    assert len(set(all_at_once(4, click))) == 1
    assert ProposalOpening.objects.count() == 1


def test_an_acceptance_that_came_on_paper_says_so(sent, ada, ben):
    offline = Offline(name="Ben Client", how="Signed on paper at our meeting.", on=dates.today())

    made = service.record_offline_acceptance(
        revision=sent, offline=offline, picked=Offer.of(sent).default_picks, actor=ada
    )

    page = certificates.certificate_html(made)
    assert "Not signed in the portal. Recorded by Ada: Signed on paper at our meeting." in page
    tomorrow = dates.today() + dt.timedelta(days=1)
    with pytest.raises(TransitionError):
        service.record_offline_acceptance(revision=sent, offline=offline, picked=[], actor=ada)
    later = make_sent(make_revision(ben, owner=ada))
    offline = Offline(name="B", how="Mail", on=tomorrow)
    with pytest.raises(DomainError, match="not come yet"):
        service.record_offline_acceptance(revision=later, offline=offline, picked=[], actor=ada)
    offline = Offline(name="B", how="Mail", on=dates.today() - dt.timedelta(days=1))
    with pytest.raises(DomainError, match="before it was sent"):
        service.record_offline_acceptance(revision=later, offline=offline, picked=[], actor=ada)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Etc/GMT+12"])
def test_an_acceptance_on_paper_keeps_its_day_in_every_zone(sent, ada, zone):
    make_practice(zone=zone)
    today = dates.today()
    offline = Offline(name="Ben", how="On paper.", on=today)

    made = service.record_offline_acceptance(
        revision=sent, offline=offline, picked=Offer.of(sent).default_picks, actor=ada
    )

    assert made.signed_at.astimezone(ZoneInfo(zone)).date() == today
    assert made.signed_at <= clock.now()


def test_a_revoked_link_makes_room_for_another(sent, ada):
    for number in range(links.MOST_LINKS):
        links.give_link(revision=sent, email=f"p{number}@client.example", name="", actor=ada)
    with pytest.raises(DomainError, match="Revoke one first"):
        links.give_link(revision=sent, email="one.more@client.example", name="", actor=ada)
    links.revoke_link(link=sent.links.first(), actor=ada)

    assert links.give_link(revision=sent, email="one.more@client.example", name="", actor=ada).is_live


def test_both_sides_hear_of_a_rescission(sent, ada, ben, mailoutbox):
    open_terms(sent, ben)
    rescission = service.propose_rescission(acceptance=sign(sent, ben), reason="The wrong one.", actor=ada)
    telling.tell_of_rescission(rescission_id=rescission.pk)
    service.countersign_rescission(rescission=rescission, actor=ben)
    telling.tell_of_rescission(rescission_id=rescission.pk)

    told = [(one.to, one.subject) for one in mailoutbox[-2:]]
    assert told == [([ben.email], "Please countersign: P-1"), ([ada.email], "Undone by both: P-1")]


def test_a_rescission_takes_both_sides_and_edits_nothing(sent, ada, ben, cleo):
    open_terms(sent, ben)
    made = sign(sent, ben)
    rescission = service.propose_rescission(acceptance=made, reason="The wrong package.", actor=ada)
    with pytest.raises(TransitionError, match="waits for"):
        service.propose_rescission(acceptance=made, reason="Again", actor=ada)
    for person in (ada, cleo):
        with pytest.raises(NotAllowedError):
            service.countersign_rescission(rescission=rescission, actor=person)

    service.countersign_rescission(rescission=rescission, actor=ben)

    made.refresh_from_db()
    assert made.rescinded_at
    assert Engagement.objects.get().status == Engagement.Status.CANCELLED
    with pytest.raises(TransitionError, match="signed already"):
        service.countersign_rescission(rescission=rescission, actor=ben)


@pytest.mark.both
def test_what_was_signed_is_frozen_in_the_database(sent, ben):
    open_terms(sent, ben)
    made = sign(sent, ben)

    for act in (
        lambda: ProposalRevision.objects.filter(pk=sent.pk).update(deposit_percent=1),
        lambda: sent.lines.update(price=usd(1)),
        lambda: sent.lines.all().delete(),
        lambda: Acceptance.objects.filter(pk=made.pk).update(price=usd(1)),
        lambda: ProposalOpening.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    made.price = usd(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.save()


def test_a_snapshot_holds_no_hour_no_rate_and_no_margin(sent):
    told = json.dumps(sent.snapshot)

    for word in ("hours", "rate", "margin", "cost", "floor", "guard", "contingency"):
        assert f'"{word}' not in told.replace('"rate": null', "")
    assert "8.0" not in told


def test_time_and_materials_show_the_rate_and_nothing_else(draft):
    draft.kind, draft.rate, draft.cap = "capped_time", usd(150), usd(9000)
    draft.save()

    offer = Offer.of(make_sent(draft))

    assert (offer.rate, offer.cap) == (usd(150), usd(9000))


def test_instalments_add_up_in_every_currency(ada, ben):
    plan = [{"when": "Half way", "percent": "33.3"}]
    for currency, price in (("USD", "100.01"), ("JPY", "101"), ("KWD", "10.001")):
        revision = make_revision(
            ben, owner=ada, currency=currency, prices=(price,), deposit_percent=33, payment_plan=plan
        )
        parts = Offer.of(revision).instalments_with([])
        assert sum((part.amount for part in parts), Money(0, currency)) == Money(price, currency)
        assert len(parts) == 3


# Pages


def test_the_link_opens_it_for_reading_and_for_nothing_else(client, sent, ada):
    link = links.give_link(revision=sent, email="kim@client.example", name="Kim", actor=ada)
    url = reverse("engagements:offer", args=[link.token])

    answer = client.get(url)

    assert answer.status_code == 200
    assert "$9,000.00" in answer.content.decode()
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not ProposalOpening.objects.exists()  # a scanner's GET is nobody's reading
    own = client.get(reverse("engagements:client-proposal", args=[sent.public_id]))
    assert own.url.startswith(reverse("account_login"))


def test_opened_is_what_the_page_posts_and_once_an_hour(client, sent, ada):
    link = links.give_link(revision=sent, email="kim@client.example", name="", actor=ada)
    url = reverse("engagements:offer-opened", args=[link.token])

    assert client.get(url).status_code == 405
    for _time in range(3):
        assert client.post(url, HTTP_USER_AGENT="A phone").status_code == 204

    opening = ProposalOpening.objects.get()
    assert (opening.link, opening.user_agent) == (link, "A phone")
    client.force_login(ada)
    client.post(url)
    assert ProposalOpening.objects.count() == 1


def test_a_dead_link_says_what_to_do(client, sent, ada, settings):
    revoked, old = (links.give_link(revision=sent, email=f"{n}@x.example", name="", actor=ada) for n in "ab")
    links.revoke_link(link=revoked, actor=ada)
    url = reverse("engagements:offer", args=[revoked.token])
    answer = client.get(url)
    assert answer.status_code == 410
    assert "switched off" in answer.content.decode()
    assert "$9,000" not in answer.content.decode()
    assert client.get(reverse("engagements:offer", args=["unknown"])).status_code == 404

    settings.CLOCK_OFFSET_S = 31 * 86_400
    assert client.get(reverse("engagements:offer", args=[old.token])).status_code == 410
    assert client.get(reverse("engagements:offer-pdf", args=[old.token])).status_code == 410


def test_ben_signs_on_his_page_and_cleo_finds_nothing(client, sent, ada, ben, cleo):
    url = reverse("engagements:client-proposal", args=[sent.public_id])
    client.force_login(cleo)
    assert client.get(url).status_code == 404
    client.force_login(ada)
    assert "You may read and answer here, not sign." in client.get(url).content.decode()

    client.force_login(ben)
    assert "open the terms" in client.get(url).content.decode()
    assert client.get(reverse("engagements:terms-read", args=[sent.public_id])).status_code == 200
    assert not ProposalOpening.objects.exists()
    client.post(reverse("engagements:open-terms", args=[sent.public_id]))
    client.post(reverse("engagements:pick", args=[sent.public_id]), {"pick-1": key(sent, "Silver")})
    page = client.get(url).content.decode()
    assert "$7,000.00" in page
    form = {"seen": sent.snapshot_sha256, "picked": key(sent, "Silver"), "name": "Ben Client"}
    refused = client.post(reverse("engagements:sign", args=[sent.public_id]), form)
    assert refused.status_code == 422  # consent was not ticked
    client.post(reverse("engagements:sign", args=[sent.public_id]), form | {"consent": "on"})

    assert Acceptance.objects.get().price == usd(7000)
    assert "Accepted by Ben Client" in client.get(url).content.decode()


def test_a_payer_reads_and_a_reader_does_not(client, sent):
    url = reverse("engagements:client-proposal", args=[sent.public_id])
    client.force_login(make_member(sent.organisation, "pam", Membership.Role.PAYER))
    assert "Only an owner" in client.get(url).content.decode()
    form = {"seen": sent.snapshot_sha256, "name": "Pam", "consent": "on"}
    assert client.post(reverse("engagements:sign", args=[sent.public_id]), form).status_code == 403
    client.force_login(make_member(sent.organisation, "rick", Membership.Role.READER))
    assert client.get(url).status_code == 404
    assert client.get(reverse("engagements:client-proposals", args=[sent.organisation.public_id])).status_code == 404


def test_a_pick_answers_htmx_with_the_total_alone(client, sent, ben):
    client.force_login(ben)
    url = reverse("engagements:pick", args=[sent.public_id])

    answer = client.post(url, {"pick": [key(sent, "Alarms")], "pick-1": key(sent, "Gold")}, HTTP_HX_REQUEST="true")

    assert "$9,500.00" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    refused = client.post(url, {"pick": [key(sent, "Alarms")]}, HTTP_HX_REQUEST="true")
    assert (refused.status_code, "Pick one of" in refused.content.decode()) == (409, True)


def test_a_change_is_asked_for_beside_a_line_and_answered(
    client, sent, ada, ben, django_capture_on_commit_callbacks, monkeypatch
):
    told = []
    monkeypatch.setattr("engagements.tasks.tell_of_remark.delay", told.append)
    client.force_login(ben)
    line = key(sent, "Item 2")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("engagements:remark", args=[sent.public_id]), {"line": line, "body": "<b>Later</b> {{7*7}}"}
        )
    client.force_login(ada)
    client.post(reverse("engagements:remark", args=[sent.public_id]), {"line": line, "body": "In March."})

    page = client.get(reverse("engagements:client-proposal", args=[sent.public_id])).content.decode()
    assert "&lt;b&gt;Later&lt;/b&gt; {{7*7}}" in page
    assert "In March." in page
    assert len(told) == 1
    empty = client.post(reverse("engagements:remark", args=[sent.public_id]), {"line": "", "body": " "})
    assert empty.status_code == 409
    assert client.post(reverse("engagements:remark", args=[sent.public_id]), {"line": "x"}).status_code == 404


def test_declining_wants_a_reason(client, sent, ben):
    client.force_login(ben)
    url = reverse("engagements:decline", args=[sent.public_id])
    assert client.post(url, {"reason": ""}).status_code == 422
    client.post(url, {"reason": "Too early for us."})

    sent.refresh_from_db()
    assert (sent.status, sent.closing_reason) == ("declined", "Too early for us.")
    assert client.post(url, {"reason": "Again"}).status_code == 409


def test_a_colleague_gets_a_link_of_their_own(client, sent, ben, mailoutbox, django_capture_on_commit_callbacks):
    client.force_login(ben)
    url = reverse("engagements:forward", args=[sent.public_id])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"email": "kim@client.example", "name": "Kim\nBcc: x@evil.example"})

    (message,) = [one for one in mailoutbox if "kim@client.example" in one.to]
    assert message.subject == "Proposal P-1: Safe backups"
    assert sent.links.get().token in message.body
    assert client.post(url, {"email": "no address"}).status_code == 422
    assert "Kim" in client.get(reverse("engagements:client-proposal", args=[sent.public_id])).content.decode()


def test_the_certificate_is_drawn_once_and_mailed_to_both(
    sent, ada, ben, mailoutbox, django_capture_on_commit_callbacks, client
):
    open_terms(sent, ben)
    made = sign(sent, ben)
    with django_capture_on_commit_callbacks(execute=True):
        certificates.draw_certificate(acceptance_id=made.pk)
    with django_capture_on_commit_callbacks(execute=True):
        certificates.draw_certificate(acceptance_id=made.pk)

    mails = [one for one in mailoutbox if one.subject.startswith("Signed:")]
    assert sorted(one.to[0] for one in mails) == sorted([ada.email, ben.email])
    assert mails[0].attachments[0][0] == "certificate-P-1.pdf"
    made.refresh_from_db()
    url = reverse("engagements:certificate", args=[made.public_id])
    client.force_login(ben)
    assert client.get(url)["Content-Type"] == "application/pdf"
    client.force_login(make_member(sent.organisation, "rick"))
    assert client.get(url).status_code == 404
    assert client.get(reverse("core:file", args=[made.certificate.public_id])).status_code == 404


def test_the_certificate_names_what_proves_it(sent, ben):
    open_terms(sent, ben)
    made = sign(sent, ben)

    page = certificates.certificate_html(made)

    for words in (sent.snapshot_sha256, "Ben Client", ben.email, "PO-77", "Fixed bid", "$9,000.00", "$2,700.00"):
        assert words in page
    assert f"{clock.now():%B %Y}" in page
