"""The role that a client makes: what it allows and refuses, until when, and that both files are valid."""

import json
import re
from datetime import date

import cfnlint.api
import pytest
import yaml

from infra_audit.cli import main
from infra_audit.collectors.aws.throttle import Limits
from infra_audit.collectors.registry import Consent
from infra_audit.collectors.repo.hcl import parse
from infra_audit.policy import NEVER_ALLOWED, policy
from infra_audit.proof import ATHENA, logs_insights
from infra_audit.role import Role
from infra_audit.role_files import cloudformation, terraform

OURS = "arn:aws:iam::210987654321:user/ada"
TODAY = date(2026, 11, 20)
END = date(2027, 1, 31)
EXTERNAL_ID = "0123456789abcdef-harbour"
INLINE_POLICIES_AT_MOST = 10_240  # characters of a role's, blanks not counted


def a_role(**fields):
    given = {"principal": OURS, "until": END, "today": TODAY, "external_id": EXTERNAL_ID}
    return Role(**{**given, **fields})


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["role", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def properties(text):
    return yaml.safe_load(text)["Resources"]["AuditRole"]["Properties"]


def test_one_principal_comes_in_with_the_external_id_under_our_name_until_the_day():
    trust = properties(cloudformation(a_role()))["AssumeRolePolicyDocument"]

    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": OURS},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"sts:ExternalId": EXTERNAL_ID, "sts:RoleSessionName": "infra-audit"},
                "DateLessThan": {"aws:CurrentTime": "2027-01-31T00:00:00Z"},
            },
        }
    ]


@pytest.mark.parametrize("tier", [Consent.METADATA, Consent.CONFIGURATION])
def test_it_may_do_what_the_policy_says_is_refused_data_and_from_the_day_on_may_do_nothing(tier):
    role = properties(cloudformation(a_role(tier=tier)))
    [inline] = role["Policies"]
    *granted, end = inline["PolicyDocument"]["Statement"]

    assert granted == policy(metadata_only=tier is Consent.METADATA)["Statement"]
    refused = {action for one in granted if one["Effect"] == "Deny" for action in one["Action"]}
    assert refused | {"ssm:GetParameters"} == {*NEVER_ALLOWED}
    assert (end["Effect"], end["Action"], end["Resource"]) == ("Deny", ["*"], "*")
    assert end["Condition"] == {"DateGreaterThanEquals": {"aws:CurrentTime": "2027-01-31T00:00:00Z"}}
    assert len("".join(json.dumps(inline["PolicyDocument"]).split())) < INLINE_POLICIES_AT_MOST
    assert role["MaxSessionDuration"] == 3600
    assert role["Tags"]  # or our own check would complain of it


def test_the_template_is_valid_cloudformation():
    state = Consent.CONFIGURATION
    assert cfnlint.api.lint(cloudformation(a_role(tier=state)), regions=["eu-west-1"]) == []


def test_the_terraform_says_the_same_and_can_be_parsed():
    role = a_role(tier=Consent.CONFIGURATION)

    blocks, whole = parse(terraform(role).encode())

    assert whole
    assert [(one.type, *one.labels) for one in blocks] == [
        ("resource", "aws_iam_role", "infra_audit"),
        ("resource", "aws_iam_role_policy", "infra_audit"),
        ("output", "infra_audit_role_arn"),
        ("output", "infra_audit_external_id"),
    ]
    made, granted, *_ = blocks
    assert json_of(made.attributes["assume_role_policy"].text) == role.trust
    assert json_of(granted.attributes["policy"].text) == role.permissions
    assert made.attributes["max_session_duration"].value == 3600


def json_of(call):
    """What jsonencode would make of the object inside."""
    text = re.fullmatch(rb"jsonencode\((.*)\)", call, re.DOTALL)[1].decode()
    text = re.sub(r'^(\s*)"?([\w:-]+)"? += ', r'\1"\2": ', text, flags=re.MULTILINE)
    text = re.sub(r'(["\]}])\n(\s*")', r"\1,\n\2", text)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


