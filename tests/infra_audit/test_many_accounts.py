"""Many accounts in one audit, over real HTTP: an organisation of three, and lists of roles."""

import json
from collections import Counter
from math import ceil

import boto3
import jsonschema
import pytest

from demo.emulator import Deny, Emulator, Faults, Throttle
from infra_audit import collecting
from infra_audit.aws import AwsTarget, open_account
from infra_audit.cli import main
from infra_audit.collecting import read_place
from infra_audit.collectors.aws.throttle import Limits
from infra_audit.collectors.aws.throttle import Throttle as Pace
from infra_audit.errors import NothingAssessableError
from infra_audit.inventory import Ending, Place
from infra_audit.organisations import members_of
from tests.infra_audit.conftest import ACCOUNT, KEY, NOW, REGION

EXTERNAL_ID = "0123456789abcdef-harbour"


class Stop:
    """Nobody stops, and nobody waits."""

    def __init__(self):
        self.pauses = []

    def is_set(self):
        return False

    def wait(self, seconds):
        self.pauses.append(seconds)
        return False


def made_organisation(aws: Emulator, *names):
    """The numbers of the members, by name; the account of the default credentials manages them."""
    asked = aws.client("organizations", "us-east-1")
    asked.create_organization(FeatureSet="ALL")
    return {
        name: asked.create_account(AccountName=name, Email=f"{name}@tern.example")["CreateAccountStatus"]["AccountId"]
        for name in names
    }


def open_port(aws: Emulator, account: str):
    """SSH from everywhere, in an account of the emulator."""
    answer = aws.client("sts").assume_role(RoleArn=role_of(account, "admin"), RoleSessionName="seed")
    session = boto3.Session(
        answer["Credentials"]["AccessKeyId"],
        answer["Credentials"]["SecretAccessKey"],
        answer["Credentials"]["SessionToken"],
        REGION,
    )
    ec2 = session.client("ec2", endpoint_url=aws.url)
    group = ec2.create_security_group(GroupName="wide-open", Description="open")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")


@pytest.fixture
def members(aws):
    return made_organisation(aws, "production", "staging")


@pytest.fixture
def run(aws, capsys, monkeypatch):
    """`run("--roles", path)`: (exit status, what was written to --json, the error stream)."""
    monkeypatch.setenv("INFRA_AUDIT_KEY", "one key for all tests")

    def call(*arguments, quiet=True):
        at = ("--endpoint-url", aws.url, "--regions", REGION, "--now", NOW.isoformat())
        status = main(["aws", *at, *map(str, arguments), *(("--quiet", "--json", "-") if quiet else ())])
        captured = capsys.readouterr()
        return status, json.loads(captured.out) if quiet and captured.out else captured.out, captured.err

    return call


def listed(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def role_of(account, name="infra-audit"):
    return f"arn:aws:iam::{account}:role/{name}"


IN_ORGANISATION = ("--organization", "--role-name", "infra-audit", "--external-id", EXTERNAL_ID)


def test_an_organisation_is_one_report_over_all_and_one_each(aws, run, members, tmp_path):
    for number in members.values():
        open_port(aws, number)

    status, told, _err = run(*IN_ORGANISATION, "--each", tmp_path / "each")

    assert status == 0
    assert {one["id"]: one["org_role"] for one in told["accounts"]} == {
        ACCOUNT: "management",
        **dict.fromkeys(members.values(), "member"),
    }
    assert told["accounts_left_out"] == []
    open_to_all = [one["account"] for one in told["findings"] if one["check"] == "sg_ssh_open"]
    assert sorted(open_to_all) == sorted(members.values())
    each = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "each").iterdir()}
    assert set(each) == {ACCOUNT, *members.values()}
    together = [one["fingerprint"] for alone in each.values() for one in alone["findings"]]
    assert sorted(together) == sorted(one["fingerprint"] for one in told["findings"] if one["account"])
    with open("docs/schema/discovery-1.json") as file:
        schema = json.load(file)
    for number, alone in each.items():
        jsonschema.validate(alone, schema)
        assert [one["id"] for one in alone["accounts"]] == [number]
        assert {one["account"] for one in (*alone["findings"], *alone["calls"], *alone["not_assessed"])} == {number}


def test_what_only_the_management_account_can_tell_is_told_of_its_members(aws, run, members, tmp_path):
    status, told, _err = run(*IN_ORGANISATION, "--each", tmp_path / "each")

    assert status == 0
    for check in ("no_budget", "no_billing_alarm", "no_cloudtrail"):
        found = {one["account"]: one["detail"] for one in told["findings"] if one["check"] == check}
        assert set(found) == {ACCOUNT, *members.values()}
        assert all(f"account {ACCOUNT}" in found[number].replace("Account", "account") for number in members.values())
        assert not [one for one in told["not_assessed"] if one["check"] == check]
    alone = json.loads((tmp_path / "each" / f"{members['staging']}.json").read_text())
    assert {"no_budget", "no_billing_alarm", "no_cloudtrail"} <= {one["check"] for one in alone["findings"]}


