"""What the emulator lacks, answered in AWS's own words."""

import json
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collectors
from infra_audit.inventory import GLOBAL, Ending, Place

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:hook"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": FUNCTION}


@pytest.fixture
def stubbed(shard, monkeypatch):
    """`stubbed("lambda")`: a stubber of the client that the collectors use."""
    clients = {}

    def stub(service, region="eu-west-1"):
        made = shard.connection.client(service, region)
        monkeypatch.setitem(shard.connection._clients, (service, region), made)
        clients[service] = Stubber(made)
        clients[service].activate()
        return clients[service]

    yield stub
    for one in clients.values():
        one.deactivate()


def read(shard, operation, place=None):
    shard.place = place or shard.place
    return Reader(shard, collectors()[operation]).unit()


def with_one_function(stubber):
    stubber.add_response("list_functions", {"Functions": [{"FunctionName": "hook", "FunctionArn": FUNCTION}]})


def an_address(arn=FUNCTION, auth="NONE"):
    return {
        "FunctionUrl": "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws/",
        "FunctionArn": arn,
        "AuthType": auth,
        "CreationTime": "2026-01-01T00:00:00Z",
        "LastModifiedTime": "2026-01-01T00:00:00Z",
    }


def test_a_function_s_address_comes_with_the_policy_that_opens_it(shard, stubbed):
    stubber = stubbed("lambda")
    with_one_function(stubber)
    stubber.add_response(
        "list_function_url_configs",
        {"FunctionUrlConfigs": [an_address()], "NextMarker": "more"},
        {"FunctionName": FUNCTION},
    )
    stubber.add_response(
        "list_function_url_configs",
        {"FunctionUrlConfigs": [an_address(f"{FUNCTION}:live", "AWS_IAM")]},
        {"FunctionName": FUNCTION, "Marker": "more"},
    )
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OPEN]})
    stubber.add_response("get_policy", {"Policy": policy}, {"FunctionName": FUNCTION})
    stubber.add_client_error(
        "get_policy",
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
        404,
        expected_params={"FunctionName": FUNCTION, "Qualifier": "live"},
    )

    unit = read(shard, "lambda.list_function_url_configs")

    assert unit.ending is Ending.OK
    assert [(row["arn"], row["qualifier"], row["auth"], row["statements"]) for row in unit.rows] == [
        (FUNCTION, None, "NONE", [OPEN]),
        (FUNCTION, "live", "AWS_IAM", []),
    ]


def test_a_function_that_may_not_be_asked_is_named(shard, stubbed):
    stubber = stubbed("lambda")
    with_one_function(stubber)
    message = (
        "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: lambda:ListFunctionUrlConfigs"
        " with an explicit deny in a service control policy"
    )
    stubber.add_client_error("list_function_url_configs", "AccessDeniedException", message, 403)

    unit = read(shard, "lambda.list_function_url_configs")

    assert (unit.ending, unit.rows) == (Ending.PARTIAL, ())
    assert [(one.resource, one.iam_action, one.denied_by) for one in unit.unread] == [
        (FUNCTION, "lambda:ListFunctionUrlConfigs", "service control policy")
    ]


WIDE = Place("aws", "123456789012", GLOBAL)
FEATURES = "iam.list_organizations_features"


@pytest.mark.parametrize(("features", "removed"), [(["RootCredentialsManagement"], True), (["RootSessions"], False)])
def test_the_organisation_s_care_of_root_users_is_told(shard, stubbed, features, removed):
    stubbed("iam", "us-east-1").add_response(
        "list_organizations_features", {"OrganizationId": "o-harbour12345", "EnabledFeatures": features}
    )

    assert read(shard, FEATURES, WIDE).rows == ({"root_credentials_removed": removed},)


@pytest.mark.parametrize(
    "code",
    [
        "AccountNotManagementOrDelegatedAdministratorException",
        "OrganizationNotFoundException",
        "OrganizationNotInAllFeaturesModeException",
        "ServiceAccessNotEnabledException",
    ],
)
def test_an_account_that_is_not_told_is_not_refused(shard, stubbed, code):
    stubbed("iam", "us-east-1").add_client_error("list_organizations_features", code, "No.", 400)

    unit = read(shard, FEATURES, WIDE)

    assert (unit.ending, unit.iam_action) == (Ending.NOT_APPLICABLE, None)
    assert unit.message


def test_a_refusal_is_one(shard, stubbed):
    stubbed("iam", "us-east-1").add_client_error("list_organizations_features", "AccessDenied", "Access Denied", 403)

    unit = read(shard, FEATURES, WIDE)

    assert (unit.ending, unit.iam_action) == (Ending.DENIED, "iam:ListOrganizationsFeatures")


def test_a_password_of_the_root_user_is_told(shard, stubbed):
    told = {"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 0}
    stubbed("iam", "us-east-1").add_response("get_account_summary", {"SummaryMap": told})

    [row] = read(shard, "iam.get_account_summary", WIDE).rows

    assert row["has_password"] is False


def test_people_and_policies_are_read_over_all_pages(shard, stubbed):
    made = datetime(2026, 1, 1, tzinfo=UTC)
    user = {"UserName": "ada", "Arn": "arn:aws:iam::123456789012:user/ada", "Path": "/", "CreateDate": made}
    policy = {"PolicyName": "ops", "Arn": "arn:aws:iam::123456789012:policy/ops", "PolicyVersionList": []}
    asked = {"Filter": ["User", "Role", "Group", "LocalManagedPolicy"], "MaxItems": 500}
    stubber = stubbed("iam", "us-east-1")
    stubber.add_response(
        "get_account_authorization_details", {"UserDetailList": [user], "IsTruncated": True, "Marker": "more"}, asked
    )
    stubber.add_response("get_account_authorization_details", {"Policies": [policy]}, {**asked, "Marker": "more"})

    people = read(shard, "iam.get_account_authorization_details", WIDE)
    policies = read(shard, "iam.policy_documents", WIDE)

    assert [row["name"] for row in people.rows] == ["ada"]
    assert [(row["name"], row["statements"]) for row in policies.rows] == [("ops", [])]
    assert (people.api_calls, policies.api_calls) == (2, 0)


def test_a_copy_of_a_secret_names_its_original_s_region(shard, stubbed):
    base = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
    listed = [
        {"ARN": f"{base}a-AbCdEf", "Name": "a", "PrimaryRegion": "us-east-1"},
        {"ARN": f"{base}b-AbCdEf", "Name": "b", "PrimaryRegion": "eu-west-1"},
        {"ARN": f"{base}c-AbCdEf", "Name": "c"},
    ]
    stubbed("secretsmanager").add_response("list_secrets", {"SecretList": listed})

    unit = read(shard, "secretsmanager.list_secrets")

    assert [row["primary_region"] for row in unit.rows] == ["us-east-1", None, None]
