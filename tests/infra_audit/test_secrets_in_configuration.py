"""Every place where configuration may hold a credential: each is found, and none leaves the collector."""

import base64
import json
import logging
from dataclasses import replace

import pytest

from demo.emulator import Deny, Faults
from infra_audit.aws import AwsTarget, open_account, planned
from infra_audit.collectors.aws import parameters
from infra_audit.collectors.aws.endings import NotReadOnlyError
from infra_audit.collectors.aws.lambda_environments import environments
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.aws.sessions import Connection
from infra_audit.collectors.registry import Consent, collectors
from infra_audit.document import document, findings_csv
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Ending, Inventory
from infra_audit.policy import NEVER_ALLOWED, policy
from infra_audit.registry import CheckSettings
from tests.infra_audit.conftest import KEY, NOW, REGION
from tests.infra_audit.mint import Mint

ENVIRONMENTS, TASKS = "lambda.environments", "ecs.describe_task_definition"
PARAMETERS, STACKS = "ssm.get_parameters", "cloudformation.stack_values"
TEMPLATES, USER_DATA = "ec2.describe_launch_template_versions", "ec2.describe_instance_attribute"
HOLDERS = (ENVIRONMENTS, TASKS, PARAMETERS, STACKS, TEMPLATES, USER_DATA)
ROLE = "arn:aws:iam::123456789012:role/shop"


def names(unit):
    return sorted(found["where"] for row in unit.rows for found in row["detections"])


def make_function(aws, name, **variables):
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument='{"Statement": []}')
    made = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=f"arn:aws:iam::123456789012:role/{name}",
        Handler="a.b",
        Code={"ZipFile": b"x"},
        Environment={"Variables": variables},
    )
    return made["FunctionArn"]


def make_definition(aws, family, **container):
    made = aws.client("ecs").register_task_definition(
        family=family, containerDefinitions=[{"name": "app", "image": "shop:1", "memory": 64, **container}]
    )
    return made["taskDefinition"]["taskDefinitionArn"]


def variables(**settings):
    return [{"name": name, "value": value} for name, value in settings.items()]


def make_stack(aws, name, parameters, outputs):
    """A stack that takes the parameters {name: value} and tells the outputs {name: value}."""
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Parameters": {key: {"Type": "String"} for key in parameters},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    aws.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


def put(aws, name, value, kind="String"):
    aws.client("ssm").put_parameter(Name=name, Value=value, Type=kind)


def plant(aws, mint):
    """One of every kind in every place; gives all the values."""
    password, token, (key_id, secret) = mint.password(20), mint.github_token(), (mint.aws_id(), mint.aws_secret())
    url = f"postgresql://shop:{mint.password(20)}@db.internal:5432/shop"
    values = [password, token, key_id, secret, url, url.split(":")[2].split("@")[0]]
    every = {
        "DB_PASSWORD": password,
        "GITHUB": token,
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "DATABASE_URL": url,
    }
    script = "#!/bin/sh\n" + "\n".join(f"export {name}={value}" for name, value in every.items())
    aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, UserData=script)
    aws.client("ec2").create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"UserData": base64.b64encode(script.encode()).decode()}
    )
    make_function(aws, "orders", **every)
    make_definition(aws, "orders", environment=variables(**every), command=["sh", "-c", script])
    for name, value in every.items():
        put(aws, f"/shop/{name.lower()}", value)
    make_stack(
        aws,
        "orders",
        {name.replace("_", ""): value for name, value in every.items()},
        {f"Out{name.replace('_', '')}": value for name, value in every.items()},
    )
    return values


@pytest.fixture
def everything(aws):
    return plant(aws, Mint(21))


def collected(aws):
    account = open_account(AwsTarget(endpoint_url=aws.url, regions=(REGION,)), key=KEY, now=NOW)
    units = []
    for place in account.places():
        account.collect(place, emit=units.append, stop=lambda: False)
    return units


def test_no_planted_credential_is_in_a_unit_a_document_or_a_log(aws, everything, caplog):
    for name in ("", "botocore", "urllib3", "infra_audit"):
        caplog.set_level(logging.DEBUG, logger=name)

    units = collected(aws)
    evaluation = evaluate(Inventory(tuple(units)), settings=CheckSettings(), now=NOW, key=KEY)
    whole = document(
        evaluation, Inventory(tuple(units)), client="", started_at=NOW, duration_s=1, accounts=(), regions=()
    )
    told = "\n".join(
        [
            json.dumps([unit.as_json() for unit in units]),
            json.dumps(whole),
            findings_csv(evaluation.findings),
            repr(units) + repr(evaluation),
            *(record.getMessage() + repr(record.args) for record in caplog.records),
        ]
    )

    assert caplog.records
    assert {unit.operation for unit in units if any(row.get("detections") for row in unit.rows)} == set(HOLDERS)
    packed = [base64.b64encode(value.encode()).decode()[4:-4] for value in everything]
    assert [value for value in (*everything, *packed) if value in told] == []


