"""What the demo's practice has done before today: people met, a proposal signed, work under way, money received.

Made through the services that the pages call, so that nothing in it could not have happened.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from billing.amounts import NewLine
from billing.models import Invoice
from billing.services import drafting, issuing, settings
from billing.services.payments import Received, record_payment
from core.models import Membership, Organisation, User
from core.money import Money
from core.services import people
from discovery.models import Finding, Run
from discovery.services import schedules
from discovery.services.pricing import price_findings
from engagements.models import ChangeSet, CostBase, Engagement, ProposalLine, ProposalOpening, ProposalRevision
from engagements.offer import Offer
from engagements.services import (
    acceptance,
    changes,
    decisions,
    engagements,
    items,
    lines,
    proposals,
    rates,
    sending,
    work,
)
from engagements.services.changes import Change, ChangeSignature, NewWork
from engagements.services.lines import LineWords
from engagements.services.proposals import Beginning, ProposalWords
from outreach import dates
from outreach.models import Lead
from outreach.services.contacts import ContactParticulars, Meeting, quick_add
from outreach.services.follow_ups import NextStep
from outreach.services.leads import LeadParticulars, move_lead, open_lead
from portal.models import Block, ReportRevision
from portal.services import reports
from portal.services.reports import EntryWords

CURRENCY = "EUR"
READER = "ines@harbourandpine.example"
FIXED = ProposalRevision.Kind.FIXED_BID
AGREED = (
    ("Every database has a copy that outlives it", "6200", "30", "Snapshots are copied daily to a second account."),
    ("Infrastructure in code", "7400", "40", "The plan of every stack is empty."),
    ("Alarms that reach a person", "2400", "12", "A test alarm wakes whoever is on call."),
    ("Access without shared keys", "3000", "16", "No access key is older than a day."),
    ("A runbook for the bad night", "1800", "9", "Somebody who never did it restores a database with it."),
)

BEHIND = (
    ("Which alarms there are, and who hears them", "1400", "7", "A list that the team has read."),
    ("One number that is called at night", "1100", "6", "A test call was answered."),
)


def euro(amount: str) -> Money:
    return Money(Decimal(amount), CURRENCY)


def set_up(*, organisation: Organisation, ada: User) -> None:
    """What an hour costs and sells for, and what invoices print."""
    _rates(ada)
    _invoicing(organisation, ada)


def show_what_was_done(*, organisation: Organisation, ada: User, ben: User) -> Engagement:
    """Courting, a signed project under way with a trade, an order, a delivery and a decision that wait."""
    _courting(ada)
    engagement = _signed(organisation, ada, ben)
    _under_way(engagement, ada, ben)
    _on_call(engagement, ada)
    people.invite_client(
        organisation=organisation,
        email=READER,
        name="Ines Corrigan",
        role=Membership.Role.READER,
        actor=ada,
    )
    return engagement


def show_what_is_behind(*, organisation: Organisation, ada: User, ben: User) -> Engagement:
    """A first, small project: handed over, invoiced with the deposit deducted, paid and closed."""
    today = dates.today()
    words = {"starts_on": today - dt.timedelta(days=60), "finishes_on": today - dt.timedelta(days=30)}
    engagement = _agreed("A look at the alarms", BEHIND, words, organisation, ada, ben)
    deposit = Invoice.objects.get(engagement=engagement, kind=Invoice.Kind.DEPOSIT)
    _issued_and_paid(deposit, "SEPA 4502", ada)
    for item in engagement.items.all():
        items.hand_over(item=item, handover=_handover(item.title), actor=ada)
        items.accept_item(item=item, actor=ben)
    engagement.refresh_from_db()
    if engagement.status == Engagement.Status.ACTIVE:
        engagement = engagements.begin_closing(engagement=engagement, actor=ada)
    _issued_and_paid(drafting.draft_final(engagement=engagement, actor=ada), "SEPA 4633", ada)
    lessons = "They answer on the day they are asked. Say so in the next bid."
    return engagements.close(engagement=engagement, lessons=lessons, actor=ada)


def _issued_and_paid(invoice: Invoice, reference: str, ada: User) -> None:
    """Numbered here and now, for the next one deducts it; a worker that comes later does nothing."""
    issuing.issue_invoice(invoice=invoice, mail=True, actor=ada)
    issuing.finish_issuing(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    _paid(invoice, reference, ada)


def show_what_is_offered(*, run: Run, organisation: Organisation, ada: User, ben: User) -> ProposalRevision:
    """Three findings of the audit, priced and sent: what the client answers next."""
    beginning = Beginning(start=FIXED, title="What the audit found first", organisation=organisation)
    draft = proposals.start_proposal(beginning=beginning, actor=ada)
    worst = Finding.objects.filter(occurrences__in=run.occurrences.bad().worst_first()[:12]).order_by("id")
    seen: dict[str, Finding] = {}
    for finding in worst:
        seen.setdefault(finding.check_id, finding)
    price_findings(findings=list(seen.values())[:3], proposal=draft.proposal, actor=ada)
    option = LineWords(
        title="A rehearsal of the worst day",
        price=euro("2500"),
        kind=ProposalLine.Kind.OPTION,
        done_when="The team has restored the shop within four hours, with us watching.",
        likely_hours=Decimal(12),
    )
    lines.add_line(revision=draft, words=option, actor=ada)
    _send(draft, ada, ben, "After the audit")
    return draft


def show_what_is_reported(*, engagement: Engagement, ada: User) -> ReportRevision:
    """The week's report, in the consultant's words where the system has only facts; published."""
    draft = reports.begin_report(engagement=engagement, actor=ada)
    status = draft.entries.get(block=Block.STATUS)
    sentence = "Your databases now have copies that outlive them; the network moves into code next."
    words = {status.public_id: EntryWords(sentence)}
    reports.edit_block(revision=draft, block=Block.STATUS, words=words, act="", actor=ada)
    first = draft.entries.filter(block=Block.NEXT).first()
    if first:
        named = EntryWords(first.text, first.note, dates.today() + dt.timedelta(days=7))
        reports.edit_block(revision=draft, block=Block.NEXT, words={first.public_id: named}, act="", actor=ada)
    reports.publish_report(revision=draft, actor=ada)
    draft.refresh_from_db()
    return draft


def watch_the_client(*, organisation: Organisation, ada: User) -> None:
    """From the next night on."""
    schedules.watch(organisation=organisation, plan=schedules.Plan(people=[ada]), actor=ada)


def _rates(ada: User) -> None:
    nothing = euro("0")
    costs = dict.fromkeys(CostBase.COSTS, nothing) | {"pay": euro("96000"), "overhead": euro("28400")}
    figures = rates.CostFigures(currency=CURRENCY, valid_from=dates.today() - dt.timedelta(days=90), costs=costs)
    rates.add_cost_base(figures=figures, actor=ada)
    rates.set_selling_rate(
        rate=euro("180"), target_margin_percent=Decimal(25), valid_from=dates.today() - dt.timedelta(days=90), actor=ada
    )


def _invoicing(organisation: Organisation, ada: User) -> None:
    """What invoices print: where to pay, the tax, whom they are made out to."""
    pay_to = "Lantern Infrastructure\nIBAN IE00 DEMO 0000 0000 0000 00\nBIC DEMOIE2D"
    settings.set_printed(printed=settings.Printed(tax_id="IE 0000000XX", pay_to=pay_to), actor=ada)
    settings.add_tax(tax=settings.NewTax("VAT 23 %", Decimal(23), is_default=True), actor=ada)
    theirs = settings.Particulars(
        legal_name=f"{organisation.name} Ltd", address="4 Slip Road\nDublin", tax_id="IE 9999999ZZ"
    )
    settings.set_particulars(organisation=organisation, particulars=theirs, actor=ada)


def _on_call(engagement: Engagement, ada: User) -> None:
    """Something outside the contract, invoiced by hand, and not paid yet."""
    today = dates.today()
    words = drafting.DraftWords(
        title="Two nights on call during the sale", service_from=today - dt.timedelta(days=9), service_to=today
    )
    nights = NewLine(title="A night on call", unit_price=euro("450"), quantity=Decimal(2), unit="nights")
    invoice = drafting.draft_by_hand(engagement=engagement, words=words, lines=[nights], actor=ada)
    issuing.issue_invoice(invoice=invoice, mail=True, actor=ada)


def _courting(ada: User) -> None:
    """Two leads and the steps that are next with them."""
    today = dates.today()
    quick_add(
        particulars=ContactParticulars(
            name="Noor Haddad",
            company="Quayside Books",
            emails=("noor@quaysidebooks.example",),
            where_met="Cloud Meetup",
        ),
        meeting=Meeting(occasion="Cloud Meetup", card_received=True, said="Their backups were never restored."),
        step_on=today,
        actor=ada,
    )
    grain = LeadParticulars(title="Platform review", company="Grainfield Labs", size="small", work="greenfield")
    lead = open_lead(particulars=grain, step=NextStep("Call about the review", today), actor=ada)
    move_lead(lead=lead, to=Lead.Status.QUALIFIED, actor=ada)


def _signed(organisation: Organisation, ada: User, ben: User) -> Engagement:
    """A fixed bid signed by the client, its deposit cleared."""
    today = dates.today()
    words = {
        "problem": "“If somebody deletes the wrong database, we are out of business.”",
        "last_day": "Any of the databases can be deleted, and is back within the hour.",
        "starts_on": today - dt.timedelta(days=21),
        "finishes_on": today + dt.timedelta(days=35),
        "trade_tolerance": euro("100"),
    }
    engagement = _agreed("Backups that restore", AGREED, words, organisation, ada, ben)
    work.log_work(engagement=engagement, minutes=90, on=today, note="Read the state files", item=None, actor=ada)
    deposit = Invoice.objects.get(engagement=engagement, kind=Invoice.Kind.DEPOSIT)
    issuing.issue_invoice(invoice=deposit, mail=True, actor=ada)
    _paid(deposit, "SEPA 4711", ada)
    engagement.refresh_from_db()
    return engagement


def _agreed(
    title: str,
    agreed: Sequence[tuple[str, str, str, str]],
    words: Mapping[str, object],
    organisation: Organisation,
    ada: User,
    ben: User,
) -> Engagement:
    """Written, sent, read and signed. `agreed`: title, price, likely hours, and when it is done."""
    draft = proposals.start_proposal(
        beginning=Beginning(start=FIXED, title=title, organisation=organisation), actor=ada
    )
    for line in list(draft.lines.all()):
        lines.remove_line(line=line, actor=ada)
    for name, price, hours, done_when in agreed:
        likely = Decimal(hours)
        lines.add_line(
            revision=draft,
            words=LineWords(
                title=name,
                price=euro(price),
                done_when=done_when,
                low_hours=likely * Decimal("0.7"),
                likely_hours=likely,
                high_hours=likely * Decimal("1.6"),
            ),
            actor=ada,
        )
    proposals.change_words(revision=draft, words=ProposalWords(title=title, values=dict(words)), actor=ada)
    _send(draft, ada, ben, "A start with a new client")
    draft.refresh_from_db()
    acceptance.record_opening(revision=draft, what=ProposalOpening.What.PROPOSAL, user=ben)
    acceptance.record_opening(revision=draft, what=ProposalOpening.What.TERMS, user=ben)
    signed = acceptance.accept_revision(
        revision=draft,
        seen_sha256=draft.snapshot_sha256,
        picked=Offer.of(draft).default_picks,
        signature=acceptance.Signature(name="Ben Okafor", po_number="HP-2041"),
        actor=ben,
    )
    return Engagement.objects.get(acceptance=signed)


def _paid(invoice: Invoice, reference: str, ada: User) -> None:
    today = dates.today()
    received = Received(invoice.due, today, today, "Transfer", bank_reference=reference)
    record_payment(invoice=invoice, received=received, actor=ada)


def _send(draft: ProposalRevision, ada: User, ben: User, why: str) -> None:
    """To the client's owner; should the price be below the floor, `why` is what the practice noted."""
    to = sending.Recipient(email=ben.email, name=ben.name)
    sending.send_revision(revision=draft, recipient=to, underbid_reason=why, actor=ada)


