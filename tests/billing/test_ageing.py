"""What is owed, by how long it has been late: each currency for itself, each day in its one place."""

import datetime as dt

import pytest
from django.urls import reverse

from billing.ageing import ageing
from billing.services import credit_notes, issuing
from core.money import Money
from tests.billing_factories import by_hand, deposit_of, issue, make_signed, pay, usd
from tests.factories import make_client


@pytest.fixture
def engagement(ada, ben):
    return make_signed(ben, ada)


def parts_on(day):
    return [tuple(part.amount for part in one.parts) for one in ageing(day)]


@pytest.mark.both
def test_every_day_has_its_one_place(ada, engagement):
    invoice = issue(deposit_of(engagement), ada)
    due = invoice.due_on
    for late, place in ((-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (800, 4)):
        expected = [0] * 5
        expected[place] = 3000
        assert parts_on(due + dt.timedelta(days=late)) == [tuple(expected)], late


@pytest.mark.both
def test_only_what_is_left_counts_and_no_credit_note(ada, engagement):
    invoice = issue(by_hand(engagement, ada, 100, 50), ada)
    pay(invoice, 20, ada)
    pay(invoice, 30, ada, cleared=False)  # on its way
    line = invoice.lines.first()
    note = credit_notes.draft_credit_note(invoice=invoice, reason="Less.", amounts={line.pk: usd(40)}, actor=ada)
    issue(note, ada)
    given_up = issue(by_hand(engagement, ada, 7), ada)
    issuing.write_off(invoice=given_up, reason="Gone.", actor=ada)
    (found,) = ageing(invoice.due_on)
    assert (found.owed, found.overdue) == (usd(90), usd(0))
    assert [one.name for one in found.clients] == [engagement.organisation.name]


def test_currencies_are_never_added_up(ada, ben):
    for name, currency, amount in (("jo", "JPY", "1000001"), ("kay", "KWD", "0.001"), ("uma", "USD", "0.10")):
        engagement = make_signed(make_client(name), ada, currency=currency, prices=("5000",), title=name)
        issue(by_hand(engagement, ada, amount), ada)
    found = ageing(dt.date(2050, 1, 1))
    assert [(one.currency, one.owed) for one in found] == [
        ("JPY", Money(1000001, "JPY")),
        ("KWD", Money("0.001", "KWD")),
        ("USD", Money("0.10", "USD")),
    ]
    assert all(one.overdue == one.owed == one.clients[0].parts[-1] for one in found)


def test_the_page_and_its_file_are_for_staff(client, ada, ben, cleo, engagement):
    organisation = engagement.organisation
    organisation.name = "=cmd|' /C calc'!A0"
    organisation.save()
    issue(deposit_of(engagement), ada)
    page, file = reverse("billing:ageing"), reverse("billing:ageing-csv")
    for person in (ben, cleo):
        client.force_login(person)
        assert (client.get(page).status_code, client.get(file).status_code) == (404, 404)
    client.force_login(ada)
    assert "$3,000.00" in client.get(page).content.decode()
    words = client.get(file).getvalue().decode()
    assert words.startswith("\ufeffClient,Currency")
    assert "'=cmd|' /C calc'!A0,USD,3000.00,0.00,0.00,0.00,0.00,3000.00" in words
    assert "\r\n=cmd" in client.get(file + "?raw=1").getvalue().decode()


def test_nothing_owed_is_a_page_too(client, ada):
    client.force_login(ada)
    assert "Nothing is owed" in client.get(reverse("billing:ageing")).content.decode()
    assert client.get(reverse("billing:ageing-csv")).getvalue().count(b"\r\n") == 1


@pytest.mark.parametrize("count", [3, 30])
def test_the_same_queries_for_three_clients_as_for_thirty(client, ada, count, django_assert_num_queries):
    for number in range(count):
        engagement = make_signed(make_client(f"client{number}"), ada, prices=("5000",))
        issue(by_hand(engagement, ada, 5 + number), ada)
    client.force_login(ada)
    client.get(reverse("billing:ageing"))
    with django_assert_num_queries(6):
        client.get(reverse("billing:ageing"))
