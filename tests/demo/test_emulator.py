import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPException

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from demo.emulator import ROOT, Deny, Failing, Faults, Throttle, control, emulator


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("service", "method", "arguments", "action", "code"),
    [
        ("ec2", "describe_volumes", {}, "ec2:DescribeVolumes", "UnauthorizedOperation"),
        ("rds", "describe_db_instances", {}, "rds:DescribeDBInstances", "AccessDenied"),
        ("iam", "get_credential_report", {}, "iam:GetCredentialReport", "AccessDenied"),
        ("s3", "list_buckets", {}, "s3:ListAllMyBuckets", "AccessDenied"),
        ("s3", "get_bucket_policy_status", {"Bucket": "shop"}, "s3:GetBucketPolicyStatus", "AccessDenied"),
        ("s3", "get_public_access_block", {"Bucket": "shop"}, "s3:GetBucketPublicAccessBlock", "AccessDenied"),
        ("budgets", "describe_budgets", {"AccountId": "123456789012"}, "budgets:ViewBudget", "AccessDeniedException"),
        ("lambda", "list_functions", {}, "lambda:ListFunctions", "AccessDeniedException"),
        ("lambda", "list_tags", {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"}, "lambda:ListTags",
         "AccessDeniedException"),
        ("backup", "list_backup_vaults", {}, "backup:ListBackupVaults", "AccessDeniedException"),
        ("sqs", "list_queues", {}, "sqs:ListQueues", "AccessDeniedException"),
        ("cloudwatch", "describe_alarms", {}, "cloudwatch:DescribeAlarms", "AccessDeniedException"),
        ("dynamodb", "list_tables", {}, "dynamodb:ListTables", "AccessDeniedException"),
    ],
)  # fmt: skip
def test_a_denied_action_is_refused_in_its_services_own_words(aws, service, method, arguments, action, code):
    aws.set_faults(Faults(deny=(Deny(action),)))

    got, message = refusal(getattr(aws.client(service), method), **arguments)

    assert got == code
    assert f"is not authorized to perform: {action}" in message
    assert f"because no identity-based policy allows the {action} action" in message


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("service control policy", "with an explicit deny in a service control policy"),
        ("permissions boundary", "because no permissions boundary allows the rds:DescribeDBClusters action"),
        ("session policy", "because no session policy allows the rds:DescribeDBClusters action"),
        ("resource policy", "with an explicit deny in a resource-based policy"),
    ],
)
def test_a_refusal_says_who_denied_it(aws, by, words):
    aws.set_faults(Faults(deny=(Deny("rds:*", by=by),)))

    assert words in refusal(aws.client("rds").describe_db_clusters)[1]


def test_a_denial_holds_in_its_region_only(aws):
    aws.set_faults(Faults(deny=(Deny("rds:*", region="us-east-1"),)))

    assert aws.client("rds", "eu-west-1").describe_db_instances()["DBInstances"] == []
    assert refusal(aws.client("rds", "us-east-1").describe_db_instances)[0] == "AccessDenied"


def test_a_denial_about_one_resource_leaves_the_others_readable(aws):
    s3 = aws.client("s3", "us-east-1")
    for name in ("shop-assets", "shop-ledger"):
        s3.create_bucket(Bucket=name)
    aws.set_faults(Faults(deny=(Deny("s3:GetBucketTagging", about="shop-ledger"),)))

    assert refusal(s3.get_bucket_tagging, Bucket="shop-assets")[0] == "NoSuchTagSet"
    assert refusal(s3.get_bucket_tagging, Bucket="shop-ledger")[0] == "AccessDenied"


def test_calls_are_counted_by_service_region_and_operation(aws):
    for _ in range(3):
        aws.client("ec2").describe_vpcs()
    aws.client("sqs", "us-east-1").list_queues()

    assert aws.calls() == {("ec2", "eu-west-1", "DescribeVpcs"): 3, ("sqs", "us-east-1", "ListQueues"): 1}


def test_what_comes_faster_than_the_bucket_fills_is_throttled_region_by_region(aws):
    aws.set_faults(Faults(throttle=(Throttle("ec2", rate=0.001, burst=2),)))
    ireland, virginia = aws.client("ec2", "eu-west-1"), aws.client("ec2", "us-east-1")

    for _ in range(2):
        ireland.describe_vpcs()

    assert refusal(ireland.describe_vpcs)[0] == "RequestLimitExceeded"
    assert virginia.describe_vpcs()["Vpcs"]


