"""What the checks make of Terraform: modules followed, replicas and environments told apart, what is computed said."""

import json

import pytest

from infra_audit.cli import main
from infra_audit.terraform_outcomes import How, Sort
from infra_audit.terraform_values import Code
from tests.infra_audit.repo.hcl_text import GIT, PROVIDER, VPC, block, bucket, database, module, versioning

SKIP = "tf_skip_final_snapshot"
SKIPPING = database(skip_final_snapshot="var.skip")


def test_what_each_caller_passes_decides_where_it_is_passed(judge):
    files = {
        "modules/db/main.tf": SKIPPING,
        "modules/db/variables.tf": block("variable", "skip", default="false"),
        "envs/prod/main.tf": module("../../modules/db", "db", skip="true"),
        "envs/dev/main.tf": module("../../modules/db", "db", skip="true"),
        "envs/stage/main.tf": module("../../modules/db", "db"),
        "envs/qa/main.tf": module("../../modules/db", "db", skip="terraform.workspace == var.x"),
    }

    found, gaps, evaluation = judge(SKIP, files)

    assert found == ["envs/prod/main.tf:3", "envs/dev/main.tf:3"]
    worst = evaluation.findings[0]
    assert worst.resource == "envs/prod/main.tf#module.db.aws_db_instance.orders"
    assert (worst.resource_type, worst.severity, worst.confidence) == ("terraform:aws_db_instance", "high", "high")
    assert worst.detail == "skip_final_snapshot is true, as module.db passes it."
    assert evaluation.findings[1].severity == "medium"
    assert gaps == ["envs/qa/main.tf#module.db.aws_db_instance.orders"]
    assert evaluation.passed == {SKIP: 1}


def test_a_value_is_followed_through_modules_locals_and_files_of_values(judge):
    files = {
        "main.tf": module("./stack", "stack", skip="local.skip") + block("locals", skip="var.throw_away"),
        "variables.tf": block("variable", "throw_away", type="bool"),
        "terraform.tfvars": "throw_away = true\n",
        "stack/main.tf": module("../db", "db", skip="var.skip") + block("variable", "skip"),
        "db/main.tf": SKIPPING + block("variable", "skip"),
    }

    found, gaps, evaluation = judge(SKIP, files)

    assert (found, gaps) == (["terraform.tfvars:1"], [])
    assert evaluation.findings[0].detail == "skip_final_snapshot is true, as terraform.tfvars sets it."


def test_a_file_that_may_be_named_is_one_way_and_the_default_another(judge):
    files = {
        "main.tf": SKIPPING + block("variable", "skip", default="false"),
        "dev.tfvars": 'skip = "true"\n',
    }

    found, _gaps, evaluation = judge(SKIP, files)

    assert found == ["dev.tfvars:1"]
    assert evaluation.findings[0].confidence == "medium"
    assert evaluation.examined == {SKIP: 2}


@pytest.mark.parametrize(
    "value", ["var.nowhere", "var.settings.skip", "coalesce(var.skip, true)", "var.skip ? true : false"]
)
def test_what_the_code_does_not_tell_is_no_pass(value, judge):
    found, gaps, evaluation = judge(SKIP, {"main.tf": database(skip_final_snapshot=value)})

    assert (found, gaps, evaluation.passed) == ([], ["main.tf#aws_db_instance.orders"], {SKIP: 0})


def test_modules_and_values_that_come_back_to_themselves_end(judge):
    files = {
        "a/main.tf": SKIPPING + module("../b", "b", skip="var.skip") + block("variable", "skip"),
        "b/main.tf": module("../a", "a", skip="var.skip") + block("variable", "skip"),
        "c/main.tf": database(skip_final_snapshot="local.x") + block("locals", x="local.y", y="local.x"),
        "d/main.tf": database(skip_final_snapshot="local.n0")
        + block("locals", **{f"n{at}": f"local.n{at + 1}" for at in range(2000)}),
    }

    found, gaps, _evaluation = judge(SKIP, files)

    assert found == []
    assert len(gaps) == 3


def test_many_calls_of_many_calls_are_worked_out_once():
    """2^40 ways lead to the last module, and each place that decides is told once."""
    rows = []
    for depth in range(40):
        for name in "ab":
            rows.append(row(f"m{depth}/main.tf", "module", name, source=f"../m{depth + 1}", skip="var.skip"))
        rows.append(row(f"m{depth}/v.tf", "variable", "skip", default=depth == 0))
    rows.append(row("m40/v.tf", "variable", "skip"))
    last = row("m40/main.tf", "resource", "aws_db_instance", "x", skip_final_snapshot="var.skip")

    outcomes = Code([*rows, last]).outcomes(last, "skip_final_snapshot")

    assert {(one.how, one.sort, one.value, one.row["path"]) for one in outcomes} == {
        (How.CALLER, Sort.LITERAL, True, "m0/main.tf")
    }


