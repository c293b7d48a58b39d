"""What the checks of people, policies and open doors say beyond their own examples."""

from datetime import UTC, datetime, timedelta

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place, Unit, Unread
from infra_audit.registry import CheckSettings, catalogue

NOW = datetime(2099, 1, 1, tzinfo=UTC)
ACCOUNT, VENDOR, PAYER = "123456789012", "999999999999", "777777777777"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DETAILS, GROUPS, POLICIES = "iam.get_account_authorization_details", "iam.groups", "iam.policy_documents"
REPORT, SUMMARY, FEDERATED = "iam.get_credential_report", "iam.get_account_summary", "iam.identity_center_roles"
FEATURES, ORGANISATION = "iam.list_organizations_features", "organizations.describe_organization"
STAR = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
READ = [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]


def unit(operation, *rows, region=GLOBAL, partition="aws", **more):
    return Unit(operation, Place(partition, ACCOUNT, region), more.pop("ending", Ending.OK), rows, **more)


def judge(check, *units, settings=None):
    return evaluate(
        Inventory(units), settings=settings or CheckSettings(), now=NOW, key=b"key", checks=[catalogue()[check]]
    )


def ago(days):
    return (NOW - timedelta(days=days)).isoformat()


def key(number=1, made=400, used=None):
    return {"number": number, "rotated_at": ago(made), "last_used_at": None if used is None else ago(used)}


