"""Pages of money: who sees what, what a form keeps when it is refused, and that a draft is nobody's but staff's."""

import datetime as dt

import pytest
from django.urls import reverse

from billing.forms import TaxForm
from billing.models import BillingParticulars, Invoice, InvoiceSettings, Payment, TaxRate
from core.models import StoredFile
from engagements.models import Engagement
from outreach import dates
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, make_tax, pay, usd
from tests.factories import make_client
from tests.scope_factories import approve, make_order, work


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada, payment_plan=[{"when": "Half way", "percent": "40"}])


@pytest.fixture
def payer(engagement):
    return make_client("payer", organisation=engagement.organisation, role="payer")


@pytest.fixture
def reader(engagement):
    return make_client("reader", organisation=engagement.organisation, role="reader")


def at(name, *args):
    return reverse(f"billing:{name}", args=[getattr(arg, "public_id", arg) for arg in args])


def test_received_and_cleared_is_one_step_on_the_page(client, ada, ben, cleo, engagement):
    invoice = deposit_of(engagement)
    url, page = at("payment-new", invoice), at("invoice", invoice)
    form = {"amount": "3,000.00", "received_on": dates.today().isoformat(), "has_cleared": "on"}
    for person in (ben, cleo):  # a draft is for staff
        client.force_login(person)
        assert (client.get(page).status_code, client.post(url, form).status_code) == (404, 404)
    client.force_login(ada)
    assert "$3,000.00" in client.get(page).content.decode()
    for amount in ("1e9", "NaN", "-0", "1000000000000", "1.234,56", "5.001"):
        answer = client.post(url, form | {"amount": amount})
        assert (answer.status_code, amount) == (422, amount)
        assert f'value="{amount}"' in answer.content.decode()

    client.post(url, form)

    engagement.refresh_from_db()
    assert engagement.status == Engagement.Status.ACTIVE
    payment = Payment.objects.get()
    assert client.post(at("payment-reverse", payment), {"reason": ""}).status_code == 409
    client.post(at("payment-reverse", payment), {"reason": "No cover."})
    payment.refresh_from_db()
    assert payment.status == Payment.Status.REVERSED


def test_all_that_a_client_paid_has_its_page_and_its_buttons(client, ada, ben, cleo, engagement, payer):
    """Also what no invoice takes: a second one on its way, and money whose invoice was credited."""
    invoice = issue(deposit_of(engagement), ada)
    organisation = engagement.organisation
    page = at("client-payments", organisation)
    for person in (ben, payer, cleo):
        client.force_login(person)
        assert (client.get(page).status_code, client.post(page, {}).status_code) == (404, 404)
    client.force_login(ada)
    assert "No payment yet" in client.get(page).content.decode()
    today = dates.today().isoformat()
    pay(invoice, 3000, ada, cleared=False)
    answer = client.post(at("payment-new", invoice), {"amount": "3000", "received_on": today, "another": "on"})
    assert answer["Location"] == page
    second = Payment.objects.latest("id")
    assert at("payment-clear", second) in client.get(page).content.decode()
    yesterday = (dates.today() - dt.timedelta(days=1)).isoformat()
    for day, status in (("", 422), ("soon", 422), (yesterday, 409)):  # it was received today
        answer = client.post(at("payment-clear", second), {"at": "client", "cleared_on": day})
        assert (answer.status_code, day) == (status, day)
        assert answer.templates[0].name == "billing/client_payments.html"
    answer = client.post(at("payment-clear", second), {"at": "client", "cleared_on": today})
    assert answer["Location"] == page
    assert "No invoice has taken $3,000.00" in client.get(page).content.decode()
    for amount in ("3000.01", "1e3", "-5", "NaN", "1.000,00"):
        answer = client.post(at("payment-refund", second), {"at": "client", "amount": amount, "reason": "Twice."})
        assert (answer.status_code in {409, 422}, amount) == (True, amount)
    client.post(at("payment-refund", second), {"at": "client", "amount": "3000", "reason": "Twice."})
    second.refresh_from_db()
    assert second.status == "refunded"

    advance = {"amount": "12.50", "received_on": yesterday, "has_cleared": "on", "cleared_on": today}
    assert client.post(page, advance | {"amount": "1e9"}).status_code == 422
    assert client.post(page, advance | {"has_cleared": ""}).status_code == 422
    assert client.post(page, advance)["Location"] == page
    assert client.post(page, advance).status_code == 409
    third = Payment.objects.latest("id")
    assert (third.unspent, third.cleared_on) == (usd("12.50"), dates.today())


