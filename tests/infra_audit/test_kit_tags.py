"""The script of tag fixes: shows first, changes when told, and only what was found."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.kit import files
from infra_audit.registry import CheckSettings, catalogue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "123456789012"
CHECKS = ("resource_untagged", "resource_missing_required_tags", "tag_value_inconsistent")
GOOD = {"Environment": "prod", "Owner": "shop"}
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:"


def kit(*resources, operation="sqs.list_queues"):
    rows = tuple(
        {"arn": arn, "type": "sqs:queue", "name": arn.rpartition(":")[2], "tags": tags} for arn, tags in resources
    )
    inventory = Inventory((Unit(operation, Place("aws", ACCOUNT, "eu-west-1"), Ending.OK, rows),))
    checks = [catalogue()[check] for check in CHECKS]
    return list(files(inventory, evaluate(inventory, settings=CheckSettings(), now=NOW, key=b"k", checks=checks)))


@pytest.fixture
def run(tmp_path):
    """Runs a kit's script beside an `aws` that writes down what it was asked; gives (output, calls)."""
    log = tmp_path / "calls.jsonl"
    aws = tmp_path / "aws"
    aws.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(log)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        f"print({ACCOUNT!r}) if 'sts' in sys.argv else None\n"
    )
    aws.chmod(0o755)

    def call(found, *arguments):
        [file] = found
        script = tmp_path / "fix_tags.py"
        script.write_text(file.text, encoding="utf-8")
        told = subprocess.run(
            [sys.executable, script, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        )
        assert told.returncode == 0, told.stderr
        calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return told.stdout, [one for one in calls if one[0] != "sts"]

    return call


def test_where_all_is_well_there_is_no_file():
    assert kit((QUEUE + "a", GOOD)) == []


def test_it_lies_in_a_folder_of_its_account():
    assert [file.path for file in kit((QUEUE + "a", {}))] == [f"tags/{ACCOUNT}/fix_tags.py"]


def test_without_being_told_it_only_shows(run):
    told, calls = run(kit((QUEUE + "a", {})), "--set", "Owner=shop")

    assert calls == []
    assert "tag-resources --resource-arn-list arn:aws:sqs:eu-west-1:123456789012:a" in told
    assert "still needs: --set Environment=..." in told
    assert "nothing was changed" in told


def test_what_is_missing_takes_the_value_that_one_gives(run):
    _told, calls = run(kit((QUEUE + "a", {"Owner": "it's"})), "--set", "Environment=prod", "--apply")

    assert calls == [
        ["resourcegroupstaggingapi", "tag-resources", "--resource-arn-list", QUEUE + "a", "--region", "eu-west-1",
         "--tags", '{"Environment": "prod"}'],
    ]  # fmt: skip


def test_a_spelling_is_corrected_before_the_old_key_goes(run):
    found = kit((QUEUE + "a", GOOD), (QUEUE + "b", GOOD), (QUEUE + "c", {"env": "PRODUCTION", "Owner": "shop"}))

    _told, calls = run(found, "--apply")

    assert [(one[1], one[-1]) for one in calls] == [
        ("tag-resources", '{"Environment": "prod"}'),
        ("untag-resources", "env"),
    ]


def test_of_two_spellings_on_one_resource_the_usual_one_s_value_stays(run):
    found = kit((QUEUE + "a", GOOD), (QUEUE + "b", GOOD), (QUEUE + "c", {**GOOD, "env": "prod"}))

    _told, calls = run(found, "--apply")

    assert [(one[1], one[-1]) for one in calls] == [("untag-resources", "env")]


def test_only_what_is_asked_for(run):
    _told, calls = run(kit((QUEUE + "web", {}), (QUEUE + "api", {})), "--only", "web", "--set", "Owner=a", "--apply")

    assert [one[3] for one in calls] == [QUEUE + "web"]


@pytest.mark.parametrize(
    ("arn", "command"),
    [
        ("arn:aws:iam::123456789012:user/people/ada", ["iam", "tag-user", "--user-name", "ada"]),
        ("arn:aws:iam::123456789012:role/web", ["iam", "tag-role", "--role-name", "web"]),
        ("arn:aws:iam::123456789012:policy/x", ["iam", "tag-policy", "--policy-arn"]),
        (
            "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/web",
            ["autoscaling", "create-or-update-tags", "--region", "eu-west-1"],
        ),
    ],
)
def test_what_the_tagging_service_does_not_know_is_tagged_in_its_own_way(run, arn, command):
    _told, calls = run(kit((arn, {})), "--set", "Owner=ada", "--apply")

    assert [one[: len(command)] for one in calls] == [command]


def test_names_cannot_break_out_of_the_script(run):
    hostile = QUEUE + "\"'''; $(touch x) `id` \\ é 😀"

    _told, calls = run(kit((hostile, {'K"\n': "v'"})), "--set", "Owner=ada", "--apply")

    assert [one[3] for one in calls] == [hostile]


def test_another_account_is_refused(tmp_path):
    [file] = kit((QUEUE + "a", {}))
    script, aws = tmp_path / "fix_tags.py", tmp_path / "aws"
    script.write_text(file.text, encoding="utf-8")
    aws.write_text("#!/bin/sh\necho 210987654321\n")
    aws.chmod(0o755)

    told = subprocess.run(
        [sys.executable, script, "--apply", "--set", "Owner=a"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )

    assert told.returncode == 1
    assert "nothing was changed" in told.stderr
