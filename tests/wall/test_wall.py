"""DESIGN's table of 401, 403 and 404, for every URL of the project and everybody who may knock."""

import io
import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

import pypdf
import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.wall.world import (
    ACTS,
    CASES,
    CLIENTS,
    HIDDEN,
    LINK,
    MARKS,
    MONEY,
    NOWHERE,
    OPEN,
    OWN,
    OWNS,
    PEOPLE,
    PERSON,
    SIGN_IN,
    SIGNS,
    STAFF,
    Case,
    client_of,
    routes,
    rows_of_every_table,
)

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("wall")]
SIGN_IN_PAGE = "account_login"


def test_every_route_of_the_project_stands_in_the_table():
    assert sorted({case.route for case in CASES}) == sorted(set(routes()))


def test_a_route_that_nobody_listed_is_seen(settings):
    settings.ROOT_URLCONF = "tests.wall.planted"

    assert set(routes()) - {case.route for case in CASES} == {"planted"}


def test_a_file_served_without_its_check_is_seen(settings, world):
    settings.ROOT_URLCONF = "tests.wall.planted"
    case = Case("planted", ("published_file",), access=OWN, methods="GET")
    caught = {}
    for person in ("anonymous", "cleo"):
        answer, body = ask(client_of(world, person), "GET", case, world)
        leaked = [word for word in world.secrets_of_ben() if word in body.decode()]
        caught[person] = complaint(person, "GET", case, answer, case.path(world)), "bens-evidence" in leaked
        assert "may be sniffed" not in breaches(answer, body)  # the middleware sees to that by itself

    assert caught == {"anonymous": (200, True), "cleo": (200, True)}


def ask(client, method, case, world):
    """The answer and its body."""
    answer = client.post(case.path(world)) if method == "POST" else client.get(case.path(world))
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


@dataclass(frozen=True)
class Told:
    """What somebody got who asked for one address."""

    case: Case
    path: str
    named: set[str]  # the things in the address: who asks knows them already
    answer: HttpResponse
    body: bytes
    changed: list[str]  # the tables that a GET left otherwise than they were


@pytest.fixture(scope="module")
def told_at_every_address(world):
    """All that a person gets by a method. Asked for once, looked at often; what a request changed is taken back."""

    @cache
    def told(person, method):
        signed_in = client_of(world, person)
        before = rows_of_every_table() if method == "GET" else {}
        return [told_at(case, another_tab(signed_in), method, world, before) for case in CASES]

    return told


def told_at(case, client, method, world, before):
    with transaction.atomic():
        answer, body = ask(client, method, case, world)
        now = rows_of_every_table() if before else {}
        transaction.set_rollback(True)
    changed = [table for table, rows in before.items() if now[table] != rows]
    return Told(case, case.path(world), {str(world.address(arg)) for arg in case.args}, answer, body, changed)


def another_tab(browser):
    """A browser with the same cookies; what an answer makes of them is forgotten with it."""
    tab = Client(raise_request_exception=False)
    tab.cookies = deepcopy(browser.cookies)
    return tab


# Who sees the thing, but has no role that may do this with it: they are told why, and nothing happens.
SEE_AND_MAY_NOT = {SIGNS: {"ada", "payer"}, ACTS: {"ada", "payer", "reader"}, OWNS: {"payer", "reader"}}


def may_pass(person, case):
    return {
        OPEN: True,
        LINK: True,
        SIGN_IN: True,
        PERSON: person != "anonymous",
        STAFF: person == "ada",
        OWN: person in {"ada", "ben", "payer", "reader"},
        MARKS: person in {"ada", "ben", "payer", "reader"},
        MONEY: person in {"ada", "ben", "payer"},
        SIGNS: person == "ben",
        ACTS: person == "ben",
        OWNS: person in {"ada", "ben"},
        HIDDEN: person == "ada",
        NOWHERE: False,
    }[case.access]


def is_sent_to_sign_in(answer, path):
    if path.startswith("/api/"):
        return answer.status_code == 401
    return answer.status_code == 302 and answer.url.startswith(reverse(SIGN_IN_PAGE))


def is_asked_to_confirm(answer):
    return answer.status_code == 302 and answer.url.startswith(reverse("account_reauthenticate"))


def complaint(person, method, case, answer, path):
    """What is wrong with an answer by the table, or None."""
    status = answer.status_code
    if status >= 500:
        return status
    if may_pass(person, case):
        return _of_a_page(person, method, case, answer)
    if person == "anonymous" and case.access not in {HIDDEN, NOWHERE}:
        return None if is_sent_to_sign_in(answer, path) else status
    if person in SEE_AND_MAY_NOT.get(case.access, ()) and method in case.methods:
        return None if status in {403, 409, 422} else status
    if status == 405 and method not in case.methods:
        return None  # the same for whatever stands in the address: it says nothing of what exists
    return None if status == 404 else status


