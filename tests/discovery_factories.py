"""Runs and what they found, made plainly."""

from datetime import UTC, datetime
from itertools import count
from secrets import token_hex

from core import clock, crypto
from core.models import Organisation
from discovery.models import AwsAccount, Finding, GitHubAccess, Occurrence, Repository, Run, Schedule, Shard
from discovery.services.executing import drain
from discovery.services.starting import start_run
from infra_audit import CATALOGUE_VERSION, TOOL_VERSION
from infra_audit.registry import catalogue

_numbers = count(1)


def make_organisation(name="Harbour & Pine"):
    return Organisation.objects.create(name=f"{name} {next(_numbers)}")


def make_aws_account(organisation=None, **fields):
    number = next(_numbers)
    defaults = {"name": f"account {number}", "account_id": f"{number:012}", "partition": "aws"}
    return AwsAccount.objects.create(organisation=organisation or make_organisation(), **{**defaults, **fields})


def make_repository(organisation=None, **fields):
    number = next(_numbers)
    defaults = {"name": f"shop-{number}", "location": f"https://git.example.com/shop-{number}.git"}
    return Repository.objects.create(organisation=organisation or make_organisation(), **{**defaults, **fields})


def make_github_access(organisation=None, *, token=None, **fields):
    """A way in that leads nowhere, unless `base_url` says where."""
    defaults = {
        "base_url": "http://localhost:9",
        "owner": "acme",
        "secret_encrypted": crypto.encrypt(token or token_hex(20)),
    }
    return GitHubAccess.objects.create(organisation=organisation or make_organisation(), **{**defaults, **fields})


def make_run(organisation=None, **fields):
    defaults = {"tool_version": TOOL_VERSION, "catalogue_version": CATALOGUE_VERSION}
    return Run.objects.create(organisation=organisation or make_organisation(), **{**defaults, **fields})


def make_shard(run=None, **fields):
    run = run or make_run()
    if "repository" not in fields:
        fields.setdefault("aws_account", make_aws_account(run.organisation))
        fields.setdefault("region", "eu-west-1")
    return Shard.objects.create(run=run, **{"kind": Shard.Kind.PLACE, **fields})


def make_finding(organisation=None, **fields):
    number = next(_numbers)
    defaults = {
        "fingerprint": f"{number:032x}",
        "check_id": "sg_ssh_open",
        "account": "123456789012",
        "region": "eu-west-1",
        "resource": f"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-{number:08x}",
        "resource_type": "ec2:security-group",
        "resource_name": f"group {number}",
    }
    if fields.get("status", Finding.Status.OPEN) not in {Finding.Status.OPEN, Finding.Status.FALSE_POSITIVE}:
        defaults["published_at"] = clock.now()
    return Finding.objects.create(organisation=organisation or make_organisation(), **{**defaults, **fields})


def make_occurrence(run, finding=None, **fields):
    defaults = {
        "severity": "high",
        "effort": "minutes",
        "title": "SSH is open to every address",
        "detail": "Port 22 is open to 0.0.0.0/0.",
        "remedy": "Close it.",
    }
    finding = finding or make_finding(run.organisation)
    return Occurrence.objects.create(run=run, finding=finding, **{**defaults, **fields})


# Severity and effort of what make_audited_run plants, as the checks have them
PLANTED = {
    "rds_nothing_survives_deletion": ("critical", "hours"),
    "sg_ssh_open": ("high", "minutes"),
    "resource_untagged": ("low", "days"),
}


def make_audited_run(organisation=None, **found):
    """A run that is over: `sg_ssh_open=5` plants five findings of that check, of ten looked at."""
    found = found or {"rds_nothing_survives_deletion": 3, "sg_ssh_open": 5, "resource_untagged": 12}
    run = make_run(
        organisation,
        status=Run.Status.DONE,
        result={
            "examined": {check_id: max(10, n) for check_id, n in found.items()},
            "passed": {check_id: max(0, 10 - n) for check_id, n in found.items()},
            "not_assessed": [],
            "inventory": {"rds:db": 10},
            "iac_coverage": {},
            "regions": ["eu-west-1"],
            "api_calls": 12,
        },
    )
    for check_id, n in found.items():
        severity, effort = PLANTED.get(check_id, ("medium", "hours"))
        for _ in range(n):
            finding = make_finding(run.organisation, check_id=check_id)
            make_occurrence(run, finding, severity=severity, effort=effort, title=catalogue()[check_id].title)
    return run


def make_schedule(organisation=None, *, people, targets=True, **fields):
    """Watched since long ago, with an account to audit unless said otherwise."""
    organisation = organisation or make_organisation()
    if targets and not organisation.aws_accounts.exists():
        make_aws_account(organisation)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    schedule = Schedule.objects.create(organisation=organisation, **{"counts_from": long_ago, **fields})
    schedule.people.set(people)
    return schedule


def audit(*accounts, **fields):
    """A run of these accounts, to its end in this process."""
    run = start_run(
        organisation=accounts[0].organisation,
        accounts=accounts,
        repositories=[],
        actor=None,
        in_this_process=True,
        **fields,
    )
    drain(run=run)
    run.refresh_from_db()
    return run
