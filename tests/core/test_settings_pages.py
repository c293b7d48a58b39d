"""The practice's own pages: for staff alone."""

import io

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from core.models import Event, Membership, Practice, User
from tests.factories import (
    make_client,
    make_consultant,
    make_image,
    make_organisation,
    make_password,
    make_practice,
    organisation_of,
)

PARTICULARS = {
    "name": "Lovelace & Co",
    "address": "1 Engine Row",
    "zone": "Europe/London",
    "currency": "GBP",
    "accent": "#7A1FA2",
    "tag_policy": "Environment\n\n Owner \nEnvironment",
}
STAFF_PAGES = ["core:settings", "core:practice", "core:people", "core:consultant-add", "core:client-invite"]


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_staff_see_the_settings_clients_do_not_and_strangers_sign_in(client, ada, ben, name):
    url = reverse(name)
    assert client.get(url, follow=True).redirect_chain[-1][0].startswith(reverse("account_login"))

    client.force_login(ben)
    assert client.get(url, follow=True).status_code == 404

    client.force_login(ada)
    assert client.get(url, follow=True).status_code == 200


@pytest.mark.parametrize("name", ["core:account", "portal:home"])
def test_everyone_has_an_account_page_and_a_start(client, ada, ben, cleo, name):
    assert client.get(reverse(name)).url.startswith(reverse("account_login"))
    for user in (ada, ben, cleo):
        client.force_login(user)
        assert client.get(reverse(name)).status_code == 200


def test_a_clients_start_names_its_own_organisation_only(client, ben, cleo):
    client.force_login(ben)

    page = client.get(reverse("portal:home")).content.decode()

    assert "Ben&#x27;s company" in page
    assert "Cleo" not in page


def test_the_navigation_says_where_one_is(client, ada, ben):
    client.force_login(ada)
    page = client.get(reverse("core:people")).content.decode()
    assert f'href="{reverse("core:settings")}" aria-current="page"' in page

    client.force_login(ben)
    assert reverse("core:settings") not in client.get(reverse("core:account")).content.decode()


def test_particulars_are_saved_and_recorded(client, ada):
    client.force_login(ada)

    client.post(reverse("core:practice"), PARTICULARS)

    practice = Practice.get()
    assert (practice.name, practice.zone, practice.currency) == ("Lovelace & Co", "Europe/London", "GBP")
    assert (practice.accent, practice.tag_policy) == ("#7a1fa2", ["Environment", "Owner"])
    assert "accent" in Event.objects.get(what="practice.changed").data["fields"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("zone", "Mars/Olympus"),
        ("currency", "XXX"),
        ("accent", "red; } body {"),
        ("tag_policy", "x" * 129),
    ],
)
def test_a_particular_that_cannot_be_is_said_at_its_field(client, ada, field, value):
    client.force_login(ada)

    answer = client.post(reverse("core:practice"), PARTICULARS | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Practice.objects.filter(name="Lovelace & Co").exists()


def test_looking_at_the_settings_writes_nothing(client, ada):
    client.force_login(ada)

    client.get(reverse("core:practice"))

    assert not Practice.objects.exists()


def test_the_practices_colour_is_a_stylesheet_that_the_csp_allows(client, db):
    assert client.get(reverse("core:accent")).content == b""
    make_practice(accent="#ffee00")

    sheet = client.get(reverse("core:accent"))

    assert sheet["Content-Type"] == "text/css"
    assert b"--accent: light-dark(" in sheet.content
    assert reverse("core:accent") in client.get(reverse("account_login")).content.decode()


def upload(client, content, name="logo.png", content_type="image/png"):
    return client.post(reverse("core:logo-change"), {"logo": SimpleUploadedFile(name, content, content_type)})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_logo_is_drawn_anew_and_shown_in_place(client, ada, kind):
    client.force_login(ada)

    upload(client, make_image(2000, 1000, kind=kind) + b"<script>alert(1)</script>", name="x.html")

    shown = client.get(reverse("core:logo"))
    picture = b"".join(shown.streaming_content)
    assert shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(picture)).size == (800, 400)
    assert b"script" not in picture


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no picture"),
        (b"GIF89a<script>alert(1)</script>", "no picture"),
        (make_image()[:60], "no picture"),
        (b"\0" * (2 * 1024 * 1024 + 1), "2 MB at most"),
        (make_image(5000, 4001), "20 million"),
    ],
    ids=["svg", "a GIF in name only", "cut off", "too heavy", "a bomb"],
)
def test_what_is_no_proper_picture_is_refused_in_words(client, ada, content, words):
    client.force_login(ada)

    answer = upload(client, content)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert client.get(reverse("core:logo")).status_code == 404


