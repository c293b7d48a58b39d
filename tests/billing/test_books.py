"""The books: what an accountant takes adds up to what was printed, whatever the rows of today say."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.amounts import NewLine
from billing.books import invoice_rows, payment_rows, series_of
from billing.models import Invoice, TaxRate
from billing.periods import Period
from billing.services import credit_notes, drafting, payments
from billing.services.drafting import DraftWords
from core import clock
from core.models import NumberSeries, Practice
from core.money import Money
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_particulars, make_signed, make_tax, pay, usd
from tests.factories import make_client

EVER = Period(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
NUMBER, KIND, CLIENT, TAX_ID, TAX, RATE, NET, AMOUNT, GROSS, CURRENCY, DUE, CORRECTS, DEDUCTS, TAXED = range(1, 15)


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada)


def at(monkeypatch, moment):
    monkeypatch.setattr(clock, "real_now", lambda: dt.datetime.fromisoformat(moment))


def rows(period=EVER):
    return list(invoice_rows(period))


def check_sums():
    """Of every invoice, net, tax and gross are those that were frozen, less what it deducts."""
    for invoice in Invoice.objects.issued():
        mine = [row for row in rows() if row[NUMBER] == invoice.reference]
        printed = [row for row in mine if row[KIND] != "Deduction"]
        assert sum(row[NET] for row in printed) == invoice.net.amount
        assert sum(row[AMOUNT] for row in printed) == invoice.tax.amount
        assert sum(row[GROSS] for row in mine) == invoice.due.amount
        assert all(row[NET] + row[AMOUNT] == row[GROSS] for row in mine)


@pytest.mark.parametrize(("currency", "price"), [("USD", "10000.01"), ("JPY", "999999"), ("KWD", "3333.333")])
def test_net_and_tax_add_up_to_what_was_frozen(ada, ben, currency, price):
    make_tax(ada, "VAT", 23, is_default=True)
    make_tax(ada, "City", "1.5", is_default=True)
    engagement = make_signed(ben, ada, currency=currency, prices=(price,), deposit_percent=33)
    deposit = issue(deposit_of(engagement), ada)
    pay(deposit, deposit.due.amount, ada)
    vat = TaxRate.objects.get(name="VAT")
    lines = [
        NewLine(title="Both", unit_price=Money(7, currency)),
        NewLine(title="One", unit_price=Money(5, currency), taxes=(vat,)),
        NewLine(title="None", unit_price=Money(3, currency), taxes=()),
    ]
    mixed = drafting.draft_by_hand(
        engagement=engagement, words=DraftWords(title="Mixed"), lines=lines, agreed=True, actor=ada
    )
    mixed = issue(mixed, ada)
    line = mixed.lines.first()
    note = credit_notes.draft_credit_note(
        invoice=mixed, reason="Less.", amounts={line.pk: Money(2, currency)}, actor=ada
    )
    issue(note, ada)
    engagement.refresh_from_db()
    final = issue(drafting.draft_final(engagement=engagement, actor=ada), ada)
    check_sums()
    of_mixed = {row[TAX]: (row[NET], row[TAXED]) for row in rows() if row[NUMBER] == mixed.reference}
    assert {name: (int(net), int(taxed)) for name, (net, taxed) in of_mixed.items()} == {
        "VAT": (12, 12),
        "City": (0, 7),
        "": (3, 0),
    }
    deducted = {row[DEDUCTS] for row in rows() if row[NUMBER] == final.reference and row[KIND] == "Deduction"}
    assert deducted == {deposit.reference, mixed.reference}
    notes = [row for row in rows() if row[KIND] == "Credit note"]
    assert {row[CORRECTS] for row in notes} == {mixed.reference}
    assert all(row[NET] <= 0 for row in notes)
    assert all(row[DUE] is None for row in notes)


def test_what_was_frozen_counts_and_not_the_rows_of_today(ada, engagement):
    make_particulars(engagement.organisation, ada, legal_name="Tern Ltd", tax_id="IE 7")
    issue(deposit_of(engagement), ada)
    make_particulars(engagement.organisation, ada, legal_name="Moved Ltd", tax_id="IE 8")
    (row,) = rows()
    assert (row[CLIENT], row[TAX_ID], row[TAX], row[RATE]) == ("Tern Ltd", "IE 7", "", None)


def test_a_year_ends_in_the_practices_zone(ada, engagement, monkeypatch):
    Practice.objects.update(zone="America/New_York")
    at(monkeypatch, "2027-01-01T04:30:00+00:00")  # 31 December, 23:30
    first = issue(deposit_of(engagement), ada)
    at(monkeypatch, "2027-01-01T05:30:00+00:00")
    second = issue(by_hand(engagement, ada, 5), ada)
    assert (first.reference, second.reference) == ("INV-2026-0001", "INV-2027-0001")
    years = [Period(dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in (2026, 2027)]
    assert [[row[NUMBER] for row in rows(year)] for year in years] == [[first.reference], [second.reference]]
    assert [[one.words for one in series_of(year)] for year in years] == [
        ["INV-2026: 1–1, none missing"],
        ["INV-2027: 1–1, none missing"],
    ]


def test_a_missing_number_is_named(ada, engagement):
    year = issue(deposit_of(engagement), ada).issued_on.year
    NumberSeries.objects.filter(scope=f"INV-{year}").update(last=3)
    issue(by_hand(engagement, ada, 5), ada)
    assert [one.words for one in series_of(EVER)] == [f"INV-{year}: 1–4, missing: 2, 3"]


def test_payments_and_what_went_back(ada, engagement):
    invoice = issue(deposit_of(engagement), ada)
    paid = pay(invoice, 3100, ada, bank_reference="=REF")
    payments.refund(payment=paid, amount=usd(40), reason="Too much.", actor=ada)
    other = pay(issue(by_hand(engagement, ada, 9), ada), 9, ada)
    payments.reverse_payment(payment=other, reason="No cover.", actor=ada)
    pay(issue(by_hand(engagement, ada, 8), ada), 8, ada, cleared=False)
    found = [(kind, amount, invoices) for _on, kind, amount, _c, _client, _ref, invoices, _r in payment_rows(EVER)]
    assert found == [
        ("Received", Decimal("3100.00"), invoice.reference),
        ("Refunded", Decimal("-40.00"), invoice.reference),
        ("Received", Decimal("9.00"), f"INV-{invoice.issued_on.year}-0002"),
        ("Reversed", Decimal("-9.00"), f"INV-{invoice.issued_on.year}-0002"),
    ]


def test_files_are_for_staff_and_safe_in_a_spreadsheet(client, ada, ben, cleo, engagement):
    make_particulars(engagement.organisation, ada, legal_name="@SUM(1)", tax_id="+1")
    pay(issue(deposit_of(engagement), ada), 3000, ada, bank_reference="-2+3")
    names = ("books", "books-invoices", "books-payments")
    payer = make_client("payer", organisation=engagement.organisation, role="payer")
    for person in (ben, payer, cleo):
        client.force_login(person)
        assert {client.get(reverse(f"billing:{name}")).status_code for name in names} == {404}
    client.force_login(ada)
    page, invoices, moved = (client.get(reverse(f"billing:{name}")) for name in names)
    assert "none missing" in page.content.decode()
    text = invoices.getvalue().decode()
    assert text.startswith("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    today = dates.today().isoformat()
    assert (row["Client"], row["Client's tax id"], row["Net"], row["Date"]) == ("'@SUM(1)", "'+1", "3000.00", today)
    assert "'-2+3" in moved.getvalue().decode()
    raw = client.get(reverse("billing:books-invoices") + "?raw=1").getvalue().decode()
    assert ",@SUM(1),+1," in raw


def test_no_rows_and_wrong_days(client, ada):
    client.force_login(ada)
    for name in ("books-invoices", "books-payments"):
        url = reverse(f"billing:{name}")
        assert client.get(url).getvalue().count(b"\r\n") == 1
        assert client.get(url + "?since=x").status_code == 422
    page = client.get(reverse("billing:books") + "?since=2026-05-02&until=2026-05-01")
    assert page.status_code == 422
    assert 'value="2026-05-02"' in page.content.decode()


@pytest.mark.parametrize("count", [3, 30])
def test_the_page_asks_the_same_for_three_as_for_thirty(client, ada, engagement, count, django_assert_num_queries):
    for number in range(count):
        issue(by_hand(engagement, ada, 5 + number), ada)
    client.force_login(ada)
    with django_assert_num_queries(8):
        assert client.get(reverse("billing:books")).status_code == 200
