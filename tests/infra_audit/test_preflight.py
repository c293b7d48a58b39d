"""Before the meeting: what is there, what is missing and by whose word, and what that would leave unseen."""

import json

import pytest

from demo.emulator import Deny, Faults
from infra_audit.cli import main
from infra_audit.collectors.registry import Consent, collectors
from infra_audit.policy import policy
from infra_audit.registry import catalogue
from tests.infra_audit.conftest import REGION

LIST_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}


@pytest.fixture
def preflight(aws, capsys):
    """Runs it at the emulator: (status, what it printed, error stream)."""

    def call(*more):
        status = main(["preflight", "--endpoint-url", aws.url, "--regions", REGION, *more])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def told(preflight):
    def call(*more):
        status, out, _ = preflight("--json", *more)
        return status, {one["action"]: one for one in json.loads(out)["actions"]}

    return call


def furnish(aws, count=1):
    for number in range(count):
        aws.client("sqs").create_queue(QueueName=f"queue-{number}")
        aws.client("s3", "us-east-1").create_bucket(Bucket=f"hp-bucket-{number}")
        aws.client("iam").create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(LIST_ONLY))
    aws.clear_calls()


def test_where_all_is_there_it_says_so_and_what_there_was_nothing_to_try_on(aws, told):
    furnish(aws)

    status, actions = told()

    assert status == 0
    allowed = {one for one, tried in actions.items() if tried["state"] == "allowed"}
    assert {"s3:ListAllMyBuckets", "s3:GetBucketTagging", "iam:ListPolicyTags", "ec2:DescribeInstances"} <= allowed
    assert {one["state"] for one in actions.values()} == {"allowed", "untried"}
    untried = actions["dynamodb:DescribeTable"]
    assert (untried["state"], untried["because"]) == ("untried", "there was nothing to try it on")


def test_exactly_what_the_policy_of_the_tier_allows_is_tried(aws, told):
    for tier in ([], ["--metadata-only"]):
        _, actions = told(*tier)

        granted = [one for one in policy(metadata_only=bool(tier))["Statement"] if one["Effect"] == "Allow"]
        assert set(actions) == {action for one in granted for action in one["Action"]}


def test_what_is_missing_names_who_denies_it_and_what_would_be_left_unassessed(aws, told):
    furnish(aws)
    aws.set_faults(
        Faults(
            deny=(
                Deny("rds:DescribeDBInstances", by="service control policy"),
                Deny("s3:GetBucketTagging", by="permissions boundary"),
            )
        )
    )

    status, actions = told()

    assert status == 1
    assert {one for one, tried in actions.items() if tried["state"] == "denied"} == {
        "rds:DescribeDBInstances",
        "s3:GetBucketTagging",
    }
    databases = actions["rds:DescribeDBInstances"]
    assert (databases["denied_by"], databases["where"]) == ("service control policy", [REGION])
    assert {"rds_retention_zero", "rds_single_az"} <= set(databases["unassessed"]) <= set(catalogue())
    assert actions["s3:GetBucketTagging"]["denied_by"] == "permissions boundary"


def test_what_a_refusal_hides_is_not_said_to_be_there(aws, told):
    furnish(aws)
    aws.set_faults(Faults(deny=(Deny("s3:ListBuckets"), Deny("s3:ListAllMyBuckets"))))

    _, actions = told()

    assert actions["s3:ListAllMyBuckets"]["state"] == "denied"
    assert actions["s3:GetBucketTagging"]["because"] == "s3:ListAllMyBuckets was denied first"


def test_a_large_account_is_tried_with_no_more_calls_than_a_small_one(aws, preflight):
    calls = []
    for count in (2, 25):
        aws.reset()
        furnish(aws, count)
        preflight()
        calls.append(sum(aws.calls().values()))

    assert calls[0] == calls[1]
    assert calls[1] < 3 * len(collectors())


def test_people_read_it_as_a_table(aws, preflight):
    aws.set_faults(Faults(deny=(Deny("rds:DescribeDBInstances", by="service control policy"),)))

    status, out, err = preflight()

    assert (status, err) == (1, "")
    said = " ".join(out.split())
    assert "rds:DescribeDBInstances" in said
    assert "1 are missing" in said


def test_where_nothing_works_it_is_one_line_and_status_three(aws, preflight):
    services = {action.partition(":")[0] for one in collectors().values() for action in one.iam}
    aws.set_faults(Faults(deny=tuple(Deny(f"{one}:*", by="service control policy") for one in services)))

    status, _, err = preflight("--json")

    assert status == 3
    assert "service control policy" in err
    assert err.count("\n") == 1


def test_no_way_in_is_one_line_too(capsys):
    assert main(["preflight", "--profile", "nobody"]) == 3
    assert "nobody" in capsys.readouterr().err
    assert main(["preflight", "--external-id", "x"]) == 2


def test_what_costs_money_is_tried_only_where_that_was_said(aws, told):
    paid = {action for one in collectors().values() if one.paid for action in one.iam}

    _, without = told()
    assert {without[one]["because"] for one in paid} == {"AWS charges for it: add --paid-calls to have it tried"}
    assert not [one for one in aws.calls() if one[0] == "ce"]

    _, agreed = told("--paid-calls")
    assert "AWS charges" not in " ".join(agreed[one]["because"] for one in paid)
    assert [one for one in aws.calls() if one[0] == "ce"]


def test_states_are_no_part_of_it():
    assert [one.operation for one in collectors().values() if one.consent is Consent.STATES] == ["s3.get_state_objects"]
