"""Whose repositories GitHub lists, and the command that reads them all."""

import json
import logging

import pytest

from infra_audit import repositories
from infra_audit.cli import main
from infra_audit.collectors.repo.importing import import_folder
from infra_audit.errors import BadArgumentError
from infra_audit.github.client import GitHub
from infra_audit.github.listing import read_names, repositories_of
from infra_audit.github.refusals import RefusedError
from infra_audit.github.signing_in import sign_in
from infra_audit.github.way_in import by_token
from infra_audit.inventory import Ending
from tests.infra_audit.repo.conftest import Repo


def row(slug, **fields):
    return {"full_name": slug, "owner": {"login": slug.partition("/")[0]}, "archived": False, "fork": False, **fields}


MANY = [row("acme/shop"), row("acme/Billing"), row("acme/old", archived=True), row("acme/theirs", fork=True)]


def slugs(some):
    return [one.slug for one in some]


def test_an_organisation_s_repositories_but_for_archived_ones_and_forks(stub, github):
    stub.say("/orgs/acme/repos", MANY)

    listing = repositories_of(github, "acme")

    assert slugs(listing.repositories) == ["acme/Billing", "acme/shop"]
    assert listing.repositories[0].location == "https://github.com/acme/Billing"
    assert slugs(listing.passed_over) == ["acme/old", "acme/theirs"]
    assert slugs(repositories_of(github, "acme", with_archived=True, with_forks=True).repositories) == [
        "acme/Billing", "acme/old", "acme/shop", "acme/theirs",
    ]  # fmt: skip


@pytest.mark.parametrize(("login", "path"), [("Acme", "/user/repos"), ("ada", "/users/acme/repos")])
def test_a_person_s_repositories_private_ones_where_the_token_is_theirs(login, path, stub, github):
    stub.say("/user", {"login": login})
    stub.say(path, [row("acme/shop")])

    assert slugs(repositories_of(github, "acme").repositories) == ["acme/shop"]
    assert stub.paths[-1] == path


def test_whoever_is_denied_is_not_taken_for_nobody(stub, github):
    stub.deny("/orgs/acme/repos", "metadata=read")

    with pytest.raises(RefusedError) as refusal:
        repositories_of(github, "acme")

    assert refusal.value.ending is Ending.DENIED
    with pytest.raises(BadArgumentError):
        repositories_of(github, "../user")


def test_what_is_typed_is_read_line_by_line_and_a_bad_line_is_not_repeated(token):
    way_in = by_token(token, "https://github.example.com/api/v3")
    lines = [
        "",
        "# ours",
        " acme/shop ",
        "https://github.example.com/acme/billing.git",
        "Acme/Shop",
        token,
        "https://github.com/acme/x",
    ]

    listing = read_names("\n".join(lines), way_in)

    assert [(one.slug, one.location, one.line) for one in listing.repositories] == [
        ("acme/shop", "https://github.example.com/acme/shop", 3),
        ("acme/billing", "https://github.example.com/acme/billing", 4),
    ]
    assert slugs(listing.passed_over) == ["Acme/Shop"]
    assert [one[:6] for one in listing.complaints] == ["line 6", "line 7"]
    assert token not in repr(listing)


def test_signing_in_tells_who_and_until_when(stub, github):
    stub.say("/user", {"login": "ada"}, github_authentication_token_expiration="2027-01-31 09:00:00 UTC")

    told = sign_in(github)

    assert (told.who, told.until) == ("ada", "2027-01-31")


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """What stands for every clone: a repository with a README; says who signed in."""
    folder = tmp_path / "made"
    folder.mkdir()
    made = Repo(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit({"README.md": "Run `make`, test with `make test`."})
    asked = []

    def import_url(url, working, limits, stop, login=None):
        asked.append((url, login))
        return import_folder(folder, working / "mirror.git", limits)

    monkeypatch.setattr(repositories, "import_url", import_url)
    return asked


def test_a_whole_organisation_in_one_report(stub, token, clone, monkeypatch, tmp_path, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    stub.say("/orgs/acme/repos", MANY)
    stub.add_repository("acme/shop")
    stub.add_repository("acme/Billing")
    monkeypatch.setenv("ACME_TOKEN", token)
    path = tmp_path / "told.json"

    status = main(
        [
            "repo",
            "--github-org",
            "acme",
            "--github-token-env",
            "ACME_TOKEN",
            "--github-url",
            stub.url,
            "--json",
            str(path),
        ]
    )

    told, said = path.read_text(), capsys.readouterr()
    assert status == 0
    found = {(one["check"], one["repository"]) for one in json.loads(told)["findings"]}
    assert {("branch_unprotected", "acme/shop"), ("branch_unprotected", "acme/Billing")} <= found
    assert [url for url, _login in clone] == ["https://github.com/acme/Billing", "https://github.com/acme/shop"]
    assert "acme/old is passed over. It is archived" in said.err
    assert token not in told + said.out + said.err + caplog.text
    assert stub.methods == {"GET"}


def test_one_repository_with_a_token_from_a_file(stub, token, clone, tmp_path):
    stub.add_repository("acme/shop")
    (tmp_path / "token").write_text(token + "\n")

    status = main(
        [
            "repo",
            "https://github.com/acme/shop",
            "--github-token-file",
            str(tmp_path / "token"),
            "--github-url",
            stub.url,
            "--quiet",
        ]
    )

    assert status == 0
    assert stub.asked[0].headers["authorization"] == f"token {token}"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--github-org", "acme"], 2, "GITHUB_TOKEN is empty"),
        ([], 2, "name a repository"),
        (["--github-org", "acme", "--github-token-file", "/nowhere"], 2, "could not be read"),
        (["--github-org", "acme", "--github-app", "12"], 2, "give all three"),
        (
            ["--github-org", "acme", "--github-token-env", "ACME_TOKEN", "--github-url", "http://x.example"],
            2,
            "https://",
        ),
        (["--github-org", "acme", "--github-token-env", "ACME_TOKEN"], 3, "did not list"),
        (["--github-org", "empty", "--github-token-env", "ACME_TOKEN"], 3, "no repository of empty"),
    ],
)
def test_each_refusal_is_one_line(arguments, status, words, stub, token, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("ACME_TOKEN", token)
    stub.say("/orgs/empty/repos", [])
    stub.deny("/orgs/acme/repos")
    address = [] if "--github-url" in arguments else ["--github-url", stub.url]

    assert main(["repo", *arguments, *address]) == status

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert words in said
    assert token not in said


def test_a_way_in_that_is_denied_everything_is_told_by_its_sentence(way_in):
    assert str(GitHub(way_in)) == repr(GitHub(way_in))
    assert way_in.token not in str(GitHub(way_in))
