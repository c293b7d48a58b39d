"""What the Terraform reader keeps, what it withholds, and what the checks make of it."""

import pytest

from infra_audit.collectors.repo.hcl import Kind, parse

GIT = "git::https://git.example/network.git"


def variable(name, default):
    return f'variable "{name}" {{\n  type = string\n  default = {default}\n}}\n'


def lines_of(findings):
    return [(finding.path, finding.line) for finding in findings]


def test_blocks_have_lines_labels_and_literals():
    settings = ["size = 20", "on = true", "off = null", "x = var.y", 'z = "a${var.b}"']
    source = "\n".join(['resource "aws_db_instance" "orders" {', *settings, "}", ""])

    ((block,), whole) = parse(source.encode())

    assert whole
    assert (block.type, block.labels, block.line, block.end_line) == ("resource", ("aws_db_instance", "orders"), 1, 7)
    assert {name: (one.kind, one.value, one.line) for name, one in block.attributes.items()} == {
        "size": (Kind.LITERAL, 20, 2),
        "on": (Kind.LITERAL, True, 3),
        "off": (Kind.LITERAL, None, 4),
        "x": (Kind.REFERENCE, "var.y", 5),
        "z": (Kind.EXPRESSION, None, 6),
    }


@pytest.mark.parametrize(
    "source", [b"", b"\xff\xfe\x00", b'resource "a" {{{', b"# only a comment\n", b"a = " + b"[" * 5000]
)
def test_a_broken_file_raises_nothing(source):
    blocks, _whole = parse(source)

    assert isinstance(blocks, list)


def test_blocks_without_end_are_cut_and_the_file_is_named(repo, collect):
    repo.commit(
        {"deep.tf": "a {\n" * 5000 + "}\n" * 5000, "db.tf": database("aws_db_instance", "skip_final_snapshot = true")}
    )

    collected = collect(repo)

    assert [one.resource for one in collected["repo.terraform"].unread] == ["deep.tf"]
    assert lines_of(collected.findings("tf_skip_final_snapshot")) == [("db.tf", 3)]


def test_a_broken_file_is_named_and_the_others_are_judged(repo, collect):
    repo.commit(
        {
            "broken.tf": 'resource "x" {{{\n',
            "db.tf": 'resource "aws_db_instance" "a" {\n  skip_final_snapshot = true\n}\n',
        }
    )

    collected = collect(repo)

    assert collected["repo.terraform"].ending.value == "partial"
    assert [one.resource for one in collected["repo.terraform"].unread] == ["broken.tf"]
    assert lines_of(collected.findings("tf_skip_final_snapshot")) == [("db.tf", 2)]


@pytest.mark.parametrize("content", ['{"resource": ', "[1]", "[" * 5000, '"text"'])
def test_terraform_in_json_that_cannot_be_read_is_named(content, repo, collect):
    repo.commit({"main.tf.json": content})

    unread = collect(repo)["repo.terraform"].unread

    assert [(one.resource, one.reason.value) for one in unread] == [("main.tf.json", "error")]


def test_strings_are_withheld_but_for_those_that_checks_need(repo, mint, collect):
    token = mint.github_token()
    source = (
        f'module "a" {{\n  source = "git::https://ada:{mint.password()}@git.example/a.git"\n  version = "1.2"\n'
        f'  note = "private"\n}}\nmodule "b" {{\n  source = "{token}"\n}}\n'
    )
    repo.commit({"main.tf": source})

    first, second = collect(repo)["repo.terraform"].rows

    values = {name: one["value"] for name, one in first["attributes"].items()}
    assert values == {"source": "git::https://git.example/a.git", "version": "1.2", "note": None}
    assert second["attributes"]["source"]["value"] is None