def test_the_account_that_we_sign_in_to_is_read_with_the_credentials_at_hand(aws, run, members):
    aws.clear_calls()

    run(*IN_ORGANISATION)

    calls = aws.calls()
    assert calls["sts", REGION, "AssumeRole"] == len(members)
    assert calls["organizations", "us-east-1", "ListAccounts"] == 1


def test_one_that_refuses_is_a_row_and_the_others_go_on(aws, run, members):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", about=members["staging"]),)))

    status, told, _err = run(*IN_ORGANISATION)

    assert status == 0
    assert {one["id"] for one in told["accounts"]} == {ACCOUNT, members["production"]}
    [row] = told["accounts_left_out"]
    assert (row["account"], row["name"], row["reason"]) == (members["staging"], "staging", "failed")
    assert "would not let us in" in row["message"]
    gaps = {one["check"] for one in told["not_assessed"] if one["account"] == members["staging"]}
    assert {"sg_ssh_open", "no_cloudtrail", "s3_public"} <= gaps
    assert members["staging"] not in {one["account"] for one in told["findings"]}


def test_the_terminal_has_a_row_for_each_and_says_a_refusal_once(aws, run, members):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole", about=members["staging"]),)))

    status, out, _err = run(*IN_ORGANISATION, quiet=False)

    assert status == 0
    for number in (ACCOUNT, *members.values()):
        assert number in out
    assert " ".join(out.split()).count("would not let us") == 1


def test_where_nobody_lets_us_in_that_is_one_line_and_status_three(aws, run, tmp_path):
    aws.set_faults(Faults(deny=(Deny("sts:AssumeRole"),)))
    roles = listed(tmp_path / "roles.csv", role_of("111111111111"), role_of("222222222222"))

    status, told, err = run("--roles", roles)

    assert status == 3
    assert err.count("\n") == 1
    assert "None of 2 accounts could be read. The first: The role arn:aws:iam::111111111111" in err
    assert [one["reason"] for one in told["accounts_left_out"]] == ["failed", "failed"]


def test_a_suspended_account_is_named_as_not_audited(aws, run, members):
    aws.client("organizations", "us-east-1").close_account(AccountId=members["staging"])

    status, told, _err = run(*IN_ORGANISATION)

    [row] = told["accounts_left_out"]
    assert status == 0
    assert (row["account"], row["reason"]) == (members["staging"], "not_active")
    assert row["message"].startswith("The account is ")
    assert members["staging"] not in {one["account"] for one in told["not_assessed"]}


def test_two_roles_of_one_account_are_read_once_and_nothing_is_doubled(aws, run, tmp_path):
    open_port(aws, "111111111111")
    once = listed(tmp_path / "once.csv", f"{role_of('111111111111')},{EXTERNAL_ID},production")
    twice = listed(
        tmp_path / "twice.csv",
        f"{role_of('111111111111')},{EXTERNAL_ID},production",
        f"{role_of('111111111111', 'other')},{EXTERNAL_ID},again",
    )

    (_, alone, _), (status, told, _) = run("--roles", once), run("--roles", twice)

    assert status == 0
    assert [one["id"] for one in told["accounts"]] == ["111111111111"]
    [row] = told["accounts_left_out"]
    assert (row["account"], row["name"], row["reason"]) == ("111111111111", "again", "listed_twice")
    assert [one["fingerprint"] for one in told["findings"]] == [one["fingerprint"] for one in alone["findings"]]
    assert told["examined"] == alone["examined"]


def test_each_bad_line_is_a_line_and_nothing_is_read(aws, run, tmp_path):
    roles = listed(tmp_path / "roles.csv", "role_arn,external_id", role_of("111111111111"), "production", "staging;x")
    aws.clear_calls()

    status, _told, err = run("--roles", roles)

    assert status == 2
    assert [line.partition(" does")[0] for line in err.splitlines()] == [
        f"infra_audit: --roles {roles}: line 3",
        f"infra_audit: --roles {roles}: line 4",
    ]
    assert not aws.calls()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "no text in UTF-8"), (b"", "names no role"), (b"x" * 2_000_001, "too large")],
)
def test_a_file_that_is_no_list_is_one_line(run, tmp_path, content, said):
    (tmp_path / "roles.csv").write_bytes(content)

    status, _told, err = run("--roles", tmp_path / "roles.csv")

    assert status == 2
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--roles", "/nowhere/roles.csv"), "could not be read: No such file"),
        (("--roles", "x", "--organization", "--role-name", "a"), "leave out --organization"),
        (("--roles", "x", "--role-arn", role_of(ACCOUNT)), "leave out --organization and --role-arn"),
        (("--organization",), "--role-name go together"),
        (("--role-name", "a"), "--role-name go together"),
        (("--organization", "--role-name", "arn:aws:iam::1:role/a"), "no role's name"),
        (("--organization", "--role-name", "a", "--snapshot", "x"), "one by one"),
        (("--organization", "--role-name", "a", "--tfstate", "s3://b/k"), "give the state as a file"),
        (("--requests-per-second", "-1"), "no number of requests"),
        (("--requests-per-second", "nan"), "no number of requests"),
        (("--requests-in-all", "fast"), "no number of requests"),
        (("--each", "/nowhere/at/all"), "no folder /nowhere/at"),
    ],
)
def test_what_does_not_go_together_is_one_line(run, arguments, said):
    status, _told, err = run(*arguments)

    assert status == 2
    assert said in err
    assert err.count("\n") == 1


