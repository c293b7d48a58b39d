"""One password, one finding: by the check that knows more of it."""

import json

import pytest

from infra_audit.collectors.repo import terraform
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings
from infra_audit.repositories import planned_repository
from tests.infra_audit.repo.conftest import KEY, NOW
from tests.infra_audit.repo.hcl_text import block, database

SECRET, LITERAL, PROVIDER = "secret_at_head", "tf_password_literal", "tf_credentials_in_provider"
TEMPLATE = (
    "Resources:\n  Orders:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: {password}\n"
)


@pytest.fixture
def judge(repo, collect):
    """The evaluation of some files by all checks."""

    def run(files):
        repo.commit(files)
        units = tuple(collect(repo).units)
        return evaluate(Inventory(units), settings=CheckSettings(), now=NOW, key=KEY)

    return run


def told(evaluation):
    names = {SECRET, LITERAL, PROVIDER, "cfn_password_literal"}
    return sorted((one.check, one.path, one.line) for one in evaluation.findings if one.check in names)


@pytest.mark.parametrize(
    ("path", "check", "line"), [("main.tf", LITERAL, 2), ("stack.yaml", "cfn_password_literal", 5)]
)
def test_what_only_its_name_tells_is_told_by_the_check_on_the_code(path, check, line, judge, mint):
    password = mint.password()
    source = {"main.tf": database(password=f'"{password}"'), "stack.yaml": TEMPLATE.replace("{password}", password)}

    evaluation = judge({path: source[path]})

    assert told(evaluation) == [(check, path, line)]
    assert evaluation.passed[SECRET] == 0  # nobody says that there is none


def test_what_lies_elsewhere_too_is_told_as_a_credential_as_well(judge, mint):
    password = mint.password()

    evaluation = judge({"main.tf": database(password=f'"{password}"'), "app.py": f'DB_PASSWORD = "{password}"\n'})

    assert [check for check, _path, _line in told(evaluation)] == [SECRET, LITERAL]


@pytest.mark.parametrize(
    ("check", "settings"),
    [
        (PROVIDER, ("provider", "aws", {"access_key": "aws_id", "secret_key": "aws_secret"})),
        (LITERAL, ("locals", None, {"token": "github_token"})),
    ],
)
def test_what_a_pattern_proves_is_told_as_a_credential_too_which_names_its_block(check, settings, judge, mint):
    kind, label, values = settings
    made = {name: json.dumps(getattr(mint, how)()) for name, how in values.items()}

    evaluation = judge({"main.tf": block(kind, *filter(None, [label]), **made)})

    assert {one for one, _path, _line in told(evaluation)} == {SECRET, check}
    stands_in = [one.evidence["stands_in"] for one in evaluation.findings if one.check == SECRET]
    assert stands_in == [[f"main.tf#{'.'.join(filter(None, [kind, label]))}"]]


def test_one_that_was_in_code_is_told_by_history(repo, collect, mint):
    repo.commit({"main.tf": database(password=f'"{mint.password()}"')})
    repo.commit({"main.tf": database(password="var.password")})

    assert [one.path for one in collect(repo).findings("secret_in_history")] == ["main.tf"]


def test_a_check_alone_says_what_it_says_among_all(repo, collect, mint):
    """Whatever else is chosen, so that nothing seems to be mended."""
    repo.commit({"main.tf": database(password=f'"{mint.password()}"')})

    evaluation = collect(repo, done={*planned_repository()} - {"repo.secrets"}).evaluation(SECRET)
    assert (evaluation.findings, [gap.resource for gap in evaluation.gaps]) == ([], ["repo:shop"])
    assert collect(repo).evaluation(SECRET).gaps == []
    assert len(collect(repo, done={*planned_repository()} - {"repo.terraform"}).findings(LITERAL)) == 1


def test_where_the_code_cannot_be_read_credentials_are_told_all_the_same(repo, collect, mint, monkeypatch):
    def fail(_repository):
        raise ZeroDivisionError

    repo.commit({"main.tf": database(password=f'"{mint.password()}"')})
    monkeypatch.setattr(terraform, "read", fail)

    collected = collect(repo, done={*planned_repository()} - {"repo.secrets"})

    assert [one.path for one in collected.findings(SECRET)] == ["main.tf"]


def a_database(**properties):
    return {"resource": {"aws_db_instance": {"orders": properties}}}


def a_stack(**properties):
    return {"Resources": {"Orders": {"Type": "AWS::RDS::DBInstance", "Properties": properties}}}


@pytest.mark.parametrize(
    ("path", "made", "check"),
    [("main.tf.json", a_database, LITERAL), ("stack.json", a_stack, "cfn_password_literal")],
)
def test_of_a_file_in_one_line_only_what_the_check_on_the_code_tells_is_told_by_it(path, made, check, judge, mint):
    """What stands in a text that no name promises a password of is told as a credential."""
    note = f'curl -d "db_password={mint.password()}"'

    evaluation = judge({path: json.dumps(made(password=mint.password(), user_data=note))})

    assert [one for one, _path, _line in told(evaluation)] == sorted([check, SECRET])


def test_two_passwords_in_one_line_are_two(judge, mint):
    evaluation = judge({"main.tf.json": json.dumps(a_database(password=mint.password(), auth_token=mint.password()))})

    assert [one.evidence for one in evaluation.findings if one.check == SECRET] == []
    assert [check for check, _path, _line in told(evaluation)] == [LITERAL, LITERAL]


def test_blocks_of_one_type_hold_a_password_each(judge, mint):
    users = "".join(f'  user {{\n    password = "{mint.password()}"\n  }}\n' for _ in range(3))

    evaluation = judge({"main.tf": f'resource "aws_mq_broker" "m" {{\n{users}}}\n'})

    assert told(evaluation) == [(LITERAL, "main.tf", 3), (LITERAL, "main.tf", 6), (LITERAL, "main.tf", 9)]


def test_resources_hold_several_passwords_of_one_name(judge, mint):
    users = [{"Password": mint.password()}, {"Password": mint.password()}]

    evaluation = judge({"stack.json": json.dumps(a_stack(Users=users), indent=1)})

    assert [check for check, _path, _line in told(evaluation)] == ["cfn_password_literal"] * 2


def test_providers_of_one_name_are_told_apart_by_their_alias(judge, mint):
    providers = [block("provider", "postgresql", password=f'"{mint.password()}"', alias=f'"{one}"') for one in "ab"]

    assert told(judge({"main.tf": "".join(providers)})) == [(PROVIDER, "main.tf", 2), (PROVIDER, "main.tf", 6)]
