"""The shop's CloudFormation template, from before it had Terraform."""

from collections.abc import Mapping

from demo.credentials import Credentials
from demo.repository import Sample

PATH = "infra/stacks/reports.yaml"

# The passwords are filled in.
REPORTS = """AWSTemplateFormatVersion: "2010-09-09"
Description: What the reports are made from

Parameters:
  Environment:
    Type: String
    Default: prod
  WarehousePassword:
    Type: String
    NoEcho: true
    Default: {default}
  ReaderPassword:
    Type: String
    NoEcho: true

Resources:
  Figures:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{ AttributeName: day, KeyType: HASH }]
      AttributeDefinitions: [{ AttributeName: day, AttributeType: S }]
      Tags: [{ Key: Owner, Value: reports }]

  Exports:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: !Sub hp-exports-${Environment}

  # Nothing is said of its deletion, and CloudFormation then makes a last snapshot by itself.
  Warehouse:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: postgres
      DBInstanceClass: db.t4g.medium
      AllocatedStorage: "50"
      MasterUsername: reports
      MasterUserPassword: !Ref WarehousePassword
      Tags: [{ Key: Owner, Value: reports }]

  Reader:
    Type: AWS::DMS::Endpoint
    Properties:
      EndpointType: source
      EngineName: postgres
      Username: reader
      Password: {literal}

  Mirror:
    Type: AWS::DMS::Endpoint
    Properties:
      EndpointType: target
      EngineName: postgres
      Username: reader
      Password: !Ref ReaderPassword
"""


def stacks(credentials: Credentials) -> dict[str, str]:
    """The template, by its path."""
    text = REPORTS.replace("{default}", credentials.password(14)).replace("{literal}", credentials.password(17))
    return {PATH: text}


def plant_stacks(sample: Sample, files: Mapping[str, str]) -> None:
    """Write down what is wrong in it."""
    for check, needle in (
        ("cfn_no_deletion_policy", "Figures:"),
        ("cfn_no_tags", "Exports:"),
        ("cfn_parameter_default_secret", _line(files[PATH], "    Default: ", after="WarehousePassword:")),
        ("cfn_password_literal", _line(files[PATH], "      Password: ", after="  Reader:")),
    ):
        sample.plant(check, PATH, files[PATH], needle)
    for start, after in (("    Default: ", "WarehousePassword:"), ("      Password: ", "  Reader:")):
        sample.tolerate("secret_at_head", PATH, files[PATH], _line(files[PATH], start, after=after))


def _line(text: str, start: str, *, after: str) -> str:
    """The first line that begins so, below `after`."""
    rest = text[text.index(after) :]
    return next(line for line in rest.splitlines() if line.startswith(start))