@pytest.mark.parametrize(
    ("currency", "locale", "good", "bad"),
    [("JPY", "ja_JP", "3000", "3000.5"), ("EUR", "de_DE", "3.000,50", "3,000.50"), ("KWD", "en_US", "3.125", "3.1255")],
)
def test_amounts_are_typed_as_the_client_writes_them(client, ada, ben, currency, locale, good, bad):
    engagement = make_signed(ben, ada, currency=currency, prices=("333333",), deposit_percent=33)
    Engagement.objects.filter(pk=engagement.pk).update(locale=locale)
    invoice = issue(by_hand(engagement, ada, 9000), ada)
    line = invoice.lines.get()
    client.force_login(ada)
    today = dates.today().isoformat()
    places = (
        (at("payment-new", invoice), "amount", {"received_on": today}),
        (at("invoice-credit-note", invoice), f"line-{line.pk}", {"how": "part", "reason": "Less."}),
        (
            at("by-hand", engagement),
            "lines-0-unit_price",
            {
                "title": "By hand",
                "due_days": 14,
                "lines-TOTAL_FORMS": 1,
                "lines-INITIAL_FORMS": 0,
                "lines-0-title": "A line",
                "lines-0-quantity": "1",
            },
        ),
    )
    for url, name, rest in places:
        for wrong in (bad, "1e3", "-0", "NaN", "1000000000000"):
            assert (client.post(url, rest | {name: wrong}).status_code, url, wrong) == (422, url, wrong)
        assert (client.post(url, rest | {name: good}).status_code, url) == (302, url)


def test_a_twin_is_refused_and_what_was_typed_stays(client, ada, engagement):
    invoice = deposit_of(engagement)
    form = {"amount": "1000", "received_on": dates.today().isoformat(), "has_cleared": "on", "note": "By wire"}
    client.force_login(ada)
    client.post(at("payment-new", invoice), form)
    answer = client.post(at("payment-new", invoice), form)
    assert answer.status_code == 409
    words = answer.content.decode()
    assert "recorded already" in words
    assert 'value="By wire"' in words
    assert 'name="another"' in words
    client.post(at("payment-new", invoice), form | {"another": "on"})
    assert Payment.objects.count() == 2


def test_an_issued_invoice_is_its_owners_and_payers_alone(client, ada, ben, cleo, engagement, payer, reader):
    invoice = issue(deposit_of(engagement), ada)
    addresses = [at("invoice", invoice), at("invoice-pdf", invoice), at("client-invoices", engagement.organisation)]
    for person, status in ((ada, 200), (ben, 200), (payer, 200), (reader, 404), (cleo, 404)):
        client.force_login(person)
        assert [client.get(url).status_code for url in addresses] == [status] * 3, person
    client.logout()
    assert {client.get(url).status_code for url in addresses} == {302}
    stored = StoredFile.objects.get(pk=invoice.pdf_id)
    client.force_login(ben)
    assert client.get(reverse("core:file", args=[stored.public_id])).status_code == 404  # not past the role's check
    answer = client.get(at("invoice-pdf", invoice))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_a_client_reads_holds_nothing_for_staff(client, ada, ben, engagement):
    invoice = issue(deposit_of(engagement), ada)
    pay(invoice, 500, ada, note="staff-note", bank_reference="staff-bank")
    client.force_login(ben)
    words = client.get(at("invoice", invoice)).content.decode()
    assert "$500.00" in words
    assert "$2,500.00 to pay by" in words
    for private in ("staff-note", "staff-bank", "reverse", invoice.snapshot_sha256):
        assert private not in words


