"""Every permission of the policy taken away in turn: each must surface as a gap that names it, and nothing may pass
for want of it."""

import secrets
from datetime import UTC, datetime

import pytest

from demo.account import REGIONS
from demo.company import company
from demo.faults import Deny, Faults
from infra_audit.aws import AwsTarget, open_account, planned
from infra_audit.collectors.aws import sessions
from infra_audit.collectors.registry import collectors
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.states import read_states

pytestmark = pytest.mark.xdist_group("recall")
KEY, NOW = secrets.token_bytes(32), datetime.now(UTC)
BY = "service control policy"
# Without it each server's own script is read, and no longer said to be that of a template.
MAKES_READ_MORE = {"ec2:DescribeLaunchTemplateVersions"}
# Nothing is lost without them here: the emulated account has nothing that they tell of, or another call tells it too.
NOT_MISSED = {
    "acm:ListTagsForCertificate",
    "backup:GetBackupPlan",
    "backup:GetBackupSelection",
    "backup:ListBackupSelections",
    "backup:ListRecoveryPointsByBackupVault",
    "ce:GetAnomalySubscriptions",
    "cloudfront:ListTagsForResource",
    "ec2:DescribeClientVpnTargetNetworks",
    "ec2:GetManagedPrefixListEntries",
    "ecs:DescribeTasks",
    "lambda:GetPolicy",
    "rds:DescribeDBClusterParameters",
    "rds:DescribeDBClusterSnapshotAttributes",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "tag:GetResources",
}
ACTIONS = sorted({action for one in collectors().values() for action in one.iam})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with company(tmp_path_factory.mktemp("company")) as made, pytest.MonkeyPatch.context() as patch:
        made.emulator.set_faults(Faults())
        for name, value in made.emulator.environment().items():
            patch.setenv(name, value)
        patch.setattr(sessions, "ATTEMPTS", 1)
        yield made


@pytest.fixture(scope="module")
def account(opened):
    target = AwsTarget(endpoint_url=opened.emulator.url, regions=REGIONS, paid_calls=True)
    return open_account(target, key=KEY, now=NOW)


def collected(account, only=None):
    """The units by place and operation; `only` those operations."""
    found = {}
    for place in account.places():
        done = frozenset(planned(place, account.target)).difference(only) if only is not None else frozenset()
        units = []
        account.collect(place, emit=units.append, stop=lambda: False, done=done)
        found |= {(unit.operation, place): unit for unit in units}
    return found


@pytest.fixture(scope="module")
def whole(opened, account):
    """Everything that can be read, and what the checks make of it."""
    states = read_states(opened.states)
    units = collected(account)
    return units, states, judged(units, states, catalogue().values())


def judged(units, states, checks):
    inventory = Inventory((*units.values(), states))
    return evaluate(inventory, settings=CheckSettings(), now=NOW, key=KEY, checks=list(checks))


def names(unit, action):
    return action in {one.iam_action for one in (unit, *unit.unread)}


def not_told(action, told, before):
    """What a reading with a permission less keeps to itself."""
    for (operation, place), unit in told.items():
        if not (has_all(unit, before[operation, place]) or names(unit, action) or action in MAKES_READ_MORE):
            yield f"{operation} at {place.region} reads less and does not say why"


def has_all(unit, before):
    """Every row is there, and what was told in it."""
    rows = {identity(row): row for row in unit.rows}
    return all(
        identity(row) in rows
        and not [key for key, value in rows[identity(row)].items() if value is None and row[key] is not None]
        for row in before.rows
    )


def identity(row):
    return next((value for value in row.values() if isinstance(value, str) and value.startswith("arn:")), repr(row))


def judged_for_want(action, readers, told, units, before, after):
    """What checks make of less: nothing may pass that did not, nor be found, and whoever needed it says so."""
    more = {name for (name, at), unit in told.items() if unit.rows != units[name, at].rows and not names(unit, action)}
    seen = {one.fingerprint for one in before.findings}
    gaps = {gap.check for gap in after.gaps if gap.iam_action == action}
    for check in readers:
        if after.passed.get(check.id, 0) > before.passed.get(check.id, 0) and not more.intersection(check.reads):
            yield f"{check.id} passes more"
        if {one.fingerprint for one in after.findings if one.check == check.id} - seen:
            yield f"{check.id} finds what is not there"
        needs = {operation for (operation, _place), unit in told.items() if names(unit, action)} & set(check.needs)
        if needs and check.id not in gaps:
            yield f"{check.id} needs {', '.join(sorted(needs))} and names no gap"


def test_every_permission_that_is_denied_is_named_and_lets_nothing_pass(opened, account, whole):
    units, states, before = whole
    complaints, named = [], set()
    for action in ACTIONS:
        operations = {name for name, one in collectors().items() if action in one.iam}
        opened.emulator.set_faults(Faults(deny=(Deny(action, by=BY),)))
        told = collected(account, operations)
        complaints += [f"{action}: {words}" for words in not_told(action, told, units)]
        readers = [one for one in catalogue().values() if operations.intersection(one.reads)]
        after = judged({**units, **told}, states, readers)
        complaints += [f"{action}: {words}" for words in judged_for_want(action, readers, told, units, before, after)]
        named |= {action} & {one.iam_action for unit in told.values() for one in (unit, *unit.unread)}
    opened.emulator.set_faults(Faults())

    assert not complaints, "\n".join(complaints)
    assert set(ACTIONS) - named == NOT_MISSED
