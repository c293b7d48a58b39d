"""What a page and a document say of code: shares that are true, and no alarm where nobody can know."""

import pytest

from discovery.code_words import code_groups, code_sentence, environment_rows, percent

NOTHING = dict.fromkeys(
    ("managed", "unmanaged", "derived", "unknown", "cloudformation", "terraform", "orphaned", "hinted"), 0
)


def result(given=True, tools=(), by=None, **counts):
    return {
        "iac_coverage": {"rds:db": {**NOTHING, **counts}},
        "iac_states": {"given": given, "read": []},
        "iac_tools": dict.fromkeys(tools, 1),
        "iac_coverage_by": by or {},
    }


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (result(given=False, managed=18, cloudformation=18, unknown=82),
         "18 % in CloudFormation, the rest unknown: no Terraform state was given."),
        (result(given=False, unknown=5),
         "Nothing is in CloudFormation. No Terraform state was given, so of the rest nobody can say."),
        (result(given=False, managed=5, cloudformation=5), "Everything is in CloudFormation."),
        (result(managed=60, cloudformation=20, terraform=40, unmanaged=30, unknown=10, derived=99),
         "20 % in CloudFormation, 40 % in Terraform, 30 % by hand, 10 % unknown."),
        (result(managed=1, cloudformation=1, unmanaged=3, tools=("CDK", "CloudFormation", "SAM")),
         "25 % in CloudFormation, 0 % in Terraform, 75 % by hand. Stacks were written with CDK and SAM, too."),
        (result(derived=9), ""),
        ({"iac_coverage": {"rds:db": {"managed": 4, "unmanaged": 1, "derived": 0, "unknown": 0}}}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_known_and_what_is_not(told, sentence):
    assert code_sentence(told) == sentence


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 9, "0 %"), (1, 1000, "under 1 %"), (999, 1000, "over 99 %"), (9, 9, "100 %"), (1, 3, "33 %"), (1, 8, "13 %")],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part, whole, text):
    assert percent(part, whole) == text


def test_groups_are_by_service_region_and_environment():
    share = {**NOTHING, "managed": 1, "unmanaged": 1}
    by = {
        "service": {"sqs": share, "rds": {**share, "unmanaged": 3}},
        "region": {"global": share, "eu-west-1": {**NOTHING, "derived": 4}},
        "environment": {"unknown": share, "dev": share, "prod": share, "pilot": share},
    }

    service, region, environment = code_groups(result(by=by))

    assert [(row.label, row.text) for row in service.rows] == [("Databases", "25 %"), ("Message queues", "50 %")]
    assert [row.label for row in region.rows] == ["everywhere"]
    assert [row.label for row in environment.rows] == ["prod", "dev", "pilot", "not told"]
    assert environment_rows(result(by=by)) == environment.rows


def test_one_environment_needs_no_table_and_an_older_run_has_none():
    assert environment_rows(result(by={"environment": {"prod": {**NOTHING, "managed": 1}}})) == ()
    assert code_groups({"iac_coverage": {}}) == ()
