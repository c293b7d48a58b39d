"""The main job on the command line: documents written, and each refusal one line with its exit status."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from django.core.management import call_command

from core.models import Organisation
from demo.emulator import Deny, Faults
from discovery.models import AwsAccount, Run

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA = Path(__file__).resolve().parent.parent.parent / "docs" / "schema" / "discovery-1.json"
REGION = "eu-west-1"


def discover(*arguments, client="Harbour & Pine"):
    """The exit status."""
    try:
        call_command("discover", "--client", client, *map(str, arguments))
    except SystemExit as end:
        return end.code
    return 0


def refusal(capsys):
    """What was said on the error stream, which must be one line."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("discover:")]
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture
def open_port(aws):
    ec2 = aws.client("ec2", REGION)
    group = ec2.create_security_group(GroupName="wide-open", Description="open")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    return group


def test_the_document_follows_its_published_schema(aws, open_port, tmp_path):
    path = tmp_path / "run.json"

    status = discover("--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--json", path)

    told = json.loads(path.read_text())
    jsonschema.validate(told, json.loads(SCHEMA.read_text()))
    assert status == 0
    assert (told["schema"], told["client"], told["regions"]) == (1, "Harbour & Pine", [REGION])
    assert told["accounts"][0]["id"] == "123456789012"
    finding = next(one for one in told["findings"] if one["check"] == "sg_ssh_open")
    assert finding["resource"].endswith(open_port)
    assert finding["status"] == "new"


def test_quiet_says_nothing(aws, capsys):
    discover("--endpoint-url", aws.url, "--regions", REGION, "--quiet")

    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")


def test_a_table_says_what_was_found(aws, open_port, capsys):
    discover("--endpoint-url", aws.url, "--regions", REGION)

    assert "Critical" in capsys.readouterr().out


def test_the_run_is_stored_as_the_web_would(aws):
    discover("--endpoint-url", aws.url, "--regions", REGION, "--quiet")
    discover("--endpoint-url", aws.url, "--regions", REGION, "--quiet")

    assert Organisation.objects.count() == AwsAccount.objects.count() == 1
    assert Run.objects.filter(status__startswith="done").count() == 2


def test_other_formats_hold_the_same_findings(aws, open_port, tmp_path):
    paths = {kind: tmp_path / f"run.{kind}" for kind in ("csv", "sarif", "ocsf")}

    discover(
        "--endpoint-url",
        aws.url,
        "--regions",
        REGION,
        "--quiet",
        *(word for k, p in paths.items() for word in (f"--{k}", p)),
    )

    assert "sg_ssh_open" in paths["csv"].read_text()
    results = json.loads(paths["sarif"].read_text())["runs"][0]["results"]
    events = json.loads(paths["ocsf"].read_text())
    assert {one["ruleId"] for one in results} == {one["metadata"]["event_code"] for one in events}
    assert "sg_ssh_open" in {one["ruleId"] for one in results}


def test_a_state_in_a_bucket_is_read_with_the_clients_word_and_what_is_left_can_be_imported(aws, tmp_path):
    s3, sqs = aws.client("s3", REGION), aws.client("sqs", REGION)
    known, _by_hand = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("mail", "by-hand"))
    block = {"mode": "managed", "type": "aws_sqs_queue", "name": "mail", "instances": [{"attributes": {"id": known}}]}
    s3.create_bucket(Bucket="tern-states", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="tern-states", Key="a.tfstate", Body=json.dumps({"version": 4, "resources": [block]}))

    status = discover(
        "--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--tfstate", "s3://tern-states/a.tfstate",
        "--agreed-by", "Ben", "--imports-tf", tmp_path / "imports.tf", "--json", tmp_path / "run.json",
    )  # fmt: skip

    account = AwsAccount.objects.get()
    assert status == 0
    assert (account.consent, account.consent_given_by) == ("states", "Ben")
    assert "aws_sqs_queue.by_hand" in (tmp_path / "imports.tf").read_text()
    assert "aws_sqs_queue.mail" not in (tmp_path / "imports.tf").read_text()
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["iac_states"] == {"given": True, "read": ["s3://tern-states/a.tfstate"]}


