"""What a run saw and did not see, in words."""

import pytest

from discovery.coverage import coverage_of, empty_lines, iac_lines, missed_lines, unseen_lines
from discovery.models import Shard
from discovery.subjects import subject, type_label
from infra_audit.collectors.aws.reader import PRICE_DENIES
from infra_audit.collectors.registry import collectors
from infra_audit.inventory import Ending
from tests.discovery_factories import make_shard
from tests.summary_factories import make_told_run, make_unit


def gap(**fields):
    told = {
        "check": "no_budget",
        "account": "123456789012",
        "region": "global",
        "unit": "budgets.describe_budgets",
        "reason": "denied",
        "denied_by": "identity policy",
        "iam_action": "budgets:ViewBudget",
        "resource": None,
        "repository": "",
        "message": "",
    }
    return {**told, **fields}


def test_a_denial_names_the_permission_and_who_denied_it():
    (line,) = missed_lines([gap()])

    assert (line.what, line.where, line.why, line.permission) == (
        "Budgets",
        "the whole account",
        "Denied by the identity policy",
        "budgets:ViewBudget",
    )


def test_what_aws_charges_for_is_told_as_a_choice_and_not_as_a_missing_permission():
    unit, action = "ce.get_anomaly_monitors", "ce:GetAnomalyMonitors"
    (line,) = missed_lines([gap(unit=unit, iam_action=action, denied_by=PRICE_DENIES)])

    assert line.why == "Not asked: AWS charges for each of these questions"
    assert line.permission == ""


def test_one_line_stands_for_every_region_and_check_that_one_permission_closes():
    databases = {"unit": "rds.describe_db_instances", "iam_action": "rds:DescribeDBInstances"}
    regions = ["eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-west-1"]
    gaps = [
        gap(check=check, region=region, **databases)
        for check in ("rds_retention_zero", "rds_no_deletion_protection")
        for region in regions
    ]

    first, second = missed_lines([gap(), *gaps])

    assert (first.what, first.where) == ("Databases", "5 regions")
    assert second.what == "Budgets"


def test_an_account_that_cannot_be_opened_is_one_line_and_not_fifty():
    units = [
        "rds.describe_db_instances",
        "ec2.describe_instances",
        "s3.list_buckets",
        "sns.list_topics",
        "ec2.describe_vpcs",
    ]
    gaps = [gap(unit=unit, reason="error", denied_by=None, message="The role could not be assumed.") for unit in units]

    (line,) = missed_lines(gaps)

    assert line.why == "The role could not be assumed"
    assert line.what == "Databases, networks, notification topics and 2 more"
    assert line.permission == ""


def test_a_single_resource_is_named():
    (line,) = missed_lines([gap(unit="s3.list_buckets", resource="arn:aws:s3:::hp-finance", region="eu-west-1")])

    assert line.where == "hp-finance, eu-west-1"


def test_what_the_client_did_not_agree_to_is_no_missing_permission():
    told = gap(
        unit="ec2.describe_instance_attribute", denied_by="the client's consent (metadata only)", iam_action=None
    )

    (line,) = missed_lines([told])
    (unseen,) = unseen_lines([told])

    assert (line.why, line.permission) == ("Not read: it was agreed to read metadata only", "")
    assert (unseen.what, unseen.why) == ("Start-up scripts of servers", "not read, as agreed")


def test_who_denied_is_not_guessed():
    (line,) = missed_lines([gap(denied_by="unknown")])

    assert line.why == "Denied; AWS does not say by what"


@pytest.mark.parametrize("reason", [ending.value for ending in Ending if not ending.complete])
def test_every_reason_has_its_words(reason):
    (line,) = missed_lines([gap(reason=reason)])
    (unseen,) = unseen_lines([gap(reason=reason)])

    assert line.why
    assert unseen.why


def test_the_first_page_groups_by_what_kept_us_out():
    gaps = [
        gap(),
        gap(unit="backup.list_backup_plans"),
        gap(unit="s3.list_buckets", resource="arn:aws:s3:::hp-finance"),
        gap(unit="sns.list_topics", reason="throttled"),
    ]

    assert [(one.what, one.why) for one in unseen_lines(gaps)] == [
        ("Notification topics", "AWS asked us to slow down"),
        ("Backup plans and budgets", "denied"),
        ("Storage buckets", "denied in places"),
    ]


@pytest.mark.django_db
def test_empty_regions_are_told_from_those_that_could_not_be_read():
    run = make_told_run()
    account = run.shards.first().aws_account
    for region, ending in (("eu-north-1", "ok"), ("sa-east-1", "denied")):
        make_unit(make_shard(run, aws_account=account, region=region), "rds.describe_db_instances", ending=ending)
    run.result["empty_regions"].append({"account": account.account_id, "region": "eu-north-1"})

    coverage = coverage_of(run)

    (line,) = coverage.accounts
    assert (line.name, line.used, line.empty, line.resources) == (
        "harbour-prod",
        ("eu-west-1",),
        ("eu-north-1", "us-east-1"),
        39,
    )
    assert coverage.scope == "1 AWS account in 1 region (2 more are empty), 1 code repository"
    assert (coverage.readings_done, coverage.readings) == (4, 5)
    assert coverage.kinds == "23 servers, 16 databases"


def test_empty_regions_are_one_line_an_account():
    def of(*places):
        return {"empty_regions": [{"account": account, "region": region} for account, region in places]}

    assert empty_lines({}) == ()
    assert empty_lines(of(("1", "eu-north-1"), ("1", "eu-west-3"))) == ("eu-north-1, eu-west-3",)
    assert empty_lines(of(("1", "eu-north-1"), ("2", "eu-west-3"))) == ("1: eu-north-1", "2: eu-west-3")


@pytest.mark.django_db
def test_a_repository_that_could_not_be_read_is_not_in_the_scope():
    run = make_told_run()
    run.units.exclude(repository="").update(ending="error")

    assert coverage_of(run).scope == "1 AWS account in 1 region (1 more is empty)"


@pytest.mark.django_db
def test_a_run_that_read_nothing_says_so():
    run = make_told_run(found={})
    Shard.objects.all().delete()

    assert coverage_of(run).scope == "nothing could be read"


def test_kinds_of_resource_come_by_number_and_what_is_all_derived_is_left_out():
    nothing = {"managed": 0, "unmanaged": 0, "derived": 0, "unknown": 0}
    coverage = {
        "ec2:volume": {**nothing, "derived": 9},
        "sqs:queue": {**nothing, "unknown": 2},
        "rds:db": {**nothing, "managed": 4, "unmanaged": 12},
    }

    assert [line.label for line in iac_lines({"iac_coverage": coverage})] == ["Databases", "Message queues"]


@pytest.mark.parametrize("operation", collectors())
def test_every_operation_has_a_plain_name_without_its_services(operation):
    words = subject(operation)

    assert words
    assert "." not in words
    assert not {"rds", "s3", "iam", "ec2", "sqs", "sns", "elbv2"} & set(words.lower().split())


def test_what_nobody_has_named_yet_gets_its_own_words():
    assert subject("newthing.describe_widget_sets") == "widget sets"
    assert type_label("newthing:widget-set") == "Newthing widget set"