def test_a_share_of_the_requests_fails_and_the_seed_says_which(aws):
    def fate(call):
        try:
            call()
        except ClientError as error:
            return error.response["Error"]["Code"]

    def fates(seed):
        aws.set_faults(Faults(failing=(Failing(0.5, seed),)))
        return [fate(aws.client("ec2").describe_vpcs) for _ in range(20)]

    first = fates(1)

    assert set(first) == {None, "InternalError"}
    assert fates(1) == first != fates(2)


def test_a_region_that_is_switched_off_knows_nobody_in_the_words_of_each_protocol(aws):
    aws.set_faults(Faults(off=("us-east-1",)))
    virginia = {name: aws.client(name, "us-east-1") for name in ("ec2", "rds", "dynamodb", "lambda", "s3")}

    assert refusal(virginia["ec2"].describe_vpcs)[0] == "AuthFailure"
    assert refusal(virginia["rds"].describe_db_instances)[0] == "InvalidClientTokenId"
    assert refusal(virginia["dynamodb"].list_tables)[0] == "UnrecognizedClientException"
    assert refusal(virginia["lambda"].list_functions)[0] == "UnrecognizedClientException"
    assert refusal(virginia["s3"].list_buckets)[0] == "InvalidToken"
    assert aws.client("ec2").describe_vpcs()["Vpcs"]


def test_latency_delays_every_answer(aws):
    aws.set_faults(Faults(latency_s=0.2))
    ec2 = aws.client("ec2")

    started = datetime.now(UTC)
    ec2.describe_vpcs()

    assert datetime.now(UTC) - started >= timedelta(seconds=0.2)


def test_what_is_made_then_is_as_old_as_that(aws):
    then = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
    aws.client("iam", now=then).create_user(UserName="ada")
    key = aws.client("iam", now=then).create_access_key(UserName="ada")["AccessKey"]
    aws.client("iam").create_user(UserName="ben")

    users = {one["UserName"]: one["CreateDate"] for one in aws.client("iam").list_users()["Users"]}

    assert key["CreateDate"] == users["ada"] == then
    assert datetime.now(UTC) - users["ben"] < timedelta(minutes=5)


def test_a_reset_forgets_resources_faults_and_counts(aws):
    aws.client("iam").create_user(UserName="ada")
    aws.set_faults(Faults(deny=(Deny("iam:*"),)))

    aws.reset()

    assert aws.calls() == {}
    assert aws.client("iam").list_users()["Users"] == []


def test_a_stopped_endpoint_is_gone():
    with emulator() as running:
        process = running.process

    assert process.poll() is not None
    with pytest.raises(EndpointConnectionError):
        running.client("ec2").describe_vpcs()


def test_the_endpoint_ends_when_its_parent_is_killed():
    program = "import time; from demo.emulator import start; print(start().url, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    url = parent.stdout.readline().strip()
    assert control(url, "GET", "/_emulator/calls") == []

    parent.kill()
    parent.communicate()

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            control(url, "GET", "/_emulator/calls")
        except (OSError, HTTPException):  # it may go while it answers
            return
        time.sleep(0.05)
    pytest.fail("The endpoint outlived its parent.")


def test_many_questions_at_once_are_all_answered(aws):
    ec2 = aws.client("ec2")
    ec2.run_instances(ImageId="ami-0a1b2c3d4e5f60718", MinCount=5, MaxCount=5)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ec2.describe_instances()["Reservations"], range(64)))

    assert [len(one[0]["Instances"]) for one in answers] == [5] * 64


def test_what_moto_lacks_is_answered_as_told_until_reset(aws):
    agents = {"InstanceInformationList": [{"InstanceId": "i-1", "LastPingDateTime": "2026-11-20T09:00:00+00:00"}]}
    aws.answer("ssm", "DescribeInstanceInformation", agents, region="eu-west-1")
    aws.answer("ec2", "GetSnapshotBlockPublicAccessState", {"State": "unblocked"})

    [told] = aws.client("ssm").describe_instance_information()["InstanceInformationList"]
    assert (told["InstanceId"], told["LastPingDateTime"].year) == ("i-1", 2026)
    assert aws.client("ec2", "us-east-1").get_snapshot_block_public_access_state()["State"] == "unblocked"
    with pytest.raises(ClientError):
        aws.client("ssm", "us-east-1").describe_instance_information()

    aws.reset()
    with pytest.raises(ClientError):
        aws.client("ssm").describe_instance_information()


def test_an_operation_that_is_answered_can_still_be_denied(aws):
    aws.answer("ssm", "DescribeInstanceInformation", {"InstanceInformationList": []})
    aws.set_faults(Faults(deny=(Deny("ssm:DescribeInstanceInformation"),)))

    assert refusal(aws.client("ssm").describe_instance_information)[0] == "AccessDeniedException"
