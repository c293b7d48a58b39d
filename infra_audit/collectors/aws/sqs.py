"""Queues. No message is ever received."""

from collections.abc import Iterator

from infra_audit.collectors.aws._policies import statements_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


def _urls(reader: Reader) -> Iterator[str]:
    return reader.pages("sqs", "list_queues", "QueueUrls", page_size=1000)


@collector("sqs.list_queues", iam=("sqs:ListQueues", "sqs:ListQueueTags", "tag:GetResources"))
def list_queues(reader: Reader) -> Iterator[Row]:
    """{arn, type "sqs:queue", name, tags, url}."""
    urls = {reader.arn("sqs", url.rpartition("/")[2]): url for url in _urls(reader)}
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


@collector("sqs.get_queue_attributes", iam=("sqs:ListQueues", "sqs:GetQueueAttributes"))
def get_queue_attributes(reader: Reader) -> Iterator[Row]:
    """Who may use a queue: {arn, statements: its policy's, [] without one, None where it could not be read}."""

    def read(url: str) -> Row:
        def ask() -> str | None:
            answer = reader.ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["Policy"])
            policy: str | None = (answer.get("Attributes") or {}).get("Policy")
            return policy

        arn = reader.arn("sqs", url.rpartition("/")[2])
        return {"arn": arn, "statements": statements_of(reader, arn, ask)}

    yield from reader.each(read, _urls(reader))