@pytest.mark.parametrize("name", ["db_password", "master_password", "rds_passwd", "admin_pwd"])
@pytest.mark.parametrize("default", ['"{strong}"', '"changeme"', '"password"', '"orders-2024"'])
def test_a_password_as_default_is_found_on_its_line(name, default, repo, mint, collect):
    repo.commit({"variables.tf": variable(name, default.format(strong=mint.password()))})

    (finding,) = collect(repo).findings("tf_password_variable_default")

    assert (finding.path, finding.line, finding.resource_name) == ("variables.tf", 3, f"variable.{name}")
    assert "password, " in finding.detail


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("db_password", '""'),
        ("db_password", "null"),
        ("db_password", "var.other"),
        ("db_password", '"${var.other}"'),
        ("db_password", '"<set me>"'),
        ("db_password_length", "16"),
        ("db_password_length", '"16"'),
        ("db_password_secret_arn", '"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"'),
        ("db_password", '"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"'),
        ("password_policy", '"strict-rules1"'),
        ("kms_key_id", '"alias/orders"'),
        ("key_name", '"ops-2024-key"'),
        ("region", '"eu-west-1"'),
        ("instance_type", '"t3.micro"'),
        ("tags", '{ Name = "orders" }'),
    ],
)
def test_other_defaults_are_left_alone(name, default, repo, collect):
    repo.commit({"variables.tf": variable(name, default)})

    evaluation = collect(repo).evaluation("tf_password_variable_default")

    assert (evaluation.findings, evaluation.examined) == ([], {"tf_password_variable_default": 1})


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("anything", '"{token}"'),
        ("api_token", '"{random}"'),
        ("database", '{{\n    user = "app"\n    password = "{strong}"\n  }}'),
    ],
)
def test_a_secret_default_is_found_by_its_value_too(name, default, repo, mint, collect):
    text = default.format(token=mint.github_token(), random=mint.text(30), strong=mint.password())
    repo.commit({"variables.tf": variable(name, text)})

    assert lines_of(collect(repo).findings("tf_password_variable_default")) == [("variables.tf", 3)]


def test_a_password_in_a_variable_is_no_second_finding_under_secrets(repo, mint, collect):
    repo.commit({"variables.tf": variable("db_password", f'"{mint.password()}"')})

    assert collect(repo).secrets == []


def database(kind, setting, name="orders"):
    return f'resource "{kind}" "{name}" {{\n  engine = "postgres"\n  {setting}\n}}\n'


@pytest.mark.parametrize("kind", ["aws_db_instance", "aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"])
def test_a_database_that_leaves_no_last_copy_is_found(kind, repo, collect):
    repo.commit({"db.tf": database(kind, "skip_final_snapshot = true")})

    (finding,) = collect(repo).findings("tf_skip_final_snapshot")

    assert (finding.path, finding.line, finding.resource) == ("db.tf", 3, f"db.tf#{kind}.orders")
    assert (finding.resource_type, finding.severity, finding.confidence) == (f"terraform:{kind}", "high", "high")


@pytest.mark.parametrize("setting", ["skip_final_snapshot = false", "", 'final_snapshot_identifier = "last"'])
def test_a_database_that_leaves_a_last_copy_passes(setting, repo, collect):
    repo.commit({"db.tf": database("aws_db_instance", setting)})

    evaluation = collect(repo).evaluation("tf_skip_final_snapshot")

    assert (evaluation.findings, evaluation.passed) == ([], {"tf_skip_final_snapshot": 1})


def test_a_replica_is_not_judged(repo, collect):
    repo.commit({"db.tf": database("aws_db_instance", 'replicate_source_db = "orders"\n  skip_final_snapshot = true')})

    assert collect(repo).evaluation("tf_skip_final_snapshot").examined == {"tf_skip_final_snapshot": 0}


def test_a_variables_default_in_the_same_folder_decides(repo, collect):
    setting = "skip_final_snapshot = var.skip"
    repo.commit(
        {
            "a/db.tf": database("aws_db_instance", setting),
            "a/variables.tf": 'variable "skip" {\n  default = true\n}\n',
            "b/db.tf": database("aws_db_instance", setting),
            "b/variables.tf": 'variable "skip" {\n  default = false\n}\n',
        }
    )

    (finding,) = collect(repo).findings("tf_skip_final_snapshot")

    assert (finding.path, finding.line, finding.confidence) == ("a/db.tf", 3, "medium")


