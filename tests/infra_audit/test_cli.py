import csv
import json
import subprocess
import sys

import jsonschema
import pytest

from demo.emulator import Deny, Faults
from infra_audit.cli import main
from infra_audit.collectors.aws.sessions import may_be_sent
from infra_audit.collectors.registry import Consent, collectors
from infra_audit.policy import NEVER_ALLOWED, OPENED_BY_CONSENT, policy
from infra_audit.registry import catalogue
from infra_audit.state_objects import MOST, parse_objects
from tests.infra_audit.conftest import REGION
from tests.infra_audit.test_checks import EXISTING_ACTIONS

LATER = "2099-01-01T00:00:00+00:00"


@pytest.fixture
def run(capsys):
    """Run a command: (status, standard output, error stream). What is said of an error is one line."""

    def call(*arguments):
        status = main([str(one) for one in arguments])
        captured = capsys.readouterr()
        if status:
            assert captured.err.startswith("infra_audit: ")
            assert captured.err.count("\n") == 1
            assert "Traceback" not in captured.err
        return status, captured.out, captured.err

    return call


@pytest.fixture
def at_emulator(aws):
    return "--endpoint-url", aws.url, "--regions", REGION, "--quiet"


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text("print('hello')\n")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "Start"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def test_the_remedy_kit_is_written_into_a_folder(aws, run, at_emulator, tmp_path):
    aws.client("s3", REGION).create_bucket(
        Bucket="hp-backups", CreateBucketConfiguration={"LocationConstraint": REGION}
    )

    status, _out, _err = run("aws", *at_emulator, "--kit", tmp_path / "kit")

    assert status == 0
    assert "buckets/123456789012/hp-backups-sync.sh" in (tmp_path / "kit/README.md").read_text()
    assert (tmp_path / "kit/buckets/123456789012/hp-backups-sync.sh").read_text().startswith("#!/usr/bin/env bash")


def test_a_file_in_the_place_of_the_kits_folder_is_refused_before_anything_is_read(run, tmp_path):
    (tmp_path / "kit").write_text("mine")

    status, _out, err = run("aws", "--kit", tmp_path / "kit")

    assert status == 2
    assert "is no folder" in err
    assert (tmp_path / "kit").read_text() == "mine"


def test_an_account_goes_in_and_a_document_comes_out(aws, run, at_emulator, tmp_path):
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    iam.create_access_key(UserName="ada")
    target = tmp_path / "run.json"

    status, out, err = run("aws", *at_emulator, "--json", target, "--csv", tmp_path / "run.csv", "--now", LATER)

    assert (status, out, err) == (0, "", "")
    found = json.loads(target.read_text())
    assert {"iam_key_old", "no_budget"} <= {one["check"] for one in found["findings"]}
    assert found["accounts"] == [{"id": "123456789012", "alias": "", "partition": "aws", "org_role": "standalone"}]
    assert found["regions"] == [REGION]
    assert found["api_calls"] > 20
    assert "iam_key_old" in (tmp_path / "run.csv").read_text()


def test_findings_come_out_in_the_formats_of_others(aws, run, at_emulator, tmp_path):
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    iam.create_access_key(UserName="ada")

    status, out, _ = run("aws", *at_emulator, "--sarif", tmp_path / "run.sarif", "--ocsf", "-", "--now", LATER)

    (told,) = json.loads((tmp_path / "run.sarif").read_text())["runs"]
    assert status == 0
    assert "iam_key_old" in {one["ruleId"] for one in told["results"]}
    assert [one["metadata"]["event_code"] for one in json.loads(out)] == [one["ruleId"] for one in told["results"]]


