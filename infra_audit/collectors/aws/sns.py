"""Topics that notify."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("sns.list_topics", iam=("sns:ListTopics", "sns:ListTagsForResource", "tag:GetResources"))
def list_topics(reader: Reader) -> Iterator[Row]:
    """{arn, type "sns:topic", name, tags}."""
    arns = list(reader.pages("sns", "list_topics", "Topics[].TopicArn"))
    tagged = Tagged(
        reader, "sns:topic", lambda arn: tags_of(reader.ask("sns", "list_tags_for_resource", ResourceArn=arn))
    )

    def read(arn: str) -> Row:
        return {"arn": arn, "type": "sns:topic", "name": arn.rpartition(":")[2], "tags": tagged.of(arn)}

    yield from reader.each(read, arns)
