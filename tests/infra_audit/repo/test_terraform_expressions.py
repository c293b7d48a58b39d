"""What expressions of Terraform come to: where the code tells, they are judged; where it does not, that is said."""

import pytest

from tests.infra_audit.repo.hcl_text import VPC, block, bucket, database, module, versioning

SKIP, PROTECTION, RETENTION = "tf_skip_final_snapshot", "tf_no_deletion_protection", "tf_backup_retention_zero"
LIVE = 'var.env == "prod"'


def variables(**defaults):
    return "".join(block("variable", name, default=value) for name, value in defaults.items())


@pytest.mark.parametrize(
    ("expression", "defaults"),
    [
        ("true ? true : false", {}),
        ("var.off ? false : true", {"off": "false"}),
        ('var.env != "prod"', {"env": '"dev"'}),
        ('var.env == "prod" ? false : true', {"env": '"dev"'}),
        ('var.env == "" ? true : false', {"env": '""'}),
        ("var.name != null ? false : true", {"name": "null"}),
        ('var.name != "" ? true : false', {"name": '"orders"'}),
        ("var.days > 7 ? false : true", {"days": "3"}),
        ('var.env == "prod" ? false : var.size == 1 ? false : true', {"env": '"dev"', "size": "2"}),
        ("var.unknown ? true : true", {}),
        ("var.on || var.unknown", {"on": "true"}),
        ("!(var.on && true)", {"on": "false"}),
        ("lookup(var.skip, var.env, false)", {"env": '"dev"', "skip": "{ dev = true }"}),
        ("{ dev = true, prod = false }[var.env]", {"env": '"dev"'}),
        ("var.settings.skip", {"settings": "{ skip = true }"}),
        ('var.settings["a"].skip', {"settings": "{ a = { skip = true } }"}),
        ("try(var.settings.skip, true)", {"settings": "{ other = false }"}),
        ("coalesce(var.skip, true)", {"skip": "null"}),
        ('tobool("true")', {}),
        ('contains(["dev", "trial"], var.env)', {"env": '"dev"'}),
        ('lower(var.env) == "dev"', {"env": '"dev"'}),
        ("length(concat([1], [2])) == 2", {}),
        ("length(keys(var.versions)) > 0 ? false : true", {"versions": "{}"}),
        ("element([false, true], 3)", {}),
        ("merge({ skip = false }, { skip = true }).skip", {}),
        ('"${var.on ? true : false}"', {"on": "true"}),
    ],
)
def test_an_expression_over_what_is_known_is_judged(expression, defaults, judge):
    source = database(skip_final_snapshot=expression) + variables(**defaults)

    assert judge(SKIP, {"main.tf": source})[:2] == (["main.tf:2"], [])


@pytest.mark.parametrize(
    ("expression", "defaults"),
    [
        ("var.unknown ? true : false", {}),
        ('var.env == "prod" ? false : true', {}),
        ('terraform.workspace == "prod" ? false : true', {}),
        ('data.aws_region.here.name == "eu-west-1"', {}),
        ('var.size == "1" ? true : false', {"size": "1"}),
        ("try(each.value.skip, true)", {}),
        ("provider::acme::skips()", {}),
        ("anything(true)", {}),
        ("var.settings.skip", {"settings": "{ other = true }"}),
        ('lower(var.env) == "dev"', {"env": '"DEV"'}),  # what it is before is no word that something is compared with
        ("[for x in [true] : x][0]", {}),
        ("local.loop", {}),
    ],
)
def test_what_depends_on_anything_else_is_not_assessed(expression, defaults, judge):
    source = database(skip_final_snapshot=expression) + variables(**defaults)
    source += block("locals", loop="local.back ? true : false", back="local.loop ? true : false")

    found, gaps, evaluation = judge(SKIP, {"main.tf": source})

    assert (found, gaps, evaluation.passed) == ([], ["main.tf#aws_db_instance.orders"], {SKIP: 0})


