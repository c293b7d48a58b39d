"""What was promised to ben, in every state that a page shows: offers to read and answer, and projects that run."""

from decimal import Decimal
from functools import cached_property, partial

from billing.models import Dispute, Invoice, Promise, ReminderStep
from billing.services import reminders
from billing.services.disputes import open_dispute, resolve_dispute
from billing.services.drafting import draft_deposit, draft_final
from billing.services.promises import promise_payment
from core import clock
from core.models import User
from core.money import Money
from discovery.models import Finding
from discovery.services import answers, rulings
from engagements.models import (
    Acceptance,
    ChangeSet,
    Engagement,
    ProposalLink,
    ProposalOpening,
    ProposalRevision,
    ScopeItem,
)
from engagements.services import acceptance, changes, decisions, items, work
from engagements.services import engagements as running
from engagements.services.changes import NewWork
from engagements.services.deposits import set_deposit_cleared
from engagements.services.engagements import open_engagement
from outreach import dates
from portal.models import ReportRevision
from portal.services import reports
from tests.billing_factories import by_hand, issue, make_particulars, make_printed, make_tax, pay
from tests.dunning_factories import climb, make_owed
from tests.engagement_factories import (
    make_alternative,
    make_draft,
    make_line,
    make_option,
    make_proposal_link,
    make_sent_revision,
)
from tests.outreach_factories import day
from tests.report_factories import make_compared_run, make_draft_report, make_report, make_told_finding, publish
from tests.scope_factories import approve, make_acceptance, make_order, make_trade

LINES = (
    ("Every database is restored once a week", "6400", "A restore runs by itself and tells you how long it took."),
    ("Deletion needs two people", "3800", "One mistaken click no longer ends a database."),
    ("A copy in a second account", "4200", "Whoever gets into the first account cannot reach it."),
    ("Alarms that reach a person", "2600", ""),
)
WORDS = {
    "problem": "You lost a day in March when a table was dropped, and **nobody was sure** that the copy would open.",
    "verdict": "One mistaken delete would lose 12 of your 16 databases and every copy of them.",
    "last_day": "Anybody on your team can restore any database within an hour, and has done so once.",
    "timeline": "- Week 1: restores\n- Weeks 2 and 3: the second account\n- Week 4: hand-over",
    "needs": "A read-only role by the first day, and an hour with whoever runs the shop.",
    "exclusions": ["Moving to another region", "Training beyond the hand-over"],
    "assumptions": ["There are 16 databases, all PostgreSQL", "You can open a second account within a week"],
    "trade_rule": "Something new turns up? It can replace something of the same price that is not done yet.",
    "next_morning": "You get the invoice for the deposit and a date for the first call.",
}
ORDER = NewWork(
    title="The search index is backed up too",
    value=Money("1800", "USD"),
    done_when="A lost index is back within two hours.",
    likely_hours=Decimal(12),
)
SWAP = NewWork(
    title="The alarm also writes to your chat",
    value=Money("2600", "USD"),
    outcome="Nobody has to read mail at night.",
    done_when="A test alarm shows up in the channel.",
    likely_hours=Decimal(14),
)


