"""Files that override: what they say counts, and a finding stands where it was said."""

import pytest

from tests.infra_audit.repo.hcl_text import GIT, PROVIDER, block, bucket, database, module


@pytest.mark.parametrize("name", ["override.tf", "local_override.tf", "override.tofu"])
def test_what_overrides_an_argument_counts_and_is_found_where_it_stands(name, judge):
    files = {
        "main.tf": database(engine='"postgres"', skip_final_snapshot="false"),
        name: "\n" + database(skip_final_snapshot="true"),
    }

    found, gaps, evaluation = judge("tf_skip_final_snapshot", files)

    assert (found, gaps, evaluation.examined) == ([f"{name}:3"], [], {"tf_skip_final_snapshot": 1})
    assert evaluation.findings[0].resource == "main.tf#aws_db_instance.orders"


def test_as_json_too_and_the_last_of_several_counts(judge):
    files = {
        "main.tf": database(skip_final_snapshot="true"),
        "a_override.tf": database(skip_final_snapshot="true"),
        "b_override.tf.json": '{"resource": {"aws_db_instance": {"orders": {"skip_final_snapshot": false}}}}',
    }

    assert judge("tf_skip_final_snapshot", files)[0] == []


def test_a_folder_is_overridden_by_its_own_files_alone(judge):
    files = {
        "a/main.tf": database(skip_final_snapshot="true"),
        "b/override.tf": database(skip_final_snapshot="false"),
        "b/main.tf": database(skip_final_snapshot="true"),
    }

    assert judge("tf_skip_final_snapshot", files)[0] == ["a/main.tf:2"]


def test_blocks_inside_take_the_place_of_all_of_their_type(judge):
    files = {"main.tf": bucket(versioning=["enabled = true"]), "override.tf": bucket(versioning=["enabled = false"])}

    assert judge("tf_force_destroy_unprotected", files)[0] == ["override.tf:2"]


def test_locals_defaults_and_what_modules_are_passed_are_overridden(judge):
    files = {
        "db/main.tf": database(skip_final_snapshot="var.skip", deletion_protection="local.on")
        + block("variable", "skip", default="true")
        + block("locals", on="false", other="1"),
        "db/override.tf": block("variable", "skip", default="false") + block("locals", on="true"),
        "live/main.tf": module("../db", "db", skip="true"),
        "live/override.tf": block("module", "db", skip="false"),
    }

    assert judge("tf_skip_final_snapshot", files)[:2] == ([], [])
    assert judge("tf_no_deletion_protection", {})[:2] == ([], [])


def test_a_module_comes_from_where_the_override_says(judge):
    files = {"main.tf": module("../network"), "override.tf": module(GIT)}

    assert judge("tf_module_unpinned", files)[0] == ["override.tf:2"]
    assert judge("tf_module_unpinned", {"override.tf": module(f"{GIT}?ref=v1.2.0")})[0] == []


def test_a_backend_that_overrides_takes_the_place_of_the_other(judge):
    shared, local = 'terraform {\n  backend "s3" {}\n}\n', 'terraform {\n  backend "local" {}\n}\n'

    assert judge("tf_no_remote_state", {"main.tf": shared + PROVIDER, "override.tf": local})[0] == ["override.tf:2"]
    assert judge("tf_no_remote_state", {"main.tf": local + PROVIDER, "override.tf": shared})[0] == []


def test_providers_are_told_apart_by_their_alias(judge):
    tags = ["tags = { Owner = local.owner }"]
    files = {
        "main.tf": PROVIDER + block("provider", "aws", alias='"us"') + block("resource", "aws_vpc", "v"),
        "override.tf": block("provider", "aws", alias='"us"', default_tags=tags),
    }

    assert judge("tf_no_tags", files)[0] == ["main.tf:7"]
    assert judge("tf_no_tags", {"override.tf": block("provider", "aws", default_tags=tags)})[0] == []


def test_an_override_of_nothing_is_judged_by_itself(judge):
    assert judge("tf_skip_final_snapshot", {"override.tf": database(skip_final_snapshot="true")})[0] == [
        "override.tf:2"
    ]


def test_a_password_in_an_override_is_found_there_once(judge):
    files = {"main.tf": database(password="var.p"), "override.tf": database(password='"changeme"')}

    assert judge("tf_password_literal", files)[0] == ["override.tf:2"]