def test_what_is_computed_is_said_to_be_not_assessed(repo, collect):
    repo.commit({"db.tf": database("aws_db_instance", 'skip_final_snapshot = var.env != "prod"')})

    evaluation = collect(repo).evaluation("tf_skip_final_snapshot")

    assert (evaluation.findings, evaluation.examined) == ([], {"tf_skip_final_snapshot": 0})
    assert "computed in db.tf" in evaluation.gaps[0].message


def test_a_module_that_is_told_to_skip_is_found(repo, collect):
    repo.commit(
        {"db.tf": 'module "db" {\n  source = "terraform-aws-modules/rds/aws"\n  skip_final_snapshot = true\n}\n'}
    )

    assert lines_of(collect(repo).findings("tf_skip_final_snapshot")) == [("db.tf", 3)]


@pytest.mark.parametrize(
    ("folder", "severity", "reason"),
    [
        ("live", "high", ""),
        ("envs/dev", "medium", "its folder is for dev"),
        ("live/dev", "medium", "its folder is for dev"),
        ("examples/simple", "medium", "it stands in an example"),
        ("tests/simple", "medium", "it stands in a test"),
        ("envs/prod", "high", ""),
    ],
)
def test_the_folder_eases_the_severity_and_says_why(folder, severity, reason, repo, collect):
    repo.commit({f"{folder}/db.tf": database("aws_db_instance", "skip_final_snapshot = true")})

    (finding,) = collect(repo).findings("tf_skip_final_snapshot")

    assert finding.severity == severity
    assert reason in finding.severity_reason


@pytest.mark.parametrize(
    "source",
    [
        GIT,
        f"{GIT}//modules/vpc",
        f"{GIT}?depth=1",
        "git@git.example:acme/network.git",
        "git::ssh://git@git.example/network.git",
        "github.com/acme/network",
        "https://git.example/network.git",
    ],
)
def test_a_module_from_git_without_a_version_is_found(source, repo, collect):
    repo.commit({"main.tf": f'module "network" {{\n  source = "{source}"\n}}\n'})

    (finding,) = collect(repo).findings("tf_module_unpinned")

    assert (finding.path, finding.line, finding.evidence) == ("main.tf", 2, {"source": source})


@pytest.mark.parametrize(
    "source", [f"{GIT}?ref=v1.4.0", f"{GIT}//vpc?depth=1&ref=0a1b2c", "github.com/acme/network?ref=v2"]
)
def test_a_module_with_a_version_passes(source, repo, collect):
    repo.commit({"main.tf": f'module "network" {{\n  source = "{source}"\n}}\n'})

    assert collect(repo).evaluation("tf_module_unpinned").passed == {"tf_module_unpinned": 1}


@pytest.mark.parametrize(
    "source", ["./network", "../network", "terraform-aws-modules/vpc/aws", "app.terraform.io/acme/vpc/aws"]
)
def test_a_module_that_does_not_come_from_git_is_not_judged(source, repo, collect):
    repo.commit({"main.tf": f'module "network" {{\n  source = "{source}"\n}}\n'})

    assert collect(repo).evaluation("tf_module_unpinned").examined == {"tf_module_unpinned": 0}


def test_downloaded_modules_are_nobodys_finding(repo, collect):
    repo.commit({".terraform/modules/db/main.tf": database("aws_db_instance", "skip_final_snapshot = true")})

    assert collect(repo)["repo.terraform"].rows == ()


def literals_of(*settings):
    ((block,), whole) = parse("\n".join(["locals {", *settings, "}", ""]).encode())
    return {name: one.value for name, one in block.attributes.items()}, whole


def test_escapes_are_the_signs_that_they_stand_for():
    settings = [r'a = "{\"on\":true}"', r'b = "x\ty\n\\"', r'c = "\u00e9\U0001F512"', 'd = "$${not} %%{one}"']

    assert literals_of(*settings)[0] == {
        "a": '{"on":true}',
        "b": "x\ty\n\\",
        "c": "é🔒",
        "d": "${not} %{one}",
    }


def test_numbers_with_an_exponent_break_no_file():
    told, whole = literals_of("most = 1e9", 'text = "1e9"', "least = -2E+3", "on = true")

    assert whole
    assert told | {"most": None, "least": None} == {"most": None, "text": "1e9", "least": None, "on": True}
