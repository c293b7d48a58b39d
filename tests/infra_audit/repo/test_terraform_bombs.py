"""Terraform that no person writes: it is judged as far as it goes, in no time, and nothing falls over."""

import json

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings
from tests.infra_audit.repo.conftest import KEY, NOW
from tests.infra_audit.repo.hcl_text import block, database, module

SKIP = "tf_skip_final_snapshot"
UNTOLD: tuple[list[str], list[str]] = ([], ["main.tf#aws_db_instance.orders"])


def doubling(how, first, *, times=50):
    """Locals of which each speaks of the one before it twice."""
    named = {f"l{step}": how.format(f"local.l{step - 1}") for step in range(1, times + 1)}
    return block("locals", l0=first, **named)


@pytest.mark.parametrize(
    ("expression", "how", "first"),
    [
        ("local.l50", "{0} && {0}", "var.unknown"),
        ("local.l50", "var.unknown ? {0} : {0}", "var.other"),
        ("length(local.l50) > 0", "concat({0}, {0})", "[1]"),
        ("local.l50 == local.l49 ? true : false", "[{0}, {0}]", "[]"),
        ("local.l50 > 1", "{0} * {0}", "99999"),
    ],
)
def test_what_doubles_with_every_step_is_worked_out_once(expression, how, first, judge):
    source = database(skip_final_snapshot=expression) + doubling(how, first)

    assert judge(SKIP, {"main.tf": source})[:2] == UNTOLD


def test_what_doubles_and_stays_small_is_judged(judge):
    source = database(skip_final_snapshot="local.l50") + doubling("{0} && {0}", "true")

    assert judge(SKIP, {"main.tf": source})[:2] == (["main.tf:2"], [])


@pytest.mark.parametrize(
    "expression",
    [
        "true ? " * 300 + "true" + " : false" * 300,
        "(" * 1_900 + "true" + ")" * 1_900,
        "[" * 1_900 + "true" + "]" * 1_900,
        f"{'9' * 400} * 1.5 > 1",
        "1.5e999 > 1",
        f"{'9' * 3_900} > 1",
        "local.l0",
    ],
)
def test_what_is_endless_is_not_assessed(expression, judge):
    nots = {f"l{step}": "!" * 150 + f"local.l{step + 1}" for step in range(40)}
    source = database(skip_final_snapshot=expression) + block("locals", **nots, l40="true")

    assert judge(SKIP, {"main.tf": source})[:2] == UNTOLD


@pytest.mark.parametrize(("name", "text"), [("main.tf", database(backup_retention_period="{0}")), ("main.tf.json", "")])
@pytest.mark.parametrize("number", ["9" * 400, "9" * 5_000, "1.5e999"])
def test_a_number_beyond_all_measure_can_be_stored_and_judged(number, name, text, repo, collect):
    told = '{"resource": {"aws_db_instance": {"orders": {"backup_retention_period": {0}}}}}'
    repo.commit({name: (text or told).replace("{0}", number)})

    collected = collect(repo)

    json.dumps([unit.rows for unit in collected.units], allow_nan=False)
    assert collected.findings("tf_backup_retention_zero") == []


def test_modules_that_call_each_other_a_thousand_deep_are_not_assessed(judge):
    files = {
        f"m{step}/main.tf": module(f"../m{step + 1}", skip="var.skip") + block("variable", "skip")
        for step in range(1_000)
    }
    files["m1000/main.tf"] = database(skip_final_snapshot="!var.skip") + block("variable", "skip")

    assert judge(SKIP, files)[:2] == ([], ["m1000/main.tf#aws_db_instance.orders"])


def test_many_files_of_values_are_not_all_tried(judge):
    files = {f"{number}.tfvars": 'env = "dev"\n' for number in range(1_000)}
    names = [f"db{number}" for number in range(200)]
    files["main.tf"] = block("variable", "env") + "".join(
        block("resource", "aws_db_instance", name, skip_final_snapshot='var.env == "dev"') for name in names
    )

    assert judge(SKIP, files)[:2] == ([], sorted(f"main.tf#aws_db_instance.{name}" for name in names))


@pytest.mark.parametrize(
    "kind", ["resource", "data", "module", "variable", "provider", "output", "locals", "terraform"]
)
def test_a_block_without_its_labels_stops_no_check(kind, repo, collect, mint):
    repo.commit({"main.tf": block(kind, password=f'"{mint.password()}"', default='"changeme"', count="0")})

    evaluation = evaluate(Inventory(tuple(collect(repo).units)), settings=CheckSettings(), now=NOW, key=KEY)

    assert [gap.check for gap in evaluation.gaps if "mistake of its own" in gap.message] == []
