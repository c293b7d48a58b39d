"""Functions that run without a server."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


def functions(reader: Reader) -> Iterator[Mapping[str, Any]]:
    """Functions as AWS lists them, environments and all: keep no more of one than is needed."""
    return reader.pages("lambda", "list_functions", "Functions", page_size=50)


@collector("lambda.list_functions", iam=("lambda:ListFunctions", "lambda:ListTags", "tag:GetResources"))
def list_functions(reader: Reader) -> Iterator[Row]:
    """{arn, type "lambda:function", name, tags, runtime, changed_at}. Environments are dropped where they arrive.

    AWS keeps no time of creation, only that of the last change.
    """
    listed = [
        {key: one.get(key) for key in ("FunctionArn", "FunctionName", "Runtime", "LastModified")}
        for one in functions(reader)
    ]
    tagged = Tagged(
        reader, "lambda:function", lambda arn: reader.ask("lambda", "list_tags", Resource=arn).get("Tags") or {}
    )

    def read(one: Mapping[str, Any]) -> Row:
        return {
            "arn": one["FunctionArn"],
            "type": "lambda:function",
            "name": one["FunctionName"],
            "tags": tagged.of(one["FunctionArn"]),
            "runtime": one["Runtime"],
            "changed_at": one["LastModified"],
        }

    yield from reader.each(read, listed)
