"""What is sent to GitHub, how long it is waited for, and what its refusals mean."""

import logging
import subprocess
import sys
import traceback

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra_audit.collectors.repo.reading import StoppedError
from infra_audit.errors import BadArgumentError
from infra_audit.github.client import GitHub
from infra_audit.github.connection import NotReadOnlyError
from infra_audit.github.refusals import RefusedError
from infra_audit.github.way_in import by_app, by_token, checked_address, opens, slug_of
from infra_audit.inventory import Ending
from tests.infra_audit.github.conftest import NOW

SOON, LATE = NOW.timestamp() + 90, NOW.timestamp() + 3_000


@pytest.fixture(scope="module")
def private_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*shape).decode()


def refused(github, path="/thing", **more):
    with pytest.raises(RefusedError) as caught:
        github.get(path, **more)
    return caught.value


def test_a_list_is_read_page_by_page_and_the_token_goes_to_nobody_else(stub, github, token):
    stub.say("/orgs/acme/repos", [{"id": number} for number in range(250)])

    listed = github.rows("/orgs/acme/repos", most=1_000, type="all")

    assert [one["id"] for one in listed.rows] == list(range(250))
    assert not listed.is_cut
    assert [one.query.get("page") for one in stub.asked] == [None, "2", "3"]
    assert all(one.query["type"] == "all" for one in stub.asked)
    assert {one.headers["authorization"] for one in stub.asked} == {f"token {token}"}


def test_a_list_is_cut_where_it_is_too_long(stub, github):
    stub.say("/orgs/acme/repos", [{"id": number} for number in range(350)])

    listed = github.rows("/orgs/acme/repos", most=150)

    assert (len(listed.rows), listed.is_cut, len(stub.asked)) == (150, True, 2)


def test_nothing_but_a_get_is_ever_sent(stub, github):
    stub.say("/thing", {})
    github.get("/thing")
    requester = github._connected().requester

    for send in (
        lambda: requester.requestJsonAndCheck("DELETE", "/thing"),
        lambda: requester.requestJsonAndCheck("GET", "/thing", input={"a": 1}),
        lambda: requester.requestJson("POST", "/thing"),
        lambda: requester.requestBlobAndCheck("POST", "/thing", input="/dev/null"),
        lambda: requester.requestMultipartAndCheck("POST", "/thing", input={}),
        lambda: requester.requestMemoryBlobAndCheck("POST", "/thing", {}, {}, b""),
        lambda: requester.graphql_query("query", {}),
    ):
        with pytest.raises(NotReadOnlyError):
            send()

    assert stub.methods == {"GET"}


def test_an_app_signs_in_and_otherwise_only_reads(stub, private_key, clock, mint, caplog):
    caplog.set_level(logging.DEBUG)
    minted = mint.github_token()
    expiring = {"token": minted, "expires_at": "2099-01-01T00:00:00Z", "permissions": {}}
    stub.say("/app/installations/77/access_tokens", expiring, 201)
    stub.say("/thing", {"a": 1})
    github = GitHub(by_app("12", "77", private_key, stub.url), clock=clock, sleep=clock.sleep)

    assert github.get("/thing").data == {"a": 1}
    assert github.git_password() == minted

    assert [(one.method, one.path) for one in stub.asked] == [
        ("POST", "/app/installations/77/access_tokens"),
        ("GET", "/thing"),
    ]
    assert stub.asked[1].headers["authorization"] == f"token {minted}"
    for secret in (minted, private_key.splitlines()[3]):
        assert secret not in caplog.text + repr(github) + repr(vars(github)["way_in"])


