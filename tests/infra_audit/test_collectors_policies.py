"""Who may do what, and who may use what: read in few calls, one refusal told apart from a whole one."""

import json

import pytest

from demo.emulator import Deny, Faults, client
from infra_audit.aws import planned
from infra_audit.collectors.aws.iam import get_account_authorization_details
from infra_audit.inventory import Ending
from infra_audit.policy_documents import HIDDEN

OPEN = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
STAR = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
DETAILS = ("iam.get_account_authorization_details", "iam.groups", "iam.policy_documents", "iam.identity_center_roles")


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def trust(principal, **condition):
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}


def make_people(aws):
    iam = aws.client("iam")
    iam.create_group(GroupName="ops")
    iam.put_group_policy(GroupName="ops", PolicyName="all of it", PolicyDocument=document(STAR))
    iam.create_policy(PolicyName="edge", PolicyDocument=document(LIST))
    iam.create_user(UserName="ada")
    iam.add_user_to_group(UserName="ada", GroupName="ops")
    iam.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=document([LIST]))
    return iam


def make_vendor(aws, **more):
    condition = {"StringEquals": {"sts:ExternalId": "only between us"}}
    who = {"AWS": "arn:aws:iam::999999999999:root"}
    aws.client("iam").create_role(RoleName="vendor", AssumeRolePolicyDocument=document(trust(who, **condition)), **more)


def test_a_person_comes_with_what_they_may_do(aws, collect):
    make_people(aws)

    [ada] = collect(DETAILS[0]).rows

    assert (ada["groups"], ada["inline"], ada["policies"]) == (["ops"], {"own": [LIST]}, [])


def test_a_boundary_is_told(aws, collect):
    make_people(aws)
    edge = "arn:aws:iam::123456789012:policy/edge"
    make_vendor(aws, PermissionsBoundary=edge)

    assert [row["boundary"] for row in collect(DETAILS[0]).rows] == [None, edge]


def test_a_group_comes_with_what_its_members_may_do(aws, collect):
    make_people(aws)

    [group] = collect("iam.groups").rows

    assert (group["name"], group["inline"]) == ("ops", {"all of it": [STAR]})