def test_what_a_type_fills_in_is_not_assessed(judge):
    filled = block("variable", "db", type="object({ skip = optional(bool, true) })", default="{ size = 1 }")

    found, gaps, _evaluation = judge(
        SKIP, {"main.tf": database(skip_final_snapshot="try(var.db.skip, false)") + filled}
    )

    assert (found, gaps) == ([], ["main.tf#aws_db_instance.orders"])


def test_each_caller_decides_for_itself_and_none_is_mixed_with_another(judge):
    """Production is protected and kept, development neither; no caller is protected by what the other passes."""
    passed = {"env": "var.env", "wanted": "var.wanted"}
    files = {
        "db/main.tf": database(deletion_protection=f"{LIVE} ? var.wanted : local.other")
        + block("locals", other="!var.wanted")
        + block("variable", "env")
        + variables(wanted="false"),
        "stack/main.tf": module("../db", "db", **passed) + block("variable", "env") + block("variable", "wanted"),
        "live/main.tf": module("../stack", "stack", env='"prod"', wanted="true"),
        "trial/main.tf": module("../stack", "stack", env='"trial"', wanted="false"),
    }

    assert judge(PROTECTION, files)[:2] == ([], [])


def test_a_caller_who_leaves_it_out_gets_the_default(judge):
    files = {
        "db/main.tf": database(deletion_protection=LIVE) + variables(env='"dev"'),
        "live/main.tf": module("../db", "db", env='"prod"'),
        "dev/main.tf": module("../db", "db"),
    }

    found, gaps, evaluation = judge(PROTECTION, files)

    assert (found, gaps) == (["db/main.tf:2"], [])
    assert "by the defaults of its variables" in evaluation.findings[0].detail


def test_the_place_to_mend_is_where_the_caller_decides_and_its_environment_counts(judge):
    files = {
        "db/main.tf": database(deletion_protection=LIVE) + block("variable", "env"),
        "envs/dev/main.tf": module("../../db", "db", env='"dev"'),
    }

    (finding,) = judge(PROTECTION, files)[2].findings

    assert (finding.path, finding.line, finding.severity) == ("envs/dev/main.tf", 3, "low")
    assert finding.detail == "deletion_protection is false, by what module.db passes."


@pytest.mark.parametrize("name", ["dev.tfvars", "dev.tfvars.json"])
def test_files_of_values_are_ways_to_run_of_their_own(name, judge):
    values = {"dev.tfvars": 'env = "dev"\nwanted = true\n', "dev.tfvars.json": '{"env": "dev",\n"wanted": true}'}
    source = (
        database(deletion_protection=f"{LIVE} && var.wanted") + block("variable", "env") + block("variable", "wanted")
    )
    files = {"main.tf": source, name: values[name], "prod.tfvars": 'env = "prod"\nwanted = true\n'}

    found, gaps, evaluation = judge(PROTECTION, files)

    assert (found, gaps) == ([f"{name}:1"], ["main.tf#aws_db_instance.orders"])  # and nobody may name a file
    assert evaluation.findings[0].severity_reason == "One step milder: its file is for dev."


def test_files_that_apply_by_themselves_do_so_in_their_order(judge):
    files = {
        "main.tf": database(backup_retention_period="var.days") + block("variable", "days"),
        "terraform.tfvars": "days = 7\n",
        "a.auto.tfvars.json": '{\n "days": 5}',
        "b.auto.tfvars": "\n\ndays = 0\n",
    }

    assert judge(RETENTION, files)[:2] == (["b.auto.tfvars:3"], [])


