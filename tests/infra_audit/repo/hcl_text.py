"""Terraform as text, for tests."""

import json

GIT = "git::https://git.example/network.git"
VPC = "terraform-aws-modules/vpc/aws"
PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n}\n'


def block(kind, *labels, **settings):
    """A block with one setting a line; values are HCL, or lists of lines for a block inside."""
    lines = [f"{kind} {' '.join(json.dumps(label) for label in labels)} {{"]
    for name, value in settings.items():
        lines += [f"  {name} {{", *(f"    {line}" for line in value), "  }"] if isinstance(value, list) else []
        lines += [] if isinstance(value, list) else [f"  {name} = {value}"]
    return "\n".join([*lines, "}", ""])


def database(**settings):
    return block("resource", "aws_db_instance", "orders", **settings)


def bucket(name="media", **settings):
    return block("resource", "aws_s3_bucket", name, force_destroy="true", **settings)


def versioning(of, status='"Enabled"'):
    return block(
        "resource", "aws_s3_bucket_versioning", "v", bucket=of, versioning_configuration=[f"status = {status}"]
    )


def module(source, name="network", **settings):
    return block("module", name, source=json.dumps(source), **settings)