def test_a_role_says_whom_it_trusts_and_keeps_the_external_id_to_itself(aws, collect):
    make_vendor(aws)

    unit = collect(DETAILS[0])

    [role] = unit.rows
    assert role["trust"][0]["Principal"] == {"AWS": "arn:aws:iam::999999999999:root"}
    assert role["trust"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": [HIDDEN]}}
    assert "only between us" not in str(unit.as_json())


def test_a_role_names_the_profiles_by_which_servers_get_it(aws, collect):
    make_vendor(aws)
    aws.client("iam").create_instance_profile(InstanceProfileName="web")
    aws.client("iam").add_role_to_instance_profile(InstanceProfileName="web", RoleName="vendor")

    [role] = collect(DETAILS[0]).rows

    assert role["instance_profiles"] == ["arn:aws:iam::123456789012:instance-profile/web"]


def test_of_a_policy_the_version_in_force_is_read(aws, collect):
    iam = make_people(aws)
    iam.create_policy_version(
        PolicyArn="arn:aws:iam::123456789012:policy/edge", PolicyDocument=document(STAR), SetAsDefault=True
    )

    [policy] = collect("iam.policy_documents").rows

    assert (policy["name"], policy["statements"]) == ("edge", [STAR])


def test_roles_of_identity_center_are_told_apart(aws, collect):
    path = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    aws.client("iam").create_role(
        RoleName="AWSReservedSSO_Admin_0123456789abcdef", Path=path, AssumeRolePolicyDocument=document(trust("*"))
    )

    assert [row["name"] for row in collect(DETAILS[3]).rows] == ["AWSReservedSSO_Admin_0123456789abcdef"]
    assert not collect(DETAILS[0]).rows


def test_one_list_tells_of_people_roles_groups_and_policies(aws, account):
    make_people(aws)
    make_vendor(aws)
    aws.clear_calls()
    place = account.places()[0]
    others = frozenset(one for one in planned(place, account.target) if one not in DETAILS)
    units = []

    account.collect(place, emit=units.append, stop=lambda: False, done=others)

    assert {unit.operation: len(unit.rows) for unit in units} == dict(zip(DETAILS, (2, 1, 1, 0), strict=True))
    assert [count for (service, _, _), count in aws.calls().items() if service == "iam"] == [1]


def test_without_the_right_to_it_each_part_says_so(aws, collect):
    aws.set_faults(Faults(deny=(Deny("iam:GetAccountAuthorizationDetails"),)))

    units = [collect(operation) for operation in DETAILS]

    assert {(unit.ending, unit.iam_action) for unit in units} == {(Ending.DENIED, "iam:GetAccountAuthorizationDetails")}


class Pages:
    """A reader that has the answers already."""

    partition = "aws"

    def __init__(self, *answers):
        self._answers = answers

    def pages(self, *_, **__):
        return iter(self._answers)


def test_what_an_older_answer_lacks_is_empty():
    user = {"UserName": "ada", "Arn": "arn:aws:iam::1:user/ada", "Path": "/", "CreateDate": None}

    [row] = get_account_authorization_details(Pages(user))

    assert (row["groups"], row["inline"], row["policies"], row["boundary"]) == ([], {}, [], None)


# The root user and passwords


def test_the_root_user_is_told_of(collect):
    [row] = collect("iam.get_account_summary").rows

    assert row == {
        "arn": "arn:aws:iam::123456789012:root",
        "mfa": False,
        "has_keys": False,
        "has_password": None,  # moto does not tell; AWS does
    }


def test_the_report_tells_of_the_root_user(collect):
    [root] = [row for row in collect("iam.get_credential_report").rows if row["is_root"]]

    assert root["arn"] == "arn:aws:iam::123456789012:root"
    assert root["password_last_used"]
    assert (root["keys"], root["keys_last_used"]) == ([], None)


def test_a_use_of_a_key_since_switched_off_is_told(aws, collect):
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    made = iam.create_access_key(UserName="ada")["AccessKey"]
    client(aws.url, "sts", key=(made["AccessKeyId"], made["SecretAccessKey"])).get_caller_identity()
    iam.update_access_key(UserName="ada", AccessKeyId=made["AccessKeyId"], Status="Inactive")

    [ada] = [row for row in collect("iam.get_credential_report").rows if row["user"] == "ada"]

    assert ada["keys"] == []
    assert ada["keys_last_used"]


def test_no_password_policy_is_a_fact_and_no_error(collect):
    unit = collect("iam.get_account_password_policy")

    assert unit.ending is Ending.OK
    assert (unit.rows[0]["is_set"], unit.rows[0]["min_length"]) == (False, None)


def test_a_password_policy_is_told(aws, collect):
    aws.client("iam").update_account_password_policy(MinimumPasswordLength=16, PasswordReusePrevention=5)

    [row] = collect("iam.get_account_password_policy").rows

    assert (row["is_set"], row["min_length"], row["reuse_prevention"]) == (True, 16, 5)


# Policies of resources


def make_queue(aws, name, statement):
    sqs = aws.client("sqs")
    attributes = {"Policy": document(statement)} if statement else {}
    sqs.create_queue(QueueName=name, Attributes=attributes)
    return f"arn:aws:sqs:eu-west-1:123456789012:{name}"


def make_topic(aws, name, statement):
    sns = aws.client("sns")
    return sns.create_topic(Name=name, Attributes={"Policy": document(statement or LIST)})["TopicArn"]


def make_key(aws, name, statement):
    kms = aws.client("kms")
    made = kms.create_key(Policy=document(statement or LIST))["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
    return made["Arn"]


def make_repository(aws, name, statement):
    ecr = aws.client("ecr")
    made = ecr.create_repository(repositoryName=name)["repository"]["repositoryArn"]
    if statement:
        ecr.set_repository_policy(repositoryName=name, policyText=document(statement))
    return made


def make_secret(aws, name, statement):
    secrets = aws.client("secretsmanager")
    made = secrets.create_secret(Name=name, SecretString="-")["ARN"]
    if statement:
        secrets.put_resource_policy(SecretId=made, ResourcePolicy=document(statement))
    return made


EVERY = [
    ("sqs.get_queue_attributes", make_queue, "sqs:GetQueueAttributes", []),
    ("sns.get_topic_attributes", make_topic, "sns:GetTopicAttributes", [LIST]),
    ("kms.get_key_policy", make_key, "kms:GetKeyPolicy", [LIST]),
    ("ecr.get_repository_policy", make_repository, "ecr:GetRepositoryPolicy", []),
    ("secretsmanager.get_resource_policy", make_secret, "secretsmanager:GetResourcePolicy", []),
]


@pytest.mark.parametrize(("operation", "make", "action", "otherwise"), EVERY)
def test_each_policy_is_read_and_none_is_empty(aws, collect, operation, make, action, otherwise):
    opened, closed = make(aws, "opened", OPEN), make(aws, "closed", None)

    unit = collect(operation)

    assert {row["arn"]: row["statements"] for row in unit.rows} == {opened: [OPEN], closed: otherwise}
    assert unit.ending is Ending.OK


@pytest.mark.parametrize(("operation", "make", "action", "otherwise"), EVERY)
def test_a_policy_that_is_denied_is_unknown_and_named(aws, collect, operation, make, action, otherwise):
    arn = make(aws, "opened", OPEN)
    aws.set_faults(Faults(deny=(Deny(action, by="resource policy"),)))

    unit = collect(operation)

    assert unit.ending is Ending.PARTIAL
    assert [row["statements"] for row in unit.rows] == [None]
    assert [(one.resource, one.iam_action, one.denied_by) for one in unit.unread] == [(arn, action, "resource policy")]


def test_keys_of_aws_cost_no_call(aws, collect):
    make_key(aws, "ours", None)
    aws.client("kms").describe_key(KeyId="alias/aws/ebs")
    aws.clear_calls()

    keys, policies = collect("kms.list_keys"), collect("kms.get_key_policy")

    assert [row["name"] for row in keys.rows] == ["ours"]
    assert len(policies.rows) == 1
    assert aws.calls()["kms", "eu-west-1", "GetKeyPolicy"] == 1


def test_a_key_without_a_name_is_called_by_its_id_and_has_its_tags(aws, collect):
    made = aws.client("kms").create_key(Tags=[{"TagKey": "Owner", "TagValue": "ada"}])["KeyMetadata"]

    [row] = collect("kms.list_keys").rows

    assert (row["name"], row["tags"]) == (made["KeyId"], {"Owner": "ada"})


def test_scanning_is_asked_for_25_repositories_at_once(aws, collect):
    for number in range(26):
        make_repository(aws, f"shop-{number}", None)
    aws.clear_calls()

    unit = collect("ecr.batch_get_repository_scanning_configuration")

    assert len(unit.rows) == 26
    assert {(row["frequency"], row["obeys_repository"]) for row in unit.rows} == {("MANUAL", True)}
    assert aws.calls()["ecr", "eu-west-1", "BatchGetRepositoryScanningConfiguration"] == 2


def test_without_a_repository_nothing_is_asked_about_scanning(aws, collect):
    unit = collect("ecr.batch_get_repository_scanning_configuration")

    assert (unit.ending, unit.rows, unit.api_calls) == (Ending.OK, (), 1)


def test_what_the_endpoint_does_not_know_is_no_fault_of_one_function(aws, collect):
    aws.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument=document(trust("*")))
    for name in ("one", "two"):
        aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role="arn:aws:iam::123456789012:role/run",
            Handler="a.b",
            Code={"ZipFile": b"x"},
        )

    unit = collect("lambda.list_function_url_configs")

    assert (unit.ending, unit.unread) == (Ending.UNSUPPORTED, ())
