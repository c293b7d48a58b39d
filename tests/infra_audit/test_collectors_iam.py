from datetime import UTC, datetime, timedelta

import pytest

from demo.emulator import Deny, Faults
from infra_audit.inventory import Ending
from infra_audit.secrets import SecretEngine
from tests.infra_audit.conftest import KEY

TRUST = '{"Version": "2012-10-17", "Statement": []}'
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}'
REPORT = "iam.get_credential_report"
KEYS = "iam.list_access_keys"
DETAILS = "iam.get_account_authorization_details"


def make_user(aws, name, *, console=False, mfa=False, keys=0, made_at=None):
    iam = aws.client("iam", now=made_at)
    iam.create_user(UserName=name, Tags=[{"Key": "Team", "Value": "shop"}])
    if console:
        iam.create_login_profile(UserName=name, Password=a_password(name))
    if mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    for _ in range(keys):
        iam.create_access_key(UserName=name)


def a_password(name):
    return f"{name.capitalize()}, {len(name)} letters!"


def by_name(unit, key="user"):
    return {row[key]: row for row in unit.rows}


def test_the_report_tells_who_has_a_password_and_a_second_factor(aws, collect):
    make_user(aws, "ada", console=True, mfa=True)
    make_user(aws, "ben", console=True)
    make_user(aws, "robot")

    users = by_name(collect(REPORT))

    assert {name: (row["console"], row["mfa"]) for name, row in users.items() if name in {"ada", "ben", "robot"}} == {
        "ada": (True, True),
        "ben": (True, False),
        "robot": (False, False),
    }
    assert users["ada"]["arn"] == "arn:aws:iam::123456789012:user/ada"


def test_only_active_keys_are_told_with_their_age(aws, collect):
    long_ago = datetime(2024, 3, 1, tzinfo=UTC)
    make_user(aws, "ada", keys=2, made_at=long_ago)
    iam = aws.client("iam")
    first = iam.list_access_keys(UserName="ada")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName="ada", AccessKeyId=first, Status="Inactive")

    [key] = by_name(collect(REPORT))["ada"]["keys"]

    assert key["number"] == 2
    assert abs(datetime.fromisoformat(key["rotated_at"]) - long_ago) < timedelta(days=1)


def test_active_keys_are_known_by_the_fingerprint_of_their_id_alone(aws, collect):
    iam = aws.client("iam")
    make_user(aws, "ada", console=True, keys=2)
    make_user(aws, "ben")
    switched_off, works = (one["AccessKeyId"] for one in iam.list_access_keys(UserName="ada")["AccessKeyMetadata"])
    iam.update_access_key(UserName="ada", AccessKeyId=switched_off, Status="Inactive")

    unit = collect(KEYS)

    [key] = unit.rows
    assert (key["user"], key["name"]) == ("arn:aws:iam::123456789012:user/ada", "ada")
    assert key["key"] == SecretEngine(KEY).fingerprint(works)
    assert works not in repr(unit)
    assert key["last_used_at"] is None
    assert (datetime.now(UTC) - datetime.fromisoformat(key["created_at"])).total_seconds() < 3600


def test_nobody_is_asked_about_who_has_no_key(aws, collect):
    for name in ("ada", "ben", "cleo"):
        make_user(aws, name, keys=name == "ada")
    aws.clear_calls()

    collect(KEYS)

    assert aws.calls()["iam", "us-east-1", "ListAccessKeys"] == 1


def test_a_user_whose_keys_may_not_be_listed_is_named(aws, collect):
    make_user(aws, "ada", keys=1)
    aws.set_faults(Faults(deny=(Deny("iam:ListAccessKeys", by="permissions boundary"),)))

    unit = collect(KEYS)

    [missed] = unit.unread
    assert unit.ending is Ending.PARTIAL
    assert (missed.resource, missed.iam_action) == ("arn:aws:iam::123456789012:user/ada", "iam:ListAccessKeys")
    assert missed.denied_by == "permissions boundary"


def test_making_the_report_is_told(collect):
    unit = collect(REPORT)

    assert unit.ending is Ending.OK
    assert "credential report was made" in unit.message


def test_a_report_that_may_not_be_made_names_the_action(aws, collect):
    aws.set_faults(Faults(deny=(Deny("iam:GenerateCredentialReport"),)))

    assert collect(REPORT).iam_action == "iam:GenerateCredentialReport"


def test_users_and_roles_come_with_their_tags_in_one_list(aws, collect):
    make_user(aws, "ada")
    aws.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "Owner", "Value": "b"}])

    unit = collect(DETAILS)

    rows = by_name(unit, "name")
    assert (rows["ada"]["type"], rows["ada"]["tags"]) == ("iam:user", {"Team": "shop"})
    assert (rows["web"]["type"], rows["web"]["tags"]) == ("iam:role", {"Owner": "b"})
    assert unit.api_calls == 1


@pytest.mark.parametrize(
    "path", ["/aws-service-role/elasticloadbalancing.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"]
)
def test_roles_that_aws_made_are_left_out(aws, collect, path):
    aws.client("iam").create_role(RoleName="theirs", Path=path, AssumeRolePolicyDocument=TRUST)

    assert not collect(DETAILS).rows


def test_only_the_account_s_own_policies_are_listed(aws, collect):
    aws.client("iam").create_policy(
        PolicyName="read-orders", PolicyDocument=POLICY, Tags=[{"Key": "Owner", "Value": "ada"}]
    )

    [row] = collect("iam.list_policies").rows

    assert (row["type"], row["name"], row["tags"]) == ("iam:policy", "read-orders", {"Owner": "ada"})


def test_a_policy_whose_tags_are_denied_has_unknown_tags_and_is_named(aws, collect):
    aws.client("iam").create_policy(PolicyName="read-orders", PolicyDocument=POLICY)
    aws.set_faults(Faults(deny=(Deny("iam:ListPolicyTags"),)))

    unit = collect("iam.list_policies")

    assert unit.ending is Ending.PARTIAL
    assert unit.rows[0]["tags"] is None
    assert unit.unread[0].iam_action == "iam:ListPolicyTags"


def test_three_users_or_thirty_cost_the_same(aws, collect):
    for number in range(3):
        make_user(aws, f"few-{number}")
    few = collect(REPORT).api_calls + collect(DETAILS).api_calls
    for number in range(27):
        make_user(aws, f"more-{number}")

    assert collect(REPORT).api_calls + collect(DETAILS).api_calls <= few
