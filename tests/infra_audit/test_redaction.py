"""A snapshot without the client's names says the same as one with them, and who kept the names can put them back."""

import gzip
import json
import re
from collections import Counter
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_audit import kit
from infra_audit.cli import main
from infra_audit.evaluate import evaluate
from infra_audit.inventory import EXAMPLE_ACCOUNT, GLOBAL, REDACTED, Ending, Inventory, Place, Unit, Unread
from infra_audit.kit.imports_tf import imports_of
from infra_audit.pseudonyms import PIECES, Pseudonyms, keep_names, open_names
from infra_audit.redaction import LEFT_OUT, redacted
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.snapshots import read_snapshot
from infra_audit.states import OPERATION as STATES
from tests.infra_audit.conftest import KEY, REGION
from tests.infra_audit.mint import Mint
from tests.infra_audit.test_checks import NOW

ACCOUNT = Place("aws", EXAMPLE_ACCOUNT)
HERE = Place("aws", EXAMPLE_ACCOUNT, REGION)
# What reads repositories alone is in no snapshot: a client hands over the inventory of an account.
OF_ACCOUNTS = [
    one for one in catalogue().values() if not all(name.startswith(("repo.", "github.")) for name in one.reads)
]


@pytest.fixture
def names():
    return Pseudonyms(b"known to the client alone")


def put_back(names, text):
    """With what each pseudonym in it stands for."""
    return PIECES.sub(lambda found: names.names.get(found[0], found[0]), text)


def told(evaluation):
    """All that is said of each finding, but for the fingerprint, which names go into."""
    return Counter(
        json.dumps({**asdict(one), "fingerprint": ""}, ensure_ascii=False, sort_keys=True)
        for one in evaluation.findings
    )


def same_verdicts(names, inventory, **settings):
    """Asserted of the units with and without names; gives how many findings there are."""
    before = evaluate(inventory, settings=CheckSettings(), key=KEY, **settings)
    hidden = Inventory(tuple(redacted(inventory.all_units, ACCOUNT, names)))
    after = evaluate(hidden, settings=CheckSettings(), key=KEY, **settings)
    assert (after.examined, after.passed) == (before.examined, before.passed)
    assert Counter(put_back(names, one) for one in told(after).elements()) == told(before)
    return len(before.findings)


@pytest.mark.parametrize("one", OF_ACCOUNTS, ids=lambda one: one.id)
def test_each_check_finds_the_same_and_says_the_same_once_names_are_put_back(one, names):
    now = one.examples_at or NOW

    assert same_verdicts(names, Inventory.example(one.bad, HERE), now=now, checks=[one])
    assert not same_verdicts(names, Inventory.example(one.good, HERE), now=now, checks=[one])


def test_a_word_is_called_the_same_wherever_it_stands(names):
    name = names.of("orders-prod")

    assert re.fullmatch(r"[a-z]{10}-prod", name)
    word = name.removesuffix("-prod")
    assert names.of(f"arn:aws:rds:{REGION}:{EXAMPLE_ACCOUNT}:db:orders-prod") == (
        f"arn:aws:rds:{REGION}:{EXAMPLE_ACCOUNT}:db:{name}"
    )
    assert names.of("arn:aws:s3:::orders-prod/*") == f"arn:aws:s3:::{name}/*"
    assert word in names.of("s3://orders/prod.tfstate")
    assert word not in names.of("preorders")


def test_capitals_are_told_apart_and_nothing_else_about_them_is(names):
    small, title, large, mixed, other = map(names.of, ("shop", "Shop", "SHOP", "sHop", "shOp"))

    assert len({small, title, large, mixed, other}) == 5
    assert {one.lower() for one in (small, title, large, mixed, other)} == {small}
    assert (title, large) == (small.capitalize(), small.upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "42",
        "prod",
        "PRODUCTION",
        "0.0.0.0/0",
        "2001:db8::/32",
        "2026-01-05T08:00:00+00:00",
        "vpc-0a1b2c3d4e5f60718",
        "eu-west-1a",
        "us-gov-west-1",
        "6c3a9d1e-0000-4000-8000-0123456789ab",
        "arn:aws:iam::aws:policy/job-function/DatabaseAdministrator",
        "arn:aws-us-gov:iam::123456789012:root",
        "lambda.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "token.actions.githubusercontent.com",
        "com.amazonaws.eu-west-1.s3",
        "${aws:PrincipalTag/team}",
        "AWS/RDS",
        "<root_account>",
        "o-a1b2c3d4e5",
    ],
)
def test_what_is_of_aws_or_read_by_checks_stays(names, text):
    assert names.of(text) == text
    assert names.names == {}


