"""Queues. No message is ever received."""

from collections.abc import Iterator

from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("sqs.list_queues", iam=("sqs:ListQueues", "sqs:ListQueueTags", "tag:GetResources"))
def list_queues(reader: Reader) -> Iterator[Row]:
    """{arn, type "sqs:queue", name, tags, url}."""
    urls = {
        reader.arn("sqs", url.rpartition("/")[2]): url
        for url in reader.pages("sqs", "list_queues", "QueueUrls", page_size=1000)
    }
    tagged = Tagged(
        reader, "sqs:queue", lambda arn: reader.ask("sqs", "list_queue_tags", QueueUrl=urls[arn]).get("Tags") or {}
    )

    def read(arn: str) -> Row:
        return {
            "arn": arn,
            "type": "sqs:queue",
            "name": arn.rpartition(":")[2],
            "tags": tagged.of(arn),
            "url": urls[arn],
        }

    yield from reader.each(read, urls)
