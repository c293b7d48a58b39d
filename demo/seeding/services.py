"""Functions, tables, queues, topics and load balancers that no stack made."""

import io
import zipfile

from demo.ledger import (
    ACCOUNT,
    BY_HAND,
    IRELAND,
    STATE,
    VIRGINIA,
    Ledger,
    StateEntry,
    Tags,
    arn,
    pairs,
    tagged,
)
from demo.seeding.network import Networks

FUNCTIONS = (
    ("hp-resize-images", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-nightly-report", IRELAND, BY_HAND, tagged("prod", "finance")),
    ("hp-slack-notifier", IRELAND, BY_HAND, tagged()),
    ("hp-import-feed", IRELAND, STATE, tagged("prod", "warehouse")),
    ("hp-print-label", IRELAND, BY_HAND, tagged("prod", "warehouse")),
    ("hp-send-mail", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-stock-watcher", IRELAND, STATE, tagged("prod", "warehouse")),
    ("hp-old-webhook", IRELAND, BY_HAND, tagged()),
)
# Versions of languages that lost support years ago.
OLD_RUNTIMES = {"hp-old-webhook": "python3.8", "hp-print-label": "nodejs16.x"}
TABLES = (
    ("hp-sessions", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-feature-flags", IRELAND, BY_HAND, tagged()),
    ("hp-stock-levels", IRELAND, STATE, tagged("prod", "warehouse")),
    ("hp-vouchers", IRELAND, STATE, tagged("prod", "storefront")),
    ("terraform-locks", IRELAND, BY_HAND, tagged("prod", "platform")),
    ("hp-carts-staging", VIRGINIA, BY_HAND, tagged()),
)
QUEUES = (
    ("hp-feed-import", IRELAND, STATE, tagged("prod", "warehouse")),
    ("hp-mail", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-mail-retry", IRELAND, BY_HAND, tagged()),
    ("hp-label-printing", IRELAND, BY_HAND, tagged("prod", "warehouse")),
    ("hp-stock-changes", IRELAND, STATE, tagged("prod", "warehouse")),
    ("hp-image-resizing", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-old-webhook-in", IRELAND, BY_HAND, tagged()),
    ("hp-staging-events", VIRGINIA, BY_HAND, tagged()),
)
TOPICS = (
    ("hp-alerts", IRELAND, STATE, tagged("prod", "platform")),
    ("hp-stock-low", IRELAND, BY_HAND, tagged("prod", "warehouse")),
    ("hp-price-changed", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-mail-bounced", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp-debug", VIRGINIA, BY_HAND, tagged()),
)

SECRETS = (
    ("hp/prod/payments", IRELAND, STATE, tagged("prod", "payments")),
    ("hp/prod/mail", IRELAND, STATE, tagged("prod", "storefront")),
    ("hp/staging/orders", VIRGINIA, BY_HAND, tagged()),
)


def seed_services(ledger: Ledger, networks: Networks) -> None:
    for one in FUNCTIONS:
        seed_function(ledger, *one)
    for one in TABLES:
        seed_table(ledger, *one)
    for one in QUEUES:
        seed_queue(ledger, *one)
    for one in TOPICS:
        seed_topic(ledger, *one)
    _balancers(ledger, networks)
    for one in SECRETS:
        seed_secret(ledger, *one)


def _code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), "def handler(event, context):\n    return event\n")
    return packed.getvalue()


def seed_function(ledger: Ledger, name: str, region: str, managed: str, tags: Tags) -> None:
    made = ledger.aws("lambda", region).create_function(
        FunctionName=name,
        Runtime=OLD_RUNTIMES.get(name, "python3.13"),
        Handler="index.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/hp-feed-importer",
        Code={"ZipFile": _code()},
        Tags=tags,
    )["FunctionArn"]
    ledger.add(made, "lambda:function", region, tags, managed)
    if name in OLD_RUNTIMES:
        ledger.plant("lambda_runtime_unsupported", made, region)
    if managed == STATE:
        identity = {"id": name, "function_name": name, "arn": made}
        ledger.put_in_state(StateEntry("aws_lambda_function", name.replace("-", "_"), identity))


def seed_table(ledger: Ledger, name: str, region: str, managed: str, tags: Tags) -> None:
    made = ledger.aws("dynamodb", region).create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=pairs(tags),
    )["TableDescription"]["TableArn"]
    ledger.add(made, "dynamodb:table", region, tags, managed)
    if managed == STATE:
        ledger.put_in_state(
            StateEntry("aws_dynamodb_table", name.replace("-", "_"), {"id": name, "name": name, "arn": made})
        )


def seed_queue(ledger: Ledger, name: str, region: str, managed: str, tags: Tags) -> None:
    ledger.aws("sqs", region).create_queue(QueueName=name, tags=tags)
    made = ledger.add(arn("sqs", region, name), "sqs:queue", region, tags, managed)
    if managed == STATE:
        url = f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{name}"
        ledger.put_in_state(StateEntry("aws_sqs_queue", "queue", {"id": url, "url": url, "arn": made}, "", name))


def seed_topic(ledger: Ledger, name: str, region: str, managed: str, tags: Tags) -> None:
    made = ledger.aws("sns", region).create_topic(Name=name, Tags=pairs(tags))["TopicArn"]
    ledger.add(made, "sns:topic", region, tags, managed)
    if managed == STATE:
        ledger.put_in_state(StateEntry("aws_sns_topic", name.replace("-", "_"), {"id": made, "arn": made}))


def seed_secret(ledger: Ledger, name: str, region: str, managed: str, tags: Tags) -> None:
    """Kept where secrets belong; nobody asks for its value."""
    made = ledger.aws("secretsmanager", region).create_secret(
        Name=name, SecretString=ledger.credentials.password(), Tags=pairs(tags)
    )["ARN"]
    ledger.add(made, "secretsmanager:secret", region, tags, managed)
    if managed == STATE:
        label = name.replace("/", "_")
        ledger.put_in_state(StateEntry("aws_secretsmanager_secret", label, {"id": made, "arn": made, "name": name}))


def _balancers(ledger: Ledger, networks: Networks) -> None:
    shops = (
        ("hp-shop", IRELAND, ("prod-public-a", "prod-public-b"), "alb-public", STATE, tagged("prod", "storefront")),
        ("hp-store-us", VIRGINIA, ("store-public-a", "store-public-b"), "store-web", BY_HAND, tagged()),
    )
    for name, region, subnets, group, managed, tags in shops:
        made = ledger.aws("elbv2", region).create_load_balancer(
            Name=name,
            Subnets=[networks.subnets[one] for one in subnets],
            SecurityGroups=[networks.groups[group]],
            Type="application",
            **({"Tags": pairs(tags)} if tags else {}),
        )["LoadBalancers"][0]["LoadBalancerArn"]
        ledger.add(made, "elasticloadbalancing:loadbalancer", region, tags, managed)
        if managed == STATE:
            ledger.put_in_state(StateEntry("aws_lb", "shop", {"id": made, "arn": made}))
