"""Topics that notify."""

from collections.abc import Iterator

from infra_audit.collectors.aws._policies import statements_of
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


@collector("sns.get_topic_attributes", iam=("sns:ListTopics", "sns:GetTopicAttributes"))
def get_topic_attributes(reader: Reader) -> Iterator[Row]:
    """Who may use a topic: {arn, statements: its policy's, None where it could not be read}."""

    def read(arn: str) -> Row:
        def ask() -> str | None:
            policy: str | None = reader.ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"].get("Policy")
            return policy

        return {"arn": arn, "statements": statements_of(reader, arn, ask)}

    yield from reader.each(read, reader.pages("sns", "list_topics", "Topics[].TopicArn"))