def test_what_is_denied_is_named_and_the_rest_goes_on(aws, open_port, tmp_path):
    aws.set_faults(Faults(deny=(Deny("s3:ListAllMyBuckets", by="service control policy"),)))
    path = tmp_path / "run.json"

    status = discover("--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--json", path)

    told = json.loads(path.read_text())
    gap = next(one for one in told["not_assessed"] if one["check"] == "s3_public")
    assert status == 0
    assert (gap["reason"], gap["iam_action"]) == ("denied", "s3:ListAllMyBuckets")
    assert gap["denied_by"] == "service control policy"
    assert "s3_public" not in told["examined"]
    assert any(one["check"] == "sg_ssh_open" for one in told["findings"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--role-arn", "arn:aws:iam::123456789012:role/audit"], "--external-id"),
        (["--role-arn", "audit", "--external-id", "x"], "not the ARN of an IAM role"),
        (["--role-arn", "arn:aws:iam::123456789012:role/audit", "--profile", "p"], "not allowed with"),
        (["--now", "yesterday"], "no ISO date"),
        (["--json", "/nowhere/run.json"], "no folder /nowhere"),
        (["--tfstate", "/nowhere/prod.tfstate"], "no such file"),
        (["--tfstate", "s3://tern-states/a.tfstate"], "--agreed-by"),
        (["--tfstate", "s3://tern-states/*", "--agreed-by", "Ben"], "more than one object"),
        (["--tfstate", "s3://tern-states/a.tfstate", "--agreed-by", "Ben", "--metadata-only"], "no metadata"),
        (["--repo", "ext::sh -c true"], "https"),
        (["--frobnicate"], "unrecognized"),
        (["--imports", "imports.tf"], "unrecognized"),
        (["--imports-tf", "/nowhere/imports.tf"], "--imports-tf /nowhere/imports.tf"),
    ],
)
def test_bad_arguments_end_with_two_and_one_line_that_names_the_mend(arguments, words, capsys):
    assert discover(*arguments) == 2
    assert words in refusal(capsys)
    assert not Run.objects.exists()


def test_a_blank_client_is_refused(capsys):
    assert discover(client="  ") == 2
    assert "--client" in refusal(capsys)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "credentials"),
        (["--profile", "nobody"], "nobody"),
        (["--endpoint-url", "http://127.0.0.1:9"], "127.0.0.1:9"),
    ],
)
def test_where_nothing_can_be_assessed_the_status_is_three(arguments, words, capsys, monkeypatch):
    if "--endpoint-url" in arguments:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulated")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulated")

    assert discover(*arguments, "--quiet") == 3

    assert words in refusal(capsys)


def test_a_region_that_does_not_exist_is_named(aws, capsys):
    assert discover("--endpoint-url", aws.url, "--regions", "eu-west-99", "--quiet") == 3
    assert "eu-west-99" in refusal(capsys)


def test_a_folder_that_is_no_repository_does_not_stop_the_account(aws, open_port, tmp_path):
    (tmp_path / "plain").mkdir()
    path = tmp_path / "run.json"

    status = discover(
        "--endpoint-url", aws.url, "--regions", REGION, "--repo", tmp_path / "plain", "--quiet", "--json", path
    )

    told = json.loads(path.read_text())
    assert status == 0
    assert any(one["check"] == "sg_ssh_open" for one in told["findings"])
    assert "not a git repository" in next(
        one["message"] for one in told["not_assessed"] if one["check"] == "readme_missing"
    )


def test_repositories_alone_are_audited_without_an_account(tmp_path):
    repository = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", repository], check=True)
    identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", "-C", repository, *identity, "commit", "-qm", "Begin", "--allow-empty"], check=True)
    path = tmp_path / "run.json"

    status = discover("--repo", repository, "--quiet", "--json", path)

    told = json.loads(path.read_text())
    assert status == 0
    assert not AwsAccount.objects.exists()
    assert "readme_missing" in {one["check"] for one in told["findings"]}


@pytest.mark.parametrize("content", ["", "{", '{"version": 3}', "not json"])
def test_a_bad_state_is_one_sentence_among_the_gaps(aws, tmp_path, content):
    state, path = tmp_path / "prod.tfstate", tmp_path / "run.json"
    state.write_text(content)

    status = discover("--endpoint-url", aws.url, "--regions", REGION, "--tfstate", state, "--quiet", "--json", path)

    told = json.loads(path.read_text())
    gap = next(one for one in told["not_assessed"] if one["unit"] == "tfstate.resources")
    assert status == 0
    assert "prod.tfstate" in f"{gap['resource']} {gap.get('message')}"
