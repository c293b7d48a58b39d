"""A finished run as an audit of any size would leave it, made in bulk."""

from itertools import count

from discovery.models import Finding, Occurrence, Run
from infra_audit.inventory import Ending
from infra_audit.registry import Severity, catalogue
from tests.discovery_factories import make_aws_account, make_repository, make_run, make_shard

_numbers = count(1)
REGIONS = ("eu-west-1", "us-east-1")


def make_told_run(organisation=None, *, found=None, examined=None, **fields):
    """A run that is over. `found`: findings by check id; `examined`: resources by check id, at least as many."""
    found = {"rds_nothing_survives_deletion": 12, "sg_ssh_open": 3} if found is None else found
    run = make_run(organisation, **{"status": Run.Status.DONE, **fields})
    account = make_aws_account(run.organisation, alias="harbour-prod")
    repository = make_repository(run.organisation)
    shards = [make_shard(run, aws_account=account, region=region) for region in REGIONS]
    shards.append(make_shard(run, kind="repository", repository=repository, aws_account=None))
    for shard in shards:
        operation = "repo.files" if shard.repository else "rds.describe_db_instances"
        make_unit(shard, operation)
    run.result = result(found, examined or {}, account.account_id)
    run.save()
    for check_id, number in found.items():
        add_findings(run, check_id, number, account=account.account_id, repository=repository.name)
    return run


def make_unit(shard, operation, **fields):
    place = shard.place
    defaults = {
        "ending": Ending.OK.value,
        "partition": place.partition,
        "account": place.account,
        "region": place.region,
        "repository": place.repository,
    }
    return shard.units.create(run=shard.run, operation=operation, **{**defaults, **fields})


def result(found, examined, account="123456789012"):
    """What a run keeps besides its findings; each check examined four more than it found, if not said otherwise."""
    looked = {check_id: max(number, examined.get(check_id, number + 4)) for check_id, number in found.items()}
    looked |= {check_id: number for check_id, number in examined.items() if check_id not in found}
    return {
        "examined": looked,
        "passed": {check_id: number - found.get(check_id, 0) for check_id, number in looked.items()},
        "not_assessed": [],
        "inventory": {"rds:db": 16, "ec2:instance": 23},
        "places": [
            {"account": account, "region": REGIONS[0], "resources": 30},
            {"account": account, "region": "global", "resources": 9},
        ],
        "iac_coverage": {"rds:db": {"managed": 4, "unmanaged": 12, "derived": 0, "unknown": 0}},
        "regions": list(REGIONS),
        "empty_regions": [{"account": account, "region": region} for region in REGIONS[1:]],
    }


def add_findings(run, check_id, number, *, account="123456789012", repository="", **fields):
    """`number` findings of one check, each of a resource of its own, in turn in two regions."""
    check = catalogue().get(check_id)
    in_repository = check is not None and check.topic != "infrastructure"
    findings = Finding.objects.bulk_create(
        [
            Finding(
                organisation=run.organisation,
                fingerprint=f"f{next(_numbers):031x}",
                check_id=check_id,
                account="" if in_repository else account,
                region="" if in_repository else REGIONS[i % 2],
                repository=repository if in_repository else "",
                resource=f"arn:aws:rds:{REGIONS[i % 2]}:{account}:db:orders-{i:05}",
                resource_type="rds:db",
                resource_name=f"orders-{i:05}",
            )
            for i in range(number)
        ],
        batch_size=500,
    )
    severity = fields.pop("severity", check.severity.value if check else Severity.HIGH.value)
    detail = fields.pop("detail", "Retention is {i} days. Nothing else would bring it back.")
    told = {
        "severity": severity,
        "effort": check.effort.value if check else "days",
        "title": check.title if check else "An old check's title",
        "remedy": check.remedy if check else "Mend it.",
        **fields,
    }
    Occurrence.objects.bulk_create(
        [
            Occurrence(run=run, finding=finding, **{**told, "detail": detail.replace("{i}", str(i))})
            for i, finding in enumerate(findings)
        ],
        batch_size=500,
    )
    return findings


def make_run_of_accounts(organisation=None, **found):
    """A run over several accounts that is over: `shop={"sg_ssh_open": 3}` finds three in the account of that name."""
    run = make_run(organisation, status=Run.Status.DONE)
    by_account, together = {}, {}
    for name, checks in found.items():
        account = make_aws_account(run.organisation, name=name)
        for region in REGIONS:
            make_unit(make_shard(run, aws_account=account, region=region), "rds.describe_db_instances")
        by_account[account.account_id] = result(checks, {}, account.account_id)
        for check_id, number in checks.items():
            add_findings(run, check_id, number, account=account.account_id)
            together[check_id] = together.get(check_id, 0) + number
    run.result = result(together, {}) | {"by_account": by_account}
    run.save()
    return run
