"""Consultants come in by password and second factor, and reach no page before they have one."""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import get_resolver, reverse

from core.models import Event
from tests.factories import make_client, make_consultant, make_password


def code_for(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def current_code(user):
    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]
    return code_for(decrypt(stored))


def sign_in(client, user, password):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def give_code(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code})


def mailed_link():
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def signed_in(client):
    return client.get(reverse("core:account")).status_code == 200


@pytest.fixture
def password():
    return make_password()


@pytest.fixture
def eve(db, password):
    """A consultant who has just been added: no second factor yet."""
    return make_consultant("eve", password=password, second_factor=False)


@pytest.fixture
def dora(db, password):
    """A consultant whose password the test knows."""
    return make_consultant("dora", password=password)


def test_staff_sign_in_with_password_and_the_code_of_their_app(client, dora, password):
    first = sign_in(client, dora, password)
    assert first.url == reverse("mfa_authenticate")
    assert not signed_in(client)

    give_code(client, current_code(dora))

    assert signed_in(client)


def test_a_code_of_the_app_works_once(client, dora, password):
    code = current_code(dora)
    sign_in(client, dora, password)
    give_code(client, code)
    client.post(reverse("account_logout"))
    sign_in(client, dora, password)

    give_code(client, code)

    assert not signed_in(client)


def test_a_recovery_code_works_once(client, dora, password):
    codes = Authenticator.objects.get(user=dora, type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
    sign_in(client, dora, password)
    give_code(client, codes[0])
    assert signed_in(client)
    client.post(reverse("account_logout"))
    sign_in(client, dora, password)

    give_code(client, codes[0])

    assert not signed_in(client)


def test_guessing_the_second_factor_is_stopped_after_five_tries(client, dora, password):
    sign_in(client, dora, password)
    for guess in range(5):
        give_code(client, f"00000{guess}")

    answer = give_code(client, current_code(dora))

    assert "Too many" in answer.content.decode()
    assert not signed_in(client)


def test_guessing_the_password_is_stopped_after_five_tries(client, dora, password):
    for _ in range(5):
        sign_in(client, dora, make_password())

    answer = sign_in(client, dora, password)

    assert "Too many" in answer.content.decode()


def test_a_wrong_password_and_an_unknown_address_hear_the_same(client, dora):
    def words_for(email):
        page = client.post(reverse("account_login"), {"login": email, "password": make_password()}).content.decode()
        return re.sub(r'value="\w{64}"', "", page).replace(email, "")

    assert words_for(dora.email) == words_for("nobody@practice.example")


def test_the_apps_secret_is_not_stored_in_the_clear(client, eve, password):
    sign_in(client, eve, password)
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]

    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})

    stored = Authenticator.objects.get(user=eve, type=Authenticator.Type.TOTP).data
    assert secret not in json.dumps(stored)
    assert decrypt(stored["secret"]) == secret


def test_enrolment_follows_the_first_sign_in_and_asks_for_nothing_twice(
    client, eve, password, django_capture_on_commit_callbacks
):
    assert sign_in(client, eve, password).url == "/"
    assert client.get("/").url == reverse("core:second-factor")
    assert client.get(reverse("core:second-factor")).status_code == 200
    assert client.get(reverse("mfa_activate_totp")).status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_for(client.session["mfa.totp.secret"])})

    assert answer.url == reverse("mfa_view_recovery_codes")
    assert len(re.findall(r"\b\d{8}\b", client.get(answer.url).content.decode(), re.MULTILINE)) >= 8
    assert client.get("/").status_code == 200
    assert list(Event.objects.filter(actor=eve).values_list("what", flat=True)) == [
        "person.second_factor_added",
        "person.second_factor_added",
        "person.signed_in",
    ]


def test_five_minutes_later_the_password_is_asked_for_again(client, dora, password, monkeypatch):
    sign_in(client, dora, password)
    give_code(client, current_code(dora))
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    later = time.time() + 301

    monkeypatch.setattr("time.time", lambda: later)
    answer = client.get(reverse("mfa_view_recovery_codes"))

    assert answer.url.startswith(reverse("account_reauthenticate"))
    client.post(answer.url, {"password": password})
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200


def plain_pages():
    """Every page whose address takes nothing."""
    patterns = [
        each for resolver in get_resolver().url_patterns for each in getattr(resolver, "url_patterns", [resolver])
    ]
    return sorted({"/" + str(each.pattern) for each in patterns if "<" not in str(each.pattern)})