def test_an_app_that_is_not_let_in_says_why(stub, private_key):
    stub.say("/app/installations/77/access_tokens", {"message": "Integration not found"}, 404)

    refusal = refused(GitHub(by_app("12", "77", private_key, stub.url)))

    assert refusal.ending is Ending.DENIED
    assert "GitHub app" in str(refusal)
    broken = by_app("12", "77", "-----BEGIN RSA PRIVATE KEY-----\nnone\n-----END RSA PRIVATE KEY-----", stub.url)
    assert "private key" in str(refused(GitHub(broken)))


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (403, {"x_ratelimit_remaining": 0, "x_ratelimit_reset": int(SOON)}, 90),
        (429, {"retry_after": 30}, 30),
        (403, {"retry_after": 30}, 30),
        (429, {}, 60),
        (502, {}, 2),
    ],
)
def test_a_pause_that_github_asks_for_is_kept(status, headers, waited, stub, github, clock):
    stub.say_once(status, {"message": "API rate limit exceeded for user"}, **headers)
    stub.say("/thing", {"a": 1})

    assert github.get("/thing").data == {"a": 1}
    assert clock.waited == pytest.approx(waited)


def test_who_has_used_everything_up_waits_before_the_next_question(stub, github, clock):
    stub.say("/thing", {}, x_ratelimit_remaining=0, x_ratelimit_reset=int(SOON))

    github.get("/thing")
    assert clock.waited == 0
    github.get("/thing")

    assert clock.waited == pytest.approx(90)


def test_past_its_patience_it_names_the_time_and_asks_no_more(stub, github, clock):
    message = {"message": "API rate limit exceeded"}
    stub.say("/thing", message, 403, x_ratelimit_remaining=0, x_ratelimit_reset=int(LATE))

    first, second = refused(github), refused(github, "/other")

    assert first.ending is second.ending is Ending.THROTTLED
    assert "2026-11-20 12:50 UTC" in str(first)
    assert str(first) == str(second)
    assert (clock.waited, len(stub.asked)) == (0, 1)


def test_whoever_is_told_to_wait_again_and_again_gives_up(stub, github):
    stub.say("/thing", {"message": "You have exceeded a secondary rate limit."}, 403, retry_after=5)

    assert refused(github).ending is Ending.THROTTLED
    assert len(stub.asked) == 3


def test_whoever_has_no_patience_is_told_of_the_stumble_and_not_of_a_limit(stub, way_in, clock):
    stub.say("/thing", {}, 502)

    refusal = refused(GitHub(way_in, patience_s=0, clock=clock, sleep=clock.sleep))

    assert refusal.ending is Ending.ERROR
    assert "502" in str(refusal)


def test_whoever_says_stop_is_not_kept_waiting(stub, way_in, clock):
    stops = iter([False, True])
    stub.say("/thing", {}, 429, retry_after=300)
    github = GitHub(way_in, stop=lambda: next(stops), clock=clock, sleep=clock.sleep)

    with pytest.raises(StoppedError):
        github.get("/thing")

    assert clock.waited == 0


