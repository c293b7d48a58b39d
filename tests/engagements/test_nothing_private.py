"""On a fixed bid no hours, rate, cost, floor or margin reaches anything that a client can get."""

import io
import re
from decimal import Decimal

import pypdf
import pytest
from django.core import mail
from django.urls import reverse

from core import clock
from core.models import Membership
from core.money import Money
from engagements.guarding import reckon
from engagements.models import ProposalOpening
from engagements.offer import Offer
from engagements.services import acceptance, certificates, changes, drawing, items, links, telling, work
from engagements.services.deposits import set_deposit_cleared
from outreach import dates
from tests.money_factories import make_cost_base, make_selling_rate
from tests.scope_factories import (
    approve,
    make_line,
    make_member,
    make_order,
    make_revision,
    make_sent,
    make_trade,
)

# Numbers that mean nothing else: whoever finds one has found an hour, a rate or a cost.
LOW, LIKELY, HIGH, OTHER = Decimal("173.9"), Decimal("281.3"), Decimal("397.7"), Decimal("61.7")
RATE = "471.13"
PRIVATE = re.compile(r"173[.,]9|281[.,]3|397[.,]7|61[.,]7|471[.,]13|4:41|10:37")


@pytest.fixture
def project(ada, ben, settings):
    """Everything that can happen to an engagement, with private numbers wherever staff may write one."""
    quarter_past = clock.real_now().replace(hour=12, minute=15, second=0)  # a time of day may not look like hours
    settings.CLOCK_OFFSET_S = (quarter_past - clock.real_now()).total_seconds()
    make_cost_base(ada)
    make_selling_rate(ada, RATE)
    revision = make_revision(ben, owner=ada, prices=())
    hours = {"low_hours": LOW, "likely_hours": LIKELY, "high_hours": HIGH}
    for position in range(1, 5):
        make_line(revision, f"Item {position}", "2000", position=position, **hours)
    make_line(revision, "Option", "500", position=9, kind="option", **hours)
    guard = reckon(revision)
    assert guard.is_below_floor
    revision.guard = {"floor": "133111", "margin": "-61.7"}
    revision.underbid_reason = "Because 471.13 is too much for them."
    revision.save()
    sent = make_sent(revision)
    drawing.draw_pdf(revision_id=sent.pk)
    links.give_link(revision=sent, email="kim@client.example", name="Kim", actor=ada)
    acceptance.record_opening(revision=sent, what=ProposalOpening.What.TERMS, user=ben)
    telling.tell_of_remark(remark_id=acceptance.remark(revision=sent, body="Later?", line_key=None, actor=ben).pk)
    agreed = acceptance.accept_revision(
        revision=sent,
        seen_sha256=sent.snapshot_sha256,
        picked=Offer.of(sent).default_picks,
        signature=acceptance.Signature("Ben"),
        actor=ben,
    )
    certificates.draw_certificate(acceptance_id=agreed.pk)
    one = agreed.engagement
    one = set_deposit_cleared(engagement=one, cleared=one.deposit_required, actor=ada)
    first, second, third, _fourth = one.items.all()
    items.hand_over(item=first, handover=items.Handover(title="Done", note="Look."), actor=ada)
    work.log_work(engagement=one, minutes=281, on=dates.today(), note="281.3 h", item=second, actor=ada)
    new = changes.NewWork("In", Money("2000", "USD"), low_hours=OTHER, likely_hours=OTHER, high_hours=OTHER)
    approve(make_trade(one, actor=ada, out=[second], incoming=[new]), actor=ben)
    make_order(one, actor=ada, out=[third], incoming=[new])
    telling.remind_of_delivery(first)
    return one


def addresses(one):
    sent = one.acceptance.revision
    yield reverse("portal:home")
    yield reverse("portal:organisation", args=[one.organisation.public_id])
    yield reverse("engagements:client-proposals", args=[one.organisation.public_id])
    for name in ("client-proposal", "terms-read", "client-pdf"):
        yield reverse(f"engagements:{name}", args=[sent.public_id])
    yield reverse("engagements:certificate", args=[one.acceptance.public_id])
    yield reverse("engagements:engagement", args=[one.public_id])
    link = sent.links.get().token
    yield reverse("engagements:offer", args=[link])
    yield reverse("engagements:offer-pdf", args=[link])
    for change in one.change_sets.exclude(kind="baseline"):
        yield reverse("engagements:change", args=[change.public_id])
        yield reverse("engagements:change-pdf", args=[change.public_id])


def text_of(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"%PDF"):
        document = pypdf.PdfReader(io.BytesIO(body))
        return " ".join(page.extract_text() for page in document.pages) + str(document.metadata)
    return body.decode()


@pytest.mark.parametrize("who", ["owner", "payer", "reader", "nobody"])
def test_nothing_that_a_client_can_fetch_holds_a_private_number(client, project, ben, who):
    if who == "owner":
        client.force_login(ben)
    elif who != "nobody":
        client.force_login(make_member(project.organisation, who, Membership.Role(who)))
    fetched, leaks = 0, {}
    for address in addresses(project):
        answer = client.get(address)
        if answer.status_code != 200:
            continue
        fetched += 1
        found = PRIVATE.findall(text_of(answer))
        if found:
            leaks[address] = found

    assert leaks == {}
    assert fetched >= {"owner": 14, "payer": 14, "reader": 4, "nobody": 2}[who]


def test_no_mail_holds_a_private_number(project, ben):
    to_clients = [one for one in mail.outbox if any(address.endswith("client.example") for address in one.to)]

    assert [one.subject for one in to_clients if PRIVATE.search(one.body + one.subject)] == []
    for message in to_clients:
        for name, content, _kind in message.attachments:
            assert not PRIVATE.search(
                " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
            ), name


@pytest.mark.parametrize("who", ["payer", "reader"])
def test_a_reader_sees_no_amount_anywhere(client, project, who):
    member = make_member(project.organisation, who, Membership.Role(who))
    client.force_login(member)

    page = client.get(reverse("engagements:engagement", args=[project.public_id])).content.decode()

    assert ("$2,000.00" in page) == (who == "payer")
    assert ("$" in page.split("<main", 1)[1]) == (who == "payer")


def test_staff_do_see_them(client, project, ada):
    client.force_login(ada)

    ledger = client.get(reverse("engagements:ledger", args=[project.public_id])).content.decode()
    log = client.get(reverse("engagements:work", args=[project.public_id])).content.decode()

    assert PRIVATE.search(ledger)
    assert "4:41" in log