def opened(aws, pace=None, **fields):
    target = AwsTarget(endpoint_url=aws.url, regions=(REGION,), **fields)
    return open_account(target, key=KEY, now=NOW, throttle=pace or Pace())


def test_every_page_of_the_members_is_read(aws):
    made = made_organisation(aws, *(f"team-{number}" for number in range(101)))  # a page of the emulator's is 100
    aws.clear_calls()

    found = members_of(opened(aws))

    assert {one.account for one in found} == {ACCOUNT, *made.values()}
    assert aws.calls()["organizations", "us-east-1", "ListAccounts"] == 2


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (Faults(), "is in no organisation: give a list of roles"),
        (
            Faults(deny=(Deny("organizations:ListAccounts", by="service control policy"),)),
            "(organizations:ListAccounts, denied by: service control policy): sign in to the management account",
        ),
    ],
)
def test_a_list_that_cannot_be_had_is_one_sentence_that_names_the_mend(aws, faults, said):
    aws.set_faults(faults)

    with pytest.raises(NothingAssessableError) as refusal:
        members_of(opened(aws))

    assert said in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_nothing_is_lost_where_aws_takes_five_requests_a_second(aws, run):
    open_port(aws, made_organisation(aws, "production")["production"])
    for number in range(12):
        aws.client("sqs", REGION).create_queue(QueueName=f"queue-{number}")
    _, at_ease, _ = run(*IN_ORGANISATION)
    aws.set_faults(Faults(throttle=(Throttle(rate=5, burst=5),)))

    status, hurried, _ = run(*IN_ORGANISATION, "--requests-per-second", "0", "--requests-in-all", "0")

    assert status == 0
    assert hurried["api_calls"] > at_ease["api_calls"]  # it was throttled indeed
    for part in ("not_assessed", "examined", "passed", "inventory", "accounts", "accounts_left_out"):
        assert hurried[part] == at_ease[part]
    found, before = ({one["fingerprint"] for one in told["findings"]} for told in (hurried, at_ease))
    assert found == before


def test_no_lane_is_asked_faster_than_was_said(aws, run):
    for number in range(15):
        aws.client("sqs", REGION).create_queue(QueueName=f"queue-{number}")

    _, told, _ = run("--requests-per-second", "10")

    lanes = Counter()
    for one in told["calls"]:
        lanes[one["account"], one["service"], one["region"]] += len(one["at"])
    assert max(lanes.values()) > 30
    assert told["duration_s"] >= ceil(max(lanes.values()) / 10) - 1


def test_what_was_throttled_to_the_end_is_asked_once_more_before_it_is_a_gap(aws, few_attempts, monkeypatch):
    aws.client("sqs", REGION).create_queue(QueueName="mail")
    account, stop, units = opened(aws, Pace(Limits(lane_per_second=0, overall_per_second=0))), Stop(), {}
    aws.set_faults(Faults(throttle=(Throttle("sqs", rate=0.001, burst=0),)))

    def mend(seconds):
        stop.pauses.append(seconds)
        aws.set_faults(Faults())
        return False

    monkeypatch.setattr(stop, "wait", mend)
    read_place(
        account,
        Place("aws", ACCOUNT, REGION),
        emit=lambda unit: units.setdefault(unit.operation, unit),
        stopping=stop,
    )

    queues = units["sqs.list_queues"]
    assert queues.ending is Ending.OK
    assert [row["name"] for row in queues.rows] == ["mail"]
    assert stop.pauses[0] == collecting.PAUSE_S
    calls = [one for unit in units.values() for one in unit.calls]
    refused = sum(len(one.at) for one in calls if one.operation == "ListQueues" and one.ending != "ok")
    assert refused == 2  # what was sent in vain is in the log all the same


def test_what_stays_throttled_is_a_gap_in_the_end(aws, few_attempts):
    account, stop, units = opened(aws, Pace(Limits(lane_per_second=0, overall_per_second=0))), Stop(), []
    aws.set_faults(Faults(throttle=(Throttle("sqs", rate=0.001, burst=0),)))

    read_place(account, Place("aws", ACCOUNT, REGION), emit=units.append, stopping=stop)

    endings = {unit.operation: unit.ending for unit in units}
    assert endings["sqs.list_queues"] is Ending.THROTTLED
    assert endings["ec2.describe_vpcs"] is Ending.OK
    assert len(units) == len(endings)
    assert stop.pauses == [collecting.PAUSE_S, 2 * collecting.PAUSE_S]
