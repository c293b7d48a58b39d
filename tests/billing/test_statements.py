"""A client's account adds up, in every currency and over any days, and is for those who may see money."""

import contextlib
import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from billing.models import Invoice, Payment
from billing.periods import Period
from billing.queries import client_money, engagement_money
from billing.services import credit_notes, issuing, payments
from billing.statements import statement_html, statement_of
from core import clock
from core.errors import DomainError
from core.money import exponent, total
from core.queries import practice_or_blank
from outreach import dates
from tests.billing.test_money_properties import World, do, lives
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, pay, usd
from tests.factories import make_client

EVER = Period(dt.date(2000, 1, 1), dt.date(2100, 1, 1))


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada)


def at(monkeypatch, moment):
    monkeypatch.setattr(clock, "real_now", lambda: dt.datetime.fromisoformat(moment))


def entries(organisation, period=EVER):
    (account,) = statement_of(organisation, period, dates.today()).accounts
    return account, [(one.kind, one.amount.amount, one.balance.amount) for one in account.entries]


def test_what_was_asked_for_paid_and_given_back_stands_in_order(ada, engagement):
    organisation = engagement.organisation
    invoice = issue(deposit_of(engagement), ada)
    paid = pay(invoice, 3500, ada)
    payments.refund(payment=paid, amount=usd(200), reason="Too much.", actor=ada)
    payments.refund(payment=paid, amount=usd("100.50"), reason="Too much.", actor=ada)
    second = issue(by_hand(engagement, ada, 100), ada)
    bounced = pay(second, 60, ada)
    payments.reverse_payment(payment=bounced, reason="No cover.", actor=ada)
    pay(second, 10, ada, cleared=False)
    line = second.lines.get()
    issue(
        credit_notes.draft_credit_note(invoice=second, reason="Less.", amounts={line.pk: usd(30)}, actor=ada),
        ada,
    )
    second.refresh_from_db()
    issuing.write_off(invoice=second, reason="Gone.", actor=ada)
    account, found = entries(organisation)
    assert [(kind, amount) for kind, amount, _balance in found] == [
        ("invoice", 3000),
        ("invoice", 100),
        ("credit_note", -30),
        ("written_off", -70),
        ("payment", -3500),
        ("payment", -60),
        ("reversal", 60),
        ("refund", 200),
        ("refund", Decimal("100.50")),
    ]
    assert account.closing == usd("-199.50")
    assert (account.owed, account.credit, account.ahead) == (usd(0), usd("199.50"), usd(0))
    assert [one.amount for one in account.pending] == [usd(10)]
    (figures,) = client_money(organisation)
    assert (figures.invoiced, figures.paid, figures.owed, figures.credit) == (
        usd(3070),
        usd("3199.50"),
        usd(0),
        usd("199.50"),
    )