def test_from_the_agreement_to_a_draft_in_one_click(client, ada, ben, engagement):
    pay(deposit_of(engagement), 3000, ada)
    engagement.refresh_from_db()
    order = approve(make_order(engagement, actor=ada, incoming=[work("More", 700)], title="More of it"), actor=ben)
    client.force_login(ada)
    words = client.get(at("project-money", engagement)).content.decode()
    assert "Half way" in words
    assert "More of it" in words
    for what in ("instalment:1", f"change:{order.pk}"):
        assert client.post(at("draft-new", engagement), {"what": what}).status_code == 302
        assert client.post(at("draft-new", engagement), {"what": what}).status_code == 409
    for what in ("", "instalment:x", "change:999999", "nonsense", "item:9"):
        assert client.post(at("draft-new", engagement), {"what": what}).status_code in {404, 409}
    assert client.post(at("draft-new", engagement), {"what": "final"}).status_code == 409
    assert Invoice.objects.filter(status="draft").count() == 3


def test_by_hand_takes_lines_and_keeps_what_is_wrong(client, ada, engagement):
    tax = make_tax(ada)
    url = at("by-hand", engagement)
    client.force_login(ada)
    assert client.get(url).status_code == 200
    form = {
        "title": "On call",
        "due_days": "10",
        "lines-TOTAL_FORMS": "3",
        "lines-INITIAL_FORMS": "0",
        "lines-0-title": "A night",
        "lines-0-quantity": "2",
        "lines-0-unit": "nights",
        "lines-0-unit_price": "150.00",
        "lines-0-taxes": tax.public_id,
        "lines-1-title": "Forgotten price",
        "lines-1-unit_price": "",
    }
    answer = client.post(url, form)
    assert answer.status_code == 422
    assert "Forgotten price" in answer.content.decode()
    assert client.post(url, form | {"lines-1-unit_price": "-5"}).status_code == 409
    assert client.post(url, form | {"lines-1-title": ""}).status_code == 302
    invoice = Invoice.objects.latest("id")
    assert (invoice.net, invoice.tax, invoice.due_days) == (usd(300), usd(69), 10)

    line = invoice.lines.get()
    edited = {
        "title": "On call in May",
        "due_days": "10",
        "lines-TOTAL_FORMS": "4",
        "lines-INITIAL_FORMS": "1",
        "lines-0-pk": str(line.pk),
        "lines-0-title": "A night",
        "lines-0-quantity": "3",
        "lines-0-unit_price": "150.00",
    }
    assert client.post(at("invoice-edit", invoice), edited).status_code == 302
    invoice.refresh_from_db()
    assert (invoice.title, invoice.total) == ("On call in May", usd(450))


def test_issue_discard_and_undo(client, ada, engagement):
    invoice = by_hand(engagement, ada, 100)
    client.force_login(ada)
    client.post(at("invoice-discard", invoice))
    assert "Undo" in client.get(at("invoice", invoice)).content.decode()
    client.post(at("invoice-restore", invoice))
    client.post(at("invoice-issue", invoice), {"how": "mail"})
    invoice.refresh_from_db()
    assert (invoice.status, invoice.is_to_be_mailed) == ("issuing", True)
    assert client.post(at("invoice-discard", invoice)).status_code == 409
    assert client.get(at("invoice-edit", invoice)).status_code == 302


def test_a_credit_note_from_its_page(client, ada, engagement):
    invoice = issue(by_hand(engagement, ada, 100, 50), ada)
    url = at("invoice-credit-note", invoice)
    line = invoice.lines.first()
    client.force_login(ada)
    assert client.post(url, {"how": "part", "reason": ""}).status_code == 422
    part = {"how": "part", "reason": "Less.", f"line-{line.pk}": "101"}
    assert client.post(url, part).status_code == 409
    assert client.post(url, part | {f"line-{line.pk}": "40"}).status_code == 302
    assert Invoice.objects.get(kind="credit").total == usd(-40)


