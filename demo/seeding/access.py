"""Who may do everything, who may come in from outside, and what stands open to everybody."""

import json
from typing import Any

from demo.ledger import ACCOUNT, BY_HAND, IRELAND, STATE, VIRGINIA, Ledger, StateEntry, Tags, arn, pairs, tagged

GLOBAL = "global"
GITHUB = "token.actions.githubusercontent.com"
MONITORING, BOOKKEEPING = "464646464646", "747474747474"  # two suppliers' accounts
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ADMINISTRATORS = ("ada", "greta")

BUILDS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"


def _builds(subject: str) -> dict[str, Any]:
    return {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}, "StringLike": {f"{GITHUB}:sub": subject}}


OURS, ANYBODYS = _builds("repo:harbour-and-pine/*"), _builds("repo:*:ref:*")


def seed_access(ledger: Ledger) -> None:
    """After everything else was made: some of it is opened here."""
    _administrators(ledger)
    _outsiders(ledger)
    _root(ledger)
    _keys(ledger)
    _queues(ledger)
    _topics(ledger)
    _images(ledger)
    _secrets(ledger)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(
    principal: Any, action: str | list[str], resource: str | None = "*", condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    return made | ({"Resource": resource} if resource else {}) | ({"Condition": condition} if condition else {})


def _administrators(ledger: Ledger) -> None:
    """A group, a robot with a policy of its own, and a policy that was to be for a day."""
    iam = ledger.aws("iam", age_days=800)
    group = iam.create_group(GroupName="administrators")["Group"]["Arn"]
    iam.put_group_policy(GroupName="administrators", PolicyName="everything", PolicyDocument=document(EVERYTHING))
    ledger.plant("iam_policy_star", group, GLOBAL)
    for name in ADMINISTRATORS:
        iam.add_user_to_group(GroupName="administrators", UserName=name)
        ledger.plant("iam_admin_user", _user(name), GLOBAL)

    iam.put_user_policy(UserName="ci-deploy", PolicyName="deploy", PolicyDocument=document(EVERYTHING))
    ledger.plant("iam_policy_star", _user("ci-deploy"), GLOBAL)
    ledger.plant("iam_admin_user", _user("ci-deploy"), GLOBAL)

    temporary = arn("iam", "", "policy/hp-temp-admin")
    iam.create_policy_version(PolicyArn=temporary, PolicyDocument=document(EVERYTHING), SetAsDefault=True)
    iam.attach_user_policy(UserName="support-vendor", PolicyArn=temporary)
    ledger.plant("iam_policy_star", temporary, GLOBAL)
    ledger.plant("iam_admin_user", _user("support-vendor"), GLOBAL)


def _user(name: str) -> str:
    return arn("iam", "", f"user/{name}")


def _outsiders(ledger: Ledger) -> None:
    """Suppliers with and without an external ID, and builds on GitHub: ours, and in an old role anybody's."""
    ledger.aws("iam", age_days=500).create_open_id_connect_provider(
        Url=f"https://{GITHUB}", ClientIDList=["sts.amazonaws.com"]
    )
    theirs = {"AWS": f"arn:aws:iam::{MONITORING}:root"}
    made = _role(ledger, "hp-monitoring", BY_HAND, tagged(), allow(theirs, "sts:AssumeRole", None))
    ledger.plant("iam_external_trust", made, GLOBAL)

    between_us = {"StringEquals": {"sts:ExternalId": ledger.credentials.password()}}
    theirs = {"AWS": f"arn:aws:iam::{BOOKKEEPING}:role/exports"}
    statement = allow(theirs, "sts:AssumeRole", None, between_us)
    made = _role(ledger, "hp-bookkeeping", STATE, tagged("prod", "finance"), statement)
    ledger.plant("iam_external_trust", made, GLOBAL)

    builds = {"Federated": BUILDS}
    statement = allow(builds, "sts:AssumeRoleWithWebIdentity", None, OURS)
    _role(ledger, "hp-github-deploy", STATE, tagged("prod", "platform"), statement)
    statement = allow(builds, "sts:AssumeRoleWithWebIdentity", None, ANYBODYS)
    made = _role(ledger, "hp-github-trial", BY_HAND, tagged(), statement)
    ledger.plant("iam_oidc_trust_too_wide", made, GLOBAL)


def _role(ledger: Ledger, name: str, managed: str, tags: Tags, trust: dict[str, Any]) -> str:
    made = ledger.aws("iam", age_days=500).create_role(
        RoleName=name, AssumeRolePolicyDocument=document(trust), Tags=pairs(tags)
    )["Role"]["Arn"]
    if managed == STATE:
        ledger.put_in_state(StateEntry("aws_iam_role", name.replace("-", "_"), {"id": name, "name": name, "arn": made}))
    return ledger.add(made, "iam:role", GLOBAL, tags, managed)


def _root(ledger: Ledger) -> None:
    """It has no second factor and was at work lately: so the endpoint says of every account. Passwords may be short."""
    root = arn("iam", "", "root")
    ledger.plant("root_no_mfa", root, GLOBAL)
    ledger.plant("root_used_recently", root, GLOBAL)
    ledger.aws("iam", age_days=900).update_account_password_policy(MinimumPasswordLength=8, RequireNumbers=True)
    ledger.plant("iam_password_policy_weak", root, GLOBAL)


def _keys(ledger: Ledger) -> None:
    ours = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*")
    through_storage = allow(
        {"AWS": "*"},
        ["kms:Decrypt", "kms:GenerateDataKey"],
        condition={"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"s3.{IRELAND}.amazonaws.com"}},
    )
    for name, managed, tags, statements in (
        ("hp-backups", STATE, tagged("prod", "platform"), (ours,)),
        ("hp-media", BY_HAND, tagged("prod", "storefront"), (ours, through_storage)),
        ("hp-partner-exchange", BY_HAND, tagged(), (ours, allow("*", ["kms:Decrypt", "kms:Encrypt"]))),
    ):
        kms = ledger.aws("kms", age_days=300)
        named = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        made = kms.create_key(Policy=document(*statements), Tags=named)["KeyMetadata"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
        ledger.add(made["Arn"], "kms:key", IRELAND, tags, managed)
        if managed == STATE:
            identity = {"id": made["KeyId"], "key_id": made["KeyId"], "arn": made["Arn"]}
            ledger.put_in_state(StateEntry("aws_kms_key", name.replace("-", "_"), identity))
        if name == "hp-partner-exchange":
            ledger.plant("kms_key_public", made["Arn"], IRELAND)


def _queues(ledger: Ledger) -> None:
    """One takes messages from anybody; others name a bucket, or take back from most what they give to all."""
    photographs = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:hp-media"}}
    elsewhere = {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}
    policies = {
        "hp-old-webhook-in": [allow("*", "SQS:SendMessage")],
        "hp-image-resizing": [allow("*", "sqs:SendMessage", condition=photographs)],
        "hp-label-printing": [
            allow({"AWS": "*"}, "sqs:*"),
            {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": elsewhere},
        ],
    }
    sqs = ledger.aws("sqs", age_days=200)
    for name, statements in policies.items():
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(*statements)})
    ledger.plant("sqs_public", arn("sqs", IRELAND, "hp-old-webhook-in"), IRELAND)


def _topics(ledger: Ledger) -> None:
    """The others keep what they were born with."""
    topic = arn("sns", IRELAND, "hp-price-changed")
    ledger.aws("sns", age_days=200).set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=document(allow({"AWS": "*"}, ["SNS:Subscribe", "SNS:Receive"], topic)),
    )
    ledger.plant("sns_public", topic, IRELAND)


def _images(ledger: Ledger) -> None:
    """Scanned on push, not scanned, and open to everybody."""
    for name, managed, tags, scanned in (
        ("hp/storefront", STATE, tagged("prod", "storefront"), True),
        ("hp/warehouse-tools", BY_HAND, tagged(), False),
        ("hp/base-images", BY_HAND, tagged("prod", "platform"), True),
    ):
        ecr = ledger.aws("ecr", age_days=350)
        made = ecr.create_repository(
            repositoryName=name, imageScanningConfiguration={"scanOnPush": scanned}, tags=pairs(tags)
        )["repository"]["repositoryArn"]
        ledger.add(made, "ecr:repository", IRELAND, tags, managed)
        if managed == STATE:
            identity = {"id": name, "name": name, "arn": made}
            ledger.put_in_state(StateEntry("aws_ecr_repository", "storefront", identity))
        if name == "hp/base-images":
            pull = allow("*", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], None)
            ecr.set_repository_policy(repositoryName=name, policyText=document(pull))
        if not scanned or name == "hp/base-images":
            ledger.plant("ecr_public_or_unscanned", made, IRELAND)


def _secrets(ledger: Ledger) -> None:
    """One is changed every month; one of the others may be fetched by anybody."""
    secrets = ledger.aws("secretsmanager", age_days=120)
    secrets.rotate_secret(
        SecretId="hp/prod/payments", RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False
    )
    staging = ledger.aws("secretsmanager", VIRGINIA, age_days=120)
    open_to_all = document(allow("*", "secretsmanager:GetSecretValue"))
    staging.put_resource_policy(SecretId="hp/staging/orders", ResourcePolicy=open_to_all)
    for region in (IRELAND, VIRGINIA):
        pages = ledger.aws("secretsmanager", region).get_paginator("list_secrets").paginate()
        for one in pages.search("SecretList[]"):
            if one["Name"] != "hp/prod/payments":
                ledger.plant("secret_not_rotated", one["ARN"], region)
            if one["Name"] == "hp/staging/orders":
                ledger.plant("secret_public", one["ARN"], region)
