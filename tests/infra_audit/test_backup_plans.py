"""What AWS Backup's selections cover."""

import pytest

from infra_audit.backup_plans import Cover, cover_of, covers

ORDERS = "arn:aws:rds:eu-west-1:123456789012:db:orders"
TAGS = {"backup": "daily", "stage": "prod"}


def selection(**changes):
    return {"name": "s", "resources": [], "not_resources": [], "any_tag": [], "conditions": []} | changes


def plan(**changes):
    return {"plan": "arn", "name": "nightly", "rules": [], "selections": [selection(**changes)]}


def database(family="rds"):
    return {"arn": ORDERS, "family": family, "tags": TAGS}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, True),
        ({"resources": ["*"]}, True),
        ({"resources": [ORDERS]}, True),
        ({"resources": ["arn:aws:rds:*:*:db:*"]}, True),
        ({"resources": ["arn:aws:rds:*:*:db:order"]}, False),
        ({"resources": ["arn:aws:rds:*:*:db:order?"]}, False),
        ({"resources": ["arn:aws:ec2:*:*:volume/*"]}, False),
        ({"resources": ["*"], "not_resources": ["arn:aws:rds:*:*:db:*"]}, False),
        ({"any_tag": [["backup", "daily"]]}, True),
        ({"any_tag": [["backup", "weekly"], ["stage", "prod"]]}, True),
        ({"any_tag": [["backup", "weekly"]]}, False),
        ({"resources": ["arn:aws:ec2:*:*:volume/*"], "any_tag": [["stage", "prod"]]}, True),
        ({"any_tag": [["stage", "prod"]], "not_resources": [ORDERS]}, False),
        ({"resources": ["*"], "conditions": [["StringEquals", "stage", "prod"]]}, True),
        ({"resources": ["*"], "conditions": [["StringEquals", "stage", "Prod"]]}, False),
        ({"conditions": [["StringEquals", "stage", "prod"], ["StringLike", "backup", "week*"]]}, False),
        ({"resources": ["*"], "conditions": [["StringLike", "backup", "d*y"]]}, True),
        ({"resources": ["*"], "conditions": [["StringNotEquals", "stage", "prod"]]}, False),
        ({"resources": ["*"], "conditions": [["StringNotLike", "team", "*"]]}, True),
        ({"resources": ["*"], "conditions": [["StringLike", "team", "*"]]}, False),
        ({"conditions": [["StringEquals", "stage", "prod"]]}, True),
    ],
)
def test_a_selection_takes_what_aws_would_take(given, expected):
    assert covers(selection(**given), ORDERS, TAGS) is expected


@pytest.mark.parametrize(
    ("family", "opted_in", "given", "expected"),
    [
        ("rds", {"RDS": True}, {"any_tag": [["stage", "prod"]]}, Cover.COVERED),
        ("rds", {"RDS": False}, {"any_tag": [["stage", "prod"]]}, Cover.SWITCHED_OFF),
        ("rds", {"RDS": False}, {"resources": ["*"]}, Cover.SWITCHED_OFF),
        ("rds", {"RDS": False}, {"resources": [ORDERS]}, Cover.COVERED),
        ("aurora", {"Aurora": False}, {"resources": [ORDERS]}, Cover.SWITCHED_OFF),
        ("neptune", {"Neptune": False}, {"resources": [ORDERS]}, Cover.SWITCHED_OFF),
        ("docdb", {"DocumentDB": False}, {"resources": [ORDERS]}, Cover.SWITCHED_OFF),
        ("docdb", {"Aurora": False}, {"resources": ["*"]}, Cover.COVERED),
        ("rds", {"RDS": True}, {"resources": ["arn:aws:ec2:*"]}, Cover.NONE),
    ],
)
def test_a_kind_that_is_switched_off_gets_nothing_unless_named(family, opted_in, given, expected):
    assert cover_of(plan(**given), database(family), opted_in) is expected


def test_a_plan_whose_selections_were_not_read_covers_nothing_that_we_know():
    assert cover_of(plan() | {"selections": None}, database(), {}) is Cover.NONE
