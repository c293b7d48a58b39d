"""The gift desk: made by somebody who spells tags as they come to mind."""

from demo.ledger import IRELAND, Ledger, arn, pairs


def seed_spellings(ledger: Ledger) -> None:
    """Everybody else's spelling is Environment, prod, storefront. A name is a name, however it is spelled."""
    tags = {"Environment": "Prod", "Owner": "storefront"}
    ledger.aws("sqs", IRELAND, age_days=75).create_queue(QueueName="hp-gift-wrapping", tags=tags)
    _differs(ledger, ledger.add(arn("sqs", IRELAND, "hp-gift-wrapping"), "sqs:queue", IRELAND, tags))

    tags = {"env": "prod", "Owner": "storefront"}
    topic = ledger.aws("sns", IRELAND, age_days=74).create_topic(Name="hp-gift-cards", Tags=pairs(tags))["TopicArn"]
    _differs(ledger, ledger.add(topic, "sns:topic", IRELAND, tags))

    tags = {"Environment": "PRODUCTION", "Owner": "Storefront", "Name": "HP-Gift-Ideas"}
    table = ledger.aws("dynamodb", IRELAND, age_days=73).create_table(
        TableName="hp-gift-ideas",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=pairs(tags),
    )["TableDescription"]["TableArn"]
    _differs(ledger, ledger.add(table, "dynamodb:table", IRELAND, tags))


def _differs(ledger: Ledger, resource: str) -> None:
    ledger.plant("tag_value_inconsistent", resource, IRELAND)
