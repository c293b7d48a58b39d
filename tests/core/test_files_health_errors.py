"""Stored files, the probe, and the pages for what went wrong."""

import pytest
from django.db import DatabaseError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from core.models import StoredFile
from tests.factories import make_organisation, make_stored_file, organisation_of


def get(client, stored):
    return client.get(reverse("core:file", args=[stored.public_id]))


def test_a_file_is_always_an_attachment(client, ada):
    stored = make_stored_file(b"<script>alert(1)</script>", name='ré"sumé\r\n.html', content_type="text/html")
    client.force_login(ada)

    answer = get(client, stored)

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"


def test_a_published_file_is_its_own_clients_alone(client, ada, ben, cleo):
    stored = make_stored_file(organisation=organisation_of(ben))
    StoredFile.objects.filter(pk=stored.pk).update(audience=StoredFile.Audience.CLIENT)

    assert get(client, stored).url.startswith(reverse("account_login"))
    answers = {}
    for user in (ada, ben, cleo):
        client.force_login(user)
        answers[user.name] = get(client, stored).status_code
    assert answers == {"Ada": 200, "Ben": 200, "Cleo": 404}


def test_what_is_not_published_is_for_staff(client, ada, ben):
    stored = make_stored_file(organisation=organisation_of(ben))
    client.force_login(ben)

    assert get(client, stored).status_code == 404


def test_a_file_of_no_organisation_is_for_staff_even_if_marked(client, ben):
    stored = make_stored_file()
    StoredFile.objects.filter(pk=stored.pk).update(audience=StoredFile.Audience.CLIENT)
    client.force_login(ben)

    assert get(client, stored).status_code == 404


def test_the_storage_shows_no_name_of_the_client(db):
    stored = make_stored_file(name="harbour-and-pine.pdf", organisation=make_organisation())

    assert "harbour" not in stored.file.name
    assert stored.size == 4
    assert len(stored.sha256) == 64


def test_the_probe_hears_that_the_database_answers(client, db):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "sessionid" not in answer.cookies


def test_the_probe_hears_that_the_database_is_away(client, db, monkeypatch):
    def away():
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        answer = client.get("/healthz")

    assert answer.status_code == 503


def test_a_missing_page_says_so_in_our_look(client, db):
    answer = client.get("/no-such-page/")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_form_without_its_token_changes_nothing_and_says_why(db):
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "a@b.example"})

    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


@pytest.mark.parametrize("page", ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"])
def test_every_error_page_draws_without_anything(page):
    assert "<h1>" in render_to_string(page)


def test_too_many_sign_ins_are_answered_in_our_look(client, db):
    for _ in range(31):
        answer = client.get(reverse("account_login"))
        client.post(reverse("account_login"), {})

    assert answer.status_code in (200, 429)
    assert "Too many tries" in client.post(reverse("account_login"), {}).content.decode()
