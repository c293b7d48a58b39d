"""The client's role as a file that they deploy: CloudFormation (YAML) or Terraform. Both are comments first."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import yaml

from infra_audit.collectors.aws.sessions import SESSION_DURATION_S
from infra_audit.proof import ROLE_NAME
from infra_audit.role import Role

DESCRIPTION = "Lets one reader in for an audit, read-only, until a date."
STACK_NAME = "infra-audit"
PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")


class Format(StrEnum):
    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"

    @property
    def file_name(self) -> str:
        return "infra-audit-role.yaml" if self is Format.CLOUDFORMATION else "infra-audit-role.tf"


def written(role: Role, form: Format) -> str:
    """The whole file."""
    return cloudformation(role) if form is Format.CLOUDFORMATION else terraform(role)


def cloudformation(role: Role) -> str:
    """A template of one role. Its policy is inline: it goes when the stack goes."""
    make = (
        f"aws cloudformation deploy --stack-name {STACK_NAME} --capabilities CAPABILITY_NAMED_IAM \\\n"
        f"                   --template-file {Format.CLOUDFORMATION.file_name}"
    )
    properties = {
        "RoleName": ROLE_NAME,
        "Description": DESCRIPTION,
        "MaxSessionDuration": SESSION_DURATION_S,
        "AssumeRolePolicyDocument": role.trust,
        "Policies": [{"PolicyName": ROLE_NAME, "PolicyDocument": role.permissions}],
        "Tags": [{"Key": key, "Value": value} for key, value in role.tags.items()],
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Resources": {"AuditRole": {"Type": "AWS::IAM::Role", "Properties": properties}},
        "Outputs": {
            "RoleArn": {
                "Description": "What to send to the auditor, with the external ID.",
                "Value": {"Fn::GetAtt": ["AuditRole", "Arn"]},
            },
            "ExternalId": {"Description": "What the auditor must say to come in.", "Value": role.external_id},
        },
    }
    body = yaml.dump(template, Dumper=_Indented, sort_keys=False, width=110, default_flow_style=False)
    return _comment(role.notice(make, f"aws cloudformation delete-stack --stack-name {STACK_NAME}")) + body


def terraform(role: Role) -> str:
    """A role and its policy, formatted as `terraform fmt` would."""
    name = "infra_audit"
    blocks = [
        _block(
            f'resource "aws_iam_role" "{name}"',
            {
                "name": ROLE_NAME,
                "description": DESCRIPTION,
                "max_session_duration": SESSION_DURATION_S,
                "assume_role_policy": _Call("jsonencode", role.trust),
                "tags": role.tags,
            },
        ),
        _block(
            f'resource "aws_iam_role_policy" "{name}"',
            {
                "name": ROLE_NAME,
                "role": _Raw(f"aws_iam_role.{name}.id"),
                "policy": _Call("jsonencode", role.permissions),
            },
        ),
        _block(
            'output "infra_audit_role_arn"',
            {
                "description": "What to send to the auditor, with the external ID.",
                "value": _Raw(f"aws_iam_role.{name}.arn"),
            },
        ),
        _block(
            'output "infra_audit_external_id"',
            {"description": "What the auditor must say to come in.", "value": role.external_id},
        ),
    ]
    ending = "terraform destroy, of this file alone; or take the file out, and apply"
    return _comment(role.notice("terraform apply, with this file", ending)) + "\n".join(blocks)


def _comment(text: str) -> str:
    """Each line behind its sign; no line of it can be anything else."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines()) + "\n"


class _Indented(yaml.SafeDumper):
    """Lists stand in from their key, as templates are written by hand; nothing is an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Raw(str):
    """An expression, written as it is."""


class _Call:
    """A function of one value."""

    def __init__(self, function: str, value: Any) -> None:
        self.function, self.value = function, value


def _block(head: str, body: Mapping[str, Any]) -> str:
    return f"{head} {{\n" + "\n".join(_attributes(body, 1)) + "\n}\n"


def _attributes(body: Mapping[str, Any], depth: int) -> list[str]:
    """As `terraform fmt` has them: the signs of neighbours stand in one column, and who takes several lines has none.

    https://github.com/hashicorp/hcl/blob/main/hclwrite/format.go
    """
    lines: list[str] = []
    run: list[tuple[str, str]] = []

    def close() -> None:
        widest = max((len(key) for key, _ in run), default=0)
        lines.extend(f"{'  ' * depth}{key:<{widest}} = {value}" for key, value in run)
        run.clear()

    for given, value in body.items():
        key = given if PLAIN_KEY.fullmatch(given) else _quoted(given)
        text = _expression(value, depth)
        if "\n" in text:
            close()
            lines.append(f"{'  ' * depth}{key} = {text}")
        else:
            run.append((key, text))
    close()
    return lines


def _expression(value: Any, depth: int) -> str:
    inside, outside = "  " * (depth + 1), "  " * depth
    match value:
        case _Raw():
            return str(value)
        case _Call():
            return f"{value.function}({_expression(value.value, depth)})"
        case dict():
            return "{\n" + "\n".join(_attributes(value, depth + 1)) + f"\n{outside}}}"
        case [only] if isinstance(only, str):
            return f"[{_quoted(only)}]"
        case list():
            return "[\n" + "".join(f"{inside}{_expression(one, depth + 1)},\n" for one in value) + f"{outside}]"
        case str():
            return _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """A string that stands for nothing but itself.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
