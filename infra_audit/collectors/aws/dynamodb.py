"""Tables of the key-value database. No item is ever read."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("dynamodb.list_tables", iam=("dynamodb:ListTables", "dynamodb:ListTagsOfResource", "tag:GetResources"))
def list_tables(reader: Reader) -> Iterator[Row]:
    """{arn, type "dynamodb:table", name, tags}."""
    names = list(reader.pages("dynamodb", "list_tables", "TableNames", page_size=100))
    tagged = Tagged(
        reader,
        "dynamodb:table",
        lambda arn: tags_of({"Tags": list(reader.pages("dynamodb", "list_tags_of_resource", "Tags", ResourceArn=arn))}),
    )

    def read(name: str) -> Row:
        arn = reader.arn("dynamodb", f"table/{name}")
        return {"arn": arn, "type": "dynamodb:table", "name": name, "tags": tagged.of(arn)}

    yield from reader.each(read, names)
