"""What goes wrong while an account is read: all there is comes out, or what is missing is named, and nothing passes
for want of it."""

import secrets
from collections import Counter
from datetime import UTC, datetime

import pytest

from demo.account import REGIONS
from demo.company import open_company
from demo.emulator import Failing, Faults, Hang
from demo.ledger import ACCOUNT, IRELAND, VIRGINIA
from infra_audit.aws import AwsTarget, open_account, planned
from infra_audit.collectors.aws import sessions
from infra_audit.collectors.aws.throttle import Limits, Throttle
from infra_audit.evaluate import evaluate
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place
from infra_audit.registry import CheckSettings
from tests.demo.test_denied_in_turn import has_all

pytestmark = pytest.mark.xdist_group("recall")
KEY, NOW = secrets.token_bytes(32), datetime.now(UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory, endpoint):
    endpoint.reset()
    opened = open_company(tmp_path_factory.mktemp("company"), emulator=endpoint)
    endpoint.set_faults(Faults())
    return opened


@pytest.fixture
def aws(company, monkeypatch):
    for name, value in company.emulator.environment().items():
        monkeypatch.setenv(name, value)
    yield company.emulator
    company.emulator.set_faults(Faults())


@pytest.fixture(scope="module")
def whole(company):
    """Everything that can be read, by operation and place."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in company.emulator.environment().items():
            patch.setenv(name, value)
        return collected(an_account(company.emulator))


def an_account(aws, *, attempts=None):
    unhurried = Throttle(Limits(lane_per_second=0, overall_per_second=0))
    target = AwsTarget(endpoint_url=aws.url, regions=REGIONS, paid_calls=True)
    return open_account(target, key=KEY, now=NOW, throttle=unhurried, attempts=attempts)


def collected(account, *, told=lambda unit: None):
    units = {}

    def emit(unit):
        units[unit.operation, unit.place] = unit
        told(unit)

    for place in account.places():
        account.collect(place, emit=emit, stop=lambda: False)
    assert {operation for operation, _place in units} == {
        operation for place in account.places() for operation in planned(place, account.target)
    }
    return units


def judged(units):
    return evaluate(Inventory(tuple(units.values())), settings=CheckSettings(), now=NOW, key=KEY)


def said_wrongly(units, before):
    """A unit that reads less than it could and keeps that, or what exactly it is, to itself."""
    for key, unit in units.items():
        if unit.ending.complete and not has_all(unit, before[key]):
            yield f"{key} reads less and calls itself {unit.ending}"
        if not unit.ending.readable and not unit.message.endswith((".", "…")):
            yield f"{key} gives no reason: {unit.message!r}"


def judged_wrongly(units, before):
    """What checks make of less: nothing is found that is not there, nothing more passes, and what is not found any
    more is said not to have been judged."""
    less, all_of_it = judged(units), judged(before)
    gaps = {one.check for one in less.gaps}
    seen, found = ({one.fingerprint: one.check for one in told.findings} for told in (all_of_it, less))
    yield from (f"{found[one]} finds what is not there" for one in found.keys() - seen.keys())
    yield from (f"{seen[one]} is silent" for one in seen.keys() - found.keys() if seen[one] not in gaps)
    yield from (f"{one} passes more" for one, n in less.passed.items() if n > all_of_it.passed.get(one, 0))


def complaints(units, before):
    return [*said_wrongly(units, before), *judged_wrongly(units, before)]


def test_nothing_is_lost_where_a_tenth_of_all_requests_fails(aws, whole):
    before = judged(whole)
    aws.set_faults(Faults(failing=(Failing(0.1),)))

    units = collected(an_account(aws))

    told = judged(units)
    assert sum(one.api_calls for one in units.values()) > sum(one.api_calls for one in whole.values())  # they failed
    assert [one.fingerprint for one in told.findings] == [one.fingerprint for one in before.findings]
    assert (told.examined, told.passed, told.gaps) == (before.examined, before.passed, before.gaps)


@pytest.mark.parametrize("seed", range(4))
def test_what_fails_to_the_end_is_named_and_lets_nothing_pass(aws, whole, seed):
    account = an_account(aws, attempts=1)
    aws.set_faults(Faults(failing=(Failing(0.1, seed),)))

    units = collected(account)

    endings = Counter(one.ending for one in units.values())
    assert endings[Ending.ERROR] > 3 < endings[Ending.PARTIAL]
    assert complaints(units, whole) == []


def test_one_operation_that_hangs_keeps_no_other_from_its_end(aws, whole, monkeypatch):
    monkeypatch.setattr(sessions, "READ_TIMEOUT_S", 2)
    account = an_account(aws, attempts=2)
    aws.set_faults(Faults(hang=(Hang("sqs:ListQueues", 5, IRELAND),)))

    units = collected(account)

    hanging = {key for key, one in units.items() if one.message == "The endpoint did not answer in time."}
    at = Place("aws", ACCOUNT, IRELAND)
    assert hanging == {("sqs.list_queues", at), ("sqs.get_queue_attributes", at)}
    assert {units[key].ending for key in hanging} == {Ending.ERROR}
    assert {key for key, one in units.items() if one.ending is not whole[key].ending} == hanging
    assert complaints(units, whole) == []


def test_a_region_that_is_switched_off_halfway_says_so_and_touches_no_other(aws, whole):
    account = an_account(aws)
    account.places = lambda: [Place("aws", ACCOUNT, one) for one in (IRELAND, VIRGINIA, GLOBAL)]
    read = []

    def after_some(unit):
        read.append(unit)
        if len(read) == 10:
            aws.set_faults(Faults(off=(IRELAND,)))

    units = collected(account, told=after_some)

    there = [one for one in units.values() if one.place.region == IRELAND]
    kept_out = [one for one in there if "region may be switched off" in one.message]
    assert len(there) - len(kept_out) >= 10
    assert len(kept_out) > 10
    assert {one.ending for one in kept_out} == {Ending.ERROR}
    assert {one.ending for one in there if one not in kept_out} <= {Ending.OK, Ending.PARTIAL, Ending.UNSUPPORTED}
    assert {key for key, one in units.items() if key[1].region == VIRGINIA and one.ending != whole[key].ending} == set()
    assert complaints(units, whole) == []
    versions = units["s3.get_bucket_versioning", Place("aws", ACCOUNT, GLOBAL)]
    buckets = {row["arn"]: row for row in versions.rows}
    assert {one.resource for one in versions.unread} == {
        arn for arn, row in buckets.items() if row["region"] == IRELAND
    }
    assert {arn for arn, row in buckets.items() if row["versioned"] is None} == {
        one.resource for one in versions.unread
    }
