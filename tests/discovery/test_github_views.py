"""A client's GitHub on the web: who sees it, what is kept of a token, and which repositories are added."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.urls import reverse

from core.models import Event
from core.whole_export import tables
from demo.credentials import Credentials
from discovery.models import GitHubAccess, Repository
from discovery.services import github
from tests.discovery_factories import make_github_access, make_repository
from tests.factories import make_organisation, organisation_of
from tests.github_stub import github_stub
from tests.wall.world import rows_of_every_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def stub():
    with github_stub() as one:
        yield one


@pytest.fixture
def token():
    return Credentials(21).github_token()


@pytest.fixture
def tern(ada, client):
    """A client; ada is signed in."""
    client.force_login(ada)
    return make_organisation("Tern & Tide")


@pytest.fixture
def let_in(tern, stub, token):
    return make_github_access(tern, base_url=stub.url, token=token)


def page_of(name, organisation):
    return reverse(f"discovery:{name}", args=[organisation.public_id])


def repository(slug, **fields):
    return {"full_name": slug, "owner": {"login": slug.partition("/")[0]}, "archived": False, "fork": False, **fields}


def send(client, organisation, act, **fields):
    return client.post(page_of("github-repositories", organisation), {"act": act, "owner": "acme", **fields})


@pytest.mark.parametrize("name", ["github", "github-repositories", "github-test", "github-remove"])
def test_github_is_staffs_alone(name, client, ada, ben, cleo, stub):
    make_github_access(organisation_of(ben), base_url=stub.url)
    url = page_of(name, organisation_of(ben))
    posted = name in {"github-test", "github-remove"}
    call = client.post if posted else client.get

    assert call(url).url.startswith(reverse("account_login"))
    for user in (ben, cleo):
        client.force_login(user)
        assert call(url).status_code == 404
    client.force_login(ada)
    assert call(url).status_code == (302 if posted else 200)


def test_without_a_way_in_there_is_nothing_to_list_test_or_remove(client, tern):
    assert client.get(page_of("github-repositories", tern)).status_code == 404
    assert client.post(page_of("github-test", tern)).status_code == 404


def test_a_token_is_kept_encrypted_and_shown_never_again(client, tern, ada, token, caplog):
    url = page_of("github", tern)

    stored = client.post(url, {"way": "token", "token": token, "owner": "acme"})

    access = GitHubAccess.objects.get()
    assert stored.status_code == 302
    assert access.way_in().token == token
    assert (access.owner, access.base_url, access.added_by) == ("acme", "https://api.github.com", ada)
    page = client.get(url).content.decode()
    assert "stored by Ada" in page
    everything = page + client.get(page_of("client", tern)).content.decode() + repr(rows_of_every_table()) + caplog.text
    assert token not in everything + repr(access) + repr(access.way_in())
    assert Event.objects.get(what="github_access.stored").actor == ada
    kept_back = next(one.kept_back for one in tables() if one.model is GitHubAccess)
    assert "secret_encrypted" in kept_back


def test_an_app_is_kept_with_its_key_and_replaces_the_token(client, tern, let_in):
    shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*shape).decode()
    fields = {"way": "app", "owner": "acme", "app_id": "12", "installation_id": "77", "private_key": key}

    client.post(page_of("github", tern), fields)

    way_in = GitHubAccess.objects.get().way_in()
    assert (way_in.app_id, way_in.installation_id, way_in.private_key, way_in.token) == ("12", "77", key, "")
    assert key.splitlines()[2] not in client.get(page_of("github", tern)).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"way": "token", "token": "{} {}"},
        {"way": "token", "token": ""},
        {"way": "token", "token": "{}", "owner": "acme/shop"},
        {"way": "app", "app_id": "12", "installation_id": "77", "private_key": "{}"},
        {"way": "token", "token": "{}", "base_url": "http://github.example.com/api/v3"},
        {"way": "token", "token": "{}", "base_url": "https://localhost/api/v3"},
        {"way": "token", "token": "{}", "base_url": "https://169.254.169.254/"},
        {"way": "token", "token": "{}", "base_url": "https://[::1"},
    ],
)
def test_what_is_filled_in_wrongly_is_refused_and_not_repeated(fields, client, tern, token):
    sent = {name: value.format(token, token) for name, value in fields.items()}

    page = client.post(page_of("github", tern), {"owner": "acme", **sent})

    assert page.status_code == 422
    assert token not in page.content.decode()
    assert not GitHubAccess.objects.exists()


def test_a_test_says_who_we_are_and_until_when(client, tern, let_in, stub, token):
    stub.say("/user", {"login": "cleo"}, github_authentication_token_expiration="2027-01-31 09:00:00 UTC")

    page = client.post(page_of("github-test", tern), follow=True).content.decode()

    assert "GitHub takes the token as cleo" in page
    assert "It ends on 2027-01-31." in page
    assert stub.asked[0].headers["authorization"] == f"token {token}"


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "it has expired"),
        (429, {"retry_after": 900}, "GitHub takes no more questions until"),
    ],
)
def test_a_test_that_fails_says_why_at_once(status, headers, words, client, tern, let_in, stub, token):
    stub.say("/user", {"message": f"Bad {token}"}, status, **headers)

    page = client.post(page_of("github-test", tern), follow=True).content.decode()

    assert words in page
    assert token not in page


def test_a_token_that_cannot_be_decrypted_is_asked_for_anew(client, tern, let_in):
    GitHubAccess.objects.update(secret_encrypted="lost")

    page = client.post(page_of("github-test", tern), follow=True).content.decode()

    assert "store it anew" in page
    assert github.way_in_for(tern) is None
    assert send(client, tern, "check", repositories="acme/shop").status_code == 422


def test_removing_forgets_the_token_and_leaves_the_repositories(client, tern, let_in, ada):
    make_repository(tern, location="https://github.com/acme/shop")

    page = client.post(page_of("github-remove", tern), follow=True).content.decode()

    assert "Revoke the token at GitHub, too." in page
    assert not GitHubAccess.objects.exists()
    assert tern.repositories.count() == 1
    assert Event.objects.get(what="github_access.removed").actor == ada


def test_what_github_lists_is_shown_and_then_added(client, tern, let_in, stub, ada):
    make_repository(tern, name="the shop", location="git@github.com:Acme/shop.git")
    listed = [repository("acme/shop"), repository("acme/Billing"), repository("acme/old", archived=True),
              repository("acme/theirs", fork=True)]  # fmt: skip
    stub.say("/orgs/acme/repos", listed)

    page = send(client, tern, "list")

    told = page.context["preview"]
    assert [one.slug for one in told.new] == ["acme/Billing"]
    assert [(one.listed.slug, one.repository.name) for one in told.there] == [("acme/shop", "the shop")]
    assert [one.slug for one in told.passed_over] == ["acme/old", "acme/theirs"]
    text = page.content.decode()
    for said in ("1 repository would be added", "There already, as the shop", "It is archived", "It is a fork"):
        assert said in text
    assert Repository.objects.count() == 1

    kept = dict(page.context["form"].kept)
    answer = client.post(page_of("github-repositories", tern), {**kept, "act": "add"}, follow=True)

    assert "1 repository is added." in answer.content.decode()
    added = tern.repositories.get(name="acme/Billing")
    assert added.location == "https://github.com/acme/Billing"
    assert Event.objects.get(what="repository.added").actor == ada
    assert stub.methods == {"GET"}


def test_archived_ones_and_forks_come_where_they_are_asked_for(client, tern, let_in, stub):
    stub.say("/orgs/acme/repos", [repository("acme/old", archived=True), repository("acme/theirs", fork=True)])

    page = send(client, tern, "list", with_archived="on", with_forks="on")

    assert [one.slug for one in page.context["preview"].new] == ["acme/old", "acme/theirs"]


def test_a_list_of_one_s_own_is_checked_line_by_line(client, tern, let_in, token):
    lines = [
        "# ours",
        "acme/shop",
        "https://github.com/acme/billing.git",
        "https://git.example/a/b",
        token,
        "ACME/Shop",
    ]

    page = send(client, tern, "check", repositories="\n".join(lines))

    told = page.context["preview"]
    assert [one.slug for one in told.new] == ["acme/shop", "acme/billing"]
    assert [one.partition(" is ")[0] for one in told.complaints] == ["line 4", "line 5"]
    assert [one.slug for one in told.passed_over] == ["ACME/Shop"]
    assert token not in page.content.decode().replace("\n".join(lines), "").partition("<form")[0]


def test_adding_twice_adds_once(client, tern, let_in):
    for _ in range(2):
        answer = send(client, tern, "add", repositories="acme/shop")

    assert tern.repositories.count() == 1
    assert "nothing to add" in client.get(answer.url).content.decode()


def test_github_s_refusal_is_one_sentence(client, tern, let_in, stub):
    stub.deny("/orgs/acme/repos", "metadata=read")

    page = send(client, tern, "list")

    assert page.status_code == 422
    assert "Metadata: read" in page.content.decode()
