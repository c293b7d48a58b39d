import pytest

from demo.emulator import Deny, Faults
from infra_audit.collectors.aws.endings import UnsupportedByEndpointError
from infra_audit.collectors.aws.sessions import Connection
from infra_audit.inventory import Ending

OWNED = [{"Key": "Owner", "Value": "ada"}]
ROLE = "arn:aws:iam::123456789012:role/web"


def make_functions(aws):
    trust = '{"Version": "2012-10-17", "Statement": []}'
    role = aws.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for name, tags in (("owned", {"Owner": "ada"}), ("bare", {})):
        aws.client("lambda").create_function(
            FunctionName=name, Runtime="python3.12", Role=role, Handler="a.b", Code={"ZipFile": b"x"}, Tags=tags
        )


def make_tables(aws):
    for name, tags in (("owned", OWNED), ("bare", [])):
        aws.client("dynamodb").create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=tags,
        )


def make_queues(aws):
    aws.client("sqs").create_queue(QueueName="owned", tags={"Owner": "ada"})
    aws.client("sqs").create_queue(QueueName="bare")


def make_topics(aws):
    aws.client("sns").create_topic(Name="owned", Tags=OWNED)
    aws.client("sns").create_topic(Name="bare")


def make_balancers(aws):
    subnets = [one["SubnetId"] for one in aws.client("ec2").describe_subnets()["Subnets"]][:2]
    aws.client("elbv2").create_load_balancer(Name="owned", Subnets=subnets, Tags=OWNED)
    aws.client("elbv2").create_load_balancer(Name="bare", Subnets=subnets)


def make_secrets(aws):
    aws.client("secretsmanager").create_secret(Name="owned", SecretString="-", Tags=OWNED)
    aws.client("secretsmanager").create_secret(Name="bare", SecretString="-")


EVERY = [
    ("lambda.list_functions", "lambda:function", make_functions),
    ("dynamodb.list_tables", "dynamodb:table", make_tables),
    ("sqs.list_queues", "sqs:queue", make_queues),
    ("sns.list_topics", "sns:topic", make_topics),
    ("elbv2.describe_load_balancers", "elasticloadbalancing:loadbalancer", make_balancers),
    ("secretsmanager.list_secrets", "secretsmanager:secret", make_secrets),
]
ASKED_FOR_TAGS = [
    (*EVERY[0], "lambda:ListTags"),
    (*EVERY[1], "dynamodb:ListTagsOfResource"),
    (*EVERY[2], "sqs:ListQueueTags"),
    (*EVERY[3], "sns:ListTagsForResource"),
]


@pytest.mark.parametrize(("operation", "kind", "make"), EVERY)
def test_each_is_listed_with_its_tags_or_with_none(aws, collect, operation, kind, make):
    make(aws)

    unit = collect(operation)

    assert {row["name"]: row["tags"] for row in unit.rows} == {"owned": {"Owner": "ada"}, "bare": {}}
    assert {row["type"] for row in unit.rows} == {kind}
    assert all(row["arn"].startswith("arn:aws:") for row in unit.rows)
    assert unit.ending is Ending.OK


@pytest.mark.parametrize(("operation", "kind", "make", "action"), ASKED_FOR_TAGS)
def test_where_the_tagging_service_is_denied_each_one_is_asked(aws, collect, operation, kind, make, action):
    make(aws)
    aws.set_faults(Faults(deny=(Deny("tag:GetResources"),)))

    unit = collect(operation)

    assert {row["name"]: row["tags"] for row in unit.rows} == {"owned": {"Owner": "ada"}, "bare": {}}
    assert unit.ending is Ending.OK


@pytest.mark.parametrize(("operation", "kind", "make", "action"), ASKED_FOR_TAGS)
def test_silence_of_the_tagging_service_is_no_proof_that_there_are_no_tags(aws, collect, operation, kind, make, action):
    make(aws)
    aws.set_faults(Faults(deny=(Deny(action),)))

    unit = collect(operation)

    assert {row["name"]: row["tags"] for row in unit.rows} == {"owned": {"Owner": "ada"}, "bare": None}
    assert [one.iam_action for one in unit.unread] == [action]


def test_where_the_endpoint_has_no_tagging_service_each_one_is_asked(aws, collect, monkeypatch):
    make_queues(aws)

    def unknown_to_the_endpoint(connection, service, *_, **__):
        if service == "resourcegroupstaggingapi":
            raise UnsupportedByEndpointError("The endpoint does not know this operation.")

    monkeypatch.setattr(Connection, "_pace", unknown_to_the_endpoint)

    unit = collect("sqs.list_queues")

    assert {row["name"]: row["tags"] for row in unit.rows} == {"owned": {"Owner": "ada"}, "bare": {}}
    assert unit.ending is Ending.OK


def test_an_environment_never_enters_the_inventory(aws, collect):
    make_functions(aws)
    aws.client("lambda").update_function_configuration(
        FunctionName="bare", Environment={"Variables": {"COLOUR": "a very rare green"}}
    )

    assert "a very rare green" not in str(collect("lambda.list_functions").as_json())


def test_an_account_says_whether_it_stands_alone(collect):
    assert collect("organizations.describe_organization").rows == (
        {"role": "standalone", "payer": None, "organisation": None},
    )


def test_the_payer_is_told(aws, collect):
    aws.client("organizations", "us-east-1").create_organization(FeatureSet="ALL")

    [row] = collect("organizations.describe_organization").rows

    assert (row["role"], row["payer"]) == ("management", "123456789012")


def test_regions_that_are_switched_off_are_told_too(collect):
    rows = {row["region"]: row["enabled"] for row in collect("ec2.describe_regions").rows}

    assert rows["eu-west-1"]
    assert not rows["ap-east-1"]


@pytest.mark.parametrize(
    ("filters", "accounts"),
    [
        ({}, None),
        ({"CostFilters": {}}, None),
        ({"CostFilters": {"LinkedAccount": ["111111111111"]}}, ["111111111111"]),
        ({"CostFilters": {"LinkedAccount": ["111111111111"], "Service": ["Amazon S3"]}}, []),
        ({"FilterExpression": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111111111111"]}}}, ["111111111111"]),
        ({"FilterExpression": {"Dimensions": {"Key": "SERVICE", "Values": ["Amazon S3"]}}}, []),
        ({"FilterExpression": {"Not": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111111111111"]}}}}, []),
    ],
)
def test_a_budget_says_whose_costs_it_looks_at(aws, collect, filters, accounts):
    told = {"BudgetName": "some", "BudgetType": "COST", "TimeUnit": "MONTHLY", **filters}
    aws.answer("budgets", "DescribeBudgets", {"Budgets": [told]})

    [row] = collect("budgets.describe_budgets").rows

    assert row["accounts"] == accounts


def test_budgets_are_asked_of_the_one_endpoint_there_is(aws, collect):
    aws.client("budgets", "us-east-1").create_budget(
        AccountId="123456789012",
        Budget={
            "BudgetName": "monthly",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "100", "Unit": "USD"},
        },
    )
    aws.clear_calls()

    [row] = collect("budgets.describe_budgets").rows

    assert (row["name"], row["period"], row["limit"]["Unit"]) == ("monthly", "MONTHLY", "USD")
    assert row["accounts"] is None
    assert [region for service, region, _ in aws.calls() if service == "budgets"] == ["us-east-1"]
