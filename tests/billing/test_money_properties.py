"""Whatever people do with invoices and payments, in whatever order: nothing is billed or spent twice or goes below
zero, and parts equal wholes, in coins of no, two and three decimals."""

import os
import random
from decimal import Decimal

import pytest
from django.db import transaction

from billing.models import Invoice, Payment
from billing.services import credit_notes, drafting, issuing, payments
from billing.services.drafting import DraftWords, EditedLine
from core.errors import DomainError
from core.money import Money, exponent, percent_of, total
from engagements.ledger_queries import contract_value
from engagements.models import ChangeSet, Engagement, ScopeItem
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, make_tax, pay
from tests.factories import make_client, make_consultant, make_practice
from tests.scope_factories import approve, make_order, work

LIVES = int(os.environ.get("LIVES", "4"))  # more by hand: LIVES=40 make test ARGS='-k no_life_of_invoices'
ON_CONTRACT = ("bill", "extra", "part", "item", "order", "final", "edit", "issue", "discard", "restore")
ON_INVOICE = ("pay", "pend", "use", "credit", "credit-half", "draft-credit", "write-off")
ON_PAYMENT = ("clear", "fail", "reverse", "refund")
OFTEN = ("bill", "part", "item", "item", "order", "final", "final", "issue", "pay", "credit", "credit-half")
DEEDS = (*OFTEN, *ON_CONTRACT, *ON_INVOICE, *ON_PAYMENT)
AMOUNTS = (1, 7, 1010, 99_999, 175_000, 350_003, 700_000)  # in coins


def lives():
    """Each a list of steps. Not Hypothesis': a life costs a second, and its examples are too alike to be so few. What
    pytest-randomly prints as its seed brings them back."""
    for _life in range(LIVES):
        yield [
            (random.choice(DEEDS), random.randrange(6), random.choice(AMOUNTS)) for _n in range(random.randint(10, 16))
        ]


class World:
    """One engagement, paid by a plan, with two pieces of work that are accepted; the deposit is issued."""

    def __init__(self, currency, price, percent):
        make_practice()
        self.currency, self.ada, self.ben = currency, make_consultant(second_factor=False), make_client("ben")
        if percent:
            make_tax(self.ada, f"Tax {percent} %", percent, is_default=True)
        fields = {"currency": currency, "prices": (price, price), "deposit_percent": 33}
        plan = [{"when": "Half way", "percent": "40"}]
        self.engagement = make_signed(self.ben, self.ada, payment_plan=plan, **fields)
        self.engagement.items.update(status=ScopeItem.Status.ACCEPTED)
        more = work("More", self.money(70_000).amount, currency=currency)
        approve(make_order(self.engagement, actor=self.ada, incoming=[more]), actor=self.ben)
        issue(deposit_of(self.engagement), self.ada)

    def money(self, coins):
        return Money(Decimal(coins).scaleb(-exponent(self.currency)), self.currency)

    def invoices(self):
        rows = self.engagement.invoices.order_by("id").select_related("engagement__acceptance__revision")
        return list(rows.prefetch_related("lines__taxes", "deductions", "allocations__payment"))


def check(world):
    engagement, currency = Engagement.objects.get(pk=world.engagement.pk), world.currency
    nothing, invoices = Money(0, currency), world.invoices()
    given_out = list(Payment.objects.prefetch_related("allocations"))
    for payment in given_out:
        assert total((one.amount for one in payment.allocations.all()), currency) == payment.allocated
        assert nothing <= payment.allocated + payment.refunded <= payment.amount
    notes = [one for one in invoices if one.kind == "credit" and one.is_issued]
    asking = [one for one in invoices if one.kind != "credit"]
    for invoice in asking:
        mine = [note for note in notes if note.corrects_id == invoice.pk]
        check_sums(invoice, mine, currency)
        check_taken_back(invoice, mine, nothing)
    cleared = total((one.amount - one.refunded for one in given_out if one.status == "cleared"), currency)
    unspent = total((one.unspent for one in given_out if one.status == "cleared"), currency)
    assert cleared == total((one.paid for one in asking), currency) + unspent
    check_contract(engagement, asking, notes)
    deposit = next((one for one in asking if one.kind == "deposit" and one.status not in {"credited", "discarded"}), 0)
    if deposit and not deposit.credited.amount and deposit.status != "written_off":
        assert engagement.is_gate_open == (deposit.balance == nothing)


