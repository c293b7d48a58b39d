"""Audits that ask GitHub: with the client's own way in, or one that a command brings along."""

import pytest
from django.core.management import call_command

from core.models import Organisation
from discovery.models import GitHubAccess, Run
from discovery.services.executing import drain
from discovery.services.starting import start_run
from infra_audit import repositories
from infra_audit.collectors.github.collecting import NO_WAY_IN
from infra_audit.collectors.repo.sandbox import RepositoryError
from tests.discovery_factories import make_github_access, make_organisation, make_repository
from tests.github_stub import github_stub
from tests.infra_audit.mint import Mint
from tests.wall.world import rows_of_every_table

pytestmark = pytest.mark.django_db(transaction=True)
LOCATION = "https://github.com/acme/shop"


@pytest.fixture
def stub():
    with github_stub() as one:
        one.add_repository("acme/shop")
        yield one


@pytest.fixture
def token():
    return Mint(31).github_token()


@pytest.fixture(autouse=True)
def _no_clone(monkeypatch):
    """The content is read elsewhere; here it is as if git had been turned away."""

    def refused(*_arguments):
        raise RepositoryError("acme/shop could not be cloned: access was refused.")

    monkeypatch.setattr(repositories, "import_url", refused)


def audited(repository, **fields):
    run = start_run(
        organisation=repository.organisation, accounts=[], repositories=[repository], actor=None,
        in_this_process=True, **fields,
    )  # fmt: skip
    drain(run=run)
    run.refresh_from_db()
    return run


def endings(run):
    return dict(run.units.filter(operation__startswith="github.").values_list("operation", "ending"))


def test_a_client_s_way_in_is_used_for_its_repositories(stub, token):
    access = make_github_access(base_url=stub.url, token=token)
    repository = make_repository(access.organisation, name="acme/shop", location=LOCATION)

    run = audited(repository)

    assert run.status == Run.Status.DONE_WITH_GAPS
    assert set(endings(run).values()) == {"ok"}
    assert len(endings(run)) == 6
    assert run.occurrences.filter(finding__check_id="branch_unprotected").exists()
    shard = run.shards.get()
    assert set(shard.planned) == set(run.units.values_list("operation", flat=True))
    assert {one.headers["authorization"] for one in stub.asked} == {f"token {token}"}
    assert token not in repr(rows_of_every_table())


def test_without_one_what_github_knows_is_not_assessed(stub):
    repository = make_repository(name="acme/shop", location=LOCATION)
    make_github_access(make_organisation(), base_url=stub.url)  # another client's

    run = audited(repository)

    gaps = {gap["check"]: gap["message"] for gap in run.result["not_assessed"] if gap["unit"].startswith("github.")}
    assert gaps["branch_unprotected"] == gaps["stale_pull_requests"] == NO_WAY_IN
    assert run.status == Run.Status.FAILED  # nothing else could be read either
    assert "could not be cloned" in run.failure
    assert stub.asked == []


def test_only_what_a_check_needs_is_asked_and_nothing_is_cloned(stub, token):
    access = make_github_access(base_url=stub.url, token=token)
    repository = make_repository(access.organisation, name="acme/shop", location=LOCATION)

    run = audited(repository, only_checks=["branch_unprotected"])

    assert endings(run) == {"github.branch_protection": "ok"}
    assert run.status == Run.Status.DONE


def test_what_github_throttled_is_asked_again(stub, token):
    access = make_github_access(base_url=stub.url, token=token)
    repository = make_repository(access.organisation, name="acme/shop", location=LOCATION)
    stub.say_once(403, {"message": "API rate limit exceeded"}, retry_after=3_000)

    run = audited(repository)

    assert set(endings(run).values()) == {"ok"}
    assert run.shards.get().attempts == 2


def test_a_repository_elsewhere_is_not_asked_about(stub):
    access = make_github_access(base_url=stub.url)

    run = audited(make_repository(access.organisation, location="https://git.example.com/acme/shop"))

    assert endings(run) == {}
    assert stub.asked == []


def test_the_command_takes_a_whole_organisation_and_keeps_no_token(stub, token, monkeypatch, capsys):
    listed = [
        {"full_name": "acme/shop", "archived": False, "fork": False},
        {"full_name": "acme/old", "archived": True, "fork": False},
    ]
    stub.say("/orgs/acme/repos", listed)
    monkeypatch.setenv("ACME_TOKEN", token)

    call_command(
        "discover", "--client", "Acme", "--github-org", "acme", "--github-token-env", "ACME_TOKEN",
        "--github-url", stub.url,
    )  # fmt: skip

    run = Organisation.objects.get(name="Acme").runs.get()
    assert [one.repository.location for one in run.shards.all()] == [LOCATION]
    assert set(endings(run).values()) == {"ok"}
    assert not GitHubAccess.objects.exists()
    said = capsys.readouterr()
    assert "acme/old is passed over" in said.out
    assert token not in repr(rows_of_every_table()) + said.out + said.err


@pytest.mark.parametrize(("status", "words"), [(2, "ACME_TOKEN is empty"), (3, "GitHub did not list")])
def test_the_command_says_in_one_line_why_not(status, words, stub, token, monkeypatch, capsys):
    monkeypatch.setenv("ACME_TOKEN", token if status == 3 else "")
    stub.deny("/orgs/acme/repos")
    asked = ["--github-org", "acme", "--github-token-env", "ACME_TOKEN", "--github-url", stub.url]

    with pytest.raises(SystemExit) as end:
        call_command("discover", "--client", "Acme", *asked)

    assert end.value.code == status
    assert words in capsys.readouterr().err
    assert not Organisation.objects.exists()
