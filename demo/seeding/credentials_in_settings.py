"""Credentials where configuration is kept: a template for servers, a function, a container, parameters, a stack."""

import base64
import json
from typing import Any

from demo.ledger import BY_HAND, IRELAND, STACK, VIRGINIA, Ledger, arn, pairs, specified, tagged

IMAGE = "ami-0a1b2c3d4e5f60718"


def seed_credentials_in_settings(ledger: Ledger) -> None:
    _template(ledger)
    _function(ledger)
    _containers(ledger)
    _parameters(ledger)
    _stack(ledger)


def _template(ledger: Ledger) -> None:
    """What somebody tried out before the feed importer moved to functions; kept, though nothing runs it."""
    tags = tagged("prod", "warehouse")
    script = f"#!/bin/bash\nexport FEED_API_TOKEN={ledger.credentials.github_token()}\n/opt/feeds/import.sh\n"
    made = ledger.aws("ec2", IRELAND, age_days=610).create_launch_template(
        LaunchTemplateName="hp-feed-importer",
        LaunchTemplateData={
            "InstanceType": "t3.small",
            "ImageId": IMAGE,
            "UserData": base64.b64encode(script.encode()).decode(),
        },
        TagSpecifications=specified("launch-template", tags),
    )["LaunchTemplate"]["LaunchTemplateId"]
    found = ledger.add(arn("ec2", IRELAND, f"launch-template/{made}"), "ec2:launch-template", IRELAND, tags, BY_HAND)
    ledger.plant("launch_template_secret", found, IRELAND)


def _function(ledger: Ledger) -> None:
    """One that has been there for long is given what it talks to the chat with; another is given references."""
    functions = ledger.aws("lambda", IRELAND)
    functions.update_function_configuration(
        FunctionName="hp-nightly-report",
        Environment={
            "Variables": {
                "REPORT_BUCKET": "hp-reports",
                "DATABASE_URL": ledger.credentials.database_url("reports", "orders-ro.internal", "orders"),
            }
        },
    )
    ledger.plant("lambda_secret_in_env", arn("lambda", IRELAND, "function:hp-nightly-report"), IRELAND)
    functions.update_function_configuration(
        FunctionName="hp-send-mail",
        Environment={
            "Variables": {
                "SMTP_HOST": "email-smtp.eu-west-1.amazonaws.com",
                "SMTP_PASSWORD_PARAMETER": "/hp/prod/mail/password",
                "API_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hp/prod/mail-AbCdEf",
                "TOKEN_URL": "https://auth.harbourandpine.example/oauth/token",
            }
        },
    )


def _containers(ledger: Ledger) -> None:
    """The search service: its first definition, still in use, held a password; the newest has it by reference."""
    ecs = ledger.aws("ecs", IRELAND, age_days=150)
    password = [{"name": "INDEX_PASSWORD", "value": ledger.credentials.password()}]
    by_reference = [{"name": "INDEX_PASSWORD", "valueFrom": arn("ssm", IRELAND, "parameter/hp/prod/index/password")}]
    old = _definition(ecs, environment=password)
    _definition(ecs, environment=[{"name": "INDEX_HOST", "value": "index.internal"}], secrets=by_reference)
    ecs.create_cluster(clusterName="hp-search", tags=[{"key": "Owner", "value": "search"}])
    ecs.create_service(cluster="hp-search", serviceName="search", taskDefinition=old, desiredCount=0)
    ledger.plant("ecs_secret_in_env", old, IRELAND)


def _definition(ecs: Any, **container: Any) -> str:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/hp/search:3"
    definitions = [{"name": "search", "image": image, "memory": 512, **container}]
    made = ecs.register_task_definition(family="hp-search", containerDefinitions=definitions)
    return str(made["taskDefinition"]["taskDefinitionArn"])


def _parameters(ledger: Ledger) -> None:
    """Two that are plain though they should not be; one that is encrypted; some that are no secrets at all."""
    plain = {
        "/hp/staging/orders/password": (VIRGINIA, ledger.credentials.password()),
        "/hp/prod/payments/stripe-key": (IRELAND, ledger.credentials.stripe_key()),
    }
    for name, (region, value) in plain.items():
        ledger.aws("ssm", region).put_parameter(Name=name, Value=value, Type="String")
        ledger.plant("ssm_parameter_plaintext_secret", arn("ssm", region, f"parameter{name}"), region)
    ssm = ledger.aws("ssm", IRELAND)
    for name, value in (
        ("/hp/prod/region", "eu-west-1"),
        ("/hp/prod/orders/url", "https://orders.harbourandpine.example/"),
        ("/hp/prod/orders/password-parameter", "/hp/prod/orders/password"),
        ("/hp/prod/session/token-ttl", "3600"),
    ):
        ssm.put_parameter(Name=name, Value=value, Type="String")
    ssm.put_parameter(Name="/hp/prod/index/password", Value=ledger.credentials.password(), Type="SecureString")


def _stack(ledger: Ledger) -> None:
    """A stack of one queue that tells the password it was given."""
    tags = tagged("prod", "warehouse")
    template = {
        "Parameters": {"ScannerPassword": {"Type": "String"}},
        "Resources": {
            "Scans": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "hp-scans", "Tags": pairs(tags)}}
        },
        "Outputs": {"ScannerPassword": {"Value": {"Ref": "ScannerPassword"}}},
    }
    made = ledger.aws("cloudformation", IRELAND, age_days=300).create_stack(
        StackName="hp-scanners",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "ScannerPassword", "ParameterValue": ledger.credentials.password()}],
    )["StackId"]
    ledger.add(arn("sqs", IRELAND, "hp-scans"), "sqs:queue", IRELAND, tags, STACK)
    ledger.plant("cloudformation_output_secret", made, IRELAND)
