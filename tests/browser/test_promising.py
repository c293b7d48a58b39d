"""The whole thread in a browser, wide and on a phone: from a card to a signed project whose scope is traded."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from billing.models import Invoice
from billing.services.payments import Received, record_payment
from core.money import Money
from discovery.models import Finding
from engagements.ledger_queries import contract_value, item_values
from engagements.models import Acceptance, ChangeSet, Engagement, ProposalRevision
from engagements.services import certificates
from outreach import dates
from outreach.models import Lead
from tests.discovery_factories import make_audited_run
from tests.factories import make_client, make_consultant, make_practice, organisation_of
from tests.money_factories import make_cost_base, make_selling_rate
from tests.outreach_factories import day


@pytest.fixture
def bells(monkeypatch):
    """What a worker would be rung for: done by hand where the test needs it."""
    rung = {}
    for name in ("draw_proposal", "draw_certificate", "tell_of_remark", "tell_of_answer", "tell_of_rescission"):
        monkeypatch.setattr(f"engagements.tasks.{name}.delay", lambda pk, name=name: rung.setdefault(name, pk))
    return rung


def answered(page):
    """What is done inside sends a form; what comes after sees what the server made of it."""
    return page.expect_response(lambda answer: answer.request.method == "POST")


@pytest.mark.parametrize("width", [1280, 390])
def test_from_a_card_to_traded_scope(page, live_server, transactional_db, sign_in, complaints, bells, width):
    make_practice(currency="USD")
    ada, ben = make_consultant("ada"), make_client("ben")
    make_cost_base(ada)
    make_selling_rate(ada, 200)
    organisation = organisation_of(ben)
    make_audited_run(organisation)
    page.set_viewport_size({"width": width, "height": 900})

    def go(name, *args):
        page.goto(live_server.url + reverse(name, args=args))

    def press(name):
        with answered(page):
            page.get_by_role("button", name=name, exact=True).first.click()

    def save():
        with answered(page):
            page.locator("main form").get_by_role("button").last.click()

    # A card from an event becomes a lead with a next step.
    sign_in(ada)
    go("outreach:quick-add")
    page.get_by_label("Name").fill("Mara Lind")
    page.get_by_label("Company").fill(organisation.name)
    page.get_by_label("Where you met").fill("Cloud Meetup")
    page.get_by_label("Next step on").fill(day(2).isoformat())
    save()
    lead = Lead.objects.get()
    assert lead.follow_ups.get().due_on == day(2)

    # Three findings are priced at one click.
    go("discovery:run", organisation.runs.get().public_id)
    page.goto(page.url + "?view=findings")
    if not page.locator("input[name=finding]").count():
        page.locator("a", has_text=re.compile("one by one", re.IGNORECASE)).first.click()
    for box in page.locator("input[name=finding]").all()[:3]:
        box.check()
    press("Price the ticked")
    draft = ProposalRevision.objects.get()
    assert Finding.objects.filter(priced__isnull=False).distinct().count() == 3

    # An option beside them, far below what it costs: the guard asks why before it goes out.
    for title, kind in (("A runbook", "included"), ("A rehearsal", "option")):
        go("engagements:line-new", draft.public_id)
        page.get_by_label("Line", exact=True).fill(title)
        page.get_by_label("Kind").select_option(kind)
        page.get_by_label("Price").fill("500")
        save()
    line = draft.lines.exclude(topic="").first()
    go("engagements:line-edit", draft.public_id, line.key)
    page.get_by_label("Price").fill("1000")
    for label, hours in (("Low", "40"), ("Likely", "60"), ("High", "90")):
        page.get_by_label(re.compile(label)).first.fill(hours)
    save()
    go("engagements:revision-send", draft.public_id)
    page.get_by_label("E-mail").fill(ben.email)
    page.get_by_label("Name").fill("Ben")
    press("Sign and send")
    expect(page.get_by_label("Why below what it costs you")).to_be_visible()
    page.get_by_label("Why below what it costs you").fill("To begin with them.")
    press("Sign and send")
    expect(page.get_by_role("heading", level=1)).to_contain_text(draft.proposal.title)
    draft.refresh_from_db()
    assert (draft.status, draft.underbid_reason) == ("sent", "To begin with them.")
    letter = [one for one in mail.outbox if ben.email in one.to][-1]
    link = draft.links.get()
    assert link.token in letter.body

    # The client opens the link, signs in, picks the option, opens the terms and signs.
    page.context.clear_cookies()
    go("engagements:offer", link.token)
    expect(page.get_by_role("heading", level=1)).to_contain_text(draft.proposal.title)
    page.wait_for_function("true")
    sign_in(ben)
    go("engagements:client-proposal", draft.public_id)
    total = page.locator("#total")
    before = total.inner_text()
    page.get_by_role("checkbox", name=re.compile("A rehearsal")).check()
    expect(total).not_to_have_text(before)
    page.get_by_role("link", name=re.compile("Read the terms")).first.click()
    press("Back to the proposal")
    page.get_by_label("Your full name").fill("Ben Client")
    page.get_by_label(re.compile("I have read proposal")).check()
    press("Sign the proposal")
    expect(page.locator("#signed")).to_contain_text("Accepted by Ben Client")
    agreed = Acceptance.objects.get()
    assert agreed.price == sum((one.price for one in draft.lines.all()), Money(0, "USD"))
    assert draft.openings.filter(link=link).count() == 1
    certificates.draw_certificate(acceptance_id=bells["draw_certificate"])
    assert [one.attachments for one in mail.outbox if one.subject.startswith("Signed:")]

    # The deposit clears; a level trade is offered, and one click of the client completes it.
    engagement = Engagement.objects.get()
    deposit = Invoice.objects.get()
    today = dates.today()
    record_payment(invoice=deposit, received=Received(deposit.total, today, today), actor=ada)
    out = engagement.items.get(title="A rehearsal")
    trade(page, go, engagement, sign_in, ada, out=out, title="Rather a film", worth="500")
    press("Offer it to the client")
    level = ChangeSet.objects.get(kind=ChangeSet.Kind.HORSE_TRADE)
    sign_in(ben)
    go("engagements:change", level.public_id)
    press("Approve the trade")
    expect(page.get_by_text("Approved by Ben")).to_be_visible()
    assert contract_value(engagement) == agreed.price

    # One that is not level becomes a change order for the difference, which is signed.
    items = list(engagement.items.filter(status="planned", is_original=True))
    trade(page, go, engagement, sign_in, ada, out=items[0], title="Something larger", worth="9000")
    press("Make it a change order for the difference")
    press("Offer it to the client")
    order = ChangeSet.objects.get(kind=ChangeSet.Kind.CHANGE_ORDER)
    assert order.reference == "CO-1"
    sign_in(ben)
    go("engagements:change", order.public_id)
    page.locator("#consent").check()
    page.get_by_label("Your full name").fill("Ben Client")
    press("Sign the change order")
    expect(page.get_by_text("Approved by Ben")).to_be_visible()
    assert contract_value(engagement) == agreed.price + order.value_change

    # What was offered to go out is delivered meanwhile: it refuses to leave.
    trade(
        page,
        go,
        engagement,
        sign_in,
        ada,
        out=items[1],
        title="Too late",
        worth=f"{value_of(engagement, items[1]):.2f}",
    )
    press("Offer it to the client")
    late = ChangeSet.objects.get(title="Too late")
    go("engagements:engagement", engagement.public_id)
    page.locator(f"#item-{items[1].public_id}").get_by_role("button", name=re.compile("Start")).click()
    page.locator(f"#item-{items[1].public_id}").get_by_role("link", name=re.compile("Hand over")).click()
    page.get_by_label("What to know").fill("It runs.")
    press("Hand over")
    sign_in(ben)
    go("engagements:change", late.public_id)
    press("Approve the trade")
    expect(page.get_by_role("alert")).to_contain_text("is delivered by now")
    assert complaints == []


def trade(page, go, engagement, sign_in, ada, *, out, title, worth):
    """A draft with one item out and one piece of work in."""
    sign_in(ada)
    go("engagements:change-new", engagement.public_id, "trade")
    page.get_by_label("In a line").fill(title)
    page.locator(f"#out-{out.public_id}").check()
    page.locator("[name=in-0-title]").fill(title)
    page.locator("[name=in-0-value]").fill(worth)
    page.locator("[name=in-0-value]").blur()
    expect(page.locator("#balance")).to_contain_text("level")
    with answered(page):
        page.get_by_role("button", name="Keep the draft").click()


def value_of(engagement, item):
    return item_values(engagement)[item.pk].amount