def test_what_came_before_the_period_is_its_opening_balance(ada, engagement, monkeypatch):
    at(monkeypatch, "2026-12-31T23:30:00+00:00")
    issue(deposit_of(engagement), ada)
    at(monkeypatch, "2027-01-01T00:30:00+00:00")
    issue(by_hand(engagement, ada, 100), ada)
    organisation = engagement.organisation
    account, found = entries(organisation, Period(dt.date(2027, 1, 1), dt.date(2027, 12, 31)))
    assert account.opening == usd(3000)
    assert found == [("invoice", 100, 3100)]
    account, found = entries(organisation, Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
    assert (account.opening, account.closing, account.owed) == (usd(0), usd(3000), usd(3100))


def test_money_for_an_invoice_without_a_number_is_ahead_of_it(ada, engagement):
    pay(deposit_of(engagement), 3000, ada)
    account, found = entries(engagement.organisation)
    assert found == [("payment", -3000, -3000)]
    assert (account.ahead, account.credit, account.owed) == (usd(3000), usd(0), usd(0))
    assert engagement_money(engagement).paid == usd(3000)
    assert engagement_money(engagement).invoiced == usd(0)


@pytest.mark.parametrize(("currency", "price"), [("USD", "5000.01"), ("JPY", "499999"), ("KWD", "1666.667")])
@pytest.mark.django_db
def test_the_last_balance_is_what_is_owed_less_credit(currency, price):
    world = World(currency, price, 19)

    for steps in lives():
        with transaction.atomic():
            for step in steps:
                with contextlib.suppress(DomainError), transaction.atomic():
                    do(world, *step)
            check(world.engagement, currency)
            transaction.set_rollback(True)


def check(engagement, currency):
    account, _found = entries(engagement.organisation)
    balances = [one.balance for one in Invoice.objects.open().exclude(kind="credit")]
    credit = payments.credit_of(engagement.organisation, currency)
    unissued = total((one.paid for one in Invoice.objects.filter(status="draft")), currency)
    assert account.closing == total(balances, currency) - credit - unissued
    assert account.closing == account.owed - account.credit - account.ahead
    coins = account.closing.amount.scaleb(exponent(currency))
    assert coins == coins.to_integral_value()
    (figures,) = client_money(engagement.organisation)
    assert (figures.owed, figures.credit) == (account.owed, account.credit)
    received = Payment.objects.filter(status__in=["cleared", "refunded"])
    assert figures.paid == total((one.amount - one.refunded for one in received), currency)
    assert engagement_money(engagement).owed == account.owed


def test_what_is_owed_is_drawn_by_its_age_on_page_and_paper(client, ada, ben, engagement, settings):
    issue(deposit_of(engagement), ada)
    settings.CLOCK_OFFSET_S = 86_400 * 60
    issue(by_hand(engagement, ada, 100), ada)
    told = statement_of(engagement.organisation, EVER, dates.today())
    (row,) = told.accounts[0].by_age.rows
    assert [(part.label, part.value) for part in row.segments] == [("Not yet due", 100), ("31–60 days", 3000)]
    assert row.text == "$3,100.00"
    client.force_login(ben)
    page = client.get(reverse("billing:statement", args=[engagement.organisation.public_id])).content.decode()
    paper = statement_html(told, practice_or_blank())
    for shown in (page, paper):
        assert "What is owed, by age" in shown
        assert "<svg" in shown


def test_nothing_is_drawn_where_nothing_is_owed(ada, engagement):
    pay(issue(deposit_of(engagement), ada), 3000, ada)
    assert statement_of(engagement.organisation, EVER, dates.today()).accounts[0].by_age is None


def test_it_is_for_those_who_may_see_money(client, ada, ben, cleo, engagement):
    organisation = engagement.organisation
    people = {role: make_client(role, organisation=organisation, role=role) for role in ("payer", "reader")}
    invoice = issue(by_hand(engagement, ada, 100, title="=1+1"), ada)
    pay(invoice, 40, ada, note="staff-note", bank_reference="staff-bank")
    names = ("statement", "statement-csv")
    urls = [reverse(f"billing:{name}", args=[organisation.public_id]) for name in (*names, "statement-pdf")]
    allowed = ((people["reader"], 404), (cleo, 404), (ada, 200), (people["payer"], 200), (ben, 200))
    for person, status in allowed:
        client.force_login(person)
        asked = urls if status == 404 else urls[:2]
        assert {client.get(url).status_code for url in asked} == {status}, person
    page = client.get(urls[0]).content.decode()
    assert "$60.00" in page
    assert "staff-" not in page
    file = client.get(urls[1]).getvalue().decode()
    assert "Invoice: =1+1" in file
    assert "-40.00,60.00,USD" in file
    assert "staff-" not in file
    answer = client.get(urls[2])
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")


def test_days_that_cannot_be_are_refused_where_they_were_typed(client, ben, engagement):
    client.force_login(ben)
    base = reverse("billing:statement", args=[engagement.organisation.public_id])
    for days in ("since=nonsense", "since=2026-02-30", "since=2026-05-02&until=2026-05-01"):
        for url in (base, base + "statement.csv", base + "statement.pdf"):
            assert client.get(f"{url}?{days}").status_code == 422, (url, days)
    assert client.get(base + "?since=&until=2020-01-01").status_code == 200


@pytest.mark.parametrize("count", [3, 30])
def test_the_same_queries_for_three_lines_as_for_thirty(client, ada, ben, engagement, count, django_assert_num_queries):
    for number in range(count):
        pay(issue(by_hand(engagement, ada, 5 + number), ada), 5 + number, ada)
    client.force_login(ben)
    url = reverse("billing:statement", args=[engagement.organisation.public_id])
    with django_assert_num_queries(10):
        assert client.get(url).status_code == 200