def person(name="ada", *keys, **more):
    row = {"arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "user": name, "is_root": False, "keys": list(keys)}
    return row | {"console": False, "mfa": False, "password_last_used": None, "keys_last_used": None} | more


def root(**more):
    return person("<root_account>", arn=ROOT, is_root=True) | {"arn": ROOT} | more


# The root user


def summary(*, mfa=False, keys=False, password=True):
    return {"arn": ROOT, "mfa": mfa, "has_keys": keys, "has_password": password}


@pytest.mark.parametrize(
    ("told", "bad"),
    [
        (summary(), 1),
        (summary(mfa=True), 0),
        (summary(password=False), 0),  # removed centrally, or never set
        (summary(password=None), 1),  # not told: then it is taken to have one
    ],
)
def test_a_root_user_without_a_password_needs_no_second_factor(told, bad):
    evaluation = judge("root_no_mfa", unit(SUMMARY, told))

    assert (len(evaluation.findings), evaluation.examined["root_no_mfa"]) == (bad, 1)


def test_that_an_organisation_cares_for_its_members_does_not_excuse_its_management_account():
    cared_for = unit(FEATURES, {"root_credentials_removed": True})

    [finding] = judge("root_no_mfa", unit(SUMMARY, summary()), cared_for).findings

    assert "not for its management account" in finding.detail


@pytest.mark.parametrize(
    ("check", "read"),
    [
        ("root_no_mfa", unit(SUMMARY, summary(), partition="aws-us-gov")),
        ("root_has_keys", unit(SUMMARY, summary(keys=True), partition="aws-us-gov")),
        ("root_used_recently", unit(REPORT, root(password_last_used=ago(1)), partition="aws-us-gov")),
    ],
)
def test_in_govcloud_the_root_user_is_not_assessed(check, read):
    evaluation = judge(check, read)

    assert not evaluation.findings
    assert not evaluation.passed[check]
    assert [gap.reason for gap in evaluation.gaps] == ["not_applicable"]


@pytest.mark.parametrize(
    ("uses", "bad"),
    [
        ({"password_last_used": ago(30)}, 1),
        ({"password_last_used": ago(31)}, 0),
        ({"keys_last_used": ago(2)}, 1),
        ({"password_last_used": ago(400), "keys_last_used": ago(2)}, 1),
        ({}, 0),
    ],
)
def test_the_root_user_is_in_use_by_password_or_by_key(uses, bad):
    evaluation = judge("root_used_recently", unit(REPORT, root(**uses), person(password_last_used=ago(1))))

    assert (len(evaluation.findings), evaluation.examined["root_used_recently"]) == (bad, 1)


# Keys


@pytest.mark.parametrize(
    ("keys", "never", "unused", "two"),
    [
        ([], 0, 0, 0),
        ([key(used=45)], 0, 0, 0),
        ([key(used=46)], 0, 1, 0),
        ([key()], 1, 0, 0),
        ([key(made=0.9)], 0, 0, 0),
        ([key(used=1), key(2)], 1, 0, 1),
        ([key(used=1), key(2, used=300)], 0, 1, 1),
    ],
)
def test_a_key_is_in_use_forgotten_or_was_never_needed(keys, never, unused, two):
    read = unit(REPORT, person("ada", *keys))

    found = [len(judge(f"iam_{name}", read).findings) for name in ("key_never_used", "key_unused", "two_active_keys")]

    assert found == [never, unused, two]


def test_after_how_many_days_a_key_is_forgotten_is_the_practices_choice():
    read = unit(REPORT, person("ada", key(used=46)))

    assert not judge("iam_key_unused", read, settings=CheckSettings(key_unused_days=90)).findings


# Administrators


def user(name="ada", **more):
    return {
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "type": "iam:user",
        "name": name,
        "tags": {},
        "policies": [],
        "inline": {},
        "groups": [],
        "boundary": None,
    } | more


def group(name="ops", **more):
    return {"arn": f"arn:aws:iam::{ACCOUNT}:group/{name}", "name": name, "policies": [], "inline": {}} | more


def policy(name, statements, attachments=1):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    return {"arn": arn, "name": name, "attachments": attachments, "statements": statements}


def admins(*users, groups=(), policies=(), keys=(), federated=()):
    return judge(
        "iam_admin_user",
        unit(DETAILS, *users),
        unit(GROUPS, *groups),
        unit(POLICIES, *policies),
        unit(REPORT, *keys),
        unit(FEDERATED, *federated),
    )


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
OPS = f"arn:aws:iam::{ACCOUNT}:policy/ops"


@pytest.mark.parametrize(
    ("who", "bad"),
    [
        (user(policies=[ADMINISTRATOR]), 1),
        (user(policies=["arn:aws-cn:iam::aws:policy/AdministratorAccess"]), 1),
        (user(policies=["arn:aws:iam::aws:policy/IAMFullAccess"]), 1),
        (user(policies=["arn:aws:iam::aws:policy/PowerUserAccess"]), 0),
        (user(policies=[OPS]), 1),
        (user(inline={"all": STAR}), 1),
        (user(inline={"some": READ}), 0),
        (user(groups=["ops"]), 1),
        (user(groups=["gone"]), 0),
        (user(policies=[ADMINISTRATOR], boundary=f"arn:aws:iam::{ACCOUNT}:policy/edge"), 0),
        (user(policies=[ADMINISTRATOR], boundary=ADMINISTRATOR), 1),
        (user(type="iam:role", policies=[ADMINISTRATOR], trust=[]), 0),
    ],
)
def test_an_administrator_is_one_however_the_right_came(who, bad):
    given = {"groups": [group(policies=[OPS])], "policies": [policy("ops", STAR), policy("edge", READ)]}

    assert len(admins(who, **given).findings) == bad


def test_an_administrators_key_makes_it_worse():
    robot = user("robot", policies=[ADMINISTRATOR])

    without, with_key = admins(robot).findings, admins(robot, keys=[person("robot", key())]).findings

    assert [one.severity for one in (*without, *with_key)] == ["medium", "high"]
    assert "access key is active" in with_key[0].detail


def test_the_way_to_the_right_is_told():
    [finding] = admins(user(groups=["ops"]), groups=[group(inline={"all": STAR})]).findings

    assert finding.detail == "Everything is allowed by all, through the group ops."


def test_people_from_elsewhere_are_said_not_to_be_seen():
    center = {"arn": f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/x", "name": "x", "policies": []}
    saml = user("sso", type="iam:role", arn=f"arn:aws:iam::{ACCOUNT}:role/sso", trust=[
        {"Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"},
         "Action": "sts:AssumeRoleWithSAML"}])  # fmt: skip

    told = {gap.resource: gap.message for gap in admins(user(), saml, federated=[center]).gaps}

    assert "Identity Center" in told[center["arn"]]
    assert "identity provider" in told[saml["arn"]]


@pytest.mark.parametrize("unread", [GROUPS, POLICIES])
def test_without_groups_or_policies_nobody_is_cleared(unread):
    units = [unit(one) for one in (GROUPS, POLICIES) if one != unread]
    refused = unit(unread, ending=Ending.DENIED, iam_action="iam:GetAccountAuthorizationDetails")

    evaluation = judge("iam_admin_user", unit(DETAILS, user()), refused, *units)

    assert "iam_admin_user" not in evaluation.passed
    assert [gap.unit for gap in evaluation.gaps] == [unread]


# Policies that allow everything


def stars(*policies, principals=(), groups=()):
    return judge("iam_policy_star", unit(POLICIES, *policies), unit(DETAILS, *principals), unit(GROUPS, *groups))


def test_policies_inside_users_roles_and_groups_count():
    found = stars(
        principals=[user(inline={"all": STAR, "some": READ}), user("run", type="iam:role", inline={"all": STAR})],
        groups=[group(inline={"all": STAR})],
    ).findings

    assert [(one.resource_name, one.evidence["inline_policy"]) for one in found] == [
        ("ops", "all"),
        ("ada", "all"),
        ("run", "all"),
    ]


def test_one_that_nobody_holds_or_that_asks_for_more_is_milder():
    with_mfa = [{**STAR[0], "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]
    found = stars(policy("held", STAR), policy("idle", STAR, 0), policy("careful", with_mfa)).findings

    assert {one.resource_name: one.severity for one in found} == {"held": "high", "idle": "medium", "careful": "medium"}
    assert [one.detail for one in found if one.resource_name == "careful"] == [
        "It allows everything on everything, where aws:multifactorauthpresent fits."
    ]


# Passwords


@pytest.mark.parametrize(
    ("length", "is_set", "detail"),
    [(13, True, "The policy allows 13 characters."), (None, False, "No policy is set, and AWS allows 8 characters.")],
)
def test_short_passwords_are_allowed(length, is_set, detail):
    row = {"arn": ROOT, "is_set": is_set, "min_length": length, "reuse_prevention": None, "max_age_days": None}

    [finding] = judge("iam_password_policy_weak", unit("iam.get_account_password_policy", row)).findings

    assert (finding.detail, finding.severity) == (detail, "low")


def test_short_passwords_matter_little_where_nobody_has_one():
    row = {"arn": ROOT, "is_set": False, "min_length": None, "reuse_prevention": None, "max_age_days": None}
    report = unit(REPORT, root(), person())

    [finding] = judge("iam_password_policy_weak", unit("iam.get_account_password_policy", row), report).findings

    assert finding.severity == "info"


# Outsiders


def role(name, *trust, used=None):
    more = {"type": "iam:role", "trust": list(trust), "last_used_at": used}
    return user(name, arn=f"arn:aws:iam::{ACCOUNT}:role/{name}", **more)


def trusting(principal, **condition):
    made = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return made | ({"Condition": condition} if condition else {})


def test_an_outsider_is_named_and_whether_an_external_id_is_asked_for():
    with_id = trusting({"AWS": VENDOR}, StringEquals={"sts:ExternalId": ["(not shown)"]})
    found = judge(
        "iam_external_trust",
        unit(DETAILS, role("a", trusting({"AWS": VENDOR}), used="2098-12-01T00:00:00+00:00"), role("b", with_id)),
    ).findings

    assert {one.resource_name: (one.severity, one.detail) for one in found} == {
        "a": ("medium", f"Account {VENDOR} may take on this role; no external ID is required. It was last used on"
              " 2098-12-01."),
        "b": ("low", f"Account {VENDOR} may take on this role; an external ID is required."),
    }  # fmt: skip


def test_everybody_is_worst():
    narrowed = trusting("*", IpAddress={"aws:SourceIp": "203.0.113.0/24"})
    found = judge("iam_external_trust", unit(DETAILS, role("a", trusting("*")), role("b", narrowed))).findings

    assert {one.resource_name: one.severity for one in found} == {"a": "critical", "b": "high"}


def test_the_management_account_is_no_outsider_once_it_is_known():
    read = unit(DETAILS, role("a", trusting({"AWS": PAYER})))
    known = unit(ORGANISATION, {"role": "member", "payer": PAYER, "organisation": "o-harbour12345"})

    assert not judge("iam_external_trust", read, known).findings
    [finding] = judge("iam_external_trust", read, unit(ORGANISATION, ending=Ending.DENIED)).findings
    assert finding.confidence == "medium"


def test_two_outsiders_of_one_role_are_two_findings():
    found = judge("iam_external_trust", unit(DETAILS, role("a", trusting({"AWS": [VENDOR, "888888888888"]})))).findings

    assert len({one.fingerprint for one in found}) == 2


# Open doors


HERE = "eu-west-1"
OPEN = [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]


def test_what_was_not_read_is_neither_found_nor_passed():
    rows = (
        {"arn": "arn:aws:sqs:eu-west-1:1:a", "statements": None},
        {"arn": "arn:aws:sqs:eu-west-1:1:b", "statements": []},
    )
    missed = (Unread("arn:aws:sqs:eu-west-1:1:a", Ending.DENIED, "sqs:GetQueueAttributes", "resource policy"),)
    evaluation = judge(
        "sqs_public", unit("sqs.get_queue_attributes", *rows, region=HERE, ending=Ending.PARTIAL, unread=missed)
    )

    assert evaluation.examined["sqs_public"] == 1
    assert [(gap.resource, gap.iam_action) for gap in evaluation.gaps] == [
        ("arn:aws:sqs:eu-west-1:1:a", "sqs:GetQueueAttributes")
    ]


HOOK = {"arn": "arn:aws:lambda:eu-west-1:1:function:hook", "url": "https://x.example/", "qualifier": None}


def calling(auth=None, **more):
    condition = {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": auth}}} if auth else {}
    return (
        {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": "*"} | condition | more
    )


@pytest.mark.parametrize(
    ("auth", "statements", "bad"),
    [
        ("NONE", [calling("NONE")], 1),
        ("NONE", [calling()], 1),
        ("NONE", [], 0),
        ("NONE", [calling("AWS_IAM")], 0),
        ("NONE", [calling(Principal={"AWS": ACCOUNT})], 0),
        ("NONE", [calling(Action="lambda:*")], 1),
        ("NONE", [calling(Action="lambda:GetFunction")], 0),
        ("NONE", [calling(Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})], 0),
        ("AWS_IAM", [calling()], 0),
    ],
)
def test_a_function_answers_anybody_if_address_and_policy_are_open(auth, statements, bad):
    row = {**HOOK, "auth": auth, "statements": statements}

    assert len(judge("lambda_url_public", unit("lambda.list_function_url_configs", row, region=HERE)).findings) == bad


REPOSITORY = {"arn": "arn:aws:ecr:eu-west-1:1:repository/shop", "type": "ecr:repository", "name": "shop", "tags": {}}


def images(*, on_push=False, frequency="MANUAL", obeys=True, statements=()):
    arn = REPOSITORY["arn"]
    scanning = {"arn": arn, "frequency": frequency, "obeys_repository": obeys}
    return judge(
        "ecr_public_or_unscanned",
        unit("ecr.describe_repositories", {**REPOSITORY, "scan_on_push": on_push}, region=HERE),
        unit("ecr.get_repository_policy", {"arn": arn, "statements": list(statements)}, region=HERE),
        unit("ecr.batch_get_repository_scanning_configuration", scanning, region=HERE),
    )


@pytest.mark.parametrize(
    ("given", "bad"),
    [
        ({}, 1),
        ({"on_push": True}, 0),
        ({"on_push": True, "obeys": False}, 1),  # the registry's own rules overrule it
        ({"frequency": "CONTINUOUS_SCAN", "obeys": False}, 0),
        ({"statements": OPEN}, 2),
    ],
)
def test_images_are_closed_and_scanned_each_for_itself(given, bad):
    assert len(images(**given).findings) == bad


def test_without_the_policies_only_scanning_is_judged():
    evaluation = judge(
        "ecr_public_or_unscanned",
        unit("ecr.describe_repositories", {**REPOSITORY, "scan_on_push": True}, region=HERE),
        unit("ecr.get_repository_policy", region=HERE, ending=Ending.DENIED, iam_action="ecr:GetRepositoryPolicy"),
        unit(
            "ecr.batch_get_repository_scanning_configuration",
            {"arn": REPOSITORY["arn"], "frequency": "SCAN_ON_PUSH", "obeys_repository": True},
            region=HERE,
        ),
    )

    assert [gap.iam_action for gap in evaluation.gaps] == ["ecr:GetRepositoryPolicy"]


def secret(**more):
    return {
        "arn": "arn:aws:secretsmanager:eu-west-1:1:secret:a-AbCdEf",
        "type": "secretsmanager:secret",
        "name": "a",
        "tags": {},
        "owning_service": None,
        "primary_region": None,
        "created_at": ago(800),
        "changed_at": ago(400),
        "next_rotation_at": None,
        "rotates": False,
    } | more


@pytest.mark.parametrize(
    ("row", "severities"),
    [
        (secret(), ["medium"]),
        (secret(changed_at=ago(3)), ["low"]),
        (secret(rotates=True, next_rotation_at=ago(-3)), []),
        (secret(rotates=True), []),
        (secret(rotates=True, next_rotation_at=ago(5)), ["medium"]),  # overdue: it fails
        (secret(owning_service="rds"), []),
        (secret(primary_region="us-east-1"), []),
    ],
)
def test_a_secret_is_changed_by_itself_or_not(row, severities):
    found = judge("secret_not_rotated", unit("secretsmanager.list_secrets", row, region=HERE)).findings

    assert [one.severity for one in found] == severities