def check_sums(invoice, notes, currency):
    nothing = Money(0, currency)
    paid = [one.amount for one in invoice.allocations.all() if one.payment.status == "cleared"]
    assert invoice.paid == total(paid, currency)
    assert nothing <= invoice.balance <= invoice.due
    assert invoice.total == invoice.net + invoice.tax
    assert invoice.due == invoice.total - total((one.total for one in invoice.deductions.all()), currency)
    assert invoice.net == total((line.net for line in invoice.lines.all()), currency)
    coins = invoice.total.amount.scaleb(exponent(currency))
    assert coins == coins.to_integral_value()
    if invoice.is_issued:
        assert invoice.credited == total((-note.due for note in notes), currency)
        if invoice.status != "written_off":
            assert (invoice.balance == nothing) == (invoice.status in {"paid", "credited"})


def check_taken_back(invoice, notes, nothing):
    """Of a line no more than it asked for; and where all of it was taken back, all of its tax."""
    for line in invoice.lines.all():
        back = [one for note in notes for one in note.lines.all() if one.source == f"credit:{line.position}"]
        net = sum((-one.net for one in back), nothing)
        tax = sum((-each.amount for one in back for each in one.taxes.all()), nothing)
        charged = sum((each.amount for each in line.taxes.all()), nothing)
        assert nothing <= net <= line.net
        assert nothing <= tax <= charged
        if net == line.net:
            assert tax == charged


def check_contract(engagement, asking, notes):
    """No more is billed than was agreed, and what a final invoice deducted is still what was asked for."""
    net, _gross = asked_for(asking, notes, engagement.currency)
    assert net <= contract_value(engagement)
    finals = [one for one in asking if one.kind == "final" and one.is_issued and one.status != "credited"]
    assert len(finals) <= 1
    by_key = {one.pk: one for one in asking}
    for deduction in (one for final in finals for one in final.deductions.all()):
        assert (deduction.net, deduction.total) == asked_for([by_key[deduction.earlier_id]], notes, engagement.currency)


def asked_for(invoices, notes, currency):
    """Of the contract, net and with tax, by what was issued, less what was taken back and deducted; counted apart from
    the product's own sums."""
    issued = {one.pk: one for one in invoices if one.is_issued}
    net, gross = [], []
    for one in [*issued.values(), *(note for note in notes if note.corrects_id in issued)]:
        of = issued[one.corrects_id] if one.corrects_id else one
        wanted = {line.source if of is one else f"credit:{line.position}" for line in of.lines.all() if line.source}
        lines = [line for line in one.lines.all() if line.source in wanted]
        net += [line.net for line in lines] + [-each.net for each in one.deductions.all()]
        gross += [line.net for line in lines] + [each.amount for line in lines for each in line.taxes.all()]
        gross += [-each.total for each in one.deductions.all()]
    return total(net, currency), total(gross, currency)


def do(world, deed, which, coins):
    """One deed on the invoice, draft or payment that `which` picks; raises DomainError where a rule refuses it."""
    ada, amount = world.ada, world.money(coins)
    if deed in ON_CONTRACT:
        return on_contract(world, deed, which, amount)
    invoices = list(Invoice.objects.exclude(kind="credit").exclude(status="discarded").order_by("id"))
    invoice = invoices[-1 - which % len(invoices)]  # the latest rather than the first
    given_out = list(Payment.objects.order_by("id"))
    payment = given_out[which % len(given_out)] if given_out else None
    if deed in ON_PAYMENT and payment is None:
        return None
    return {
        "pay": lambda: pay(invoice, amount.amount, ada, another=True),
        "pend": lambda: pay(invoice, amount.amount, ada, cleared=False, another=True),
        "use": lambda: payments.use_credit(invoice=invoice, actor=ada),
        "credit": lambda: issue(take_back(invoice, None, ada), ada),
        "credit-half": lambda: issue(take_back(invoice, half_of(invoice), ada), ada),
        "draft-credit": lambda: take_back(invoice, None, ada),
        "write-off": lambda: issuing.write_off(invoice=invoice, reason="Gone.", actor=ada),
        "clear": lambda: payments.clear_payment(payment=payment, on=dates.today(), actor=ada),
        "fail": lambda: payments.fail_payment(payment=payment, reason="Bounced.", actor=ada),
        "reverse": lambda: payments.reverse_payment(payment=payment, reason="Taken back.", actor=ada),
        "refund": lambda: payments.refund(payment=payment, amount=amount, reason="Too much.", actor=ada),
    }[deed]()