@pytest.mark.parametrize(
    "text",
    [
        "harbour",
        "hp-orders-1",
        "harbour.example",
        "Harbour & Pine",
        "naïve-bücket",
        "港湾",
        "a",
        "arn:aws:sns:eu-west-1:123456789012:harbour:x",
        "arn:aws:s3:::harbour/key",
        "harbour.s3.amazonaws.com",
        "arn:aws:iam::123456789012:oidc-provider/gitlab.harbour.example",
        "repo:harbour/pine:ref:refs/heads/main",
        "${harbour}-x",
    ],
)
def test_whatever_else_it_is_it_goes_and_can_be_put_back(names, text):
    hidden = names.of(text)

    assert hidden != text
    assert not re.search(r"harbour|pine|orders|bücket|naïve|港湾", hidden, re.IGNORECASE)
    assert names.names[hidden] == text
    assert put_back(names, hidden) == text


@given(st.text(), st.text())
def test_two_texts_stay_two_texts_and_come_back(one, other):
    names = Pseudonyms(KEY)

    assert (names.of(one) == names.of(other)) == (one == other)
    assert [put_back(names, names.of(text)) for text in (one, other)] == [one, other]


def test_another_key_makes_others():
    assert Pseudonyms(b"a").of("harbour") != Pseudonyms(b"b").of("harbour")


def hidden_row(names, operation="sqs.list_queues", **fields):
    (unit, _says_so) = redacted([Unit(operation, HERE, Ending.OK, (fields,))], ACCOUNT, names)
    return unit.rows[0]


def test_a_field_that_nobody_thought_of_is_replaced(names):
    row = hidden_row(names, colour="harbour", inside={"deep": [{"er": "pine"}]}, count=3, on=True, nothing=None)

    assert not {"harbour", "pine"} & set(re.findall(r"\w+", json.dumps(row)))
    assert (row["count"], row["on"], row["nothing"]) == (3, True, None)


def test_keys_of_tags_stay_and_their_values_go_whatever_they_are_called(names):
    tags = {"Owner": "Harbour", "type": "harbour", "kind": "harbour", "Environment": "prod"}

    row = hidden_row(names, type="sqs:queue", tags=tags)

    assert list(row["tags"]) == list(tags)
    assert row["tags"]["Environment"] == "prod"
    assert "harbour" not in json.dumps(row).lower()
    assert row["type"] == "sqs:queue"


def test_names_of_policies_and_of_providers_in_them_go_and_what_they_say_stays(names):
    statement = {
        "Sid": "LetHarbourIn",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "sts:AssumeRole"],
        "Principal": {"Service": "ec2.amazonaws.com", "AWS": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:role/harbour"},
        "Resource": "arn:aws:s3:::harbour-media/*",
        "Condition": {
            "StringEquals": {"gitlab.harbour.example:sub": "x", "aws:RequestTag/Harbour": "pine"},
            "IpAddress": {"aws:SourceIp": ["2001:db8::/32", "10.0.0.0/8"]},
        },
    }

    row = hidden_row(names, inline={"kind": [statement]})

    ((policy, (told,)),) = row["inline"].items()
    assert policy != "kind"
    assert (told["Effect"], told["Action"]) == (statement["Effect"], statement["Action"])
    assert told["Principal"]["Service"] == "ec2.amazonaws.com"
    assert told["Resource"].startswith("arn:aws:s3:::")
    assert told["Condition"]["IpAddress"] == statement["Condition"]["IpAddress"]
    provider, tag = told["Condition"]["StringEquals"]
    assert (provider.rpartition(":")[2], tag) == ("sub", "aws:RequestTag/Harbour")
    assert "harbour" not in json.dumps(told).replace("aws:RequestTag/Harbour", "").lower()


