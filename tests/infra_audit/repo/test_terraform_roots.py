"""Terraform's folders: who gives a module its tags, and where state, lock file and tests are looked for."""

import pytest

from tests.infra_audit.repo.hcl_text import PROVIDER, block, database, module


def test_a_module_gets_the_tags_of_whoever_calls_it(judge):
    files = {
        "tagged/main.tf": block("provider", "aws", default_tags=['tags = { Owner = "web" }']) + module("../modules/q"),
        "modules/q/main.tf": block("resource", "aws_sqs_queue", "q"),
        "plain/main.tf": PROVIDER + module("../modules/r"),
        "modules/r/main.tf": block("resource", "aws_sqs_queue", "r"),
        "modules/alone/main.tf": block("resource", "aws_sqs_queue", "s"),
    }

    found, gaps, evaluation = judge("tf_no_tags", files)

    assert found == ["modules/r/main.tf:1"]
    assert gaps == ["modules/alone/main.tf#aws_sqs_queue.s"]
    assert evaluation.findings[0].confidence == "high"


def test_aliases_tell_providers_apart(judge):
    tagged = block("provider", "aws", alias='"tagged"', default_tags=['tags = { Owner = "web" }'])
    first = block("resource", "aws_vpc", "a", provider="aws.tagged")
    source = f"{PROVIDER}{tagged}{first}" + block("resource", "aws_vpc", "b")

    assert judge("tf_no_tags", {"main.tf": source})[0] == [f"main.tf:{source.count(chr(10)) - 1}"]


def test_state_and_lock_file_are_asked_of_roots_alone(judge, repo, collect):
    root = 'terraform {\n  backend "s3" {}\n}\n'
    files = {
        "live/main.tf": root + module("../modules/db"),
        "live/.terraform.lock.hcl": "# locked\n",
        "other/main.tf": PROVIDER,
        "modules/db/versions.tf": 'terraform {\n  required_version = ">= 1.9"\n}\n',
        "examples/simple/main.tf": PROVIDER,
    }

    assert judge("tf_no_remote_state", files)[0] == ["other/main.tf:1"]
    assert collect(repo).evaluation("tf_no_remote_state").examined == {"tf_no_remote_state": 2}
    assert [one.resource for one in collect(repo).findings("tf_no_lock_file")] == ["other"]


def test_a_folder_without_a_provider_may_be_somebodys_module_and_is_less_certain(judge):
    files = {"vpc/versions.tf": 'terraform {\n  required_version = ">= 1.9"\n}\n', "live/main.tf": PROVIDER}

    findings = judge("tf_no_remote_state", files)[2].findings

    assert {one.resource: one.confidence for one in findings} == {"vpc": "medium", "live": "high"}


def test_what_terragrunt_may_add_is_not_assessed(judge):
    files = {"app/main.tf": PROVIDER, "app/terragrunt.hcl": "include {}\n"}

    found, gaps, evaluation = judge("tf_no_remote_state", files)

    assert (found, gaps) == ([], ["app"])
    assert "Terragrunt" in evaluation.gaps[0].message


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("tests/db.tftest.hcl", "run {}\n"),
        ("tests/db.tofutest.hcl", "run {}\n"),
        ("test/go.mod", "require github.com/gruntwork-io/terratest v0.47.0\n"),
        ("test/db_test.go", 'import "github.com/gruntwork-io/terratest/modules/terraform"\n'),
        (".kitchen.yml", "driver:\n  name: terraform\n"),
        ("tests/test_hosts.py", "import testinfra\n"),
    ],
)
def test_each_way_to_test_terraform_counts(path, content, judge):
    assert judge("tf_no_tests", {"main.tf": database(), path: content})[2].passed == {"tf_no_tests": 1}


def test_other_tests_do_not_test_terraform(judge):
    files = {"main.tf": database(), "tests/test_app.py": "def test(): pass\n", "app_test.go": "package app\n"}

    assert judge("tf_no_tests", files)[2].findings[0].resource == "repo:shop"
