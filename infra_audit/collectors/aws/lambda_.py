"""Functions that run without a server."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra_audit.collectors.aws._policies import miss_or_end, statements_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.endings import READ_ERRORS, error_code
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


@collector(
    "lambda.list_function_url_configs",
    iam=("lambda:ListFunctions", "lambda:ListFunctionUrlConfigs", "lambda:GetPolicy"),
)
def list_function_url_configs(reader: Reader) -> Iterator[Row]:
    """Functions with an address of their own on the internet.

    {arn: the function's, url, qualifier: the alias it leads to or None, auth "NONE" / "AWS_IAM", statements: of the
    policy that says who may call, [] without one, None where it could not be read}. One call a function.
    """

    def read(arn: str) -> list[Row]:
        try:
            found = list(reader.pages("lambda", "list_function_url_configs", "FunctionUrlConfigs", FunctionName=arn))
        except READ_ERRORS as error:
            miss_or_end(reader, arn, error)
            return []
        return [_address(reader, arn, one) for one in found]

    arns = [one["FunctionArn"] for one in functions(reader)]
    for rows in reader.each(read, arns):
        yield from rows


def _address(reader: Reader, arn: str, one: Mapping[str, Any]) -> Row:
    qualifier = one["FunctionArn"].removeprefix(arn).lstrip(":") or None

    def ask() -> str | None:
        qualified = {"Qualifier": qualifier} if qualifier else {}
        try:
            policy: str | None = reader.ask("lambda", "get_policy", FunctionName=arn, **qualified).get("Policy")
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        return policy

    return {
        "arn": arn,
        "url": one["FunctionUrl"],
        "qualifier": qualifier,
        "auth": one["AuthType"],
        "statements": statements_of(reader, arn, ask),
    }
