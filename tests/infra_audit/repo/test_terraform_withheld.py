"""What must never enter the inventory: a password, wherever else in the code the same word stands."""

import json

import pytest

from tests.infra_audit.repo.hcl_text import block, database, module

WORD = "winterly"


@pytest.fixture
def stored(repo, collect):
    """All that is kept of some files of Terraform, as text."""

    def run(source, **others):
        repo.commit({"main.tf": source, **others})
        return json.dumps(collect(repo)["repo.terraform"].rows)

    return run


@pytest.mark.parametrize(
    "comparison",
    [
        'lower(var.db_password) == "{0}"',
        'contains(["{0}"], nonsensitive(var.db_password))',
        '(var.live ? var.live_password : var.other) == "{0}"',
        'var.passwords[0] == "{0}"',
        'var.passwords["ada"].first != "{0}"',
        'local.opening == "{0}"',
        'var.opening == "{0}"',
    ],
)
def test_what_a_password_is_compared_with_is_withheld(comparison, stored):
    source = block("locals", is_known=comparison.replace("{0}", WORD), note=f'"{WORD}"')

    assert WORD not in stored(
        source + database(password="local.opening") + module("./db", "db", password="var.opening")
    )


@pytest.mark.parametrize(
    "holder",
    [
        database(password='"{0}"'),
        database(password='var.env == "prod" ? "{0}" : random_password.p.result'),
        block("variable", "db_password", default='"{0}"'),
        block("variable", "opening", default='"{0}"') + database(password="var.opening"),
        block("locals", identifier='"{0}"') + database(password="local.identifier"),
        block("check", "health", token='"{0}"'),
    ],
)
def test_a_word_that_is_a_password_somewhere_is_kept_nowhere(holder, stored):
    source = holder.replace("{0}", WORD) + block("locals", is_known=f'var.env == "{WORD}"', note=f'"{WORD}"')

    assert WORD not in stored(source)


def test_a_number_where_a_password_belongs_is_withheld_and_found(repo, collect):
    number = str(48_151_623)
    repo.commit({"main.tf": database(password=number) + block("variable", "db_password", default=number)})

    collected = collect(repo)

    assert number not in json.dumps(collected["repo.terraform"].rows)
    assert [one.line for one in collected.findings("tf_password_literal")] == [2]
    assert [one.line for one in collected.findings("tf_password_variable_default")] == [5]


@pytest.mark.parametrize(
    "setting", ["password_reuse_prevention", "password_validity", "secret_recovery", "primary_key"]
)
def test_a_number_beside_the_word_password_is_none(setting, judge):
    assert judge("tf_password_literal", {"main.tf": database(**{setting: "2592000"})})[0] == []


@pytest.mark.parametrize("user_info", ["{0}", "x-access:{0}", "{0}:"])
def test_who_signs_in_leaves_the_address_of_a_module(user_info, stored):
    address = f"git::https://{user_info.replace('{0}', WORD)}@git.example/network.git?ref=v1.2.0"

    assert WORD not in stored(module(address) + module("git::ssh://git@git.example/network.git", "other"))


def test_a_word_is_kept_where_only_conditions_speak_of_it(stored):
    source = database(skip_final_snapshot='var.env == "dev"') + block("locals", env='"dev"')

    assert stored(source).count('"dev"') == 2