def test_a_name_of_quotes_slashes_and_foreign_letters_comes_out_whole(aws, run, at_emulator, tmp_path):
    odd = """=it's "Bücher" / 日本 <b>\\, 🐟"""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": odd}, {"Key": "Kost/Stelle", "Value": odd}]}]
    aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, TagSpecifications=tags)
    names = {kind: tmp_path / f"run.{kind}" for kind in ("json", "csv", "sarif", "ocsf")}

    status, _out, err = run("aws", *at_emulator, *(part for kind in names for part in (f"--{kind}", names[kind])))

    assert (status, err) == (0, "")
    found = [one for one in json.loads(names["json"].read_text())["findings"] if one["check"] == "ec2_imdsv1"]
    assert [(one["resource_name"], one["tags"]) for one in found] == [(odd, {"Name": odd, "Kost/Stelle": odd})]
    with names["csv"].open(newline="") as file:
        rows = [one for one in csv.DictReader(file) if one["check"] == "ec2_imdsv1"]
    assert [one["resource_name"] for one in rows] == [f"'{odd}"]  # no spreadsheet calculates it
    results = json.loads(names["sarif"].read_text())["runs"][0]["results"]
    events = json.loads(names["ocsf"].read_text())
    assert "ec2_imdsv1" in {one["ruleId"] for one in results}
    assert odd in {one["resources"][0]["name"] for one in events}


def test_the_document_keeps_to_its_schema(run, at_emulator):
    status, out, _ = run("aws", *at_emulator, "--json", "-")

    assert status == 0
    with open("docs/schema/discovery-1.json") as file:
        jsonschema.validate(json.loads(out), json.load(file))


def test_with_a_key_of_one_s_own_fingerprints_stay_and_without_they_do_not(run, at_emulator, monkeypatch):
    def prints():
        _, out, _ = run("aws", *at_emulator, "--json", "-")
        return {one["fingerprint"] for one in json.loads(out)["findings"]}

    assert not prints() & prints()
    monkeypatch.setenv("INFRA_AUDIT_KEY", "our own")
    assert prints() == prints()


def test_without_quiet_findings_and_gaps_are_shown(aws, run, at_emulator):
    aws.set_faults(Faults(deny=(Deny("ec2:DescribeSecurityGroups", by="service control policy"),)))

    status, out, _ = run("aws", *at_emulator[:-1])

    assert status == 0
    assert "No budget" in out
    assert "ec2:DescribeSecurityGroups" in " ".join(out.split())