@pytest.mark.parametrize(
    ("counted", "examined"),
    [
        ("count = 0", 0),
        ("count = var.on ? 1 : 0", 0),
        ("for_each = var.on ? toset([1]) : []", 0),
        ("for_each = {}", 0),
        ("count = var.on ? 0 : 1", 1),
        ("count = var.many", 1),
    ],
)
def test_what_is_made_none_of_is_not_judged(counted, examined, judge):
    name, value = counted.split(" = ", 1)
    files = {
        "db/main.tf": database(**{name: value}, skip_final_snapshot="true")
        + block("variable", "on")
        + block("variable", "many"),
        "live/main.tf": module("../db", "db", on="false", many="length(data.aws_subnets.all.ids)"),
    }

    assert judge(SKIP, files)[2].examined == {SKIP: examined}


def test_who_makes_it_is_judged_and_who_does_not_is_left_out(judge):
    files = {
        "db/main.tf": database(count="var.on ? 1 : 0", skip_final_snapshot="var.skip")
        + block("variable", "on")
        + block("variable", "skip"),
        "a/main.tf": module("../db", "db", on="true", skip="true"),
        "b/main.tf": module("../db", "db", on="false", skip="true"),
        "c/main.tf": module("../db", "db", on="true", skip="true", count="0"),
    }

    assert judge(SKIP, files)[:2] == (["a/main.tf:4"], [])


def test_what_a_call_of_none_would_make_is_not_judged(judge):
    files = {
        "db/main.tf": database(skip_final_snapshot="var.skip") + block("variable", "skip"),
        "a/main.tf": module("../db", "db", skip="true", count="0") + module("../db", "kept", skip="false"),
        "b/main.tf": database(skip_final_snapshot="true"),
        "c/main.tf": module("../b", "b", count="0"),
    }

    assert judge(SKIP, files)[:2] == ([], [])


def test_what_is_off_by_default_may_be_switched_on(judge):
    source = database(count="var.on ? 1 : 0", skip_final_snapshot="true") + variables(on="false")

    assert judge(SKIP, {"main.tf": source})[:2] == (["main.tf:3"], [])


@pytest.mark.parametrize(
    "beside",
    [
        versioning("aws_s3_bucket.media[0].id", 'var.kept ? "Enabled" : "Suspended"'),
        versioning("aws_s3_bucket.media[0].id").replace("bucket =", "count = var.kept ? 1 : 0\n  bucket ="),
    ],
)
def test_versions_that_one_caller_keeps_protect_nobody_else(beside, judge):
    passed = {"kept": "var.kept", "destroyed": "var.destroyed"}
    taken = block("variable", "kept") + block("variable", "destroyed")
    files = {
        "bucket/main.tf": bucket().replace("= true", "= var.destroyed") + beside + taken,
        "stack/main.tf": module("../bucket", "media", **passed) + taken,
        "a/main.tf": module("../stack", "a", kept="true", destroyed="true"),
        "b/main.tf": module("../stack", "b", kept="false", destroyed="true"),
        "c/main.tf": module("../stack", "c", kept="data.x.y.kept", destroyed="true"),
        "d/main.tf": module("../stack", "d", kept="false", destroyed="false"),
    }

    found, gaps, _evaluation = judge("tf_force_destroy_unprotected", files)

    assert found == ["b/main.tf:4"]
    assert len(gaps) == (1 if "Suspended" in beside else 0)  # whether it is made is taken for granted where not known


def test_versions_that_only_some_keep_leave_open_what_the_bucket_itself_decides(judge):
    beside = versioning("aws_s3_bucket.media.id", 'var.kept ? "Enabled" : "Suspended"') + block("variable", "kept")
    files = {"bucket/main.tf": bucket() + beside}
    files |= {"live/main.tf": module("../bucket", "a", kept="true") + module("../bucket", "b", kept="false")}

    found, gaps, evaluation = judge("tf_force_destroy_unprotected", files)

    assert (found, gaps) == ([], ["bucket/main.tf#aws_s3_bucket.media"])
    assert evaluation.passed == {"tf_force_destroy_unprotected": 0}