def _under_way(engagement: Engagement, ada: User, ben: User) -> None:
    """One item accepted, one delivered, one being worked on; a trade approved, an order and a decision waiting."""
    copies, code, alarms, keys, _runbook = engagement.items.all()
    items.hand_over(item=copies, handover=_handover("Copies in the second account"), actor=ada)
    items.accept_item(item=copies, actor=ben)
    items.start_item(item=code, actor=ada)
    items.hand_over(item=keys, handover=_handover("Sign-in by role, and what was switched off"), actor=ada)
    for item, minutes, note in ((copies, 420, "Copy job and its test"), (code, 310, "Imported the network")):
        work.log_work(engagement=engagement, minutes=minutes, on=dates.today(), note=note, item=item, actor=ada)
    trade = _offered(
        engagement,
        ChangeSet.Kind.HORSE_TRADE,
        Change(
            title="Dashboards instead of alarms",
            out=[alarms],
            incoming=[
                NewWork(
                    "A dashboard that the team looks at", euro("2400"), likely_hours=Decimal(13), done_when="It hangs."
                )
            ],
            reason="The team asked for a dashboard first; alarms come with the next stage.",
        ),
        ada,
    )
    changes.approve_change(change_set=trade, seen_sha256=trade.snapshot_sha256, signature=None, actor=ben)
    signed = _offered(
        engagement,
        ChangeSet.Kind.CHANGE_ORDER,
        Change(
            title="A second region",
            incoming=[
                NewWork(
                    "Copies in a second region", euro("2900"), likely_hours=Decimal(15), done_when="They are there."
                )
            ],
            days_change=7,
            reason="The insurer asks for it.",
        ),
        ada,
    )
    name = ChangeSignature(name="Ben Okafor", email=ben.email, consent_text=changes.consent_text(signed))
    changes.approve_change(change_set=signed, seen_sha256=signed.snapshot_sha256, signature=name, actor=ben)
    _offered(
        engagement,
        ChangeSet.Kind.CHANGE_ORDER,
        Change(
            title="Restore the archive too",
            incoming=[NewWork("The archive is restored", euro("1200"), likely_hours=Decimal(7), done_when="It opens.")],
            days_change=3,
            reason="It turned up while the copies were made.",
            valid_until=dates.today() + dt.timedelta(days=14),
        ),
        ada,
    )
    changes.wish_swap(engagement=engagement, body="Could we skip the runbook and have a training instead?", actor=ben)
    decisions.ask_for_decision(
        engagement=engagement,
        question="Which account holds the copies?",
        wanted_by=dates.today() + dt.timedelta(days=4),
        waiting_costs="The copies start a week later.",
        is_clients=True,
        actor=ada,
    )
    risk = decisions.RiskWords("The old VPN may not carry the copies", 2, 2, "Ada Lindqvist", "Tested on Thursday.")
    decisions.note_risk(engagement=engagement, words=risk, actor=ada)


def _offered(engagement: Engagement, kind: ChangeSet.Kind, change: Change, ada: User) -> ChangeSet:
    draft = changes.draft_change(engagement=engagement, kind=kind, change=change, actor=ada)
    return changes.offer_change(change_set=draft, actor=ada)


def _handover(title: str) -> items.Handover:
    return items.Handover(title=title, note="What was done, and how to see that it works.")