def _of_a_page(person, method, case, answer):
    status = answer.status_code
    if case.access == SIGN_IN and person != "anonymous":
        return None if status in {200, 302, *case.shown} else status
    if method not in case.methods:
        return None if status == 405 or is_asked_to_confirm(answer) else status
    if method == "GET":
        return None if status in case.shown else status
    return None if status not in {401, 403, 405} else status


@pytest.mark.both
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_gets_what_the_table_says(told_at_every_address, person, method):
    told = told_at_every_address(person, method)

    wrong = {
        str(one.case): problem for one in told if (problem := complaint(person, method, one.case, one.answer, one.path))
    }

    assert len(told) == len(CASES)
    assert wrong == {}


@pytest.mark.parametrize("person", PEOPLE)
def test_no_post_without_its_token_is_taken_from_anybody(world, person):
    client = client_of(world, person, enforce_csrf_checks=True)
    before = rows_of_every_table()
    answers = {str(case): client.post(case.path(world)).status_code for case in CASES}

    assert {case: status for case, status in answers.items() if status != 403} == {}
    assert rows_of_every_table() == before


@pytest.mark.both
@pytest.mark.parametrize("person", ["anonymous", "cleo"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_of_bens_reaches_anybody_else(told_at_every_address, world, person, method):
    secrets_of_ben = world.secrets_of_ben()
    leaked = {}
    for one in told_at_every_address(person, method):
        text = one.body.decode("utf-8", "replace") + repr(dict(one.answer.headers))
        words = [word for word in secrets_of_ben if word in text and word not in one.named]
        words = [] if one.case.access == LINK else words  # who holds the link was meant to read it
        if words:
            leaked[str(one.case)] = words

    assert secrets_of_ben
    assert leaked == {}


@pytest.mark.parametrize("person", CLIENTS)
def test_a_client_changes_nothing_on_staffs_pages(world, person):
    client = client_of(world, person)
    before = rows_of_every_table()
    for case in CASES:
        if case.access in {STAFF, HIDDEN, NOWHERE, OWN}:
            client.post(case.path(world), {"name": "changed", "reason": "changed", "decision": "hide", "to": "down"})

    assert rows_of_every_table() == before


@pytest.mark.both
@pytest.mark.parametrize("person", PEOPLE)
def test_reading_changes_nothing(told_at_every_address, person):
    assert {str(one.case): one.changed for one in told_at_every_address(person, "GET") if one.changed} == {}


class Markup(HTMLParser):
    """Collects what the CSP would refuse."""

    def __init__(self):
        super().__init__()
        self.breaches = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        for name, value in attributes:
            if name == "style" or name.startswith(("on", "hx-on")) or str(value).lower().startswith("javascript:"):
                self.breaches.append(f"<{tag} {name}>")
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.breaches.append(f"<{tag}>")

    handle_startendtag = handle_starttag


def breaches(answer, body):
    found = []
    policy = answer.get("Content-Security-Policy", "")
    if "default-src 'self'" not in policy or "unsafe" in policy or "object-src 'none'" not in policy:
        found.append(f"CSP: {policy}")
    if answer.get("X-Content-Type-Options") != "nosniff":
        found.append("may be sniffed")
    if answer.get("X-Frame-Options", "DENY") not in {"DENY", "SAMEORIGIN"}:
        found.append("may be framed")
    if answer.get("Content-Type", "").startswith("text/html"):
        markup = Markup()
        markup.feed(body.decode())
        found += markup.breaches
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("person", ["anonymous", "ada", "ben"])
def test_every_answer_carries_the_policy_and_holds_to_it(told_at_every_address, person, method):
    told = told_at_every_address(person, method)

    wrong = {str(one.case): found for one in told if (found := breaches(one.answer, one.body))}

    assert wrong == {}


def test_a_breach_of_the_policy_is_seen():
    markup = Markup()
    markup.feed('<p style="color:red"><a href="javascript:x()" onclick="x()">x</a><script>x()</script><style></style>')

    assert markup.breaches == ["<p style>", "<a href>", "<a onclick>", "<script>", "<style>"]


def test_what_is_stored_is_always_an_attachment_that_is_not_sniffed(world):
    answer, body = ask(client_of(world, "ben"), "GET", next(c for c in CASES if c.route == "core:file"), world)

    assert body == b"bens-evidence"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


AMOUNT = re.compile(r"[$€£¥]\s?\d|\d[\d.,]*\s?(?:USD|EUR|GBP)\b")


def words_of(told):
    """What a person reads of an answer: a document's pages, or the body. Some files of the world are no real PDF."""
    try:
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(told.body)).pages)
    except pypdf.errors.PyPdfError:
        return told.body.decode(errors="replace")


@pytest.mark.both
def test_a_reader_is_told_no_amount_and_a_payer_is(told_at_every_address):
    """Pages, fragments, documents and files of every address that answers; a link opens to whoever holds it."""

    def told_amounts(person):
        answers = told_at_every_address(person, "GET")
        there = [told for told in answers if told.answer.status_code < 400 and told.case.access != LINK]
        return {told.path for told in there if AMOUNT.search(words_of(told))}

    assert told_amounts("reader") == set()
    assert len(told_amounts("payer")) > 3  # so the search finds what is there
