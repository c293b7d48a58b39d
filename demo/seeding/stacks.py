"""CloudFormation: templates written in Python, and what a stack made written down."""

import json
from typing import Any

from demo.ledger import IRELAND, ORPHANED, STACK, VIRGINIA, Ledger, Tags, arn, pairs, tagged
from demo.seeding.buckets import BLOCKED

# What a stack's member is in the account.
MEMBERS = {
    "AWS::EC2::VPC": "ec2:vpc",
    "AWS::EC2::Subnet": "ec2:subnet",
    "AWS::EC2::InternetGateway": "ec2:internet-gateway",
    "AWS::EC2::RouteTable": "ec2:route-table",
    "AWS::EC2::NatGateway": "ec2:natgateway",
    "AWS::DynamoDB::Table": "dynamodb:table",
    "AWS::Lambda::Function": "lambda:function",
}
GLOBAL = "global"
CODE = {"ZipFile": "def handler(event, context):\n    return event\n"}
ASSUMED_BY_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


class Template:
    """A template being written; `add` returns the reference by which others point at the member."""

    def __init__(self, **beside: Any) -> None:
        """`beside`: what else a template says, as its Description."""
        self.beside = beside
        self.members: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, Tags] = {}

    def add(self, name: str, kind: str, tags: Tags | None = None, **properties: Any) -> dict[str, str]:
        if tags:
            properties["Tags"] = pairs(tags)
            self.tags[name] = tags
        self.members[name] = {"Type": kind, "Properties": properties}
        return {"Ref": name}

    def body(self) -> str:
        return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", **self.beside, "Resources": self.members})


def make_stack(ledger: Ledger, name: str, region: str, template: Template, *, age_days: float) -> dict[str, str]:
    """Make the stack, write down its members; returns their physical ids by name."""
    cloudformation = ledger.aws("cloudformation", region, age_days=age_days)
    cloudformation.create_stack(StackName=name, TemplateBody=template.body())
    listed = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}
    for logical, member in template.members.items():
        _write_down(ledger, region, member["Type"], made[logical], template.tags.get(logical, {}))
    return made


def _write_down(ledger: Ledger, region: str, kind: str, found: str, tags: Tags) -> None:
    match kind:
        case "AWS::S3::Bucket":
            _write_down_bucket(ledger, region, found, tags)
        case "AWS::SQS::Queue":
            ledger.add(arn("sqs", region, found.rpartition("/")[2]), "sqs:queue", region, tags, STACK)
        case "AWS::SNS::Topic":
            ledger.add(found, "sns:topic", region, tags, STACK)
        case "AWS::IAM::Role":
            ledger.add(arn("iam", "", f"role/{found}"), "iam:role", GLOBAL, tags, STACK)
        case "AWS::EC2::EIP":
            _write_down_member(ledger, region, "ec2:elastic-ip", _allocation(ledger, region, found), tags)
        case _ if kind in MEMBERS:
            _write_down_member(ledger, region, MEMBERS[kind], found, tags)


def _write_down_bucket(ledger: Ledger, region: str, found: str, tags: Tags) -> None:
    """AWS closes new buckets to the public by itself; moto does not."""
    made = ledger.add(f"arn:aws:s3:::{found}", "s3:bucket", region, tags, STACK)
    ledger.aws("s3", region).put_public_access_block(Bucket=found, PublicAccessBlockConfiguration=BLOCKED)
    ledger.plant("s3_no_versioning", made, region)


def _write_down_member(ledger: Ledger, region: str, kind: str, found: str, tags: Tags) -> None:
    """moto drops the tags that a template gives to some kinds, so they are set once more."""
    service, _, noun = kind.partition(":")
    made = ledger.add(
        arn(service, region, f"{noun}{':' if service == 'lambda' else '/'}{found}"), kind, region, tags, STACK
    )
    if service == "ec2":
        ledger.aws("ec2", region).create_tags(Resources=[found], Tags=pairs(tags))
    elif service == "lambda":
        ledger.aws("lambda", region).tag_resource(Resource=made, Tags=dict(tags))


def _allocation(ledger: Ledger, region: str, found: str) -> str:
    """A stack names an address by itself, the account by its allocation."""
    addresses = ledger.aws("ec2", region).describe_addresses()["Addresses"]
    return next(str(one["AllocationId"]) for one in addresses if found in {one["PublicIp"], one["AllocationId"]})


def seed_stacks(ledger: Ledger) -> None:
    """The orders service in Ireland and the returns desk in Virginia: what the team did put into code."""
    orders = tagged("prod", "orders")
    template = Template(Description="The AWS CloudFormation template for this Serverless application")
    role = template.add("Role", "AWS::IAM::Role", orders, RoleName="hp-orders-api",
                        AssumeRolePolicyDocument=ASSUMED_BY_LAMBDA)  # fmt: skip
    template.add("Events", "AWS::SQS::Queue", orders, QueueName="hp-orders-events")
    template.add("Dead", "AWS::SQS::Queue", orders, QueueName="hp-orders-dead-letters")
    template.add("Placed", "AWS::SNS::Topic", TopicName="hp-order-placed")
    template.add("Receipts", "AWS::S3::Bucket", orders, BucketName="hp-order-receipts")
    _table(template, "Orders", "hp-orders", orders)
    _table(template, "Baskets", "hp-baskets", orders)
    for name in ("place-order", "cancel-order"):
        template.add(
            name.title().replace("-", ""),
            "AWS::Lambda::Function",
            orders,
            FunctionName=f"hp-{name}",
            Runtime="python3.12",
            Handler="index.handler",
            Role={"Fn::GetAtt": [role["Ref"], "Arn"]},
            Code=CODE,
        )
    make_stack(ledger, "hp-orders-api", IRELAND, template, age_days=460)

    returns = tagged("prod", "returns")
    template = Template(Parameters={"BootstrapVersion": {"Type": "String", "Default": "21"}})  # as the CDK writes it
    template.add("Labels", "AWS::S3::Bucket", returns, BucketName="hp-return-labels")
    template.add("Requests", "AWS::SQS::Queue", returns, QueueName="hp-return-requests")
    _table(template, "Returns", "hp-returns", returns)
    make_stack(ledger, "hp-returns-desk", VIRGINIA, template, age_days=210)
    _left_behind(ledger)


def _left_behind(ledger: Ledger) -> None:
    """A trial that ended: its stack was deleted, and told to leave the firewall groups standing."""
    trial = tagged("", "loyalty")
    template = Template()
    for name in ("Web", "Store"):
        template.add(name, "AWS::EC2::SecurityGroup", trial, GroupDescription=f"Loyalty trial, {name.lower()}")
        template.members[name]["DeletionPolicy"] = "Retain"
    cloudformation = ledger.aws("cloudformation", IRELAND, age_days=640)
    cloudformation.create_stack(StackName="hp-loyalty-trial", TemplateBody=template.body())
    listed = cloudformation.list_stack_resources(StackName="hp-loyalty-trial")["StackResourceSummaries"]
    cloudformation.delete_stack(StackName="hp-loyalty-trial")
    for one in listed:
        made = arn("ec2", IRELAND, f"security-group/{one['PhysicalResourceId']}")
        ledger.add(made, "ec2:security-group", IRELAND, trial, ORPHANED)


def _table(template: Template, logical: str, name: str, tags: Tags) -> None:
    template.add(
        logical,
        "AWS::DynamoDB::Table",
        tags,
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