def test_a_selection_by_tags_keeps_keys_and_operators(names):
    selection = {
        "any_tag": [["Owner", "Harbour"]],
        "conditions": [["StringLike", "Owner", "harb*"]],
        "resources": ["*"],
    }

    (told,) = hidden_row(names, selections=[selection])["selections"]

    assert (told["any_tag"][0][0], told["conditions"][0][:2]) == ("Owner", ["StringLike", "Owner"])
    assert told["conditions"][0][2].endswith("*")
    assert "harb" not in json.dumps(told).lower()


def test_of_a_secret_only_its_place_has_a_name(names):
    seen = {"rule": "github-pat", "title": "GitHub personal access token", "preview": "ghp_… (32 to 63 characters)"}

    (told,) = hidden_row(names, detections=[{**seen, "where": "HARBOUR_TOKEN"}])["detections"]

    assert {name: told[name] for name in seen} == seen
    assert "HARBOUR" not in told["where"]


def test_a_state_s_file_goes_where_a_server_s_state_stays(names):
    assert hidden_row(names, "ec2.describe_instances", state="running")["state"] == "running"
    assert "harbour" not in hidden_row(names, STATES, state="harbour.tfstate", tf_type="aws_vpc")["state"]


@pytest.mark.parametrize(
    ("ending", "operation", "message", "kept"),
    [
        (Ending.DENIED, "sqs.list_queues", "User harbour is not authorized.", False),
        (Ending.ERROR, "sqs.list_queues", "NoSuchQueue: harbour", False),
        (Ending.PARTIAL, STATES, "harbour.tfstate is cut short.", False),
        (Ending.TRUNCATED, STATES, "harbour.tfstate is cut short.", False),
        (Ending.NOT_APPLICABLE, STATES, "No Terraform state was given.", True),
        (Ending.TRUNCATED, "logs.describe_log_groups", "Only the first 10 were read.", True),
        (Ending.THROTTLED, "sqs.list_queues", "AWS kept asking us to slow down.", True),
        (Ending.OK, "sqs.list_queues", "", True),
    ],
)
def test_sentences_that_may_quote_a_name_are_left_out(names, ending, operation, message, kept):
    unit, _ = redacted([Unit(operation, HERE, ending, message=message)], ACCOUNT, names)

    assert unit.message == (message if kept else LEFT_OUT)


def test_what_could_not_be_read_is_still_named_by_its_pseudonym(names):
    missed = Unread("arn:aws:s3:::harbour", Ending.DENIED, "s3:GetBucketAcl", "bucket policy")

    unit, says_so = redacted([Unit("s3.list_buckets", HERE, Ending.PARTIAL, unread=(missed,))], ACCOUNT, names)

    assert unit.unread == (replace(missed, resource=names.of(missed.resource)),)
    assert says_so == Unit(REDACTED, Place("aws", EXAMPLE_ACCOUNT, GLOBAL), Ending.OK)


def test_no_script_is_made_from_pseudonyms(names):
    check = catalogue()["s3_no_copy_elsewhere"]
    units = Inventory.example(check.bad, HERE).all_units

    def made(units):
        inventory = Inventory(tuple(units))
        evaluation = evaluate(inventory, settings=CheckSettings(), now=NOW, key=KEY, checks=[check])
        return {one.path for one in kit.files(inventory, evaluation)}, imports_of(inventory, evaluation)

    assert any(path.endswith("-sync.sh") for path in made(units)[0])
    paths, imports = made(redacted(units, ACCOUNT, names))
    assert paths == {"where-the-scripts-are.md"}
    assert "stand for others" in imports


# The file of names


