"""Stacks, and what they made. Parameters and outputs may hold secrets: they are dropped where they arrive."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, pick, tags_of
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.iac_stacks import CDK, SAM, SERVERLESS
from infra_audit.inventory import Row

GONE = "DELETE_COMPLETE"
SERVERLESS_SAYS = "The AWS CloudFormation template for this Serverless application"


@collector("cloudformation.describe_stacks", iam=("cloudformation:DescribeStacks",))
def stacks(reader: Reader) -> Iterator[Row]:
    """One row a stack that exists, nested ones included; `parent` is the ARN of the stack around it.

    `made_with`: "CDK", "SAM", "Serverless Framework", or "" where the stack itself does not show it.
    """
    for one in living_stacks(reader):
        yield {
            "arn": one["StackId"],
            "type": "cloudformation:stack",
            "name": one["StackName"],
            "tags": tags_of(one),
            "status": one["StackStatus"],
            "parent": one.get("ParentId"),
            "termination_protection": one.get("EnableTerminationProtection", False),
            "created_at": iso(one.get("CreationTime")),
            "made_with": _made_with(one),
        }


@collector(
    "cloudformation.list_stack_resources",
    iam=("cloudformation:DescribeStacks", "cloudformation:ListStackResources"),
)
def stack_resources(reader: Reader) -> Iterator[Row]:
    """One row a resource of a stack: `id` is what CloudFormation calls physical: an ARN, a URL or a name."""

    def listed(stack: Mapping[str, Any]) -> list[Row]:
        try:
            found = reader.pages(
                "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack["StackId"]
            )
            return [_resource(one, stack) for one in found if one.get("PhysicalResourceId")]
        except READ_ERRORS as error:
            reader.miss(stack["StackId"], error)
            return []

    for rows in reader.each(listed, living_stacks(reader)):
        yield from (row for row in rows if row["status"] != GONE)


def _made_with(stack: Mapping[str, Any]) -> str:
    """What the names of parameters and outputs give away; their values are not looked at.

    https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
    """
    name, tags = stack["StackName"], tags_of(stack)
    parameters = pick(stack.get("Parameters") or (), "ParameterKey")
    outputs = pick(stack.get("Outputs") or (), "OutputKey")
    if name == "CDKToolkit" or "BootstrapVersion" in parameters:
        return CDK
    if "ServerlessDeploymentBucketName" in outputs or str(stack.get("Description")).startswith(SERVERLESS_SAYS):
        return SERVERLESS
    return SAM if name == "aws-sam-cli-managed-default" or tags.get("ManagedStackSource") == "AwsSamCli" else ""


def living_stacks(reader: Reader) -> Iterator[dict[str, Any]]:
    """Stacks as AWS describes them, without those that are gone."""
    for one in reader.pages("cloudformation", "describe_stacks", "Stacks"):
        if one["StackStatus"] != GONE:
            yield one


def _resource(one: Mapping[str, Any], stack: Mapping[str, Any]) -> Row:
    return {
        "stack": stack["StackId"],
        "stack_name": stack["StackName"],
        "logical_id": one["LogicalResourceId"],
        "id": one["PhysicalResourceId"],
        "resource_type": one["ResourceType"],
        "status": one.get("ResourceStatus", ""),
    }