def row(path, kind, *labels, **settings):
    attributes = {
        name: {"line": 2, "kind": "reference" if str(value).startswith("var.") else "literal", "value": value}
        for name, value in settings.items()
    }
    told = {"path": path, "path_class": "code", "line": 1, "type": kind, "labels": list(labels), "blocks": []}
    return {**told, "address": ".".join(labels if kind == "resource" else (kind, *labels)), "attributes": attributes}


REPLICA = block("resource", "aws_db_instance", "copy", replicate_source_db="aws_db_instance.orders.identifier")


@pytest.mark.parametrize(
    ("check", "source", "line"),
    [
        ("tf_no_deletion_protection", database(), 1),
        ("tf_no_deletion_protection", database(deletion_protection="false"), 2),
        ("tf_no_deletion_protection", database(deletion_protection='"false"'), 2),
        ("tf_no_deletion_protection", block("resource", "aws_rds_cluster", "c"), 1),
        ("tf_no_deletion_protection", module("terraform-aws-modules/rds/aws", deletion_protection="false"), 3),
        ("tf_backup_retention_zero", database(backup_retention_period="0"), 2),
        ("tf_backup_retention_zero", database(backup_retention_period='"0"'), 2),
        ("tf_backup_retention_zero", database(), 1),
        ("tf_delete_automated_backups", database(delete_automated_backups="true"), 2),
        (
            "tf_delete_automated_backups",
            block("resource", "aws_rds_cluster", "c", delete_automated_backups="var.d")
            + block("variable", "d", default="true"),
            2,
        ),
        ("tf_force_destroy_unprotected", bucket(), 2),
        ("tf_force_destroy_unprotected", bucket(versioning=["enabled = false"]), 2),
        ("tf_force_destroy_unprotected", bucket() + versioning("aws_s3_bucket.media.id", '"Suspended"'), 2),
        ("tf_force_destroy_unprotected", bucket() + versioning("aws_s3_bucket.other.id"), 2),
        (
            "tf_force_destroy_unprotected",
            module("terraform-aws-modules/s3-bucket/aws", force_destroy="true", versioning="{}"),
            3,
        ),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=main"), 2),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=feature/new-vpc"), 2),
        ("tf_module_ref_is_branch", module("github.com/acme/vpc?ref=refs/heads/x"), 2),
        ("tf_registry_module_unversioned", module(VPC), 2),
        ("tf_registry_module_unversioned", module("app.terraform.io/acme/vpc/aws//sub"), 2),
        ("tf_module_version_open", module(VPC, version='">= 5.0"'), 3),
        ("tf_module_version_open", module(VPC, version='"> 5.0, != 5.1"'), 3),
        ("tf_no_tags", PROVIDER + block("resource", "aws_sqs_queue", "q", name='"q"'), 4),
        ("tf_no_tags", block("resource", "aws_sqs_queue", "q", tags="{}"), 1),
        ("tf_no_tags", block("provider", "aws", default_tags=["tags = {}"]) + block("resource", "aws_vpc", "v"), 6),
        (
            "tf_no_tags",
            block("provider", "aws", default_tags=['tags = { A = "b" }'])
            + block("resource", "aws_autoscaling_group", "g"),
            6,
        ),
        ("tf_no_remote_state", PROVIDER, 1),
        ("tf_no_remote_state", 'terraform {\n  backend "local" {}\n}\n', 2),
        ("tf_no_lock_file", PROVIDER, 1),
        ("tf_no_tests", database(), None),
    ],
)
def test_it_is_found_on_its_line(check, source, line, judge):
    found, gaps, evaluation = judge(check, {"main.tf": source})

    assert found == [f"main.tf:{line}" if line else "None:None"]
    assert gaps == []
    assert evaluation.findings[0].detail.endswith(".")


