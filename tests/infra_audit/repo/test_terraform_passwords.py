"""Passwords in Terraform: found on their line by name and by use, and never kept."""

import json

import pytest

from tests.infra_audit.repo.hcl_text import VPC, block, database, module

ENVIRONMENT = ["variables = {", '  DB_PASSWORD = "{password}"', "}"]


@pytest.mark.parametrize(
    ("source", "line", "name"),
    [
        (database(engine='"postgres"', password='"{password}"'), 3, "password"),
        (database(password='"changeme"'), 2, "password"),
        (module(VPC, db_password='"{password}"'), 3, "db_password"),
        (block("locals", master_password='"{password}"'), 2, "master_password"),
        (block("resource", "aws_ssm_parameter", "p", type='"SecureString"', value='"{password}"'), 3, "value"),
        (
            block(
                "resource",
                "aws_lambda_function",
                "f",
                environment=["variables = {", '  DB_PASSWORD = "{password}"', "}"],
            ),
            4,
            "environment.variables",
        ),
        (
            block("resource", "aws_instance", "a", user_data="<<EOT\n#!/bin/sh\nexport DB_PASSWORD={password}\nEOT"),
            4,
            "user_data",
        ),
    ],
)
def test_a_password_in_the_code_is_found_and_never_kept(source, line, name, judge, repo, collect, mint):
    password = mint.password()

    found, _gaps, evaluation = judge("tf_password_literal", {"main.tf": source.replace("{password}", password)})

    assert found == [f"main.tf:{line}"]
    assert evaluation.findings[0].detail.startswith(f"{name} holds a password")
    assert password not in repr(collect(repo)["repo.terraform"]) + repr(evaluation)


@pytest.mark.parametrize(
    "settings",
    [
        {"password": "var.password"},
        {"password": "random_password.db.result"},
        {"password": '"${var.password}"'},
        {"password": 'data.aws_ssm_parameter.p["x"].value'},
        {"password": '""'},
        {"manage_master_user_password": "true"},
        {"password_wo_version": "1"},
        {"hash_key": '"id"'},
        {"key_name": '"ops-2024"'},
        {"kms_key_id": '"alias/orders"'},
        {"secret_name": '"prod/db"'},
        {"password": '"{{resolve:secretsmanager:prod/db}}"'},
        {"settings": '{\n    client_secret = "$__env{login-client-secret}"\n  }'},
        {"password_history": '"24"'},
    ],
)
def test_what_only_looks_like_a_password_passes(settings, judge):
    found, _gaps, evaluation = judge("tf_password_literal", {"main.tf": database(**settings)})

    assert (found, evaluation.passed) == ([], {"tf_password_literal": 1})


@pytest.mark.parametrize(
    ("check", "source", "line"),
    [
        ("tf_password_variable_default", block("variable", "opening", default='"sesame-77"'), 2),
        ("tf_password_literal", block("locals", opening='"sesame-77"'), 2),
    ],
)
def test_what_is_used_as_a_password_is_one_whatever_it_is_called(check, source, line, judge):
    reference = "var.opening" if "variable" in source else "local.opening"

    found, _gaps, _evaluation = judge(check, {"a.tf": source, "b.tf": database(password=reference), "c/a.tf": source})

    assert found == [f"a.tf:{line}"]


def test_what_a_module_takes_as_a_password_is_one_where_it_is_called(judge, repo, collect):
    files = {
        "db/main.tf": database(password="var.opening") + block("variable", "opening"),
        "stack/main.tf": module("../db", "db", opening="var.sesame") + block("variable", "sesame"),
        "live/main.tf": module("../stack", "stack", sesame="var.word") + block("variable", "word", default='"open-77"'),
        "trial/main.tf": module("../stack", "stack", sesame='"open-78"'),
    }

    assert judge("tf_password_variable_default", files)[0] == ["live/main.tf:6"]
    assert [one.path for one in collect(repo).findings("tf_password_literal")] == ["trial/main.tf"]


def test_a_name_that_says_what_else_it_is_is_believed(judge):
    source = block("variable", "password_name", default='"prod-db"') + database(password="var.password_name")

    assert judge("tf_password_variable_default", {"main.tf": source})[0] == []


def test_the_keys_of_a_provider_are_one_finding(judge, mint):
    key_id, secret = mint.aws_id(), mint.aws_secret()
    source = block("provider", "aws", region='"eu-west-1"', access_key=f'"{key_id}"', secret_key=f'"{secret}"')

    found, _gaps, evaluation = judge("tf_credentials_in_provider", {"main.tf": source})

    assert found == ["main.tf:3"]
    assert evaluation.findings[0].severity == "critical"
    assert secret not in repr(evaluation)


@pytest.mark.parametrize("keys", [("mock_access_key", "mock_secret_key"), ("test", "test"), ("${var.a}", "${var.b}")])
def test_stand_ins_in_a_provider_pass(keys, judge):
    source = block("provider", "aws", access_key=json.dumps(keys[0]), secret_key=json.dumps(keys[1]))

    assert judge("tf_credentials_in_provider", {"main.tf": source})[0] == []
