"""Which tags a resource lacks, and which are spelled otherwise than all the others."""

from datetime import UTC, datetime

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.tags import Spellings, lacking, plain_key, plain_value

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def judged(check, *tags, region="eu-west-1", **settings):
    rows = [
        {"arn": f"arn:aws:sqs:{region}:1:q{number}", "type": "sqs:queue", "name": f"q{number}", "tags": some}
        for number, some in enumerate(tags)
    ]
    unit = Unit("sqs.list_queues", Place("aws", "1", region), Ending.OK, tuple(rows))
    return evaluate(
        Inventory((unit,)), settings=CheckSettings(**settings), now=NOW, key=b"k", checks=[catalogue()[check]]
    )


@pytest.mark.parametrize(
    ("tags", "missing"),
    [
        ({"Environment": "prod", "Owner": "shop"}, []),
        ({"env": "prod", "owner": "shop"}, []),
        ({"Environment": "", "Owner": " "}, ["Environment", "Owner"]),
        ({"Name": "web"}, ["Environment", "Owner"]),
        ({"team/Owner": "shop", "Environment": "prod"}, ["Owner"]),
    ],
)
def test_a_required_key_is_there_however_spelled_but_not_empty(tags, missing):
    assert lacking(tags, ("Environment", "Owner")) == missing


def test_what_carries_no_tag_of_its_own_is_the_other_check_s():
    evaluation = judged("resource_missing_required_tags", {}, {"aws:cloudformation:stack-name": "x"}, {"Name": "a"})

    assert [finding.resource_name for finding in evaluation.findings] == ["q2"]
    assert evaluation.examined == {"resource_missing_required_tags": 1}


def test_the_keys_are_the_practice_s():
    evaluation = judged("resource_missing_required_tags", {"Owner": "a"}, required_tags=("Owner", "CostCenter"))

    assert [finding.detail for finding in evaluation.findings] == ["It has no CostCenter."]


def test_without_a_policy_nothing_is_judged():
    assert not judged("resource_missing_required_tags", {"Name": "a"}, required_tags=()).findings


@pytest.mark.parametrize(
    ("one", "other"),
    [("Environment", "env"), ("Cost-Center", "costCentre"), ("Owner", "owner"), ("cost_center", "CostCenter")],
)
def test_keys_that_mean_the_same(one, other):
    assert plain_key(one) == plain_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("kubernetes.io/cluster/a", "kubernetes.io/cluster/A"), ("Owner", "Owners"), ("a:b", "ab")]
)
def test_keys_that_do_not(one, other):
    assert plain_key(one) != plain_key(other)


@pytest.mark.parametrize(
    ("key", "one", "other", "alike"),
    [
        ("env", "prod", "PRODUCTION", True),
        ("Environment", "stage", "Staging", True),
        ("Environment", "uat", "staging", False),
        ("Environment", "prod1", "prod", False),
        ("Owner", "Web Shop", "web-shop", True),
        ("Owner", "prod", "production", False),
        ("Team", "team-a", "team-b", False),
    ],
)
def test_values_that_mean_the_same(key, one, other, alike):
    assert (plain_value(key, one) == plain_value(key, other)) is alike


def test_the_commonest_spelling_is_the_usual_one_and_the_others_deviate():
    tags = [{"Owner": "shop"}] * 3 + [{"Owner": "Shop"}, {"owner": "shop"}]

    found = [list(Spellings(tags).deviations(one)) for one in tags]

    assert [len(some) for some in found] == [0, 0, 0, 1, 1]
    assert str(found[3][0]) == "Owner is “Shop” here and “shop” on 4 others"
    assert str(found[4][0]) == "The key is “owner” here and “Owner” on 4 others"


def test_the_policy_s_spelling_of_a_key_is_the_usual_one_if_anybody_uses_it():
    tags = [{"environment": "prod"}, {"environment": "dev"}, {"Environment": "prod"}]

    assert [len(list(Spellings(tags, ["Environment"]).deviations(one))) for one in tags] == [1, 1, 0]
    assert [list(Spellings(tags[:2], ["Environment"]).deviations(one)) for one in tags[:2]] == [[], []]


def test_names_and_what_programs_write_may_differ():
    tags = [{"Name": "web", "a/b": "x"}, {"Name": "Web", "a/b": "X"}, {"Description": "Y"}, {"Description": "y"}]

    assert not [found for one in tags for found in Spellings(tags).deviations(one)]


def test_a_finding_says_both_spellings():
    evaluation = judged("tag_value_inconsistent", {"Environment": "prod"}, {"Environment": "prod"}, {"env": "Prod"})

    [finding] = evaluation.findings
    assert finding.detail == (
        "The key is “env” here and “Environment” on 2 others; env is “Prod” here and “prod” on 2 others."
    )


def test_tags_that_could_not_be_read_are_a_gap_and_no_pass():
    for check in ("resource_missing_required_tags", "tag_value_inconsistent"):
        evaluation = judged(check, None)

        assert not evaluation.passed.get(check)
        assert [gap.message for gap in evaluation.gaps] == ["Its tags could not be read."]
