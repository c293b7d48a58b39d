import pytest

from infra_audit.inventory import EXAMPLE_ACCOUNT, GLOBAL, Ending, Inventory, Place, Unit
from infra_audit.regions import empty_regions

IRELAND, PARIS = "eu-west-1", "eu-west-3"
QUEUE = {"arn": f"arn:aws:sqs:{IRELAND}:{EXAMPLE_ACCOUNT}:jobs", "type": "sqs:queue", "name": "jobs", "tags": {}}
OF_AWS = {
    "arn": f"arn:aws:ec2:{PARIS}:{EXAMPLE_ACCOUNT}:vpc/vpc-1",
    "type": "ec2:vpc",
    "id": "vpc-1",
    "name": "vpc-1",
    "tags": {},
    "is_default": True,
}


def unit(region, operation="sqs.list_queues", rows=(), ending=Ending.OK, account=EXAMPLE_ACCOUNT, **given):
    return Unit(operation, Place("aws", account, region), ending, tuple(rows), **given)


def empty(*units):
    return [(one["account"], one["region"]) for one in empty_regions(Inventory(units))]


def test_a_region_where_every_list_was_empty_is_empty():
    assert empty(unit(IRELAND, rows=[QUEUE]), unit(PARIS), unit(PARIS, "sns.list_topics")) == [(EXAMPLE_ACCOUNT, PARIS)]


def test_what_aws_made_by_itself_does_not_count():
    assert empty(unit(PARIS, "ec2.describe_vpcs", [OF_AWS])) == [(EXAMPLE_ACCOUNT, PARIS)]
    assert empty(unit(PARIS, "backup.describe_region_settings", [{"opted_in": {}}])) == [(EXAMPLE_ACCOUNT, PARIS)]


@pytest.mark.parametrize("ending", [Ending.DENIED, Ending.THROTTLED, Ending.UNSUPPORTED, Ending.TRUNCATED])
def test_one_list_that_was_not_read_whole_leaves_it_open(ending):
    assert empty(unit(PARIS), unit(PARIS, "sns.list_topics", ending=ending)) == []


def test_a_service_that_is_not_there_holds_nothing():
    assert empty(unit(PARIS, ending=Ending.NOT_APPLICABLE)) == [(EXAMPLE_ACCOUNT, PARIS)]


def test_a_closer_look_that_was_not_agreed_to_decides_nothing():
    closer = unit(PARIS, "lambda.environments", ending=Ending.DENIED, denied_by="the client's consent (metadata only)")

    assert empty(unit(PARIS), closer) == [(EXAMPLE_ACCOUNT, PARIS)]


def test_a_bucket_counts_where_it_lies_and_not_where_it_is_listed():
    bucket = {"arn": "arn:aws:s3:::hp", "type": "s3:bucket", "name": "hp", "tags": {}, "region": PARIS}

    assert empty(unit(GLOBAL, "s3.list_buckets", [bucket]), unit(PARIS)) == []


def test_a_trace_of_something_unlisted_is_enough():
    assert empty(unit(PARIS, "ec2.describe_network_interfaces", [{"id": "eni-1"}])) == []


def test_accounts_are_told_apart():
    assert empty(unit(IRELAND, rows=[QUEUE]), unit(IRELAND, account="210987654321")) == [("210987654321", IRELAND)]
