import threading
from itertools import count

import pytest
from botocore.exceptions import ClientError

from demo.emulator import Deny, Faults, Throttle
from infra_audit.aws import AwsTarget
from infra_audit.collectors.aws.endings import NotReadOnlyError
from infra_audit.collectors.aws.reader import Reader, Shared, StoppedError, read_unit
from infra_audit.collectors.aws.sessions import Connection, may_be_sent
from infra_audit.collectors.aws.throttle import Throttle as Pace
from infra_audit.collectors.registry import Collector, Consent, collectors
from infra_audit.inventory import Ending
from tests.infra_audit.conftest import ACCOUNT, REGION


def a_collector(read, operation="sqs.list_queues", iam=("sqs:ListQueues",), **more):
    return Collector(operation, iam, read, **more)


def run(shard, read, **more):
    return read_unit(shard, a_collector(read, **more), metadata_only=False)


def queues(reader):
    for url in reader.pages("sqs", "list_queues", "QueueUrls", page_size=2):
        yield {"url": url}


def make_queues(aws, count):
    for number in range(count):
        aws.client("sqs").create_queue(QueueName=f"queue-{number}")
    aws.clear_calls()


def test_a_list_is_read_over_all_its_pages_and_each_page_is_counted(aws, shard):
    make_queues(aws, 5)

    unit = run(shard, queues)

    assert len(unit.rows) == 5
    assert unit.ending is Ending.OK
    assert unit.api_calls == 3 == aws.calls()["sqs", REGION, "ListQueues"]


def test_several_collectors_that_ask_the_same_pay_once(aws, shard):
    make_queues(aws, 3)

    first, second = run(shard, queues), run(shard, queues)

    assert first.rows == second.rows
    assert (first.api_calls, second.api_calls) == (2, 0)


def test_one_answer_is_remembered_by_what_was_asked(aws, shard):
    aws.client("s3", "us-east-1").create_bucket(Bucket="one")
    aws.client("s3", "us-east-1").create_bucket(Bucket="two")
    aws.clear_calls()

    def read(reader):
        for bucket in ("one", "two", "one"):
            reader.call("s3", "get_bucket_acl", Bucket=bucket)
        yield from ()

    assert run(shard, read).api_calls == 2


def test_no_more_pages_are_read_than_the_cap_needs(aws, shard):
    make_queues(aws, 8)

    def read(reader):
        yield from reader.capped(queues(reader), 3)

    unit = run(shard, read)

    assert unit.ending is Ending.TRUNCATED
    assert len(unit.rows) == 3
    assert unit.message == "Only the first 3 were read."
    assert unit.api_calls == 2


def test_a_cap_that_is_just_enough_truncates_nothing(aws, shard):
    make_queues(aws, 3)

    assert run(shard, lambda reader: reader.capped(queues(reader), 3)).ending is Ending.OK


def test_a_cap_says_how_many_there_are_where_that_is_known(shard):
    unit = run(shard, lambda reader: reader.capped(({"n": n} for n in range(5)), 2, total=1234))

    assert unit.message == "Only the first 2 of 1,234 were read."


def test_one_resource_that_cannot_be_read_is_named_and_the_others_stay(aws, shard):
    make_queues(aws, 3)
    aws.set_faults(Faults(deny=(Deny("sqs:ListQueueTags", by="permissions boundary", about="queue-1"),)))

    def read(reader):
        for row in queues(reader):
            try:
                reader.ask("sqs", "list_queue_tags", QueueUrl=row["url"])
            except ClientError as error:
                reader.miss(row["url"], error)
            else:
                yield row

    unit = run(shard, read)

    assert unit.ending is Ending.PARTIAL
    assert len(unit.rows) == 2
    [unread] = unit.unread
    assert unread.resource.endswith("queue-1")
    assert (unread.reason, unread.iam_action) == (Ending.DENIED, "sqs:ListQueueTags")
    assert unread.denied_by == "permissions boundary"


def test_a_list_that_breaks_off_halfway_gives_no_rows(aws, shard):
    make_queues(aws, 3)

    def read(reader):
        yield from queues(reader)
        raise KeyError("surprise")

    unit = run(shard, read)

    assert (unit.ending, unit.rows) == (Ending.ERROR, ())


def test_a_refused_unit_says_which_action_is_missing_and_who_denied_it(aws, shard):
    aws.set_faults(Faults(deny=(Deny("sqs:*", by="service control policy"),)))

    unit = run(shard, queues)

    assert unit.ending is Ending.DENIED
    assert (unit.iam_action, unit.denied_by) == ("sqs:ListQueues", "service control policy")
    assert unit.api_calls == 1


def test_the_refusal_is_remembered_too(aws, shard):
    aws.set_faults(Faults(deny=(Deny("sqs:*"),)))

    assert [run(shard, queues).ending for _ in range(2)] == [Ending.DENIED] * 2
    assert aws.calls()["sqs", REGION, "ListQueues"] == 1


def test_an_operation_that_the_emulator_lacks_is_asked_once(aws, shard):
    def read(reader):
        yield reader.call("ssm", "describe_instance_information")

    unit = run(shard, read, operation="ssm.describe_instance_information")

    assert unit.ending is Ending.UNSUPPORTED
    assert sum(aws.calls().values()) == 1


def test_being_throttled_to_the_end_is_its_own_ending_and_counts_every_attempt(aws, few_attempts, shard):
    aws.set_faults(Faults(throttle=(Throttle("sqs", rate=0.001, burst=0),)))

    unit = run(shard, queues)

    assert unit.ending is Ending.THROTTLED
    assert unit.api_calls == 2