def test_what_is_printed_and_which_taxes(client, ada, engagement):
    client.force_login(ada)
    form = {"due_days": "30", "invoice_prefix": "R", "credit_prefix": "G", "pay_to": "IBAN"}
    assert client.post(at("settings"), form | {"credit_prefix": "R"}).status_code == 422
    assert client.post(at("settings"), form | {"invoice_prefix": "a b"}).status_code == 422
    assert client.post(at("settings"), form).status_code == 302
    assert (InvoiceSettings.get().prefix, InvoiceSettings.get().due_days) == ("R", 30)

    tax = {"name": "VAT", "kind": "standard", "percent": "23", "is_default": "on"}
    for wrong in ({"percent": ""}, {"kind": "exempt"}, {"percent": "101"}, {"name": " "}):
        assert client.post(at("tax-new"), tax | wrong).status_code == 422
    client.post(at("tax-new"), tax)
    assert client.post(at("tax-new"), tax).status_code == 422  # the name is in use
    rate = TaxRate.objects.get()
    client.post(at("tax-retire", rate))
    rate.refresh_from_db()
    assert rate.retired_at is not None

    particulars = {"legal_name": "Tern", "address": "1 Quay", "has_own_taxes": "on", "due_days": ""}
    client.post(at("particulars", engagement.organisation), particulars)
    row = BillingParticulars.objects.get()
    assert (row.legal_name, row.due_days, row.has_own_taxes) == ("Tern", None, True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{7*7}}", "](javascript:alert(1))", "</style>"])
def test_words_stay_words_on_page_and_paper(client, ada, ben, engagement, name):
    invoice = issue(by_hand(engagement, ada, 5, title=name, note=name), ada)
    client.force_login(ben)
    words = client.get(at("invoice", invoice)).content.decode()
    assert "<script>alert" not in words
    assert "49" not in words.split("<h1")[1].split("</h1>")[0]
    assert 'href="javascript' not in words


@pytest.mark.parametrize("count", [3, 30])
def test_pages_ask_the_same_for_three_as_for_thirty(client, ada, ben, engagement, count, django_assert_max_num_queries):
    last = deposit_of(engagement)
    for number in range(count):
        last = issue(by_hand(engagement, ada, 5 + number), ada)
        pay(last, 5 + number, ada, another=True)
    for person, name, thing in (
        (ada, "invoices", ()),
        (ada, "invoice", (last,)),
        (ada, "project-money", (engagement,)),
        (ada, "client-payments", (engagement.organisation,)),
        (ben, "client-invoices", (engagement.organisation,)),
        (ben, "invoice", (last,)),
    ):
        client.force_login(person)
        with django_assert_max_num_queries(12):
            assert client.get(at(name, *thing)).status_code == 200


@pytest.mark.parametrize(
    ("quantity", "price", "said"),
    [
        ("9999999", "999999999999", "million millions"),
        ("1e3", "5", "Enter a number"),
        ("-0", "5", "Enter a number"),
        ("NaN", "5", "Enter a number"),
        ("1,5", "5", "Enter a number"),
        ("1", "1e9", "Write the amount as"),
        ("1", "1000000000000", "million millions"),
        ("1", "1.234,56", "Write the amount as"),
    ],
)
def test_a_bad_amount_is_refused_at_its_field(client, ada, engagement, quantity, price, said):
    client.force_login(ada)
    sent = {"title": "By hand", "due_days": 14, "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0}
    sent |= {"lines-0-title": "A line", "lines-0-quantity": quantity, "lines-0-unit_price": price}
    answer = client.post(reverse("billing:by-hand", args=[engagement.public_id]), sent)
    assert answer.status_code == 422
    assert said in str(answer.context["lines"].forms[0].errors)
    assert engagement.invoices.count() == 1


def test_a_percentage_is_plain_digits():
    for percent in ("1e1", "-0", "NaN"):
        form = TaxForm({"name": "Tax", "kind": "standard", "percent": percent})
        assert "percent" in form.errors