def on_contract(world, deed, which, amount):
    ada, engagement = world.ada, world.engagement
    drafts = list(Invoice.objects.filter(status="draft").order_by("id"))
    gone = list(Invoice.objects.filter(status="discarded").order_by("id"))
    draft = drafts[which % len(drafts)] if drafts else None
    order = engagement.change_sets.exclude(kind=ChangeSet.Kind.BASELINE).first()
    item = list(engagement.items.order_by("id"))[which % 2]
    made = {
        "bill": lambda: by_hand(engagement, ada, amount.amount, amount.amount, agreed=True),
        "extra": lambda: by_hand(engagement, ada, amount.amount),
        "part": lambda: drafting.draft_instalment(engagement=engagement, index=1, actor=ada),
        "item": lambda: drafting.draft_items(engagement=engagement, items=[item], actor=ada),
        "order": lambda: drafting.draft_change(change_set=order, actor=ada),
        "final": lambda: drafting.draft_final(engagement=engagement, actor=ada),
        "edit": lambda: draft and edit(draft, amount, ada),
        "issue": lambda: draft and issue(draft, ada),
        "discard": lambda: draft and drafting.discard_draft(invoice=draft, actor=ada),
        "restore": lambda: gone and drafting.restore_draft(invoice=gone[which % len(gone)], actor=ada),
    }[deed]()
    if made and deed in {"bill", "part", "item", "order", "final"} and which < 5:  # else it waits
        issue(made, ada)


def edit(draft, amount, ada):
    """The first line at another price, where it has one of its own."""
    lines = [
        EditedLine(one.pk, one.title, amount, taxes=[tax.rate for tax in one.taxes.all()]) for one in draft.lines.all()
    ]
    drafting.edit_draft(invoice=draft, words=DraftWords("Edited"), lines=lines, actor=ada)


def half_of(invoice):
    return percent_of(invoice.lines.all()[0].net, 50)


def take_back(invoice, amount, ada):
    amounts = None if amount is None else {line.pk: amount for line in invoice.lines.all()[:1]}
    try:
        return credit_notes.draft_credit_note(invoice=invoice, reason="Wrong.", amounts=amounts, actor=ada)
    except DomainError as refusal:
        if amounts is None and "are left of" in str(refusal):
            pytest.fail(f"All that is left of {invoice.reference} was more than that.")
        raise


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "price", "percent"), [("USD", "5000.01", 7), ("JPY", "499999", 19), ("KWD", "1666.667", 0)]
)
def test_no_life_of_invoices_breaks_the_sums(currency, price, percent):
    """Every life begins in the same world, which is made once."""
    world = World(currency, price, percent)

    for steps in lives():
        with transaction.atomic():
            live(world, steps)
            close_the_books(world)
            transaction.set_rollback(True)


def live(world, steps):
    for at, step in enumerate(steps):
        try:
            with transaction.atomic():
                do(world, *step)
        except DomainError:
            continue  # and nothing of it stays
        try:
            check(world)
        except AssertionError as broken:
            broken.add_note(f"After {steps[: at + 1]}")
            raise


def close_the_books(world):
    """All that was newly asked for, the final invoice with it, is the contract and its tax."""
    for draft in Invoice.objects.filter(status="draft", allocations=None):
        drafting.discard_draft(invoice=draft, actor=world.ada)
    final = issue_final(world)
    if final is None:
        return
    check(world)
    rows = world.invoices()
    notes = [one for one in rows if one.kind == "credit" and one.is_issued]
    asked = asked_for([one for one in rows if one.kind != "credit"], notes, world.currency)
    assert asked == (contract_value(world.engagement), final.total)


def issue_final(world):
    """None where there is one, money came in for a draft, or rounding asked for a coin of tax more than the whole."""
    said = ""
    try:
        return issue(drafting.draft_final(engagement=world.engagement, actor=world.ada), world.ada)
    except DomainError as refusal:
        said = str(refusal)
    assert any(words in said for words in ("a final invoice already", "first", "more were invoiced"))
    return None
