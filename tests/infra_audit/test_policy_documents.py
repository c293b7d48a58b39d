"""What policies say, in the forms in which AWS takes them."""

import json

import pytest

from infra_audit.policy_documents import (
    HIDDEN,
    allows_everything,
    lets_everybody,
    matches,
    outsiders,
    plain_statements,
    public_actions,
)

OWN, VENDOR, OTHER, PAYER = "123456789012", "999999999999", "888888888888", "777777777777"
ORGANISATION = "o-harbour1234"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:orders"


def allow(principal="*", action="sqs:SendMessage", condition=None, **more):
    return statement("Allow", principal, action, condition, **more)


def deny(principal="*", action="sqs:*", condition=None, **more):
    return statement("Deny", principal, action, condition, **more)


def statement(effect, principal, action, condition, **more):
    made = {"Effect": effect, "Principal": principal, "Action": action, "Resource": QUEUE, **more}
    if condition:
        made["Condition"] = condition
    return {key: value for key, value in made.items() if value is not None}


def when(operator, key, *values):
    return {operator: {key: list(values) if len(values) != 1 else values[0]}}


PUBLIC = [
    ("a star", allow()),
    ("a star among AWS principals", allow({"AWS": "*"})),
    ("a star in a list", allow({"AWS": [OWN, "*"]})),
    ("capitals in the action", allow(action="SQS:SENDMESSAGE")),
    ("several actions", allow(action=["sqs:SendMessage", "sqs:ReceiveMessage"])),
    ("all but one principal", allow(None, NotPrincipal={"AWS": f"arn:aws:iam::{OWN}:root"})),
    ("all but one action", allow(action=None, NotAction="sqs:DeleteQueue")),
    ("any ARN that ends in a name", allow(condition=when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:orders"))),
    ("any bucket of a prefix", allow(condition=when("ArnLike", "aws:SourceArn", "arn:aws:s3:::orders-*"))),
    ("an account with a wildcard", allow(condition=when("StringLike", "aws:SourceAccount", "1234*"))),
    ("one value of two is a wildcard", allow(condition=when("StringLike", "aws:PrincipalOrgID", ORGANISATION, "*"))),
    ("a condition that only holds if the key exists",
     allow(condition=when("StringEqualsIfExists", "aws:SourceArn", f"arn:aws:sns:eu-west-1:{OWN}:news"))),
    ("a set condition that holds where the key is missing",
     allow(condition=when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", f"{ORGANISATION}/r-1/ou-1/"))),
    ("a condition that excludes somebody", allow(condition=when("StringNotEquals", "aws:SourceAccount", OTHER))),
    ("a condition that a key be there", allow(condition=when("Null", "aws:PrincipalOrgID", "false"))),
    ("the whole internet in two halves",
     allow(condition=when("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"))),
    ("the whole internet in version 6", allow(condition=when("IpAddress", "aws:SourceIp", "::/0"))),
    ("encrypted transport only", allow(condition=when("Bool", "aws:SecureTransport", "true"))),
    ("a tag that anybody may carry", allow(condition=when("StringEquals", "aws:PrincipalTag/team", "shop"))),
    ("through a service, for whomever",
     allow(condition=when("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"))),
    ("a variable that the caller fills",
     allow(condition=when("StringEquals", "aws:SourceAccount", "${aws:PrincipalAccount}"))),
    ("any session", allow(condition=when("StringLike", "aws:userid", "*:deploy"))),
]  # fmt: skip
CLOSED = [
    ("no statement", []),
    ("one's own account", allow({"AWS": f"arn:aws:iam::{OWN}:root"})),
    ("another account", allow({"AWS": VENDOR})),
    ("a service", allow({"Service": "sns.amazonaws.com"})),
    ("a Deny alone", deny()),
    ("what a topic is born with", allow({"AWS": "*"}, condition=when("StringEquals", "AWS:SourceOwner", OWN))),
    ("an account", allow(condition=when("StringEquals", "aws:SourceAccount", OWN))),
    ("an account, if capitals are ignored", allow(condition=when("StringEqualsIgnoreCase", "AWS:sourceaccount", OWN))),
    ("an organisation", allow(condition=when("StringEquals", "aws:PrincipalOrgID", ORGANISATION))),
    ("an organisation's part",
     allow(condition=when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", f"{ORGANISATION}/*"))),
    ("the owner's organisation", allow(condition=when("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"))),
    ("the owner's account", allow(condition=when("StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}"))),
    ("an ARN", allow(condition=when("ArnEquals", "aws:SourceArn", f"arn:aws:sns:eu-west-1:{OWN}:news"))),
    ("any ARN of an account", allow(condition=when("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{OWN}:*"))),
    ("a bucket", allow(condition=when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:orders"))),
    ("a literal star, which fits nobody", allow(condition=when("StringEquals", "aws:SourceArn", "arn:aws:sns:*:*:x"))),
    ("a role", allow(condition=when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"))),
    ("a network", allow(condition=when("IpAddress", "aws:SourceIp", "203.0.113.0/24"))),
    ("a private network", allow(condition=when("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.168.0.0/16"]))),
    ("a VPC", allow(condition=when("StringEquals", "aws:SourceVpc", "vpc-0123456789abcdef0"))),
    ("an endpoint", allow(condition=when("StringEquals", "aws:SourceVpce", "vpce-0123456789abcdef0"))),
    ("services alone", allow(condition={"Bool": {"aws:PrincipalIsAWSService": True}})),
    ("callers of a key", allow({"AWS": "*"}, "kms:*", when("StringEquals", "kms:CallerAccount", OWN))),
    ("sessions of one role", allow(condition=when("StringLike", "aws:userid", "AROAABCDEFGHIJKLMNOPQ:*"))),
    ("two conditions, of which one holds", allow(condition={
        "Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceAccount": [OWN]}})),
    ("a Deny of all", [allow(), deny()]),
    ("a Deny of all but an account's", [allow(), deny(condition=when("StringNotEquals", "aws:PrincipalAccount", OWN))]),
    ("a Deny of all but an organisation's",
     [allow(), deny(condition=when("StringNotEqualsIfExists", "aws:PrincipalOrgID", ORGANISATION))]),
    ("a Deny of all but an organisation's and a network's", [allow(), deny(condition={
        "StringNotEquals": {"aws:PrincipalOrgID": ORGANISATION}, "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})]),
    ("a Deny of all but some principals", [allow(), deny(None, NotPrincipal={"AWS": f"arn:aws:iam::{OWN}:root"})]),
    ("a Deny of all but another action", [allow(), deny(action=None, NotAction="sqs:GetQueueUrl")]),
]  # fmt: skip
STILL_PUBLIC = [
    ("a Deny of something else", [allow(), deny(action="sqs:DeleteQueue")]),
    ("a Deny of one account", [allow(), deny({"AWS": VENDOR})]),
    ("a Deny without encryption", [allow(), deny(condition=when("Bool", "aws:SecureTransport", "false"))]),
    ("a Deny of some", [allow(), deny(condition=when("StringEquals", "aws:PrincipalAccount", VENDOR))]),
    ("a Deny of all but a pattern", [allow(), deny(condition=when("StringNotLike", "aws:PrincipalOrgID", "o-*"))]),
    ("a Deny that spares whoever has no organisation",
     [allow(), deny(condition=when("ForAnyValue:StringNotEquals", "aws:PrincipalOrgID", ORGANISATION))]),
    ("one open statement beside a closed one", [allow({"AWS": OWN}), allow()]),
]  # fmt: skip


def named(table):
    return {"argvalues": [given for _, given in table], "ids": [name for name, _ in table]}


def listed(given):
    return given if isinstance(given, list) else [given]


@pytest.mark.parametrize("given", **named(PUBLIC + STILL_PUBLIC))
def test_it_is_public(given):
    assert public_actions(listed(given))


@pytest.mark.parametrize("given", **named(CLOSED))
def test_it_is_not_public(given):
    assert not public_actions(listed(given))


def test_what_everybody_may_do_is_told_without_what_is_denied():
    found = public_actions([allow(action=["sqs:SendMessage", "sqs:ReceiveMessage"]), deny(action="SQS:Send*")])

    assert found == ["sqs:receivemessage"]


def test_all_but_an_action_is_told_as_such():
    assert public_actions([allow(action=None, NotAction="sqs:DeleteQueue")]) == ["all but sqs:deletequeue"]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow(action="lambda:*")], True),
        ([allow(action=None, NotAction="lambda:DeleteFunction")], True),
        ([allow(action=None, NotAction="lambda:Invoke*")], False),
        ([allow(action="lambda:GetFunction")], False),
        ([allow(action="lambda:*"), deny(action="lambda:invokefunctionurl")], False),
        ([allow(action="lambda:*", condition=when("StringEquals", "aws:SourceAccount", OWN))], False),
    ],
)
def test_one_action_may_be_asked_for(statements, expected):
    assert lets_everybody(statements, "lambda:InvokeFunctionUrl") is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("s3:*", "s3:getobject", True),
        ("s3:get?bject", "s3:getobject", True),
        ("s3:[g]etobject", "s3:getobject", False),
        ("s3.getobject", "s3:getobject", False),
        ("*", "anything\nat all", True),
        ("", "s3:getobject", False),
    ],
)
def test_wildcards_are_those_of_aws(pattern, text, expected):
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    "document",
    [
        {"Statement": allow()},
        {"Statement": [allow()]},
        json.dumps({"Version": "2012-10-17", "Statement": [allow()]}),
    ],
)
def test_one_statement_or_many_text_or_not(document):
    assert plain_statements(document) == [allow()]


@pytest.mark.parametrize("document", [None, "", "  ", {}, {"Version": "2012-10-17"}, {"Statement": []}])
def test_a_document_may_be_empty(document):
    assert plain_statements(document) == []


def test_an_external_id_is_never_kept():
    [kept] = plain_statements({"Statement": [trust(VENDOR, when("StringEquals", "sts:ExternalId", "between us"))]})

    assert kept["Condition"] == {"StringEquals": {"sts:ExternalId": [HIDDEN]}}


# Who may come in


def trust(principal, condition=None, action="sts:AssumeRole", effect="Allow"):
    who = {"AWS": principal} if isinstance(principal, str | list) and principal != "*" else principal
    return statement(effect, who, action, condition, Resource=None)


def let_in(*statements, friends=()):
    found = outsiders(plain_statements({"Statement": list(statements)}), account=OWN, friends=friends)
    return [(one.account, one.external_id) for one in found]


LET_IN = [
    ("an account's number", [trust(VENDOR)], [(VENDOR, False)]),
    ("an account's root", [trust(f"arn:aws:iam::{VENDOR}:root")], [(VENDOR, False)]),
    ("a role of another partition", [trust(f"arn:aws-cn:iam::{VENDOR}:role/x")], [(VENDOR, False)]),
    ("two of one account", [trust([f"arn:aws:iam::{VENDOR}:role/x", f"arn:aws:iam::{VENDOR}:user/y"])],
     [(VENDOR, False)]),
    ("two accounts", [trust([VENDOR, OTHER])], [(VENDOR, False), (OTHER, False)]),
    ("an external ID", [trust(VENDOR, when("StringEquals", "sts:ExternalId", "x"))], [(VENDOR, True)]),
    ("any external ID", [trust(VENDOR, when("StringLike", "sts:ExternalId", "*"))], [(VENDOR, False)]),
    ("an external ID if there is one", [trust(VENDOR, when("StringEqualsIfExists", "sts:ExternalId", "x"))],
     [(VENDOR, False)]),
    ("with and without one", [trust(VENDOR), trust(VENDOR, when("StringEquals", "sts:ExternalId", "x"))],
     [(VENDOR, False), (VENDOR, True)]),
    ("everybody", [trust("*")], [("*", False)]),
    ("everybody with an external ID", [trust("*", when("StringEquals", "sts:ExternalId", "x"))], [("*", True)]),
    ("everybody at one address", [trust("*", when("IpAddress", "aws:SourceIp", "203.0.113.9/32"))], [("*", False)]),
    ("everybody of an account", [trust("*", when("StringEquals", "aws:PrincipalAccount", VENDOR))], [(VENDOR, False)]),
    ("everybody of another organisation", [trust("*", when("StringEquals", "aws:PrincipalOrgID", "o-theirs12345"))],
     [("o-theirs12345", False)]),
    ("roles of an account", [trust("*", when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{VENDOR}:role/*"))],
     [(VENDOR, False)]),
    ("a star for the action", [trust(VENDOR, action="sts:*")], [(VENDOR, False)]),
    ("a second factor changes nothing", [trust(VENDOR, when("Bool", "aws:MultiFactorAuthPresent", "true"))],
     [(VENDOR, False)]),
    ("a Deny of somebody else", [trust(VENDOR), trust(OTHER, effect="Deny")], [(VENDOR, False)]),
    ("a Deny that spares them",
     [trust(VENDOR), trust("*", when("StringNotEquals", "aws:PrincipalAccount", VENDOR), effect="Deny")],
     [(VENDOR, False)]),
    ("a Deny for a reason that need not be theirs",
     [trust(VENDOR), trust("*", when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), effect="Deny")],
     [(VENDOR, False)]),
]  # fmt: skip
KEPT_OUT = [
    ("one's own account", [trust(OWN)]),
    ("one's own role", [trust(f"arn:aws:iam::{OWN}:role/x")]),
    ("a service", [trust({"Service": "ec2.amazonaws.com"})]),
    ("an identity provider",
     [trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"}, action="sts:AssumeRoleWithSAML")]),
    ("a deleted user", [trust("AIDAABCDEFGHIJKLMNOPQ")]),
    ("only the right to tag", [trust(VENDOR, action="sts:TagSession")]),
    ("the management account", [trust(PAYER)]),
    ("everybody of one's organisation", [trust("*", when("StringEquals", "aws:PrincipalOrgID", ORGANISATION))]),
    ("an account, if of one's organisation", [trust(VENDOR, when("StringEquals", "aws:PrincipalOrgID", ORGANISATION))]),
    ("everybody of one's account", [trust("*", when("StringEquals", "aws:PrincipalAccount", OWN))]),
    ("a Deny of them", [trust(VENDOR), trust(VENDOR, effect="Deny")]),
    ("a Deny of all", [trust(VENDOR), trust("*", effect="Deny", action="*")]),
    ("a Deny of all but one's organisation",
     [trust(VENDOR), trust("*", when("StringNotEquals", "aws:PrincipalOrgID", ORGANISATION), effect="Deny")]),
    ("a Deny of all but one's roles",
     [trust("*"), trust("*", when("ArnNotLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"), effect="Deny")]),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "expected"), [row[1:] for row in LET_IN], ids=[row[0] for row in LET_IN])
def test_an_outsider_may_come_in(statements, expected):
    assert let_in(*statements, friends=[PAYER, ORGANISATION]) == expected


@pytest.mark.parametrize("statements", **named(KEPT_OUT))
def test_no_outsider_may_come_in(statements):
    assert let_in(*statements, friends=[PAYER, ORGANISATION]) == []


def test_without_knowing_the_organisation_its_members_are_outsiders():
    assert let_in(trust("*", when("StringEquals", "aws:PrincipalOrgID", ORGANISATION))) == [(ORGANISATION, False)]


# Everything on everything


def identity(action="*", resource="*", effect="Allow", **more):
    made = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {key: value for key, value in made.items() if value is not None}


@pytest.mark.parametrize(
    "statements",
    [
        [identity()],
        [identity(action=["s3:GetObject", "*"], resource=["*"])],
        [identity(action="*:*")],
        [identity(action=None, NotAction="s3:*")],
        [identity(resource=None, NotResource="arn:aws:s3:::logs/*")],
        [identity(), identity("s3:*", effect="Deny")],
        [identity(), identity(effect="Deny", Condition=when("Bool", "aws:MultiFactorAuthPresent", "false"))],
        [identity(effect="allow")],
    ],
)
def test_it_allows_everything(statements):
    assert list(allows_everything(statements))


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [identity("s3:*")],
        [identity("*", "arn:aws:s3:::media/*")],
        [identity(effect="Deny")],
        [identity(action=None, NotAction=["iam:*", "organizations:*"])],
        [identity(action=None, NotAction="*")],
        [identity(), identity(effect="Deny")],
        [identity(["iam:*", "s3:*"])],
    ],
)
def test_it_does_not_allow_everything(statements):
    assert not list(allows_everything(statements))