@pytest.mark.parametrize(
    ("status", "said", "headers", "ending", "permission", "words"),
    [
        (401, "Bad credentials", {}, "denied", None, "expired"),
        (403, "Resource not accessible", {"x_accepted_github_permissions": "administration=read"}, "denied",
         "Administration: read", "Administration: read"),
        (403, "Resource not accessible", {"x_accepted_github_permissions": "vulnerability_alerts=read; a=write"},
         "denied", "Dependabot alerts: read", "permissions of the GitHub token"),
        (403, "Resource not accessible", {}, "denied", "Asked: read", "Asked: read"),
        (404, "Not Found", {}, "denied", "Asked: read", "or there is no such repository"),
        (403, "Protected by SSO", {"x_github_sso": "required; url"}, "denied", None, "single sign-on"),
        (403, "has an IP allow list enabled", {}, "denied", None, "allowed addresses"),
        (403, "Upgrade to GitHub Pro or make it public", {}, "not_applicable", None, "plan"),
        (410, "Issues are disabled", {}, "not_applicable", None, "switched off"),
        (307, "Moved", {"location": "https://elsewhere.example/"}, "error", None, "moved"),
        (418, "Teapot", {}, "error", None, "418"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_missing(status, said, headers, ending, permission, words, stub, github):
    stub.say("/thing", {"message": said}, status, **headers)

    refusal = refused(github, permission="Asked: read")

    assert (refusal.ending, refusal.permission) == (ending, permission)
    assert words in str(refusal)
    assert str(refusal).endswith(".")


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2", b'"text"'])
def test_an_answer_that_is_none_is_an_error(body, stub, github):
    stub.say("/thing", body)

    with pytest.raises(RefusedError) as caught:
        list(github.pages("/thing"))

    assert caught.value.ending is Ending.ERROR


def test_a_server_that_is_away_is_an_error_without_the_token(way_in, token, stub, caplog):
    caplog.set_level(logging.DEBUG)
    github = GitHub(by_token(token, "http://localhost:9"))

    with pytest.raises(RefusedError) as caught:
        github.get("/thing")

    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(github) + repr(github.way_in)
    assert caught.value.ending is Ending.ERROR
    assert token not in told


@pytest.mark.parametrize("address", ["10.0.0.5", "169.254.169.254", "127.0.0.1", "fd00::1"])
def test_a_name_that_leads_into_our_network_by_now_is_not_asked(address, token, monkeypatch):
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_more: [(0, 0, 0, "", (address, 443))])
    github = GitHub(by_token(token, "https://github.example.com/api/v3"))

    refusal = refused(github)

    assert (refusal.ending, "in a private network" in str(refusal)) == (Ending.ERROR, True)
    assert token not in str(refusal)


def test_no_debug_log_and_no_refusal_holds_the_token(stub, github, token, caplog):
    caplog.set_level(logging.DEBUG)
    stub.say("/thing", {"message": f"Bad credentials {token}"}, 401)

    refusal = refused(github)

    assert token not in caplog.text + str(refusal) + repr(refusal)


@pytest.mark.parametrize(
    "make",
    [
        lambda secret: by_token(f"{secret} {secret}"),
        lambda secret: by_token(secret[:7]),
        lambda secret: by_app("12", "77", secret),
        lambda secret: by_app("", "77", f"-----BEGIN PRIVATE KEY-----{secret}"),
        lambda secret: by_token(secret, f"https://ada:{secret}@github.example/api/v3"),
        lambda secret: by_token(secret, "http://github.example/api/v3"),
        lambda secret: by_token(secret, "github.example"),
    ],
)
def test_a_bad_way_in_is_refused_in_a_sentence_without_the_secret(make, token):
    with pytest.raises(BadArgumentError) as caught:
        make(token)

    assert token not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_an_address_is_taken_as_it_is_usually_written():
    assert checked_address(" https://github.example.com/api/v3/ ") == "https://github.example.com/api/v3"
    assert checked_address("") == "https://api.github.com"


@pytest.mark.parametrize(
    ("location", "slug"),
    [
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("https://github.com/acme/shop/", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("ssh://git@github.com/acme/shop", "acme/shop"),
        ("https://github.example.com/acme/shop", ""),
        ("https://github.com/acme", ""),
        ("https://github.com/acme/../shop", ""),
        ("https://github.com.example/acme/shop", ""),
        ("http://github.com/acme/shop", ""),
        ("https://[::1/acme/shop", ""),
        ("/home/shop", ""),
    ],
)
def test_what_is_on_github_is_told_by_its_address(location, slug):
    assert slug_of(location) == slug


def test_a_way_in_opens_its_own_server_alone(token):
    public, own = by_token(token), by_token(token, "https://github.example.com/api/v3")

    assert opens(public, "https://github.com/acme/shop")
    assert opens(own, "https://github.example.com/acme/shop")
    assert not opens(own, "https://github.com/acme/shop")
    assert not opens(public, "https://github.example.com/acme/shop")
    assert by_token(token, "https://api.acme.ghe.com").host == "acme.ghe.com"


def test_pygithub_is_loaded_by_whoever_asks_github_alone():
    loads = "import sys, infra_audit.cli; sys.exit('github' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", loads], check=False).returncode == 0