@pytest.mark.parametrize(
    ("check", "source"),
    [
        ("tf_no_deletion_protection", database(deletion_protection="true")),
        ("tf_backup_retention_zero", database(backup_retention_period="7")),
        ("tf_backup_retention_zero", block("resource", "aws_rds_cluster", "c")),
        ("tf_delete_automated_backups", database(delete_automated_backups="false")),
        ("tf_force_destroy_unprotected", block("resource", "aws_s3_bucket", "a")),
        ("tf_force_destroy_unprotected", bucket(versioning=["enabled = true"])),
        (
            "tf_force_destroy_unprotected",
            block("resource", "aws_s3_bucket", "media", force_destroy="!var.live")
            + versioning("aws_s3_bucket.media.id"),
        ),
        ("tf_force_destroy_unprotected", bucket(replication_configuration=["role = var.role"])),
        ("tf_force_destroy_unprotected", bucket() + versioning("aws_s3_bucket.media.id")),
        ("tf_force_destroy_unprotected", bucket() + versioning("aws_s3_bucket.media[0].id")),
        (
            "tf_force_destroy_unprotected",
            bucket(for_each='toset(["a", "b"])')
            + block(
                "resource",
                "aws_s3_bucket_versioning",
                "v",
                for_each="aws_s3_bucket.media",
                bucket="each.value.id",
                versioning_configuration=['status = "Enabled"'],
            ),
        ),
        ("tf_force_destroy_unprotected", bucket(bucket='"acme-media"') + versioning('"acme-media"')),
        ("tf_force_destroy_unprotected", bucket(bucket="local.name") + versioning("local.name")),
        (
            "tf_force_destroy_unprotected",
            bucket()
            + block("resource", "aws_s3_bucket_replication_configuration", "r", bucket="aws_s3_bucket.media.bucket"),
        ),
        (
            "tf_force_destroy_unprotected",
            module("terraform-aws-modules/s3-bucket/aws", force_destroy="true", versioning="{ enabled = true }"),
        ),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=v1.2.3")),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=4f1c2aa8d9b0e7c6a5f4e3d2c1b0a9f8e7d6c5b4")),
        ("tf_module_ref_is_branch", module(f"{GIT}//vpc?ref=network/v1.2.0&depth=1")),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=4f1c2aa")),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=refs/tags/summer")),
        ("tf_module_ref_is_branch", module(f"{GIT}?ref=2.0.0-rc.1")),
        ("tf_module_unpinned", module(f"{GIT}?ref=main")),
        ("tf_registry_module_unversioned", module(VPC, version='"5.13.0"')),
        ("tf_module_version_open", module(VPC, version='"~> 5.1"')),
        ("tf_module_version_open", module(VPC, version='">= 5.0, < 6.0"')),
        ("tf_module_version_open", module(VPC, version='"5.13.0"')),
        ("tf_no_tags", block("resource", "aws_sqs_queue", "q", tags="var.tags") + block("variable", "tags")),
        ("tf_no_tags", block("resource", "aws_autoscaling_group", "g", tag=['key = "Owner"'])),
        ("tf_no_tags", block("provider", "aws", default_tags=["tags = local.t"]) + block("resource", "aws_vpc", "v")),
        ("tf_no_remote_state", "terraform {\n  cloud {}\n}\n"),
        ("tf_no_remote_state", 'terraform {\n  backend "s3" {}\n}\n' + PROVIDER),
    ],
)
def test_what_is_in_order_passes(check, source, judge):
    found, gaps, evaluation = judge(check, {"main.tf": source})

    assert (found, gaps) == ([], [])
    assert evaluation.passed[check] >= 1


@pytest.mark.parametrize(
    ("check", "source"),
    [
        ("tf_delete_automated_backups", database()),
        ("tf_no_deletion_protection", module("terraform-aws-modules/eks/aws", deletion_protection="false")),
        ("tf_force_destroy_unprotected", module("terraform-aws-modules/iam/aws", force_destroy="true")),
        ("tf_no_tags", block("resource", "aws_s3_bucket_versioning", "v") + block("resource", "random_id", "x")),
        ("tf_no_remote_state", database()),
        ("tf_no_lock_file", database()),
        ("tf_no_tests", block("variable", "x")),
        ("tf_module_version_open", module(VPC)),
        ("tf_module_ref_is_branch", module(GIT)),
    ],
)
def test_what_it_does_not_speak_of_is_not_examined(check, source, judge):
    found, gaps, evaluation = judge(check, {"main.tf": source})

    assert (found, gaps, evaluation.examined) == ([], [], {check: 0})


@pytest.mark.parametrize(
    ("check", "source"),
    [
        ("tf_no_deletion_protection", database(deletion_protection='var.env == "prod"')),
        ("tf_backup_retention_zero", database(backup_retention_period="var.days") + block("variable", "days")),
        ("tf_backup_retention_zero", database(snapshot_identifier='"last"')),
        ("tf_force_destroy_unprotected", bucket() + versioning("aws_s3_bucket.media.id", "var.status")),
        ("tf_force_destroy_unprotected", bucket() + versioning("each.value")),
        ("tf_force_destroy_unprotected", block("resource", "aws_s3_bucket", "media", force_destroy="!var.live")),
        ("tf_module_version_open", module(VPC, version="var.v")),
    ],
)
def test_what_is_computed_is_not_assessed(check, source, judge):
    found, gaps, evaluation = judge(check, {"main.tf": source})

    assert (found, evaluation.passed) == ([], {check: 0})
    assert len(gaps) == 1
    assert "the code alone does not tell" in evaluation.gaps[0].message