@pytest.mark.parametrize("operation", HOLDERS)
def test_a_collector_that_breaks_on_a_credential_repeats_none(aws, everything, shard, monkeypatch, caplog, operation):
    caplog.set_level(logging.DEBUG)

    def broken(self, data, *_, **__):
        raise ValueError(f"cannot read {data!r}")

    monkeypatch.setattr("infra_audit.secrets.engine.SecretEngine.scan", broken)
    monkeypatch.setattr("infra_audit.secrets.engine.SecretEngine.scan_settings", broken)

    unit = Reader(shard, collectors()[operation]).unit()

    assert unit.ending is Ending.ERROR
    told = repr(unit) + "".join(record.getMessage() + (record.exc_text or "") for record in caplog.records)
    assert [value for value in everything if value in told] == []


@pytest.mark.parametrize("operation", HOLDERS)
def test_without_consent_none_is_asked(aws, everything, operation):
    target = AwsTarget(endpoint_url=aws.url, regions=(REGION,), metadata_only=True)
    account = open_account(target, key=KEY, now=NOW)
    place = account.places()[1]
    aws.clear_calls()
    units = []

    account.collect(place, emit=units.append, stop=lambda: False, done=frozenset(planned(place, target)) - {operation})

    assert [unit.ending for unit in units] == [Ending.DENIED]
    assert not aws.calls()


def test_functions_are_told_by_the_setting_that_holds_it(aws, collect):
    password = Mint(22).password(18)
    held = make_function(aws, "orders", DB_PASSWORD=password, DB_HOST="db.internal", TOKEN_URL="https://a.example/t")
    clean = make_function(aws, "clean", REGION="eu-west-1")
    aws.clear_calls()

    unit = collect(ENVIRONMENTS)

    assert {row["arn"]: row["settings"] for row in unit.rows} == {held: 3, clean: 1}
    assert names(unit) == ["DB_PASSWORD"]
    assert sum(aws.calls().values()) <= 2  # the list, and who we are


def test_an_environment_that_aws_could_not_decrypt_is_a_miss(shard, monkeypatch):
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:sealed"
    error = {
        "ErrorCode": "AccessDeniedException",
        "Message": "Lambda was unable to decrypt your environment variables because the KMS access was denied."
        " User: arn:aws:sts::123456789012:assumed-role/audit/infra-audit is not authorized to perform: kms:Decrypt"
        " with an explicit deny in an identity-based policy",
    }
    listed = [{"FunctionArn": arn, "Environment": {"Error": error}}, {"FunctionArn": f"{arn}-not"}]
    monkeypatch.setattr("infra_audit.collectors.aws.lambda_environments.functions", lambda reader: iter(listed))

    unit = Reader(shard, replace(collectors()[ENVIRONMENTS], read=environments)).unit()

    assert unit.ending is Ending.PARTIAL
    assert [row["arn"] for row in unit.rows] == [f"{arn}-not"]
    [missed] = unit.unread
    assert (missed.resource, missed.reason, missed.iam_action) == (arn, Ending.DENIED, "kms:Decrypt")


def test_definitions_are_the_latest_and_those_in_use(aws, collect):
    password = Mint(23).password(18)
    old = make_definition(aws, "orders", environment=variables(DB_PASSWORD=password))
    make_definition(aws, "orders")
    newest = make_definition(aws, "orders", environment=variables(DB_HOST="db.internal"))
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.create_service(cluster="shop", serviceName="orders", taskDefinition=old, desiredCount=0)

    unit = collect(TASKS)

    assert {row["arn"]: row["in_use"] for row in unit.rows} == {old: True, newest: False}
    assert names(unit) == ["app DB_PASSWORD"]