def test_no_tags_are_none_however_they_are_put_together(judge):
    source = block("resource", "aws_sqs_queue", "a", tags="merge(var.tags, {})") + variables(tags="{}")
    source += block("resource", "aws_sqs_queue", "b", tags='merge(var.tags, { Name = "b" })')

    assert judge("tf_no_tags", {"main.tf": source})[0] == ["main.tf:1"]


def test_terraform_written_as_json_is_worked_out_alike(judge):
    database_json = (
        '{"resource": {"aws_db_instance": {"orders": {\n"skip_final_snapshot": "${var.env != \\"prod\\"}"}}},\n'
    )
    variable_json = '"variable": {"env": {"default": "dev"}}}'

    assert judge(SKIP, {"main.tf.json": database_json + variable_json})[:2] == (["main.tf.json:2"], [])


def test_ways_without_end_are_given_up(judge):
    """Three hundred callers, and a module that calls itself."""
    files = {
        "db/main.tf": database(skip_final_snapshot='var.env != "prod"') + block("variable", "env"),
        "live/main.tf": "".join(module("../db", f"db{number}", env='"dev"') for number in range(300)),
        "loop/main.tf": database(skip_final_snapshot='var.env != "prod"')
        + module("./", "loop", env='"dev"')
        + block("variable", "env"),
    }

    found, gaps, _evaluation = judge(SKIP, files)

    assert (found, len(gaps)) == ([], 2)


def test_only_words_that_something_is_compared_with_are_kept(repo, collect, mint):
    password = mint.password()
    source = module(VPC, env='"prod"', note='"unspoken"', opening=f'"{password}"', db_password='"dev"')
    source += bucket(count='var.env == "prod" ? 1 : 0')
    source += database(count=f'var.opening == "{password}" || var.password == "sesame" ? 1 : 0')
    repo.commit({"main.tf": source + block("variable", "admin_password", default='"dev"')})

    unit = collect(repo)["repo.terraform"]

    values = {name: one["value"] for name, one in unit.rows[0]["attributes"].items()}
    assert unit.rows[-1]["attributes"]["default"]["value"] is None
    assert values == {"source": VPC, "env": "prod", "note": None, "opening": None, "db_password": None}
    assert not any(word in repr(unit) for word in (password, "unspoken", "sesame"))


@pytest.mark.parametrize(
    "expression", ["values({ b = false, a = true })[0]", "{ a = true, b = false }[keys({ b = 1, a = 2 })[0]]"]
)
def test_a_map_is_gone_through_in_the_order_of_its_keys(expression, judge):
    assert judge(SKIP, {"main.tf": database(skip_final_snapshot=expression)})[:2] == (["main.tf:2"], [])


@pytest.mark.parametrize(("default", "number"), [('"365"', "365"), ('"7.0"', "7"), ('"0365"', "365")])
def test_a_number_that_was_written_as_a_text_may_be_the_number(default, number, judge):
    source = database(skip_final_snapshot=f"var.days == {number}") + variables(days=default)

    assert judge(SKIP, {"main.tf": source})[:2] == ([], ["main.tf#aws_db_instance.orders"])


@pytest.mark.parametrize("off", [{"count": "0"}, {"create": "false"}])
def test_an_example_that_makes_none_says_nothing_of_other_callers(off, judge):
    source = database(skip_final_snapshot="true", count="var.create ? 1 : 0") + variables(create="true")

    assert judge(SKIP, {"db/main.tf": source, "examples/off/main.tf": module("../../db", **off)})[0] == ["db/main.tf:2"]
    assert judge(SKIP, {"examples/off/main.tf": "", "live/main.tf": module("../db", **off)})[:2] == ([], [])


def test_white_space_at_the_end_of_a_text_counts(judge):
    source = database(skip_final_snapshot='var.env == "prod"') + variables(env='"prod "')

    assert judge(SKIP, {"main.tf": source})[:2] == ([], [])