@pytest.mark.parametrize("revision", ["summer", "ben-tries-this", "TICKET-12"])
def test_a_revision_that_may_be_tag_or_branch_is_not_assessed(revision, judge):
    found, gaps, evaluation = judge("tf_module_ref_is_branch", {"main.tf": module(f"{GIT}?ref={revision}")})

    assert (found, gaps) == ([], ["main.tf#module.network"])
    assert revision in evaluation.gaps[0].message


@pytest.mark.parametrize(
    ("retention", "found", "gaps"),
    [
        ("7", ["main.tf:1"], []),
        ("0", ["main.tf:1", "main.tf:4"], []),
        ("var.days", ["main.tf:1"], ["main.tf#aws_db_instance.copy"]),
    ],
)
def test_a_replica_is_exempt_where_its_source_is_backed_up(retention, found, gaps, judge):
    source = database(backup_retention_period=retention) + REPLICA

    told = judge("tf_no_deletion_protection", {"main.tf": source})

    assert (sorted(told[0]), told[1]) == (found, gaps)


def test_a_module_that_several_environments_share_is_found_once_at_productions_call(judge):
    files = {f"envs/{name}/main.tf": module("../../modules/vpc", "vpc") for name in ("dev", "stage", "prod")}
    files |= {"envs/prod/dns.tf": module("../../modules/dns", "dns"), "tests/dev/main.tf": module("../../modules/dns")}
    files |= {f"modules/{name}/main.tf": block("output", "id", value='"x"') for name in ("vpc", "dns")}

    found, _gaps, evaluation = judge("tf_module_shared_by_environments", files)

    assert found == ["envs/prod/main.tf:2"]
    assert evaluation.findings[0].detail.endswith("is called as ../../modules/vpc for dev, prod, staging.")
    assert evaluation.passed == {"tf_module_shared_by_environments": 1}


def test_the_module_itself_may_lie_in_another_repository(judge):
    files = {f"{name}/main.tf": module("../../shared/vpc", "vpc") for name in ("stage", "prod")}

    assert judge("tf_module_shared_by_environments", files)[0] == ["prod/main.tf:2"]


def test_environments_that_name_their_own_version_are_left_alone(judge):
    files = {f"envs/{name}/main.tf": module(f"{GIT}?ref=v1") for name in ("dev", "prod")}

    assert judge("tf_module_shared_by_environments", files)[2].examined == {"tf_module_shared_by_environments": 0}


def test_what_checkov_found_is_joined_on_the_command_line(repo, tmp_path, capsys):
    repo.commit({"live/main.tf": module("../modules/db", "db"), "modules/db/main.tf": database()})
    failed = {"check_id": "CKV_AWS_293", "file_path": "/modules/db/main.tf", "file_line_range": [1, 2]}
    report = {
        "check_type": "terraform",
        "results": {"failed_checks": [{**failed, "resource": "module.db.aws_db_instance.orders"}]},
    }
    (tmp_path / "checkov.json").write_text(json.dumps(report))

    arguments = ["repo", str(repo.folder), "--import", str(tmp_path / "checkov.json"), "--json", "-", "--quiet"]
    assert main(arguments) == 0

    told = [one for one in json.loads(capsys.readouterr().out)["findings"] if "deletion" in str(one).lower()]
    assert [(one["check"], one["evidence"]) for one in told if one["check"] == "tf_no_deletion_protection"] == [
        ("tf_no_deletion_protection", {"also_found_by": ["Checkov: CKV_AWS_293"]})
    ]
    assert not [one for one in told if one["check"].startswith("checkov")]


def test_terraform_written_as_json_is_judged_alike(judge, repo, collect, mint):
    password = mint.password()
    text = json.dumps(
        {
            "terraform": {"backend": {"s3": {"bucket": "state"}}},
            "provider": {"aws": [{"region": "eu-west-1"}, {"alias": "us", "region": "us-east-1"}]},
            "variable": {"skip": {"default": True}},
            "module": {"net": {"source": GIT}},
            "resource": {
                "aws_db_instance": {"orders": {"skip_final_snapshot": "${var.skip}", "password": password, "tags": {}}},
                "aws_s3_bucket": {"a": [{"force_destroy": True, "versioning": {"enabled": True}}]},
            },
        },
        indent="\t",
    )
    line = next(at for at, line in enumerate(text.splitlines(), 1) if "skip_final" in line)

    assert judge(SKIP, {"main.tf.json": text})[0] == [f"main.tf.json:{line}"]
    collected = collect(repo)
    assert [one.line for one in collected.findings("tf_password_literal")] == [line + 1]
    assert password not in repr(collected["repo.terraform"])
    assert [one.line for one in collected.findings("tf_module_unpinned")]
    for check in ("tf_force_destroy_unprotected", "tf_no_remote_state"):
        assert collected.findings(check) == []
        assert collected.evaluation(check).passed == {check: 1}
