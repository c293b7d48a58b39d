"""Every check of the catalogue, held to its own examples and to what it says of itself."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra_audit.collectors.registry import collectors
from infra_audit.evaluate import evaluate
from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory, Place, Unit
from infra_audit.registry import Check, CheckSettings, Scope, catalogue
from infra_audit.repositories import known_operations

NOW = datetime(2099, 1, 1, tzinfo=UTC)
KEY = b"a key for tests"
EXISTING_ACTIONS = frozenset((Path(__file__).parent / "iam_actions.txt").read_text().split("\n"))
STATES = "tfstate.resources"
REPOSITORY = Place("", "", "", "shop")
WORDS_WE_DO_NOT_USE = re.compile(
    r"best practi[cs]e|\bsecure\b|\bscore\b|\bsimply\b|\bS3\b|\bEC2\b|\bRDS\b|\bIAM\b|\bSQS\b"
)

every_check = pytest.mark.parametrize("one", catalogue().values(), ids=lambda one: one.id)


def judged(one: Check, rows):
    place = REPOSITORY if one.scope is Scope.REPOSITORY else Place(account=EXAMPLE_ACCOUNT, region="eu-west-1")
    inventory = Inventory.example(rows, place)
    return evaluate(inventory, settings=CheckSettings(), now=one.examples_at or NOW, key=KEY, checks=[one])


@every_check
def test_its_bad_example_is_found_and_its_good_one_passes(one):
    bad, good = judged(one, one.bad), judged(one, one.good)

    assert bad.findings
    assert {finding.check for finding in bad.findings} == {one.id}
    assert not good.findings
    assert good.examined[one.id] >= 1
    assert good.passed[one.id] == good.examined[one.id]


@every_check
def test_a_finding_says_what_where_and_how_sure(one):
    for finding in judged(one, one.bad).findings:
        assert finding.detail.endswith((".", ")", "…"))
        assert finding.resource
        assert finding.confidence in {"high", "medium", "low"}
        assert re.fullmatch(r"[0-9a-f]{32}", finding.fingerprint)


@every_check
def test_its_words_are_fit_for_a_client(one):
    for sentence in (one.why, one.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert one.scope is Scope.RUN or ("{n}" in one.headline and "{m}" in one.headline)
    assert not one.headline.endswith(".")
    assert not one.title.endswith(".")
    assert one.good_news.endswith((".", ""))
    assert one.action[0].isupper()
    assert not one.action.endswith(".")
    assert one.consequence[0].islower()
    assert len(one.title) <= 80
    for text in (one.title, one.headline, one.good_news, one.why, one.action, one.consequence):
        assert not WORDS_WE_DO_NOT_USE.search(text), text
        assert one.id not in text


@every_check
def test_it_is_named_like_its_file_and_function_and_cites_a_source(one):
    assert one.judge.__name__ == one.id == one.judge.__module__.rpartition(".")[2]
    assert one.source.startswith("https://")
    assert one.judge.__doc__ or len(one.judge.__code__.co_code) < 400


@every_check
def test_what_it_reads_is_collected_and_allowed(one):
    known = {*collectors(), *known_operations(), STATES}
    assert one.reads
    assert known.issuperset(one.reads)
    assert set(one.reads).issuperset({*one.bad, *one.good})

    read = [collectors()[operation] for operation in one.needs if operation in collectors()]
    assert {action for collector in read for action in collector.iam} - set(one.iam) == set()
    assert EXISTING_ACTIONS.issuperset(one.iam)


@every_check
def test_where_nothing_it_needs_was_read_it_says_so_and_passes_nothing(one):
    place = REPOSITORY if one.scope is Scope.REPOSITORY else Place(account=EXAMPLE_ACCOUNT, region="eu-west-1")
    refused = Inventory(
        tuple(
            Unit(operation, place, Ending.DENIED, iam_action="any:Action", denied_by="identity policy")
            for operation in one.reads
        )
    )

    result = evaluate(refused, settings=CheckSettings(), now=NOW, key=KEY, checks=[one])

    assert not result.findings
    assert not result.passed.get(one.id)
    assert {(gap.reason, gap.iam_action, gap.denied_by) for gap in result.gaps} == {
        ("denied", "any:Action", "identity policy")
    }


@every_check
def test_it_judges_the_same_twice(one):
    assert judged(one, one.bad) == judged(one, one.bad)


def test_every_action_that_a_collector_declares_exists():
    declared = {action for one in collectors().values() for action in one.iam}

    assert declared - EXISTING_ACTIONS == set()


def test_the_first_slice_is_there():
    assert set(catalogue()) >= {
        "resource_untagged",
        "resource_not_in_iac",
        "rds_nothing_survives_deletion",
        "rds_retention_zero",
        "rds_no_deletion_protection",
        "iam_no_mfa",
        "iam_key_old",
        "ec2_no_instance_profile",
        "ec2_secret_in_user_data",
        "sg_ssh_open",
        "s3_public",
        "no_budget",
        "secret_at_head",
        "secret_in_history",
        "iac_missing",
        "tf_password_variable_default",
        "tf_skip_final_snapshot",
        "tf_module_unpinned",
        "readme_missing",
    }