def test_an_account_that_denies_everything_is_one_line_and_its_document_says_all(aws, run, at_emulator, tmp_path):
    services = {action.partition(":")[0] for one in collectors().values() for action in one.iam}
    aws.set_faults(Faults(deny=tuple(Deny(f"{one}:*", by="service control policy") for one in services)))
    target = tmp_path / "run.json"

    status, _, err = run("aws", *at_emulator, "--json", target)

    assert status == 3
    assert "service control policy" in err
    written = json.loads(target.read_text())
    assert written["findings"] == []
    assert not any(written["passed"].values())
    assert {gap["check"] for gap in written["not_assessed"]} >= {"no_budget", "sg_ssh_open", "iam_no_mfa"}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 2, "COMMAND"),
        (("dance",), 2, "invalid choice"),
        (("aws", "--profile", "a", "--role-arn", "b"), 2, "not allowed with"),
        (("aws", "--external-id", "a"), 2, "--role-arn"),
        (("aws", "--now", "yesterday"), 2, "2026-03-01"),
        (("aws", "--json", "/nowhere/run.json"), 2, "no folder /nowhere"),
        (("aws", "--sarif", "/nowhere/run.sarif"), 2, "no folder /nowhere"),
        (("aws", "--json", "-", "--ocsf", "-"), 2, "one document"),
        (("aws", "--imports", "imports.tf"), 2, "unrecognized"),
        (("check", "out.gz", "--imports", "theirs.json"), 2, "unrecognized"),
        (("aws", "--snap", "out.gz"), 2, "unrecognized"),
        (("aws",), 3, "no AWS credentials"),
        (("aws", "--profile", "nobody"), 3, "nobody"),
        (("repo",), 2, "PATH_OR_URL"),
        (("repo", "/nowhere/at/all"), 3, "/nowhere/at/all"),
        (("strip-state", "/nowhere.tfstate"), 2, "nowhere.tfstate"),
        (("strip-state", "a", "b"), 2, "--to"),
        (("strip-state", "a", "--to", "/nowhere"), 2, "no folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_its_own_status(run, arguments, status, says):
    code, out, err = run(*arguments)

    assert (code, out) == (status, "")
    assert says in err


def test_a_region_that_is_none_is_one_line(aws, run):
    status, _, err = run("aws", "--endpoint-url", aws.url, "--regions", "eu-wset-1")

    assert status == 3
    assert "eu-wset-1" in err


def test_a_repository_goes_in_and_a_document_comes_out(run, repository):
    status, out, _ = run("repo", repository, "--json", "-", "--quiet")

    assert status == 0
    found = json.loads(out)
    assert "readme_missing" in {one["check"] for one in found["findings"]}
    assert not any(gap["check"].startswith(("rds_", "iam_")) for gap in found["not_assessed"])


def test_the_terminal_tells_what_a_repository_runs_on_and_how_it_delivers(run, repository):
    status, out, _ = run("repo", repository, "--name", "shop")

    assert status == 0
    assert "shop: 5 of 5 measures of delivery are not measurable from here." in out
    assert "shop: its documents answer 0 of 6 questions of a newcomer" in out


def test_a_folder_that_is_no_repository_is_one_line(run, tmp_path):
    status, _, err = run("repo", tmp_path)

    assert status == 3
    assert tmp_path.name in err


def test_the_catalogue_is_listed_for_people_and_for_programs(run):
    _, table, _ = run("checks")
    _, text, _ = run("checks", "--json", "-")

    assert "iam_no_mfa" in table
    assert [one["id"] for one in json.loads(text)] == list(catalogue())


def test_the_policy_allows_what_collectors_use_and_refuses_what_is_inside(run):
    _, text, _ = run("policy")

    metadata, configuration, never = json.loads(text)["Statement"]
    used = {action for one in collectors().values() if one.consent is not Consent.STATES for action in one.iam}
    assert {*metadata["Action"], *configuration["Action"]} == used
    assert (never["Effect"], set(never["Action"])) == ("Deny", {*NEVER_ALLOWED} - OPENED_BY_CONSENT)
    assert used & {*NEVER_ALLOWED} <= OPENED_BY_CONSENT
    assert len("".join(text.split())) <= 6144  # as long as a managed policy may be


def test_the_policy_for_metadata_only_shows_no_configuration():
    allowed = {action for one in policy(metadata_only=True)["Statement"][:-1] for action in one["Action"]}
    only_with_consent = {
        action for one in collectors().values() if one.consent is Consent.CONFIGURATION for action in one.iam
    } - {action for one in collectors().values() if one.consent is Consent.METADATA for action in one.iam}

    assert only_with_consent
    assert not allowed & only_with_consent


def test_the_policy_of_the_management_account_lists_the_others_and_no_other_does(run):
    _, whole, _ = run("policy", "--organization")
    _, usual, _ = run("policy")

    added = [one for one in json.loads(whole)["Statement"] if one not in json.loads(usual)["Statement"]]
    assert [(one["Effect"], one["Action"]) for one in added] == [("Allow", ["organizations:ListAccounts"])]
    assert "organizations:ListAccounts" in EXISTING_ACTIONS
    assert len("".join(whole.split())) <= 6144


STATE = "s3://hp-states/prod/terraform.tfstate"
STATE_ARN = "arn:aws-cn:s3:::hp-states/prod/terraform.tfstate"


def test_the_policy_leaves_room_for_exactly_the_states_named(run):
    _, text, _ = run("policy", "--state", STATE, "--partition", "aws-cn")

    statements = {one["Sid"]: one for one in json.loads(text)["Statement"]}
    opened = [one for one in statements.values() if one["Effect"] == "Allow" and "s3:GetObject" in one["Action"]]
    assert [one["Resource"] for one in opened] == [[STATE_ARN]]
    other = statements["NeverReadOtherObjects"]
    assert (other["Effect"], other["Action"], other["NotResource"]) == ("Deny", ["s3:GetObject"], [STATE_ARN])
    assert "Resource" not in other
    never = [one for one in statements.values() if one["Effect"] == "Deny"]
    assert {action for one in never for action in one["Action"]} == {*NEVER_ALLOWED} - OPENED_BY_CONSENT
    decrypt = statements["NeverDecryptAnythingElse"]["Condition"]
    assert decrypt == {"StringNotLike": statements["DecryptNamedStates"]["Condition"]["StringLike"]}
    assert decrypt["StringNotLike"] == {
        "kms:EncryptionContext:aws:s3:arn": ["arn:aws-cn:s3:::hp-states", "arn:aws-cn:s3:::hp-states/*"]
    }
    assert len("".join(text.split())) <= 6144


def test_as_many_states_as_may_be_named_make_a_policy_no_longer_than_it_may_be():
    states = parse_objects(
        f"s3://hp-terraform-states-of-the-company/live/eu/{n}/terraform.tfstate" for n in range(MOST)
    )

    whole, without = (len(json.dumps(policy(states=some), separators=(",", ":"))) for some in (states, ()))
    assert whole - without < 2_500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s3://hp-states/*", "more than one"),
        ("s3://hp-states/${aws:username}/a.tfstate", "more than one"),
        ("s3://hp-states/prod/", "folder"),
        ("s3://hp-states", "names no object"),
        ("s3:///a.tfstate", "names no object"),
        ("s3://HP/a.tfstate", "names no object"),
        ("prod.tfstate", "names no object"),
    ],
)
def test_what_does_not_name_exactly_one_object_is_refused(run, text, said):
    status, _, err = run("policy", "--state", text)

    assert status == 2
    assert said in err