def test_every_attempt_waits_its_turn_and_not_only_the_first(aws, few_attempts, signed_in):
    lanes = []

    class Recording(Pace):
        def pace(self, lane):
            lanes.append(lane)

    connection = Connection(AwsTarget(endpoint_url=aws.url), Recording())
    aws.set_faults(Faults(throttle=(Throttle("sqs", rate=0.001, burst=0),)))

    with pytest.raises(ClientError):
        connection.client("sqs", REGION).list_queues()

    assert lanes == [("", "sqs", REGION)] * 2


def test_signing_in_waits_its_turn_too(aws):
    lanes = []

    class Recording(Pace):
        def pace(self, lane):
            lanes.append(lane)

    target = AwsTarget(endpoint_url=aws.url, role_arn=f"arn:aws:iam::{ACCOUNT}:role/audit", regions=(REGION,))
    Connection(target, Recording()).client("sts", REGION).get_caller_identity()

    assert lanes == [("", "sts", REGION)] * 2  # AssumeRole, then the question itself


@pytest.mark.parametrize(
    "operation",
    ["DescribeInstances", "ListBuckets", "GetBucketAcl", "SearchResources", "GenerateCredentialReport", "AssumeRole"],
)
def test_what_reads_may_be_sent(operation):
    assert may_be_sent(operation)


CHANGES = ("CreateBucket", "DeleteDBInstance", "PutObject", "StartInstances", "TagResource", "GenerateDataKey")
HANDS_OUT = (
    "Decrypt",
    "ReceiveMessage",
    "GetObject",
    "GetItem",
    "GetSecretValue",
    "GetSessionToken",
    "GetPasswordData",
)


@pytest.mark.parametrize("operation", [*CHANGES, *HANDS_OUT])
def test_what_writes_or_hands_out_data_may_not(operation):
    assert not may_be_sent(operation)


def test_no_client_has_a_method_that_writes_or_hands_out_data(shard):
    for service, wanted, unwanted in (
        ("s3", "list_buckets", ("create_bucket", "delete_object", "select_object_content")),
        ("ssm", "get_parameters", ("get_parameter", "get_parameters_by_path", "put_parameter")),
        ("secretsmanager", "list_secrets", ("get_secret_value", "delete_secret")),
    ):
        client = shard.connection.client(service, REGION)
        assert hasattr(client, wanted)
        assert not [one for one in unwanted if hasattr(client, one)]


def test_a_write_never_leaves_this_machine_where_the_sdk_knows_it(aws, whole_sdk):
    client = Connection(AwsTarget(endpoint_url=aws.url)).client("s3", REGION)

    with pytest.raises(NotReadOnlyError, match="CreateBucket"):
        client.create_bucket(Bucket="ours")

    assert not aws.calls()


def test_the_tool_names_itself(shard):
    assert "infra-audit/" in shard.connection.client("sqs", REGION).meta.config.user_agent


def test_without_consent_to_configuration_nothing_is_asked(aws, shard):
    unit = read_unit(shard, a_collector(queues, consent=Consent.CONFIGURATION), metadata_only=True)

    assert unit.ending is Ending.DENIED
    assert unit.denied_by == "the client's consent (metadata only)"
    assert not aws.calls()


def test_every_item_is_read_and_the_order_kept(shard):
    def read(reader):
        yield from reader.each(lambda number: {"n": number}, range(50))

    assert [row["n"] for row in run(shard, read).rows] == list(range(50))


def test_a_stopped_run_sends_nothing_more(aws, shard):
    shard.stopping.set()

    with pytest.raises(StoppedError):
        run(shard, queues)

    assert not aws.calls()


def test_a_stopped_run_waits_no_longer(shard):
    threading.Timer(0.05, shard.stopping.set).start()

    with pytest.raises(StoppedError):
        run(shard, lambda reader: reader.pause(600))


def test_a_note_becomes_the_unit_s_message(shard):
    def read(reader):
        reader.note("A report was made.")
        yield {}

    assert run(shard, read).message == "A report was made."


def test_arns_are_made_for_the_partition_at_hand(shard):
    reader = Reader(shard, a_collector(queues))

    assert reader.arn("sqs", "orders") == "arn:aws:sqs:eu-west-1:123456789012:orders"
    assert reader.arn("iam", "user/ada", region="") == "arn:aws:iam::123456789012:user/ada"
    assert reader.account_arn == "arn:aws:iam::123456789012:root"


def test_a_shared_list_is_walked_by_many_at_once_and_read_once():
    source = count()
    shared = Shared(next(source) for _ in range(200))
    seen = []

    threads = [threading.Thread(target=lambda: seen.append(list(shared))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert seen == [list(range(200))] * 8
    assert next(source) == 200


def test_a_shared_list_fails_for_everyone_at_the_same_item():
    def breaking():
        yield 1
        raise KeyError("gone")

    shared = Shared(breaking())

    for _ in range(2):
        walk = iter(shared)
        assert next(walk) == 1
        with pytest.raises(KeyError):
            next(walk)


def test_every_collector_says_what_it_may_call_and_what_its_rows_hold():
    for one in collectors().values():
        assert one.iam, f"{one.operation} declares no action"
        assert all(action.count(":") == 1 for action in one.iam)
        assert one.read.__doc__, f"{one.operation} does not say what its rows hold"