def test_neighbouring_signs_stand_in_one_column_as_terraform_fmt_has_them():
    text = terraform(a_role())

    assert '  name                 = "infra-audit"\n' in text
    assert "  max_session_duration = 3600\n  assume_role_policy = jsonencode({\n" in text
    assert '            "sts:ExternalId"      = "0123456789abcdef-harbour"\n' in text
    assert "\t" not in text
    assert not re.search(r" +$", text, re.MULTILINE)


@pytest.mark.parametrize("write", [cloudformation, terraform])
def test_the_file_speaks_to_the_client_s_security_people_first(write):
    text = write(a_role())
    comment = "\n".join(line[2:] for line in text.splitlines() if line.startswith("#"))

    for said in (OURS, EXTERNAL_ID, '"infra-audit"', "31 January 2027", "FOR YOUR SECURITY PEOPLE", "To end it now"):
        assert said in comment
    for query in (logs_insights(), ATHENA):
        assert [line.strip() for line in query.splitlines()] == [
            line.strip() for line in comment.splitlines() if line.strip() in {one.strip() for one in query.splitlines()}
        ]
    assert "lookup-events" in comment
    assert "searched in memory" not in comment
    assert "searched in memory" in write(a_role(tier=Consent.CONFIGURATION))


def test_without_an_external_id_each_is_random_and_without_a_day_it_ends_in_ninety(run):
    files = [run("--principal", OURS)[1] for _ in range(2)]

    ids = {
        properties(one)["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"]
        for one in files
    }
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


def test_states_that_were_named_are_opened_in_the_partition_of_the_principal(run):
    status, text, _ = run(
        "--principal", OURS.replace("arn:aws:", "arn:aws-cn:"), "--format", "terraform", "--tier", "configuration",
        "--state", "s3://hp-states/100%{prod}/terraform.tfstate",
    )  # fmt: skip

    assert status == 0
    assert '"arn:aws-cn:s3:::hp-states/100%%{prod}/terraform.tfstate"' in text
    assert parse(text.encode())[1]


def test_the_role_of_the_management_account_lists_the_others_and_says_so(run):
    _, text, _ = run("--principal", OURS, "--organization")
    _, usual, _ = run("--principal", OURS)

    statements = properties(text)["Policies"][0]["PolicyDocument"]["Statement"]
    [listing] = [one for one in statements if one["Sid"] == "ListTheOrganisation"]
    assert (listing["Effect"], listing["Action"]) == ("Allow", ["organizations:ListAccounts"])
    assert "list of the organisation's accounts" in text
    assert "ListAccounts" not in usual
    assert "organisation's accounts" not in usual


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(), "at most 20 requests a second to one service in one region, 100 in all."),
        (Limits(lane_per_second=2.5), "at most 2.5 requests a second to one service in one region, 100 in all."),
        (Limits(overall_per_second=0), "at most 20 requests a second to one service in one region."),
        (Limits(lane_per_second=0), "at most 100 requests a second in all."),
        (Limits(lane_per_second=0, overall_per_second=0), "as fast as AWS answers."),
    ],
)
def test_the_notice_tells_the_pace_that_is_kept(limits, said):
    assert said in terraform(a_role(limits=limits))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--principal"),
        (("--principal", "*"), "not one exact user or role"),
        (("--principal", "210987654321"), "not one exact user or role"),
        (("--principal", "arn:aws:iam::210987654321:root"), "not one exact user or role"),
        (("--principal", "arn:aws:iam::210987654321:user/*"), "not one exact user or role"),
        (("--principal", f"{OURS}\n# x"), "not one exact user or role"),
        (("--principal", "arn:aws:sts::210987654321:assumed-role/a/b"), "name the role"),
        (("--principal", OURS, "--external-id", "short"), "16 or more"),
        (("--principal", OURS, "--external-id", "with blanks in the middle"), "16 or more"),
        (("--principal", OURS, "--until", "2020-01-01"), "past"),
        (("--principal", OURS, "--until", "soon"), "2027-03-01"),
        (("--principal", OURS, "--state", "s3://hp-states/a.tfstate"), "more than metadata"),
    ],
)
def test_what_would_open_too_much_or_nothing_is_refused_in_one_line(run, arguments, said):
    status, out, err = run(*arguments)

    assert (status, out) == (2, "")
    assert said in " ".join(err.split())
