"""Which resources are in code: by ARN, by each type's own id, and not at all where nobody can say."""

from datetime import UTC, datetime

import pytest

from infra_audit.evaluate import evaluate
from infra_audit.iac import STACK_RESOURCES, STACKS, STATES, Coverage, coverage, told
from infra_audit.iac_ids import key_in_stack, key_in_state, keys_of_resource
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue

ACCOUNT = "123456789012"
HERE, THERE = "eu-west-1", "us-east-1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHECK = "resource_not_in_iac"
STACK = f"arn:aws:cloudformation:{HERE}:{ACCOUNT}:stack/shop/1111"


def arn(service, rest, region=HERE, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def resource(what, arn, name="it", **more):
    return {"arn": arn, "type": what, "name": name, "tags": {}} | more


def instance(identity="i-1", region=HERE, **more):
    return resource("ec2:instance", arn("ec2", f"instance/{identity}", region), id=identity, **more)


def in_stack(kind, physical_id, status="CREATE_COMPLETE"):
    return {"stack": STACK, "stack_name": "shop", "id": physical_id, "resource_type": kind, "status": status}


def in_state(kind, **attributes):
    identity = {"id": attributes.get("id"), "arn": attributes.get("arn")}
    return {"state": "shop.tfstate", "address": f"{kind}.this", "tf_type": kind, "attributes": attributes} | identity


def inventory(listed, *, stacks=(), members=(), states=(), unread=(), region=HERE):
    """`listed` is {operation: rows} of the region; `states` None: none was given; `unread`: operations denied."""

    def unit(operation, rows, place):
        ending = Ending.DENIED if operation in unread else Ending.OK
        return Unit(operation, place, ending, tuple(rows))

    here = Place("aws", ACCOUNT, region)
    units = [unit(operation, rows, here) for operation, rows in listed.items()]
    units += [
        unit(STACKS, stacks, Place("aws", ACCOUNT, HERE)),
        unit(STACK_RESOURCES, members, Place("aws", ACCOUNT, HERE)),
    ]
    if states is not None:
        units.append(unit(STATES, states, Place()))
    return Inventory(tuple(units))


def judged(given):
    return evaluate(given, settings=CheckSettings(), now=NOW, key=b"key", checks=[catalogue()[CHECK]])


def standing(row, operation="ec2.describe_instances", **evidence):
    """ "managed", "unmanaged", "derived" or "unknown"."""
    region = GLOBAL if row["arn"].split(":")[3] == "" else HERE
    share = coverage(inventory({operation: [row]}, region=region, **evidence))[row["type"]]
    return next(word for word in ("managed", "unmanaged", "derived", "unknown") if getattr(share, word))


@pytest.mark.parametrize(
    ("row", "operation", "kind", "physical_id"),
    [
        (instance(), "ec2.describe_instances", "AWS::EC2::Instance", "i-1"),
        (resource("rds:db", arn("rds", "db:orders")), "rds.describe_db_instances", "AWS::RDS::DBInstance", "orders"),
        (resource("s3:bucket", "arn:aws:s3:::hp", region=HERE), "s3.list_buckets", "AWS::S3::Bucket", "hp"),
        (resource("sqs:queue", arn("sqs", "mail")), "sqs.list_queues", "AWS::SQS::Queue",
         f"https://sqs.{HERE}.amazonaws.com/{ACCOUNT}/mail"),
        (resource("sns:topic", arn("sns", "news")), "sns.list_topics", "AWS::SNS::Topic", arn("sns", "news")),
        (resource("iam:role", arn("iam", "role/app/web", "")), "iam.get_account_authorization_details",
         "AWS::IAM::Role", "web"),
        (resource("iam:policy", arn("iam", "policy/read", "")), "iam.list_policies", "AWS::IAM::ManagedPolicy",
         arn("iam", "policy/read", "")),
        (resource("kms:key", arn("kms", "key/0123-4567")), "kms.list_keys", "AWS::KMS::Key", "0123-4567"),
        (resource("ecr:repository", arn("ecr", "repository/hp/shop")), "ecr.describe_repositories",
         "AWS::ECR::Repository", "hp/shop"),
        (resource("ec2:elastic-ip", arn("ec2", "elastic-ip/eipalloc-1"), public_ip="203.0.113.9"),
         "ec2.describe_addresses", "AWS::EC2::EIP", "203.0.113.9"),
        (resource("ec2:key-pair", arn("ec2", "key-pair/key-1"), "admin"), "ec2.describe_key_pairs",
         "AWS::EC2::KeyPair", "admin"),
        (resource("elasticloadbalancing:loadbalancer", arn("elasticloadbalancing", "loadbalancer/app/shop/1")),
         "elbv2.describe_load_balancers", "AWS::ElasticLoadBalancingV2::LoadBalancer",
         arn("elasticloadbalancing", "loadbalancer/app/shop/1")),
        (resource("autoscaling:autoScalingGroup", arn("autoscaling", "autoScalingGroup:uuid:autoScalingGroupName/web")),
         "autoscaling.describe_auto_scaling_groups", "AWS::AutoScaling::AutoScalingGroup", "web"),
    ],
)  # fmt: skip
def test_a_stack_knows_its_members_by_arn_url_or_name(row, operation, kind, physical_id):
    assert standing(row, operation, members=[in_stack(kind, physical_id)]) == "managed"
    assert standing(row, operation, members=[in_stack(kind, f"{physical_id}x")]) == "unmanaged"


@pytest.mark.parametrize(
    ("row", "operation", "known"),
    [
        (instance(), "ec2.describe_instances", in_state("aws_instance", id="i-1")),
        (resource("rds:db", arn("rds", "db:orders")), "rds.describe_db_instances",
         in_state("aws_db_instance", id="db-ABC", identifier="orders", arn=arn("rds", "db:orders"))),
        (resource("rds:db", arn("rds", "db:orders")), "rds.describe_db_instances",
         in_state("aws_db_instance", id="db-ABC", identifier="orders")),
        (resource("rds:db", arn("rds", "db:orders")), "rds.describe_db_instances",
         in_state("aws_db_instance", id="orders")),
        (resource("rds:cluster", arn("rds", "cluster:graph")), "rds.describe_db_clusters",
         in_state("aws_neptune_cluster", id="graph")),
        (resource("sqs:queue", arn("sqs", "mail")), "sqs.list_queues",
         in_state("aws_sqs_queue", id=f"https://sqs.{HERE}.amazonaws.com/{ACCOUNT}/mail")),
        (resource("sns:topic", arn("sns", "news")), "sns.list_topics",
         in_state("aws_sns_topic", id=arn("sns", "news"), arn=arn("sns", "news"))),
        (resource("s3:bucket", "arn:aws:s3:::hp", region=HERE), "s3.list_buckets", in_state("aws_s3_bucket", id="hp")),
        (resource("iam:user", arn("iam", "user/staff/ada", "")), "iam.get_account_authorization_details",
         in_state("aws_iam_user", id="ada", name="ada")),
        (resource("kms:key", arn("kms", "key/0123-4567")), "kms.list_keys", in_state("aws_kms_key", id="0123-4567")),
        (resource("ecr:repository", arn("ecr", "repository/hp/shop")), "ecr.describe_repositories",
         in_state("aws_ecr_repository", id="hp/shop", name="hp/shop")),
        (resource("ec2:key-pair", arn("ec2", "key-pair/key-1"), "admin"), "ec2.describe_key_pairs",
         in_state("aws_key_pair", id="admin", key_name="admin")),
        (resource("ec2:volume", arn("ec2", "volume/vol-1"), id="vol-1"), "ec2.describe_volumes",
         in_state("aws_instance", id="i-9", volumes=["vol-1"])),
    ],
)  # fmt: skip
def test_a_state_knows_what_it_manages_by_arn_or_by_the_types_own_id(row, operation, known):
    assert standing(row, operation, states=[known]) == "managed"
    assert standing(row, operation, states=[]) == "unmanaged"


def test_the_same_id_of_another_kind_is_another_resource():
    user = resource("iam:user", arn("iam", "user/deploy", ""))

    assert standing(user, "iam.get_account_authorization_details", members=[in_stack("AWS::IAM::Role", "deploy")]) == (
        "unmanaged"
    )


def test_the_same_name_in_another_region_is_another_resource():
    there = resource("rds:db", arn("rds", "db:orders", THERE))
    known = in_state("aws_db_instance", identifier="orders", arn=arn("rds", "db:orders"))

    assert standing(there, "rds.describe_db_instances", states=[known]) != "managed"


def test_the_same_name_in_another_account_is_another_resource():
    known = in_state("aws_db_instance", identifier="orders", arn=arn("rds", "db:orders", account="210987654321"))

    row = resource("rds:db", arn("rds", "db:orders"))

    assert standing(row, "rds.describe_db_instances", states=[known]) == "unmanaged"


def test_a_stacks_tag_tells_even_where_its_members_could_not_be_listed():
    row = instance(tags={"aws:cloudformation:stack-id": STACK})

    assert standing(row, stacks=[{"arn": STACK}], unread=[STACK_RESOURCES]) == "managed"


def test_the_tag_of_a_stack_that_is_gone_manages_nothing():
    assert standing(instance(tags={"aws:cloudformation:stack-id": STACK})) == "unmanaged"


def test_what_a_stack_let_go_of_is_not_managed_by_it():
    assert standing(instance(), members=[in_stack("AWS::EC2::Instance", "i-1", "DELETE_SKIPPED")]) == "unmanaged"


@pytest.mark.parametrize(
    ("row", "operation"),
    [
        (instance(tags={"aws:autoscaling:groupName": "web"}), "ec2.describe_instances"),
        (resource("ec2:volume", arn("ec2", "volume/vol-1"), id="vol-1", vanishes_with=["i-1"]), "ec2.describe_volumes"),
        (resource("ec2:snapshot", arn("ec2", "snapshot/snap-1", account="")), "ec2.describe_snapshots"),
        (resource("rds:snapshot", arn("rds", "snapshot:final"), kind="manual"), "rds.describe_db_snapshots"),
    ],
)
def test_what_follows_from_something_else_leaves_the_denominator(row, operation):
    assert standing(row, operation) == "derived"
    assert judged(inventory({operation: [row]})).examined[CHECK] == 0


def test_the_disk_that_an_instance_starts_from_is_a_part_of_it():
    listed = {
        "ec2.describe_instances": [instance(root_volume="vol-1")],
        "ec2.describe_volumes": [resource("ec2:volume", arn("ec2", "volume/vol-1"), id="vol-1", vanishes_with=[])],
    }

    assert coverage(inventory(listed))["ec2:volume"] == Coverage(derived=1)


def test_the_default_network_is_nobodys_work():
    listed = {
        "ec2.describe_vpcs": [resource("ec2:vpc", arn("ec2", "vpc/vpc-1"), id="vpc-1", is_default=True)],
        "ec2.describe_internet_gateways": [
            resource("ec2:internet-gateway", arn("ec2", "internet-gateway/igw-1"), vpcs=["vpc-1"])
        ],
    }

    assert coverage(inventory(listed)) == {}


def test_without_any_state_nobody_can_say_and_nothing_is_found():
    listed = {"ec2.describe_instances": [instance("i-1"), instance("i-2")]}
    given = inventory(listed, members=[in_stack("AWS::EC2::Instance", "i-1")], states=None)

    evaluation = judged(given)

    assert coverage(given)["ec2:instance"] == Coverage(managed=1, unknown=1, cloudformation=1)
    assert evaluation.findings == []
    assert evaluation.examined[CHECK] == 0  # else "all 1 of 1 are in code" would be said of the account
    assert [(gap.unit, gap.resource) for gap in evaluation.gaps] == [(STATES, arn("iam", "root", ""))]
    assert "No Terraform state was given" in evaluation.gaps[0].message


def test_a_state_that_could_not_be_read_leaves_it_open():
    given = inventory({"ec2.describe_instances": [instance()]}, unread=[STATES])

    assert coverage(given)["ec2:instance"] == Coverage(unknown=1)
    assert judged(given).findings == []
    assert [(gap.unit, gap.reason) for gap in judged(given).gaps] == [(STATES, "denied")]


@pytest.mark.parametrize("operation", [STACKS, STACK_RESOURCES])
def test_stacks_that_could_not_be_read_leave_it_open(operation):
    given = inventory({"ec2.describe_instances": [instance()]}, unread=[operation])

    assert coverage(given)["ec2:instance"] == Coverage(unknown=1)
    assert judged(given).findings == []
    assert {gap.unit for gap in judged(given).gaps} == {operation}


def test_stacks_of_another_region_that_were_not_read_matter_only_to_what_has_no_region():
    denied = Unit(STACK_RESOURCES, Place("aws", ACCOUNT, THERE), Ending.DENIED)
    here = inventory({"ec2.describe_instances": [instance()]})
    role = inventory(
        {"iam.get_account_authorization_details": [resource("iam:role", arn("iam", "role/web", ""))]}, region=GLOBAL
    )

    assert coverage(Inventory((*here.all_units, denied)))["ec2:instance"] == Coverage(unmanaged=1)
    assert coverage(Inventory((*role.all_units, denied)))["iam:role"] == Coverage(unknown=1)


@pytest.mark.parametrize(
    "tags", [{"ManagedBy": "Terraform"}, {"managed-by": "pulumi"}, {"terraform": "true"}, {"pulumi:project": "shop"}]
)
def test_a_tag_that_names_a_tool_leaves_it_open(tags):
    evaluation = judged(inventory({"ec2.describe_instances": [instance(tags=tags)]}))

    assert standing(instance(tags=tags)) == "unknown"
    assert evaluation.findings == []
    assert evaluation.gaps[0].resource == instance()["arn"]


@pytest.mark.parametrize("tags", [{"Owner": "terraform-team"}, {"terraform": "false"}, {"ManagedBy": "ada"}])
def test_other_tags_say_nothing_about_code(tags):
    assert standing(instance(tags=tags)) == "unmanaged"


def test_a_finding_says_where_was_looked():
    listed = {"ec2.describe_instances": [instance("i-1"), instance("i-2")]}

    (finding,) = judged(inventory(listed, states=[in_state("aws_instance", id="i-2")])).findings

    assert finding.resource.endswith("i-1")
    assert finding.confidence == "medium"
    assert finding.evidence == {
        "looked_in": ["CloudFormation stacks", "shop.tfstate"],
        "seen": ["It is in no stack and in no state that was given."],
    }


def verdict(row, operation="ec2.describe_instances", **evidence):
    """The resource as it stands in the published document."""
    region = GLOBAL if row["arn"].split(":")[3] == "" else HERE
    return next(
        one.as_json()
        for one in told(inventory({operation: [row]}, region=region, **evidence)).resources
        if one.row["arn"] == row["arn"]
    )


def told_of(row, operation="ec2.describe_instances", **evidence):
    found = verdict(row, operation, **evidence)
    return found["verdict"], found["managed_by"], found["confidence"]


OF_STACK = {"aws:cloudformation:stack-id": STACK}
DB = resource("rds:db", arn("rds", "db:orders"))
QUEUE = resource("sqs:queue", arn("sqs", "mail"))
QUEUE_URL = f"https://sqs.{HERE}.amazonaws.com/{ACCOUNT}/mail"
TOPIC = resource("sns:topic", arn("sns", "news"))
BALANCER = resource("elasticloadbalancing:loadbalancer", arn("elasticloadbalancing", "loadbalancer/app/shop/50dc6c"))
GROUP = resource("ec2:security-group", arn("ec2", "security-group/sg-1"), id="sg-1")
SECRET = resource("secretsmanager:secret", arn("secretsmanager", "secret:shop-a1b2c3"))
KEY = resource("ec2:key-pair", arn("ec2", "key-pair/key-1"), "admin")
LOGS = resource("logs:log-group", arn("logs", "log-group:/shop/web:*"))
SWITCH = resource("ssm:parameter", arn("ssm", "parameter/shop/colour"))


@pytest.mark.parametrize(
    ("row", "operation", "kind", "attributes"),
    [
        (DB, "rds.describe_db_instances", "aws_db_instance", {"id": "orders", "identifier": "orders", "name": "shop"}),
        (DB, "rds.describe_db_instances", "aws_db_instance", {"id": "db-ABC", "identifier": "orders", "region": HERE}),
        (QUEUE, "sqs.list_queues", "aws_sqs_queue", {"id": QUEUE_URL}),
        (QUEUE, "sqs.list_queues", "aws_sqs_queue", {"id": QUEUE_URL, "url": QUEUE_URL, "arn": QUEUE["arn"]}),
        (TOPIC, "sns.list_topics", "aws_sns_topic", {"id": TOPIC["arn"], "name": "news"}),
        (BALANCER, "elbv2.describe_load_balancers", "aws_lb", {"id": BALANCER["arn"], "arn": BALANCER["arn"]}),
        (BALANCER, "elbv2.describe_load_balancers", "aws_alb", {"id": BALANCER["arn"], "arn": BALANCER["arn"]}),
        (KEY, "ec2.describe_key_pairs", "aws_key_pair", {"id": "admin", "arn": arn("ec2", "key-pair/admin"),
                                                           "key_pair_id": "key-1"}),
        (KEY, "ec2.describe_key_pairs", "aws_key_pair", {"id": "admin", "key_name": "admin"}),
        (resource("s3:bucket", "arn:aws:s3:::hp", region=HERE), "s3.list_buckets", "aws_s3_bucket",
         {"id": "hp", "bucket": "hp", "arn": "arn:aws:s3:::hp", "region": HERE}),
    ],
)  # fmt: skip
def test_the_id_forms_of_the_providers_versions_3_to_6_are_one(row, operation, kind, attributes):
    assert told_of(row, operation, states=[in_state(kind, **attributes)])[:2] == ("terraform", "Terraform")
    assert told_of(row, operation, states=[])[0] == "unmanaged"


@pytest.mark.parametrize(
    ("known", "confidence"),
    [
        (in_state("aws_db_instance", identifier="orders", arn=DB["arn"]), "high"),
        (in_state("aws_db_instance", identifier="orders", region=HERE), "high"),
        (in_state("aws_db_instance", identifier="orders"), "medium"),  # in which region, nobody says
    ],
)
def test_a_name_whose_region_is_not_told_is_less_sure(known, confidence):
    assert told_of(DB, "rds.describe_db_instances", states=[known]) == ("terraform", "Terraform", confidence)


@pytest.mark.parametrize(
    ("row", "operation", "part"),
    [
        (SECRET, "secretsmanager.list_secrets",
         in_state("aws_secretsmanager_secret_version", id=f"{SECRET['arn']}|1", arn=SECRET["arn"],
                  secret_id=SECRET["arn"])),
        (TOPIC, "sns.list_topics", in_state("aws_sns_topic_policy", id=TOPIC["arn"], arn=TOPIC["arn"])),
        (GROUP, "ec2.describe_security_groups",
         in_state("aws_security_group_rule", id="sgrule-1", security_group_id="sg-1")),
        (GROUP, "ec2.describe_security_groups",
         in_state("aws_vpc_security_group_ingress_rule", id="sgr-1", security_group_id="sg-1",
                  arn=arn("ec2", "security-group-rule/sgr-1"))),
        (QUEUE, "sqs.list_queues", in_state("aws_sqs_queue_policy", id=QUEUE_URL, queue_url=QUEUE_URL)),
        (resource("s3:bucket", "arn:aws:s3:::hp", region=HERE), "s3.list_buckets",
         in_state("aws_s3_bucket_policy", id="hp", bucket="hp")),
        (resource("iam:role", arn("iam", "role/web", "")), "iam.get_account_authorization_details",
         in_state("aws_iam_role_policy_attachment", id="web-1", role="web")),
        (resource("ec2:volume", arn("ec2", "volume/vol-1"), id="vol-1"), "ec2.describe_volumes",
         in_state("aws_volume_attachment", id="vai-1", volume_id="vol-1", instance_id="i-1")),
    ],
)  # fmt: skip
def test_a_part_in_a_state_does_not_bring_its_parent_in(row, operation, part):
    found = verdict(row, operation, states=[part])

    assert found["verdict"] == "unmanaged"
    assert f"Only a part of it is in code: {part['tf_type']}.this in the state shop.tfstate." in found["evidence"]


@pytest.mark.parametrize(("status", "said"), [("tainted", "made anew"), ("deposed", "deleted")])
def test_what_terraform_is_about_to_do_is_said(status, said):
    known = in_state("aws_instance", id="i-1", region=HERE) | {"status": status}

    found = verdict(instance(), states=[known])

    assert found["verdict"] == "terraform"
    assert said in found["evidence"][0]


def stack(made_with="", arn=STACK, parent=None):
    return {"arn": arn, "made_with": made_with, "parent": parent, "tags": {}}


@pytest.mark.parametrize(
    ("more", "tool"),
    [
        ({}, "CloudFormation"),
        ({"stacks": [stack("CDK")]}, "CDK"),
        ({"members": [in_stack("AWS::CDK::Metadata", "1")]}, "CDK"),
        ({"stacks": [stack("Serverless Framework")]}, "Serverless Framework"),
        ({"members": [in_stack("AWS::S3::Bucket", "d") | {"logical_id": "ServerlessDeploymentBucket"}]},
         "Serverless Framework"),
        ({"stacks": [stack(parent=f"{STACK}0"), stack("CDK", arn=f"{STACK}0")]}, "CDK"),
        ({"stacks": [stack(parent=STACK)]}, "CloudFormation"),
    ],
)  # fmt: skip
def test_the_tool_that_wrote_a_stack_is_named(more, tool):
    members = [in_stack("AWS::EC2::Instance", "i-1"), *more.get("members", ())]

    found = told_of(instance(), stacks=more.get("stacks", [stack()]), members=members)

    assert found == ("cloudformation", tool, "high")


def test_sam_is_known_by_the_tag_that_it_sets():
    tags = OF_STACK | {"lambda:createdBy": "SAM"}
    function = resource("lambda:function", arn("lambda", "function:resize"), tags=tags)
    members = [in_stack("AWS::Lambda::Function", "resize"), in_stack("AWS::EC2::Instance", "i-1")]
    listed = {"lambda.list_functions": [function], "ec2.describe_instances": [instance()]}

    assert told(inventory(listed, stacks=[stack()], members=members)).tools == {"SAM": 2}


def test_what_outlived_its_stack_is_an_orphan():
    found = verdict(instance(tags=OF_STACK))

    assert (found["verdict"], found["confidence"]) == ("orphaned", "high")
    assert found["evidence"] == ["The stack shop made it and is gone."]
    assert coverage(inventory({"ec2.describe_instances": [instance(tags=OF_STACK)]}))["ec2:instance"] == Coverage(
        unmanaged=1, orphaned=1
    )


def test_an_orphan_may_live_on_in_a_state_that_was_not_given():
    given = inventory({"ec2.describe_instances": [instance(tags=OF_STACK)]}, states=None)

    assert coverage(given)["ec2:instance"] == Coverage(unknown=1, orphaned=1)


def test_an_orphan_that_was_imported_into_a_state_is_none():
    known = in_state("aws_instance", id="i-1", region=HERE)

    assert told_of(instance(tags=OF_STACK), states=[known]) == ("terraform", "Terraform", "high")


def test_a_stack_that_cannot_be_looked_up_is_believed_to_be_there():
    elsewhere = {"aws:cloudformation:stack-id": STACK.replace(HERE, THERE)}  # a region that was not read

    assert told_of(instance(tags=elsewhere)) == ("cloudformation", "CloudFormation", "medium")


def test_a_stack_that_no_longer_lists_what_it_made_is_a_hint_and_no_more():
    found = verdict(instance(tags=OF_STACK), stacks=[stack()])

    assert (found["verdict"], found["confidence"]) == ("hinted", "low")
    assert "does not list it" in found["evidence"][0]


def test_what_both_a_stack_and_a_state_name_says_both():
    found = verdict(
        instance(),
        stacks=[stack()],
        members=[in_stack("AWS::EC2::Instance", "i-1") | {"logical_id": "Web"}],
        states=[in_state("aws_instance", id="i-1", region=HERE)],
    )

    assert found["evidence"] == [
        "It is Web of the stack shop.",
        "It is aws_instance.this in the state shop.tfstate.",
    ]


def test_only_tags_are_a_hint():
    found = verdict(instance(tags={"ManagedBy": "Terraform"}))

    assert (found["verdict"], found["confidence"]) == ("hinted", "low")
    given = inventory({"ec2.describe_instances": [instance(tags={"ManagedBy": "Terraform"})]})
    assert coverage(given)["ec2:instance"] == Coverage(unknown=1, hinted=1)


@pytest.mark.parametrize(
    ("row", "operation"),
    [
        (resource("iam:role", arn("iam", "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", "")),
         "iam.get_account_authorization_details"),
        (resource("iam:role", arn("iam", "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1", "")),
         "iam.get_account_authorization_details"),
        (resource("iam:policy", "arn:aws:iam::aws:policy/AdministratorAccess"), "iam.list_policies"),
        (resource("ec2:security-group", arn("ec2", "security-group/sg-1"), is_default=True),
         "ec2.describe_security_groups"),
    ],
)  # fmt: skip
def test_what_aws_makes_for_itself_is_counted_nowhere(row, operation):
    assert coverage(inventory({operation: [row]})) == {}


def test_names_that_sides_write_differently_are_one():
    assert key_in_state("aws_cloudwatch_log_group", {"name": "/shop/web", "region": HERE}) in keys_of_resource(LOGS)
    assert key_in_stack("AWS::Logs::LogGroup", "/shop/web", HERE) in keys_of_resource(LOGS)
    assert key_in_state("aws_ssm_parameter", {"id": "/shop/colour", "region": HERE}) in keys_of_resource(SWITCH)


def test_the_same_resources_are_counted_by_service_region_and_environment():
    listed = {
        "ec2.describe_instances": [
            instance("i-1", tags={"Environment": "Production"}),
            instance("i-2", region=THERE, name="web-dev"),
        ],
        "ec2.describe_volumes": [resource("ec2:volume", arn("ec2", "volume/vol-1"), "disk", id="vol-1")],
    }

    given = told(inventory(listed, states=[in_state("aws_instance", id="i-1", region=HERE)]))

    by = given.coverage_by
    assert {name: (share["managed"], share["unmanaged"]) for name, share in by["service"].items()} == {"ec2": (1, 1)}
    assert {name: share["unmanaged"] for name, share in by["region"].items()} == {HERE: 1, THERE: 0}
    assert by["region"][THERE]["unknown"] == 1  # its stacks were not read
    assert set(by["environment"]) == {"prod", "dev", "unknown"}
    assert given.states == ["shop.tfstate"]


def orphans(given):
    return evaluate(
        given, settings=CheckSettings(), now=NOW, key=b"key", checks=[catalogue()["resource_orphaned_from_stack"]]
    )


def test_an_orphan_is_found_and_what_has_its_stack_passes():
    listed = {
        "ec2.describe_instances": [instance("i-1", tags=OF_STACK), instance("i-2", tags=OF_STACK), instance("i-3")]
    }
    here = inventory(listed, stacks=[stack()], members=[in_stack("AWS::EC2::Instance", "i-1")])
    gone = inventory(listed)

    assert (orphans(here).findings, orphans(here).examined) == ([], {"resource_orphaned_from_stack": 2})
    assert [one.resource[-3:] for one in orphans(gone).findings] == ["i-1", "i-2"]
    assert {one.confidence for one in orphans(gone).findings} == {"high"}


def test_an_orphan_found_without_any_state_says_that_it_may_live_on():
    (finding,) = orphans(inventory({"ec2.describe_instances": [instance(tags=OF_STACK)]}, states=None)).findings

    assert finding.confidence == "medium"
    assert "No Terraform state was given" in finding.detail


def test_where_stacks_were_not_read_nobody_knows_who_outlived_one():
    found = orphans(inventory({"ec2.describe_instances": [instance(tags=OF_STACK)]}, unread=[STACKS]))

    assert (found.findings, found.examined) == ([], {"resource_orphaned_from_stack": 0})
    assert [(gap.unit, gap.reason, gap.resource) for gap in found.gaps] == [(STACKS, "denied", instance()["arn"])]


def test_a_state_says_whose_stack_it_left_even_where_stacks_were_not_read():
    given = inventory(
        {"ec2.describe_instances": [instance(tags=OF_STACK)]},
        unread=[STACKS],
        states=[in_state("aws_instance", id="i-1", region=HERE)],
    )

    assert orphans(given).gaps == []
