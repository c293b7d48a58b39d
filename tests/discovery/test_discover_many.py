"""The main job over many accounts: an organisation of three, and lists of roles."""

import json

import boto3
import pytest

from demo.emulator import Deny, Faults
from discovery.models import AwsAccount, Run
from tests.discovery.test_discover import REGION, discover, refusal

pytestmark = pytest.mark.django_db(transaction=True)
OWN, EXTERNAL_ID = "123456789012", "0123456789abcdef-tern"
PRODUCTION, STAGING = "111111111111", "222222222222"
IN_ORGANISATION = ("--organization", "--role-name", "infra-audit", "--external-id", EXTERNAL_ID)


def role_of(number, name="infra-audit"):
    return f"arn:aws:iam::{number}:role/{name}"


@pytest.fixture
def members(aws):
    """The numbers of the two members, by name; the default credentials are those of the management account."""
    asked = aws.client("organizations", "us-east-1")
    asked.create_organization(FeatureSet="ALL")
    return {
        name: asked.create_account(AccountName=name, Email=f"{name}@tern.example")["CreateAccountStatus"]["AccountId"]
        for name in ("production", "staging")
    }


@pytest.fixture
def audited(aws, tmp_path):
    """`audited("--roles", path)`: exit status and the JSON."""

    def call(*arguments):
        path = tmp_path / "run.json"
        at = ("--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--json", path)
        return discover(*at, *arguments), json.loads(path.read_text()) if path.exists() else None

    return call


def test_an_organisation_is_one_run_and_each_account_is_kept_for_the_next(audited, members):
    status, told = audited(*IN_ORGANISATION)

    assert status == 0
    assert {one["id"] for one in told["accounts"]} == {OWN, *members.values()}
    kept = {one.name: one for one in AwsAccount.objects.all()}
    assert set(kept) == {"default credentials", "production", "staging"}
    production = kept["production"]
    assert (production.role_arn, production.external_id) == (role_of(members["production"]), EXTERNAL_ID)
    assert production.account_id == members["production"]
    assert (kept["default credentials"].role_arn, kept["default credentials"].external_id) == ("", "")
    assert {one.consent for one in kept.values()} == {"configuration"}


def test_the_second_audit_knows_the_accounts_of_the_first(audited, members):
    _, first = audited(*IN_ORGANISATION)
    _, second = audited(*IN_ORGANISATION)

    assert AwsAccount.objects.count() == 3
    assert Run.objects.count() == 2
    assert {one["status"] for one in first["findings"]} == {"new"}
    assert {one["status"] for one in second["findings"]} == {"still"}


def test_one_that_refuses_and_one_that_is_suspended_are_rows(aws, audited, members):
    aws.client("organizations", "us-east-1").close_account(AccountId=members["staging"])
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", about=members["production"]),)))

    status, told = audited(*IN_ORGANISATION)

    assert status == 0
    assert [one["id"] for one in told["accounts"]] == [OWN]
    assert {(one["account"], one["name"], one["reason"]) for one in told["accounts_left_out"]} == {
        (members["production"], "production", "failed"),
        (members["staging"], "staging", "not_active"),
    }
    assert not AwsAccount.objects.filter(name="staging").exists()


def test_a_list_of_roles_is_one_run_and_an_account_twice_is_read_once(aws, audited, tmp_path):
    roles = tmp_path / "roles.csv"
    roles.write_text(
        f"role,external id,name\n{role_of(PRODUCTION)},{EXTERNAL_ID},Shop\n{role_of(STAGING)}\n"
        f"{role_of(PRODUCTION, 'other')},{EXTERNAL_ID},Shop again\n"
    )

    status, told = audited("--roles", roles, "--external-id", "of-all-the-others")

    assert status == 0
    assert {one["id"] for one in told["accounts"]} == {PRODUCTION, STAGING}
    assert [(one["name"], one["reason"]) for one in told["accounts_left_out"]] == [("Shop again", "listed_twice")]
    assert {one.name: one.external_id for one in AwsAccount.objects.all()} == {
        "Shop": EXTERNAL_ID,
        STAGING: "of-all-the-others",
    }


def test_two_accounts_of_one_name_are_told_apart(audited, tmp_path):
    roles = tmp_path / "roles.csv"
    roles.write_text("".join(f"{role_of(number)},{EXTERNAL_ID},Shop\n" for number in (PRODUCTION, STAGING)))

    audited("--roles", roles)

    assert set(AwsAccount.objects.values_list("name", flat=True)) == {"Shop", f"Shop {STAGING}"}


def test_a_role_may_be_taken_on_by_a_profile(aws, audited, tmp_path, monkeypatch):
    config = tmp_path / "config"
    session = boto3.Session().get_credentials()
    config.write_text(
        f"[profile practice]\naws_access_key_id = {session.access_key}\naws_secret_access_key = {session.secret_key}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    roles = tmp_path / "roles.csv"
    roles.write_text(f"{role_of(PRODUCTION)} {EXTERNAL_ID} Shop\n")

    status, told = audited("--roles", roles, "--profile", "practice")

    account = AwsAccount.objects.get()
    assert (status, [one["id"] for one in told["accounts"]]) == (0, [PRODUCTION])
    assert (account.role_arn, account.profile) == (role_of(PRODUCTION), "practice")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--organization", "--role-name", "infra-audit"], "needs --external-id"),
        (["--organization", "--external-id", "tern"], "--role-name go together"),
        (["--roles", "/nowhere/roles.csv"], "could not be read"),
        (["--roles", "x", "--organization", "--role-name", "a", "--external-id", "tern"], "leave out --organization"),
        (["--roles", "x", "--tfstate", "s3://tern-states/a.tfstate", "--agreed-by", "Ben"], "give the state as a file"),
        (["--requests-per-second", "-2"], "no number of requests"),
    ],
)
def test_what_does_not_go_together_ends_with_two_and_one_line(arguments, words, capsys):
    assert discover(*arguments) == 2
    assert words in refusal(capsys)
    assert not AwsAccount.objects.exists()


def test_each_bad_line_is_a_line_and_nothing_is_made(aws, tmp_path, capsys):
    roles = tmp_path / "roles.csv"
    roles.write_text(f"{role_of(PRODUCTION)}\nproduction\n")

    status = discover("--roles", roles)

    assert status == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "line 1 has no external ID" in first
    assert "line 2 does not begin with the ARN" in second
    assert not AwsAccount.objects.exists()


def test_a_list_that_may_not_be_had_is_one_line_and_status_three(aws, members, capsys):
    aws.set_faults(Faults(deny=(Deny("organizations:ListAccounts"),)))

    status = discover("--endpoint-url", aws.url, "--regions", REGION, *IN_ORGANISATION)

    assert status == 3
    assert "policy --organization" in refusal(capsys)
    assert not AwsAccount.objects.exists()


def test_where_nobody_lets_us_in_the_status_is_three(aws, audited, tmp_path, capsys):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole"),)))
    roles = tmp_path / "roles.csv"
    roles.write_text("".join(f"{role_of(number)},{EXTERNAL_ID}\n" for number in (PRODUCTION, STAGING)))

    status, _told = audited("--roles", roles)

    assert status == 3
    assert "would not let us in" in refusal(capsys)