def test_more_states_than_a_policy_holds_are_refused(run):
    _, _, err = run("policy", *(word for n in range(MOST + 1) for word in ("--state", f"{STATE}{n}")))

    assert f"{MOST} is the most" in err


def test_a_state_in_a_bucket_is_no_metadata(run):
    for arguments in (("policy", "--state", STATE), ("aws", "--tfstate", STATE)):
        status, _, err = run(*arguments, "--metadata-only")

        assert status == 2
        assert "metadata" in err


def test_a_state_in_a_bucket_is_read_with_the_account(aws, run, at_emulator):
    s3, sqs = aws.client("s3"), aws.client("sqs")
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    sqs.create_queue(QueueName="by-hand")
    s3.create_bucket(Bucket="hp-states", CreateBucketConfiguration={"LocationConstraint": REGION})
    block = {"mode": "managed", "type": "aws_sqs_queue", "name": "mail", "instances": [{"attributes": {"id": url}}]}
    s3.put_object(
        Bucket="hp-states", Key="prod/terraform.tfstate", Body=json.dumps({"version": 4, "resources": [block]})
    )

    status, out, _ = run("aws", *at_emulator, "--tfstate", STATE, "--json", "-")

    assert status == 0
    verdicts = {one["resource"].rpartition(":")[2]: one["verdict"] for one in json.loads(out)["iac_verdicts"]}
    assert (verdicts["mail"], verdicts["by-hand"]) == ("terraform", "unmanaged")
    assert json.loads(out)["iac_states"] == {"given": True, "read": [STATE]}


def test_import_blocks_are_written_for_what_is_in_no_code(aws, run, at_emulator, tmp_path):
    url = aws.client("sqs").create_queue(QueueName="by-hand")["QueueUrl"]
    empty = tmp_path / "empty.tfstate"
    empty.write_text('{"version": 4, "resources": []}')

    status, _, _ = run("aws", *at_emulator, "--tfstate", empty, "--imports-tf", tmp_path / "imports.tf")

    text = (tmp_path / "imports.tf").read_text()
    assert status == 0
    assert "  to = aws_sqs_queue.by_hand\n  id = " in text
    assert url.rpartition("/")[2] in text


def test_what_the_policy_refuses_exists_or_is_refused_by_us_too():
    for action in NEVER_ALLOWED:
        operation = action.partition(":")[2]
        assert action in EXISTING_ACTIONS or not may_be_sent(operation)


def test_a_state_is_stripped_to_ids(run, tmp_path):
    state = tmp_path / "shop.tfstate"
    attributes = {"id": "orders", "arn": "arn:aws:sqs:eu-west-1:1:orders", "colour": "a very rare green"}
    instance = {"attributes": attributes}
    block = {"mode": "managed", "type": "aws_sqs_queue", "name": "orders", "instances": [instance]}
    state.write_text(json.dumps({"version": 4, "resources": [block]}))

    status, out, _ = run("strip-state", state)
    run("strip-state", state, "--to", tmp_path)

    assert status == 0
    assert "arn:aws:sqs:eu-west-1:1:orders" in out
    assert "a very rare green" not in out
    assert (tmp_path / "shop.stripped.json").read_text() == out


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "infra_audit", "--version"], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