def test_names_are_kept_for_their_owner_alone_and_used_again(names, tmp_path):
    path = tmp_path / "names.json"
    first = names.of("harbour")
    keep_names(path, names)

    again = open_names(path)
    second = again.of("harbour-pine")
    keep_names(path, again)

    assert path.stat().st_mode & 0o077 == 0
    assert second.startswith(first)
    assert json.loads(path.read_text())["names"].items() >= {first: "harbour", second: "harbour-pine"}.items()


def test_without_such_a_file_each_makes_a_key_of_its_own(tmp_path):
    assert open_names(tmp_path / "a.json").key != open_names(tmp_path / "b.json").key


# On the command line


@pytest.fixture
def account(aws):
    """Things with names that occur nowhere else, in all kinds of places; the words of these names."""
    aws.client("iam").create_account_alias(AccountAlias="quayside-traders")
    aws.client("iam").create_user(UserName="zebedee", Tags=[{"Key": "Team", "Value": "Gizmos"}])
    aws.client("iam").put_user_policy(
        UserName="zebedee",
        PolicyName="frobnicate",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ),
    )
    ec2 = aws.client("ec2", REGION)
    group = ec2.create_security_group(GroupName="gizmo-prod", Description="for whatnots")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    aws.client("ssm", REGION).put_parameter(Name="/thingumajig/password", Value=Mint(4).password(), Type="String")
    aws.client("s3", REGION).create_bucket(
        Bucket="doodad-backups", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return ("quayside", "traders", "zebedee", "gizmo", "frobnicate", "whatnot", "thingumajig", "doodad")


def run(capsys, *arguments, status=0):
    assert main([str(one) for one in arguments]) == status
    captured = capsys.readouterr()
    return captured.err if status else json.loads(captured.out)


def test_what_is_handed_over_holds_no_name_and_is_judged_alike(aws, account, tmp_path, capsys):
    path, names = tmp_path / "out.jsonl.gz", tmp_path / "names.json"
    at = ("aws", "--endpoint-url", aws.url, "--regions", REGION, "--quiet")
    live = run(capsys, *at, "--json", "-", "--snapshot", path, "--redact-names", names)

    offline = run(capsys, "check", path, "--json", "-")

    handed_over = gzip.decompress(path.read_bytes()).decode().lower()
    assert [word for word in account if word in handed_over] == []
    assert json.loads(names.read_text())["key"] not in handed_over
    assert read_snapshot(path).is_redacted
    before, after = (Counter(one["check"] for one in run["findings"]) for run in (live, offline))
    assert before == after
    assert {"sg_ssh_open", "iam_admin_user", "s3_no_copy_elsewhere", "ssm_parameter_plaintext_secret"} <= set(before)
    for part in ("examined", "passed", "inventory", "iac_coverage", "calls"):
        assert offline[part] == live[part]
    real = json.loads(names.read_text())["names"]
    assert {real.get(one["resource"], one["resource"]) for one in offline["findings"]} == {
        one["resource"] for one in live["findings"]
    }


def test_from_visit_to_visit_things_are_called_alike(aws, account, tmp_path, capsys):
    names = tmp_path / "names.json"
    found = []
    for path in (tmp_path / "1.gz", tmp_path / "2.gz"):
        run(
            capsys, "aws", "--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--json", "-",
            "--snapshot", path, "--redact-names", names,
        )  # fmt: skip
        found.append({one["resource"] for one in run(capsys, "check", path, "--json", "-")["findings"]})

    assert found[0] == found[1]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key": "zz", "names": {}}', '{"key": "00", "names": []}'])
def test_what_is_no_file_of_names_is_refused_before_anything_is_read(tmp_path, capsys, content):
    path = tmp_path / "names.json"
    path.write_text(content)

    refusal = run(capsys, "aws", "--snapshot", tmp_path / "out.gz", "--redact-names", path, status=2)

    assert "names that an earlier reading kept" in refusal
    assert path.read_text() == content


def test_names_without_a_snapshot_make_no_sense(tmp_path, capsys):
    assert "--snapshot" in run(capsys, "aws", "--redact-names", tmp_path / "names.json", status=2)
    assert "no folder" in run(capsys, "aws", "--snapshot", tmp_path / "o", "--redact-names", "/nowhere/n", status=2)