def test_staff_without_a_second_factor_are_sent_to_enrolment_from_every_page(client, eve):
    client.force_login(eve)
    way_in = {
        reverse(name)
        for name in (
            "core:second-factor",
            "mfa_activate_totp",
            "mfa_add_webauthn",
            "account_logout",
            "core:health",
            "core:accent",
            "core:logo",
        )
    }
    way_in |= {reverse("account_reauthenticate"), reverse("mfa_reauthenticate"), reverse("mfa_reauthenticate_webauthn")}

    let_through = {
        url for url in plain_pages() if client.get(url).headers.get("Location") != reverse("core:second-factor")
    }

    assert let_through == way_in


def test_a_fragment_sends_the_whole_page_to_enrolment(client, eve):
    client.force_login(eve)

    assert client.get("/account/", headers={"HX-Request": "true"})["HX-Redirect"] == reverse("core:second-factor")


def test_taking_the_last_second_factor_away_leads_back_to_enrolment(client, dora, password):
    sign_in(client, dora, password)
    give_code(client, current_code(dora))

    client.post(reverse("mfa_deactivate_totp"))

    assert client.get("/").url == reverse("core:second-factor")


def test_on_ones_own_machine_it_may_wait_until_the_first_client_is_invited(client, eve, settings):
    settings.SECOND_FACTOR_MAY_WAIT = True
    client.force_login(eve)
    assert client.get("/").status_code == 200
    assert client.get("/", REMOTE_ADDR="192.0.2.7").status_code == 302

    make_client("ben")

    assert client.get("/").url == reverse("core:second-factor")


def test_staff_get_a_link_to_a_new_password_that_signs_nobody_in(client, dora):
    mail.outbox.clear()
    client.post(reverse("account_reset_password"), {"email": dora.email})
    link = mailed_link()
    new = make_password()

    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})

    assert not signed_in(client)
    assert sign_in(client, dora, new).url == reverse("mfa_authenticate")


def test_a_link_to_a_new_password_works_once(client, dora):
    client.post(reverse("account_reset_password"), {"email": dora.email})
    link = mailed_link()
    new = make_password()
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})

    assert "no longer works" in client.get(link, follow=True).content.decode()


def test_staff_change_their_password(client, dora, password):
    sign_in(client, dora, password)
    give_code(client, current_code(dora))
    new = make_password()

    client.post(reverse("account_change_password"), {"oldpassword": password, "password1": new, "password2": new})

    dora.refresh_from_db()
    assert dora.check_password(new)
    assert "browser" in mail.outbox[-1].body


@pytest.mark.parametrize(
    "name",
    [
        "account_change_password",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_reauthenticate",
        "core:second-factor",
    ],
)
def test_for_clients_there_are_no_such_pages(client, ben, name):
    client.force_login(ben)

    assert client.get(reverse(name)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/sign-up/",
        "/signup/",
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/login/",
        "/account/email/",
        "/account/password/set/",
        "/confirm-email/",
        "/admin/",
    ],
)
def test_pages_of_allauth_that_we_do_not_use_are_not_there(client, ada, path):
    client.force_login(ada)

    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_request_login_code",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "account_inactive",
    ],
)
def test_the_ways_in_are_open_to_anyone_and_break_no_csp(client, db, name):
    answer = client.get(reverse(name))

    assert answer.status_code == 200
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son\w+=", answer.content.decode())


def test_the_passkey_pages_offer_their_options_without_inline_script(client, dora, password):
    assert (
        "publicKey"
        in client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()["request_options"]
    )
    sign_in(client, dora, password)
    give_code(client, current_code(dora))

    page = client.get(reverse("mfa_add_webauthn")).content.decode()

    assert 'id="js_data"' in page
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page)


def test_a_lost_second_factor_is_forgotten_and_sessions_end(client, ada, ben):
    client.force_login(ada)
    assert client.get(reverse("core:account")).status_code == 200

    call_command("reset_second_factor", ada.email.upper())

    assert not Authenticator.objects.filter(user=ada).exists()
    assert client.get(reverse("core:account")).status_code == 302
    assert Event.objects.get(what="second_factor.reset").subject_id == ada.pk
    for address in (ben.email, "nobody@here.example"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", address)