def test_a_logo_can_be_taken_away(client, ada):
    client.force_login(ada)
    upload(client, make_image())

    client.post(reverse("core:logo-remove"))

    assert client.get(reverse("core:logo")).status_code == 404


def test_a_consultant_is_added_and_their_missing_second_factor_shown(client, ada):
    client.force_login(ada)
    password = make_password()

    client.post(reverse("core:consultant-add"), {"email": "eve@practice.example", "name": "Eve", "password": password})

    assert User.objects.get(email="eve@practice.example").check_password(password)
    page = client.get(reverse("core:people")).content.decode()
    assert page.count("none yet") == 1
    assert page.count("authenticator app") == 1


def test_a_weak_first_password_and_a_taken_address_are_refused(client, ada):
    client.force_login(ada)
    add = reverse("core:consultant-add")

    weak = client.post(add, {"email": "eve@practice.example", "name": "Eve", "password": "eve" * 2})
    taken = client.post(add, {"email": ada.email.upper(), "name": "Ada", "password": make_password()})

    assert "password" in weak.context["form"].errors
    assert "email" in taken.context["form"].errors


def test_an_invited_client_is_told_by_mail(client, ada, django_capture_on_commit_callbacks):
    organisation = make_organisation()
    client.force_login(ada)
    invitation = {"organisation": organisation.pk, "email": "ben@client.example", "name": "Ben", "role": "owner"}

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("core:client-invite"), invitation)

    assert organisation_of(User.objects.get(email="ben@client.example")) == organisation
    assert mail.outbox[0].to == ["ben@client.example"]
    assert reverse("account_login") in str(mail.outbox[0].body)


def test_inviting_twice_gives_one_role_and_sends_one_mail(ben, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make_client("ben", organisation=organisation_of(ben))
        make_client("ben", organisation=organisation_of(ben), role=Membership.Role.PAYER)

    assert set(ben.memberships.values_list("role", flat=True)) == {"owner", "payer"}
    assert len(mail.outbox) == 1


def test_staff_are_not_invited_as_clients(client, ada):
    client.force_login(ada)
    invitation = {"organisation": make_organisation().pk, "email": ada.email, "name": "Ada", "role": "owner"}

    answer = client.post(reverse("core:client-invite"), invitation)

    assert "cannot be invited" in answer.content.decode()


def test_someone_shut_out_is_signed_out_at_once_and_may_come_back(client, ada):
    eve = make_consultant("eve")
    browser = client.__class__()
    browser.force_login(eve)
    client.force_login(ada)

    client.post(reverse("core:person-deactivate", args=[eve.public_id]))
    assert browser.get(reverse("core:account")).status_code == 302

    client.post(reverse("core:person-reactivate", args=[eve.public_id]))
    assert browser.get(reverse("core:account")).status_code == 200


def test_nobody_shuts_themselves_out(client, ada):
    client.force_login(ada)

    answer = client.post(reverse("core:person-deactivate", args=[ada.public_id]), follow=True)

    assert "cannot shut yourself out" in answer.content.decode()
    ada.refresh_from_db()
    assert ada.is_active


def test_a_role_ends_and_with_the_last_the_organisation_is_out_of_sight(client, ada, ben):
    client.force_login(ada)
    role = {"organisation": organisation_of(ben).public_id, "role": "owner"}

    client.post(reverse("core:membership-end", args=[ben.public_id]), role)

    assert not ben.memberships.exists()
    client.force_login(ben)
    assert "Ben&#x27;s company" not in client.get(reverse("portal:home")).content.decode()


@pytest.mark.parametrize("name", ["person-deactivate", "person-reactivate", "membership-end"])
def test_clients_change_nobody(client, ben, cleo, name):
    client.force_login(ben)

    assert client.post(reverse(f"core:{name}", args=[cleo.public_id])).status_code == 404


def test_a_name_is_changed_on_ones_own_page(client, ben):
    client.force_login(ben)

    client.post(reverse("core:account"), {"name": "Benedict"})

    ben.refresh_from_db()
    assert ben.name == "Benedict"


@pytest.mark.parametrize("many", [3, 30])
def test_the_people_page_takes_as_many_queries_for_many_as_for_few(client, ada, many, django_assert_max_num_queries):
    for n in range(many):
        make_consultant(f"colleague{n}")
        make_client(f"contact{n}")
    client.force_login(ada)

    with django_assert_max_num_queries(8):
        client.get(reverse("core:people"))