def test_a_token_in_a_log_driver_s_options_is_found_and_a_reference_is_not(aws, collect):
    make_definition(
        aws,
        "orders",
        logConfiguration={"logDriver": "splunk", "options": {"splunk-token": Mint(24).text(36), "splunk-url": "x"}},
        secrets=[{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db"}],
    )

    assert names(collect(TASKS)) == ["app log option splunk-token"]


def test_a_cluster_that_may_not_be_read_is_named_and_the_rest_is_judged(aws, collect):
    made = make_definition(aws, "orders")
    cluster = aws.client("ecs").create_cluster(clusterName="shop")["cluster"]["clusterArn"]
    aws.set_faults(Faults(deny=(Deny("ecs:ListServices"),)))

    unit = collect(TASKS)

    assert [row["arn"] for row in unit.rows] == [made]
    assert [(one.resource, one.iam_action) for one in unit.unread] == [(cluster, "ecs:ListServices")]


def test_only_plain_parameters_are_read_ten_at_a_time(aws, collect):
    for number in range(11):
        put(aws, f"/shop/{number}/password", Mint(number).password(18))
    put(aws, "/shop/sealed/password", Mint(30).password(18), "SecureString")
    put(aws, "/shop/list/password", Mint(31).password(18), "StringList")
    aws.clear_calls()

    unit = collect(PARAMETERS)

    assert names(unit) == sorted(f"/shop/{number}/password" for number in range(11))
    assert {row["arn"] for row in unit.rows} == {
        f"arn:aws:ssm:{REGION}:123456789012:parameter/shop/{number}/password" for number in range(11)
    }
    assert aws.calls()["ssm", REGION, "GetParameters"] == 2


def test_where_parameters_may_not_be_read_it_is_said_once(aws, collect):
    for number in range(11):
        put(aws, f"/shop/{number}", "x")
    aws.set_faults(Faults(deny=(Deny("ssm:GetParameters", by="explicit identity policy"),)))

    unit = collect(PARAMETERS)

    assert (unit.ending, unit.iam_action, unit.unread) == (Ending.DENIED, "ssm:GetParameters", ())


def test_one_parameter_that_may_not_be_read_is_named_and_its_neighbours_are_read(aws, collect):
    for name in ("/shop/a", "/pay/b", "/shop/c"):
        put(aws, name, "x")
    aws.set_faults(Faults(deny=(Deny("ssm:GetParameters", about="/pay/b"),)))

    unit = collect(PARAMETERS)

    assert {row["name"] for row in unit.rows} == {"/shop/a", "/shop/c"}
    assert [one.resource for one in unit.unread] == [f"arn:aws:ssm:{REGION}:123456789012:parameter/pay/b"]


def test_more_parameters_than_the_cap_are_said_to_be_more(aws, collect, monkeypatch):
    monkeypatch.setattr(parameters, "LIMIT", 2)
    for name in "abc":
        put(aws, name, "x")

    unit = collect(PARAMETERS)

    assert (unit.ending, len(unit.rows)) == (Ending.TRUNCATED, 2)
    assert "2 of 3" in unit.message


def test_decryption_is_never_sent(aws, whole_sdk):
    client = Connection(AwsTarget(endpoint_url=aws.url)).client("ssm", REGION)

    with pytest.raises(NotReadOnlyError):
        client.get_parameters(Names=["/shop/db"], WithDecryption=True)
    for ask in (client.get_parameter, client.get_parameter_history):
        with pytest.raises(NotReadOnlyError):
            ask(Name="/shop/db")
    with pytest.raises(NotReadOnlyError):
        client.get_parameters_by_path(Path="/")


def stack_of(parameters, outputs):
    """A stack as AWS describes it, NoEcho parameters masked, which the emulator does not do."""
    return {
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
        "Parameters": [{"ParameterKey": key, **value} for key, value in parameters.items()],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
    }


def test_outputs_are_told_and_masked_parameters_are_not(collect, monkeypatch):
    hidden, plain = Mint(25).password(18), Mint(26).password(18)
    stack = stack_of(
        {"DbPassword": {"ParameterValue": "****"}, "AdminPassword": {"ParameterValue": plain}},
        {"Endpoint": "https://shop.example/", "AdminUrl": f"https://admin:{hidden}@shop.internal/"},
    )
    monkeypatch.setattr("infra_audit.collectors.aws.stack_values.living_stacks", lambda reader: iter([stack]))

    unit = collect(STACKS)

    assert names(unit) == ["output AdminUrl", "parameter AdminPassword"]
    assert [row["masked"] for row in unit.rows] == [1]


def test_a_parameter_that_was_resolved_counts_by_what_was_found(collect, monkeypatch):
    found = {"ParameterValue": "/shop/db/password", "ResolvedValue": Mint(27).password(18)}
    stack = stack_of({"DbPassword": found}, {})
    monkeypatch.setattr("infra_audit.collectors.aws.stack_values.living_stacks", lambda reader: iter([stack]))

    assert names(collect(STACKS)) == ["parameter DbPassword"]


def test_templates_are_read_in_the_versions_that_matter(aws, collect):
    ec2, mint = aws.client("ec2"), Mint(28)

    def script(text):
        return {"UserData": base64.b64encode(f"#!/bin/sh\n{text}\n".encode()).decode(), "ImageId": "ami-1"}

    held = f"export DB_{'PASS'}{'WORD'}={mint.password(18)}"
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=script("exit"))["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    for text in (held, "true", "false"):
        ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=script(text))
    [server] = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"]
    started = {"aws:ec2launchtemplate:id": template, "aws:ec2launchtemplate:version": "2", "aws:ec2:fleet-id": "f"}
    ec2.create_tags(
        Resources=[server["InstanceId"]], Tags=[{"Key": key, "Value": value} for key, value in started.items()]
    )

    [row] = collect(TEMPLATES).rows

    assert row["versions"] == [1, 2, 4]  # the default, the one in use, the latest
    assert [found["version"] for found in row["detections"]] == [2]


def test_the_policy_of_each_tier_opens_no_more_than_its_collectors_use():
    [_read, never] = policy(metadata_only=True)["Statement"]
    assert set(never["Action"]) == set(NEVER_ALLOWED)

    [metadata, configuration, never] = policy()["Statement"]
    used = {action for one in collectors().values() if one.consent is Consent.CONFIGURATION for action in one.iam}
    assert set(configuration["Action"]) == used - set(metadata["Action"])
    assert set(NEVER_ALLOWED) - set(never["Action"]) == {"ssm:GetParameters"}
    assert "kms:Decrypt" in never["Action"]
    assert not {*metadata["Action"], *configuration["Action"]} & set(never["Action"])