class Promised:
    """Each thing comes to be when a page asks for it."""

    def __init__(self, ada: User, ben: User) -> None:
        self.ada, self.ben = ada, ben

    def revision(self, title: str = "Backups that restore", **values: object) -> ProposalRevision:
        """Sent, with everything that an offer can say."""
        draft = make_draft(client_of=self.ben, actor=self.ada, title=title, **{**WORDS, **values})
        for name, price, outcome in LINES:
            make_line(
                draft, name, price, outcome=outcome, done_when="It ran twice, and you saw it.", likely_hours=Decimal(20)
            )
        draft.finishes_on, draft.valid_until = day(60), draft.valid_until or day(21)
        return make_sent_revision(draft=draft)

    @cached_property
    def offered(self) -> ProposalRevision:
        """With packages and options to pick, and a question asked beside a line. The terms were opened."""
        draft = make_draft(client_of=self.ben, actor=self.ada, **WORDS)
        line = make_line(draft, *LINES[0][:2], outcome=LINES[0][2], done_when="It ran twice, and you saw it.")
        make_alternative(draft, "Essential", "4000", outcome="The databases that the shop needs.")
        make_alternative(draft, "With a second account", "6500", is_recommended=True, recommendation="It is the copy.")
        make_option(draft, outcome="Ready when a whole region is away.")
        draft.finishes_on, draft.valid_until = day(60), day(21)
        revision = make_sent_revision(draft=draft)
        asked = "Could the first restore be in the week of the 14th?"
        acceptance.remark(revision=revision, body=asked, line_key=line.key, actor=self.ben)
        acceptance.remark(revision=revision, body="Yes, on the Tuesday.", line_key=line.key, actor=self.ada)
        ProposalOpening.objects.create(revision=revision, what=ProposalOpening.What.TERMS, user=self.ben)
        return revision

    @cached_property
    def unread(self) -> ProposalRevision:
        """Its terms were not opened yet."""
        return self.revision()

    @cached_property
    def expired(self) -> ProposalRevision:
        return self.revision(valid_until=day(-2))

    @cached_property
    def link(self) -> ProposalLink:
        return make_proposal_link(self.offered)

    @cached_property
    def dead_link(self) -> ProposalLink:
        link = make_proposal_link(self.offered)
        link.revoked_at = clock.now()
        link.save(update_fields=["revoked_at"])
        return link

    def project(self, *, cleared: bool = True) -> Engagement:
        revision = self.revision()
        one = open_engagement(acceptance=make_acceptance(revision, self.ben), actor=self.ben)
        if cleared:
            one = set_deposit_cleared(engagement=one, cleared=one.deposit_required, actor=self.ada)
        return one

    @cached_property
    def waiting(self) -> Engagement:
        return self.project(cleared=False)

    @cached_property
    def active(self) -> Engagement:
        """A project in the middle: something of everything in it."""
        one, ada, ben = self.project(), self.ada, self.ben
        first, second, third, fourth = one.items.all()
        for item in (first, second):
            note = "The runbook is beside it. *Try it on the copy first.*"
            handed = items.Handover(title=f"{item.title}: how to", url="https://wiki.example/restore", note=note)
            items.hand_over(item=item, handover=handed, actor=ada)
        items.accept_item(item=first, actor=ben)
        items.start_item(item=third, actor=ada)
        self.swap = make_trade(one, actor=ada, out=[fourth], incoming=[SWAP], title="Chat instead of mail")
        self.added = make_order(
            one, actor=ada, incoming=[ORDER], days_change=7, reason="It **holds orders** that are nowhere else.",
            broken_assumption="There are 16 databases, all PostgreSQL", title="The search index",
        )  # fmt: skip
        wanted = {"waiting_costs": "two days of the second account", "wanted_by": day(6)}
        for question, is_clients in (("Which account pays for the copy?", True), ("Which region do we test?", False)):
            decisions.ask_for_decision(engagement=one, question=question, is_clients=is_clients, **wanted, actor=ada)
        risk = decisions.RiskWords(
            title="The second account is not open in time",
            likelihood=2,
            impact=3,
            watched_by="Ada",
            response="We ask weekly",
        )
        decisions.note_risk(engagement=one, words=risk, actor=ada)
        changes.wish_swap(engagement=one, body="We would rather have the alarms in our chat than by mail.", actor=ben)
        for minutes, note in ((95, "wrote the restore"), (700, "all the rest")):
            work.log_work(engagement=one, minutes=minutes, on=dates.today(), note=note, item=first, actor=ada)
        work.log_work(engagement=one, minutes=30, on=dates.today(), note="", item=None, actor=ada)
        work.start_timer(engagement=one, item=third, note="the second account", actor=ada)
        return Engagement.objects.get(pk=one.pk)

    @cached_property
    def invoice(self) -> Invoice:
        """The deposit of a project that waits for it."""
        draft_deposit(acceptance=self.waiting.acceptance, engagement=self.waiting, actor=self.ben)
        return Invoice.objects.get(engagement=self.waiting, kind=Invoice.Kind.DEPOSIT)

    @cached_property
    def billed(self) -> Invoice:
        """Issued with a tax and its address, paid in part."""
        make_printed(self.ada, pay_to="IBAN IE00 BANK 0000 0000 0000 00\nBIC BANKIE2D", note="Thank you.")
        make_particulars(self.waiting.organisation, self.ada)
        make_tax(self.ada)
        draft = by_hand(self.closing, self.ada, 450, 125, title="Two nights on call", po_number="PO-4711")
        invoice = issue(draft, self.ada)
        pay(invoice, 75, self.ada, cleared=False)
        pay(invoice, 200, self.ada)
        return invoice

    @cached_property
    def final(self) -> Invoice:
        """A draft that deducts what was asked for before."""
        _ = self.billed
        draft_deposit(acceptance=self.closing.acceptance, engagement=self.closing, actor=self.ben)
        issue(Invoice.objects.get(engagement=self.closing, kind=Invoice.Kind.DEPOSIT), self.ada)
        return draft_final(engagement=self.closing, actor=self.ada)

    @cached_property
    def late(self) -> Invoice:
        """A week late; beside it one of each thing that late money brings."""
        owed = partial(make_owed, self.ben, self.ada, engagement=self.active)
        late = owed(due=-9, title="Restores, the second part", amount="4800")
        owed(due=-2, title="Two nights on call", amount="575")
        named, broken = owed(due=-12, title="The second account"), owed(due=-15, title="A copy in another region")
        disputed = owed(due=3, title="Alarms that reach a person", amount="2600")
        reason = "We counted ten hours in that week, and the invoice says twelve.\nCould you have a look?"
        self.wrong = open_dispute(invoice=disputed, reason=reason, actor=self.ben)
        promise_payment(invoice=named, pays_on=day(4), note="After our board meets.", actor=self.ben)
        Promise.objects.create(invoice=broken, pays_on=day(-1), made_by=self.ben, is_clients=True)
        climb(late)
        return late

    @cached_property
    def reminder(self) -> ReminderStep:
        return self.late.reminders.get(key="firm")

    @cached_property
    def dispute(self) -> Dispute:
        _ = self.late
        return self.wrong

    @cached_property
    def settled(self) -> Invoice:
        """Everything was said about it, and it is still owed."""
        one = make_owed(self.ben, self.ada, engagement=self.active, due=-7, title="Runbooks", amount="900")
        reminders.send_step(step=climb(one), actor=self.ada)
        reminders.note_call(step=one.reminders.get(key="firm"), note="They had not seen it.", actor=self.ada)
        dispute = open_dispute(invoice=one, reason="This is not our order number.", actor=self.ben)
        resolve_dispute(dispute=dispute, how="It is: your mail of the 3rd names it.", actor=self.ada)
        promise_payment(invoice=one, pays_on=day(5), note="By wire.", actor=self.ben)
        return one

    @cached_property
    def quiet(self) -> Engagement:
        """Nothing happened yet."""
        return self.project()

    @cached_property
    def paused(self) -> Engagement:
        one = self.project()
        return running.pause(
            engagement=one, why=Engagement.Pause.CLIENT, reason="The team is away until Monday.", actor=self.ada
        )

    @cached_property
    def closing(self) -> Engagement:
        one = self.project()
        for item in one.items.all():
            items.hand_over(item=item, handover=items.Handover(title=item.title, note="Done."), actor=self.ada)
            items.accept_item(item=item, actor=self.ben)
        one.refresh_from_db()
        if one.status == Engagement.Status.ACTIVE:
            one = running.begin_closing(engagement=one, actor=self.ada)
        return one

    @cached_property
    def item(self) -> ScopeItem:
        return self.active.items.filter(status=ScopeItem.Status.IN_PROGRESS).get()

    @cached_property
    def trade(self) -> ChangeSet:
        _ = self.active
        return self.swap

    @cached_property
    def order(self) -> ChangeSet:
        _ = self.active
        return self.added

    @cached_property
    def approved(self) -> ChangeSet:
        return approve(self.order, actor=self.ben)

    @cached_property
    def uneven(self) -> ChangeSet:
        """A drafted trade whose sides are not level."""
        out = list(self.quiet.items.all()[:1])
        return make_trade(self.quiet, actor=self.ada, out=out, incoming=[SWAP], offered=False)

    @cached_property
    def acceptance(self) -> Acceptance:
        return self.active.acceptance

    @cached_property
    def signed(self) -> ProposalRevision:
        return self.active.acceptance.revision

    @cached_property
    def undone(self) -> ProposalRevision:
        """Signed in error: the client is asked to undo it."""
        accepted = self.waiting.acceptance
        acceptance.propose_rescission(acceptance=accepted, reason="The old price was in it.", actor=self.ada)
        return accepted.revision

    @cached_property
    def report(self) -> ReportRevision:
        """Published, with everything that a report can say."""
        organisation = self.active.organisation
        told = [make_told_finding(organisation) for _ in range(4)]
        make_compared_run(organisation, saw=told)
        make_compared_run(organisation, saw=told[1:], fixed=told[:1])
        return make_report(self.active, actor=self.ada)

    @cached_property
    def amended_report(self) -> ReportRevision:
        """The newer of two revisions."""
        draft = reports.amend_report(revision=self.report, reason="The finish was wrong.", actor=self.ada)
        return publish(draft, actor=self.ada)

    @cached_property
    def drafted_report(self) -> ReportRevision:
        return make_draft_report(self.waiting, actor=self.ada)

    @cached_property
    def answered(self) -> Finding:
        """Disputed by ben, beside others in every state that a client reads."""
        _ = self.report
        rows = list(Finding.objects.published().filter(organisation=self.active.organisation))
        disputed, mended, taken = rows[1:4]
        answers.dispute(finding=disputed, reason="That bucket is our website.", actor=self.ben)
        answers.claim_fixed(finding=mended, note="Closed on Monday.", actor=self.ben)
        rulings.accept_risk(
            finding=taken, accepted_by="Ben", until=day(90), reason="The site goes away in May.", actor=self.ada
        )
        return disputed

    @cached_property
    def everything(self) -> Engagement:
        """Money that is owed, a report, findings, a project that runs and one that is over."""
        _ = self.report, self.late, self.answered
        running.cancel(engagement=self.project(), reason="The team moved on.", actor=self.ada)
        return self.active
