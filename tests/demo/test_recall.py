"""The engine against the planted truth, end to end over real HTTP: everything is found, nothing is made up."""

import json
import secrets
from datetime import UTC, datetime

import pytest

from demo.audit import audit, judged, repository_units
from demo.company import open_company
from demo.ledger import ACCOUNT
from infra_audit.chosen import operations_for
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory, Place
from infra_audit.pseudonyms import Pseudonyms
from infra_audit.redaction import redacted
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.resources import RESOURCE_OPERATIONS
from tests.infra_audit.test_redaction import same_verdicts

pytestmark = pytest.mark.xdist_group("recall")  # one company, made and audited once
EVERY_CHECK = tuple(catalogue())
LISTED_BUT_NO_RESOURCES = frozenset({"cloudformation.describe_stacks", "repo.files"})  # they are code
LINKS = ("rds_nothing_survives_deletion", "rds_no_deletion_protection")
NOTHING_PLANTED = frozenset({"iac_missing", "lambda_url_public", "root_has_keys"})


@pytest.fixture(scope="module")
def opened(tmp_path_factory, endpoint):
    endpoint.reset()
    return open_company(tmp_path_factory.mktemp("company"), emulator=endpoint)


@pytest.fixture(scope="module")
def found(opened):
    return audit(opened)


@pytest.fixture(scope="module")
def scored(opened, found):
    return {score.check: score for score in found.scores(opened)}


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_everything_planted_is_found(scored, check):
    assert scored[check].missed == ()
    assert scored[check].recall == 1


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_nothing_is_reported_that_was_not_planted(scored, check):
    assert scored[check].false_alarms == ()


def test_every_planted_check_is_in_the_catalogue(opened):
    assert set(opened.truth.checks) <= set(EVERY_CHECK)


def what_it_says(finding):
    """All that tells a finding from another and gives it its weight."""
    names = ("resource", "account", "region", "repository", "path", "line", "severity", "resource_name", "environment")
    return (*(getattr(finding, name) for name in names), *sorted(finding.tags.items()))


@pytest.mark.parametrize("check", EVERY_CHECK)
def test_a_check_says_the_same_where_only_what_it_needs_was_read(found, check):
    one = catalogue()[check]
    units = tuple(unit for unit in found.units if unit.operation in operations_for([one]))
    key, now = secrets.token_bytes(32), datetime.now(UTC)

    alone = evaluate(Inventory(units), settings=CheckSettings(), now=now, key=key, checks=[one])

    among_all = [finding for finding in found.evaluation.findings if finding.check == check]
    assert sorted(map(repr, map(what_it_says, alone.findings))) == sorted(map(repr, map(what_it_says, among_all)))
    assert alone.examined.get(check) == found.evaluation.examined.get(check)
    # What checks tell that were not chosen is no finding of this one, so then it says that there is something.
    gaps = [gap for gap in alone.gaps if not gap.message.endswith("which were not chosen.")]
    assert gaps == [gap for gap in found.evaluation.gaps if gap.check == check]
    assert gaps == alone.gaps or check == "secret_at_head"


def test_what_the_emulator_can_show_is_planted(opened, found):
    """A check that found nothing, though something was there to judge, was never put to the test by this truth."""
    untested = {check for check, examined in found.evaluation.examined.items() if examined} - set(opened.truth.checks)

    assert untested <= NOTHING_PLANTED


def test_every_kind_that_is_listed_with_tags_is_judged_by_them(found):
    with_tags = {unit.operation for unit in found.units for row in unit.rows if {"arn", "type", "tags"} <= row.keys()}

    assert with_tags - set(RESOURCE_OPERATIONS) <= LISTED_BUT_NO_RESOURCES


def test_chains_are_joined_from_what_was_planted(opened, found):
    planted = {check: {one.resource for one in opened.truth.planted if one.check == check} for check in LINKS}
    told = {one.links[0].resource for one in found.evaluation.chains if one.id == "one_command_from_loss"}

    assert told == planted[LINKS[0]] & planted[LINKS[1]] != set()


def test_a_key_of_the_account_in_a_repository_is_told_as_such(found):
    keys = [one for one in found.evaluation.chains if one.id == "key_lies_in_repository"]

    assert {one.account for one in keys} == {ACCOUNT}
    assert all(link.resource for one in keys for link in one.links)


def test_what_was_refused_is_named_with_the_action_and_who_refused_it(opened, found):
    told = {(gap.iam_action, gap.account, gap.region, gap.denied_by, gap.resource) for gap in found.evaluation.gaps}

    for gap in opened.truth.gaps:
        assert (gap.iam_action, gap.account, gap.region, gap.denied_by, gap.resource) in told


def test_nothing_else_was_denied(opened, found):
    expected = {(gap.iam_action, gap.region) for gap in opened.truth.gaps}
    denied = {
        (one.iam_action, unit.place.region)
        for unit in found.units
        for one in (unit, *unit.unread)
        if one.denied_by is not None
    }

    assert denied == expected


def test_no_unit_ended_in_an_error(found):
    assert [unit for unit in found.units if unit.ending in {Ending.ERROR, Ending.THROTTLED}] == []


def test_no_planted_credential_is_repeated_anywhere(opened, found):
    shop = opened.repositories[0]
    values = [
        line.partition("=")[2]
        for line in (shop / "deploy/production.env").read_text().splitlines()
        if line.startswith(("STRIPE", "DATABASE"))
    ]
    told = repr(found.units) + repr(found.evaluation)

    assert len(values) == 2
    assert not [value for value in values if value in told]


def test_without_names_the_same_is_found_and_told_once_they_are_put_back(found):
    names = Pseudonyms(b"known to the client alone")
    of_account = [one for one in found.units if not one.place.repository]

    findings = same_verdicts(names, Inventory(tuple(of_account)), now=datetime.now(UTC))

    assert findings > 500
    hidden = json.dumps([one.as_json() for one in redacted(of_account, Place(account=ACCOUNT), names)]).lower()
    own_words = ("harbour", "storefront", "bookkeeping", "vouchers", "pickers", "loyalty", '"hp-')
    assert [word for word in own_words if word in hidden] == []


def test_without_any_infrastructure_as_code_the_whole_is_told_so(opened):
    warehouse = [one for one in opened.repositories if one.name.endswith("warehouse")]
    key, now = secrets.token_bytes(32), datetime.now(UTC)

    alone = judged(repository_units(warehouse, key=key, now=now), key=key, now=now)

    assert [finding.check for finding in alone.evaluation.findings] == ["iac_missing"]
