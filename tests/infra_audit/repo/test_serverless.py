"""The CloudFormation inside a serverless.yml is judged, and what it fetches from elsewhere is said."""

import json

import pytest

from infra_audit.repositories import planned_repository

DELETION, LITERAL, TAGS = "cfn_no_deletion_policy", "cfn_password_literal", "cfn_no_tags"
TABLE = "  Resources:\n    Orders:\n      Type: AWS::DynamoDB::Table\n"


def service(resources, *more):
    """Its resources begin on line 6."""
    return "\n".join(
        ["service: shop", "provider:", "  name: aws", "functions: {}", "resources:", *resources, *more, ""]
    )


def lines(text):
    return text.rstrip("\n").split("\n")


@pytest.fixture
def judge(repo, collect):
    """(findings as path:line, gaps' messages) of one check over some files."""

    def run(check, files):
        repo.commit(files)
        evaluation = collect(repo, done={*planned_repository()} - {"repo.cloudformation"}).evaluation(check)
        return [f"{one.path}:{one.line}" for one in evaluation.findings], [gap.message for gap in evaluation.gaps]

    return run


@pytest.mark.parametrize("name", ["serverless.yml", "api/serverless.yaml", "serverless.prod.yml", "serverless-api.yml"])
def test_resources_are_a_template(name, judge):
    assert judge(DELETION, {name: service(lines(TABLE))}) == ([f"{name}:7"], [])


def test_as_json_too(judge):
    resources = {"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table"}}}

    assert judge(DELETION, {"serverless.json": json.dumps({"resources": resources}, indent=1)}) == (
        ["serverless.json:4"],
        [],
    )


def test_they_may_be_a_list_some_of_it_fetched(judge):
    listed = ["  - Resources:", "      Orders:", "        Type: AWS::DynamoDB::Table", "  - ${file(queues.yml)}"]
    listed += ["  - Resources:", "      Baskets:", "        Type: AWS::DynamoDB::Table"]

    found, gaps = judge(DELETION, {"serverless.yml": service(listed)})

    assert sorted(found) == ["serverless.yml:11", "serverless.yml:7"]
    assert gaps == ["What serverless.yml takes from ${file(queues.yml)} is filled in when it is deployed."]


@pytest.mark.parametrize("check", [DELETION, LITERAL, TAGS])
@pytest.mark.parametrize(
    "resources",
    [
        ["  ${file(a.yml)}"],
        ["  - ${file(a-${opt:stage}.yml)}"],
        ["  Resources: ${file(a.yml):Resources}"],
        ["  Resources:", "    Orders: ${file(a.yml)}"],
    ],
)
def test_what_is_fetched_is_not_assessed(resources, check, judge):
    found, gaps = judge(check, {"serverless.yml": service(resources), "a.yml": "Orders: {Type: AWS::SQS::Queue}\n"})

    assert (found, len(gaps)) == ([], 1)


def test_a_template_that_is_fetched_from_here_is_read_by_itself(judge):
    files = {"api/serverless.yml": service(["  - ${file(./cf/a.yml)}", "  - ${file(../b.yml)}"])}
    files |= {"api/cf/a.yml": TABLE.replace("  ", "", 1), "b.yml": "Resources:\n  A:\n    Type: AWS::SQS::Queue\n"}

    assert judge(DELETION, files) == (["api/cf/a.yml:2"], [])


def test_tags_of_the_stack_reach_all_and_those_of_functions_do_not(judge):
    tagged = ["provider:", "  name: aws", "  {kind}: {{Owner: web}}", "resources:", *lines(TABLE), ""]
    files = {
        "a/serverless.yml": "\n".join(tagged).replace("{kind}", "stackTags").replace("{{", "{").replace("}}", "}"),
        "b/serverless.yml": "\n".join(tagged).replace("{kind}", "tags").replace("{{", "{").replace("}}", "}"),
    }

    assert judge(TAGS, files) == (["b/serverless.yml:6"], [])


def test_a_plugin_that_tags_may_have_tagged_it(judge):
    found, gaps = judge(
        TAGS, {"serverless.yml": service(lines(TABLE), "plugins: [serverless-plugin-resource-tagging]")}
    )

    assert (found, len(gaps)) == ([], 1)


def test_values_that_are_filled_in_are_not_judged(judge, mint):
    database = [
        "  Resources:",
        "    Orders:",
        "      Type: AWS::RDS::DBInstance",
        "      DeletionPolicy: ${self:custom.policy}",
        "      Properties:",
        "        MasterUserPassword: ${env:DB_PASSWORD}",
    ]

    assert judge(LITERAL, {"serverless.yml": service(database)}) == ([], [])
    assert [len(one) for one in judge(DELETION, {})] == [0, 1]
    literal = [*database[:-1], f"        MasterUserPassword: {mint.password()}"]
    assert judge(LITERAL, {"serverless.yml": service(literal)}) == (["serverless.yml:11"], [])


@pytest.mark.parametrize(
    "content",
    [service(["  {}"]), "service: shop\n", "resources: {Resources: [1]}\n", "a: [b\n", "resources: 7\n", ""],
)
def test_one_without_resources_says_nothing(content, judge):
    assert judge(DELETION, {"serverless.yml": content}) == ([], [])


def test_one_that_cannot_be_read_is_named(judge):
    found, gaps = judge(DELETION, {"serverless.yml": "resources: [\n  Type: AWS::SQS::Queue\n"})

    assert (found, gaps) == ([], ["1 CloudFormation template could not be read."])


def test_what_stands_in_place_of_what_cannot_be_fetched_is_withheld(judge, mint):
    password = mint.password()
    resources = [f"  - ${{file(a.yml):one, '{password}'}}", f"  - Resources: ${{ssm:/db, env:PASSWORD, '{password}'}}"]

    gaps = judge(LITERAL, {"serverless.yml": service(resources)})[1]

    assert len(gaps) == 2
    assert password not in "".join(gaps)
