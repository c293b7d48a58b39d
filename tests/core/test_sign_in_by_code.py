"""Clients come in by a code that is mailed to them, and by nothing else."""

import re
import time

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from core.models import Event
from core.services.people import deactivate
from tests.factories import make_consultant

REQUEST, CONFIRM = "account_request_login_code", "account_confirm_login_code"


def ask_for_code(client, email):
    return client.post(reverse(REQUEST), {"email": email})


def mailed_code():
    found = re.search(r"^([A-Z]{4}-[A-Z]{4})$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found
    return found[1]


def type_code(client, code):
    return client.post(reverse(CONFIRM), {"code": code})


def signed_in(client):
    return client.get(reverse("core:account")).status_code == 200


@pytest.fixture
def invited(ben):
    """ben, whose invitation has been read."""
    mail.outbox.clear()
    return ben


def test_a_client_signs_in_with_the_mailed_code(client, invited):
    answer = ask_for_code(client, "Ben@Client.example")
    assert answer.url == reverse(CONFIRM)
    assert mail.outbox[0].to == [invited.email]

    type_code(client, mailed_code())

    assert signed_in(client)
    assert Event.objects.get(what="person.signed_in").actor == invited


def test_the_code_is_typed_as_people_type(client, invited):
    ask_for_code(client, invited.email)

    type_code(client, f" {mailed_code().lower().replace('-', ' ')} ")

    assert signed_in(client)


def test_the_mail_is_short_plain_and_names_the_practice_but_holds_no_link(client, invited):
    ask_for_code(client, invited.email)

    letter = mail.outbox[0]
    assert "Your practice" in letter.subject
    assert "text/html" not in str(letter.message())
    assert "http" not in letter.body
    assert len(letter.body) < 400


def test_a_code_works_once(client, invited):
    ask_for_code(client, invited.email)
    code = mailed_code()
    type_code(client, code)
    client.post(reverse("account_logout"))

    type_code(client, code)

    assert not signed_in(client)


def test_a_code_works_only_in_the_browser_that_asked_for_it(client, invited):
    ask_for_code(client, invited.email)
    thief = Client()
    ask_for_code(thief, "nobody@elsewhere.example")

    type_code(thief, mailed_code())

    assert not signed_in(thief)


def test_a_newer_code_ends_the_older(client, invited):
    ask_for_code(client, invited.email)
    older = mailed_code()
    client.post(reverse("account_logout"))
    ask_for_code(client, invited.email)

    type_code(client, older)

    assert not signed_in(client)


def test_after_five_wrong_tries_the_right_code_is_too_late(client, invited):
    ask_for_code(client, invited.email)
    for _ in range(5):
        type_code(client, "BBBB-BBBB")

    type_code(client, mailed_code())

    assert not signed_in(client)


def test_tries_sent_at_once_are_counted_together(client, invited):
    ask_for_code(client, invited.email)
    at_once = [Client() for _ in range(6)]
    for browser in at_once:  # each reads the session as it was before any of the others
        browser.cookies = client.cookies
    before = dict(client.session)
    for browser in at_once[:5]:
        type_code(browser, "BBBB-BBBB")
        session = client.session
        session.update(before)
        session.save()

    type_code(at_once[5], mailed_code())

    assert not signed_in(client)


def test_a_code_is_good_for_fifteen_minutes(client, invited, monkeypatch):
    ask_for_code(client, invited.email)
    late = time.time() + 15 * 60 + 1

    monkeypatch.setattr("time.time", lambda: late)
    type_code(client, mailed_code())

    assert not signed_in(client)


def test_a_fourth_code_within_a_minute_is_refused(client, invited):
    for _ in range(4):
        answer = ask_for_code(client, invited.email)
        client.post(reverse("account_logout"))

    assert len(mail.outbox) == 3
    assert "Too many" in answer.content.decode()


def test_one_address_asks_for_no_more_than_twenty_codes_a_minute(db):
    answers = [ask_for_code(Client(), f"person{n}@client.example").status_code for n in range(21)]

    assert (answers[0], answers[-1]) == (302, 200)


@pytest.mark.parametrize("who", ["staff", "nobody", "someone shut out"])
def test_staff_strangers_and_the_shut_out_get_no_code_and_the_same_answer(client, invited, ada, who):
    deactivate(user=invited, actor=ada)
    email = {"staff": ada.email, "nobody": "nobody@elsewhere.example", "someone shut out": invited.email}[who]

    asked = ask_for_code(client, email)
    page = client.get(reverse(CONFIRM)).content.decode()
    typed = type_code(client, "BCDF-GHJK")

    assert asked.url == reverse(CONFIRM)
    assert page.count(email) == 1
    assert "Incorrect code" in typed.content.decode()
    assert mail.outbox == []


def test_a_known_and_an_unknown_address_see_the_same_page(invited):
    def page_for(email):
        browser = Client()
        ask_for_code(browser, email)
        page = browser.get(reverse(CONFIRM)).content.decode()
        return re.sub(r'value="\w{64}"', "", page).replace(email, "")

    assert page_for(invited.email) == page_for("eve@client.example")


def test_a_mail_scanner_that_opens_every_page_changes_nothing(client, invited):
    ask_for_code(client, invited.email)
    code = mailed_code()
    for url in (reverse(CONFIRM), f"{reverse(CONFIRM)}?code={code}", reverse("account_login")):
        Client().get(url)
        client.get(url)

    assert not signed_in(client)
    type_code(client, code)
    assert signed_in(client)


def test_a_client_comes_in_by_no_password(client, invited):
    client.post(reverse("account_login"), {"login": invited.email, "password": ""})
    client.post(reverse("account_login"), {"login": invited.email, "password": invited.password})

    assert not signed_in(client)


def test_a_client_can_set_no_password(client, invited):
    answer = client.post(reverse("account_reset_password"), {"email": invited.email})

    assert answer.url == reverse("account_reset_password_done")
    assert mail.outbox == []


def test_after_signing_in_one_lands_where_one_was_going(client, invited):
    asked = client.post(f"{reverse(REQUEST)}?next={reverse('core:account')}", {"email": invited.email})

    typed = client.post(asked.url, {"code": mailed_code()})

    assert typed.url == reverse("core:account")


def test_nobody_is_sent_to_another_site(client, invited):
    asked = client.post(f"{reverse(REQUEST)}?next=https://elsewhere.example/", {"email": invited.email})

    typed = client.post(asked.url, {"code": mailed_code()})

    assert typed.url == "/"


def test_the_address_may_be_written_in_any_case_but_is_one_person(client, invited):
    make_consultant("eve")
    ask_for_code(client, invited.email.upper())

    assert mail.outbox[-1].to == [invited.email]
