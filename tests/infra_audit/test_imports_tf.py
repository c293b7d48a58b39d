"""`imports.tf`: well-formed, formatted as `terraform fmt` would leave it, complete, and the most hurtful first.

Terraform itself is not at hand here, so its formatter is stood in for by what it does to such files: two blanks of
indent, one column of `=` within a run of attributes, no blanks at line ends, one line break at the end.
"""

import re
from datetime import UTC, datetime

import pytest
import tree_sitter
import tree_sitter_hcl
from hypothesis import given
from hypothesis import strategies as st

from infra_audit.evaluate import Evaluation, evaluate
from infra_audit.iac import STACK_RESOURCES, STACKS, STATES
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place, Unit
from infra_audit.kit import files as kit_files
from infra_audit.kit.hcl import block, comment, identifier, quoted
from infra_audit.kit.import_ids import IMPORTS, target_of
from infra_audit.kit.imports_tf import files
from infra_audit.registry import CheckSettings

ACCOUNT = "123456789012"
HERE, THERE = "eu-west-1", "us-east-1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
NAME = re.compile(r"[a-z_][a-z0-9_-]*")
ATTRIBUTE = re.compile(r"^( *)([\w-]+)( *)= \S")


def arn(service, rest, region=HERE, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def resource(what, its_arn, name="it", **more):
    return {"arn": its_arn, "type": what, "name": name, "tags": {}} | more


def queue(name, region=HERE, **more):
    return resource("sqs:queue", arn("sqs", name, region), name, **more)


def database(name, retention_days=7, region=HERE, **more):
    return resource("rds:db", arn("rds", f"db:{name}", region), name, retention_days=retention_days, **more) | {
        "replica_of": None,
        "cluster": None,
    }


def inventory(*units, states=(), stacks_read=(HERE, THERE)):
    """`units` are (operation, region, rows); `states` None: none was given."""
    made = [Unit(operation, Place("aws", ACCOUNT, region), Ending.OK, tuple(rows)) for operation, region, rows in units]
    for region in (HERE, THERE):
        ending = Ending.OK if region in stacks_read else Ending.DENIED
        made += [Unit(one, Place("aws", ACCOUNT, region), ending) for one in (STACKS, STACK_RESOURCES)]
    if states is not None:
        made.append(Unit(STATES, Place(), Ending.OK, tuple(states)))
    return Inventory(tuple(made))


def written(given_inventory, evaluation=None):
    """{path: text} of what is made."""
    return {one.path: one.text for one in files(given_inventory, evaluation or Evaluation())}


def imports(given_inventory, evaluation=None):
    return written(given_inventory, evaluation).get(f"imports/{ACCOUNT}/imports.tf", "")


def blocks(text):
    """[(to, id, provider)] in order."""
    found = re.findall(r'import \{\n  to +?= (\S+)\n  id +?= (".*")\n(?:  provider = (\S+)\n)?\}', text)
    assert len(found) == text.count("import {")
    return found


def misformatted(text):
    """What `terraform fmt` would change, as far as such files go."""
    wrong, run = [], []
    lines = text.split("\n")
    if lines[-1] or (len(lines) > 1 and not lines[-2]):
        wrong.append("the end")
    depth = 0
    for line in [*lines, ""]:
        if line != line.rstrip() or "\t" in line:
            wrong.append(line)
        depth -= line.strip().startswith("}")
        if line.strip() and len(line) - len(line.lstrip(" ")) != 2 * depth:
            wrong.append(line)
        is_attribute = ATTRIBUTE.match(line)
        if is_attribute and not line.endswith("{"):
            run.append(is_attribute)
        else:
            longest = max((len(one[2]) for one in run), default=0)
            wrong.extend(one.string for one in run if len(one[2]) + len(one[3]) != longest + 1)
            run = []
        depth += line.endswith("{") and not line.lstrip().startswith("#")
    return wrong


def has_errors(text):
    return PARSER.parse(text.encode()).root_node.has_error


MIXED = [
    ("sqs.list_queues", HERE, [queue("mail"), queue('odd "name" ${x}'), queue("mail-2")]),
    ("sqs.list_queues", THERE, [queue("mail", THERE)]),
    ("rds.describe_db_instances", HERE, [database("orders", 0), database("stock")]),
    ("iam.get_account_authorization_details", GLOBAL, [resource("iam:role", arn("iam", "role/app/web", ""), "web")]),
    ("ec2.describe_key_pairs", HERE, [resource("ec2:key-pair", arn("ec2", "key-pair/key-1"), "admin")]),
]


def test_the_files_are_well_formed_and_formatted():
    for path, text in written(inventory(*MIXED)).items():
        assert not has_errors(text), path
        assert misformatted(text) == [], path


@pytest.mark.parametrize(
    "text",
    ["import {\n  to = a.b\n  provider = aws.c\n}\n", "import {\n    to = a.b\n}\n", "x = 1\n\n", "a = 2", "a = 1 \n"],
)  # fmt: skip
def test_what_terraform_would_format_otherwise_is_seen(text):
    assert misformatted(text)


def test_the_files_are_part_of_the_kit():
    assert {one.path for one in kit_files(inventory(MIXED[0]), Evaluation())} >= {
        f"imports/{ACCOUNT}/imports.tf",
        f"imports/{ACCOUNT}/providers.tf",
    }


def test_addresses_are_valid_and_each_is_one():
    addresses = [to for to, _, _ in blocks(imports(inventory(*MIXED)))]

    assert len(addresses) == len(set(addresses)) == 7
    assert all(NAME.fullmatch(part) for address in addresses for part in address.split("."))
    assert {"aws_sqs_queue.mail", "aws_sqs_queue.mail_us_east_1", "aws_sqs_queue.mail_2"} <= set(addresses)


def test_the_region_with_most_is_the_default_and_the_others_are_named():
    made = written(inventory(*MIXED))

    aliases = {to: provider for to, _, provider in blocks(made[f"imports/{ACCOUNT}/imports.tf"])}
    assert {to for to, provider in aliases.items() if provider} == {"aws_sqs_queue.mail_us_east_1"}
    assert aliases["aws_sqs_queue.mail_us_east_1"] == "aws.us_east_1"
    providers = made[f"imports/{ACCOUNT}/providers.tf"]
    assert re.findall(r'alias +?= "(\S+)"', providers) == ["us_east_1"]
    assert re.findall(r'region +?= "(\S+)"', providers) == [HERE, THERE]
    assert providers.count(f'allowed_account_ids = ["{ACCOUNT}"]') == 2


def test_groups_are_of_a_service_and_region_and_the_most_hurtful_come_first():
    given_inventory = inventory(*MIXED)
    evaluation = evaluate(given_inventory, settings=CheckSettings(), now=NOW, key=b"k")

    text = imports(given_inventory, evaluation)

    groups = re.findall(r"^# --- (.*) \(\d+\)$", text, re.MULTILINE)
    assert groups[0] == f"rds in {HERE}"
    assert sorted(groups) == ["iam in global", f"rds in {HERE}", f"sqs in {HERE}", f"sqs in {THERE}"]
    assert [to for to, _, _ in blocks(text)][:2] == ["aws_db_instance.orders", "aws_db_instance.stock"]
    assert re.search(r"^# orders, (critical|high): ", text, re.MULTILINE)


def test_what_holds_data_comes_before_what_does_not():
    text = imports(
        inventory(("sqs.list_queues", HERE, [queue("a")]), ("rds.describe_db_instances", HERE, [database("z")]))
    )

    assert [to for to, _, _ in blocks(text)] == ["aws_db_instance.z", "aws_sqs_queue.a"]


def test_what_is_in_code_is_not_imported_again():
    states = [{"state": "a", "tf_type": "aws_sqs_queue", "arn": arn("sqs", "mail"), "id": "x", "attributes": {}}]

    assert [to for to, _, _ in blocks(imports(inventory(MIXED[0], states=states)))] == [
        "aws_sqs_queue.mail_2",
        "aws_sqs_queue.odd_name_x",
    ]


def test_without_any_state_what_no_stack_names_is_there_with_a_warning():
    text = imports(inventory(*MIXED, states=None))

    assert len(blocks(text)) == 7
    assert "NO TERRAFORM STATE WAS GIVEN" in text
    assert "NO TERRAFORM STATE" not in imports(inventory(*MIXED))


def test_what_a_stack_that_was_not_read_may_name_is_not_imported():
    assert [to for to, _, _ in blocks(imports(inventory(*MIXED, states=None, stacks_read=(THERE,))))] == [
        "aws_sqs_queue.mail"  # in the region whose stacks were read
    ]
    assert imports(inventory(*MIXED, stacks_read=())) == ""


def test_what_is_hinted_at_or_must_not_be_imported_is_named_as_left_out():
    hinted = queue("hinted", tags={"ManagedBy": "Terraform"})
    odd = resource("ec2:vpc", arn("ec2", "vpc/vpc-1"), "net", is_default=False) | {"type": "glue:jobs"}

    text = imports(inventory(*MIXED, ("sqs.list_queues", HERE, [hinted]), ("ec2.describe_vpcs", HERE, [odd])))

    tail = text.partition("# --- not here")[2]
    assert "because AWS does not give its public half back" in tail
    assert "#   admin (key-pair/key-1)" in tail or "admin" in tail
    assert "hinted" in tail
    assert "glue:jobs" in tail
    assert "hinted" not in text.partition("# --- not here")[0]


def test_where_there_is_nothing_to_import_no_file_is_made():
    assert written(inventory()) == {}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (database("orders"), ("aws_db_instance", "orders")),
        (database("m") | {"cluster": "c", "family": "aurora"}, ("aws_rds_cluster_instance", "m")),
        (database("m") | {"cluster": "c", "family": "neptune"}, ("aws_neptune_cluster_instance", "m")),
        (resource("rds:cluster", arn("rds", "cluster:d"), family="docdb"), ("aws_docdb_cluster", "d")),
        (queue("mail"), ("aws_sqs_queue", f"https://sqs.{HERE}.amazonaws.com/{ACCOUNT}/mail")),
        (queue("mail", url="https://queue.example/1/mail"), ("aws_sqs_queue", "https://queue.example/1/mail")),
        (resource("sqs:queue", "arn:aws-cn:sqs:cn-north-1:1:m"),
         ("aws_sqs_queue", "https://sqs.cn-north-1.amazonaws.com.cn/1/m")),
        (resource("sns:topic", arn("sns", "news")), ("aws_sns_topic", arn("sns", "news"))),
        (resource("elasticloadbalancing:loadbalancer", arn("elasticloadbalancing", "loadbalancer/app/s/1")),
         ("aws_lb", arn("elasticloadbalancing", "loadbalancer/app/s/1"))),
        (resource("elasticloadbalancing:loadbalancer", arn("elasticloadbalancing", "loadbalancer/old")),
         ("aws_elb", "old")),
        (resource("autoscaling:autoScalingGroup",
                  arn("autoscaling", "autoScalingGroup:u-1:autoScalingGroupName/team/web")),
         ("aws_autoscaling_group", "team/web")),
        (resource("iam:role", arn("iam", "role/app/web", "")), ("aws_iam_role", "web")),
        (resource("iam:policy", arn("iam", "policy/a/read", "")), ("aws_iam_policy", arn("iam", "policy/a/read", ""))),
        (resource("ec2:elastic-ip", arn("ec2", "elastic-ip/eipalloc-1")), ("aws_eip", "eipalloc-1")),
        (resource("s3:bucket", "arn:aws:s3:::hp"), ("aws_s3_bucket", "hp")),
        (resource("logs:log-group", arn("logs", "log-group:/a/b:*")), ("aws_cloudwatch_log_group", "/a/b")),
        (resource("ecr:repository", arn("ecr", "repository/team/app")), ("aws_ecr_repository", "team/app")),
        (resource("cloudwatch:alarm", arn("cloudwatch", "alarm:CPU: high/low")),
         ("aws_cloudwatch_metric_alarm", "CPU: high/low")),
        (resource("secretsmanager:secret", arn("secretsmanager", "secret:a-x1")),
         ("aws_secretsmanager_secret", arn("secretsmanager", "secret:a-x1"))),
        (resource("dynamodb:table", arn("dynamodb", "table/t")), ("aws_dynamodb_table", "t")),
    ],
)  # fmt: skip
def test_each_type_is_imported_by_its_own_kind_of_id(row, expected):
    target = target_of(row)

    assert (target.tf_type, target.id) == expected


def test_rules_and_attachments_are_never_imported_by_themselves():
    assert not {tf_type for tf_type, _ in IMPORTS.values()} & {"aws_security_group_rule", "aws_volume_attachment"}
    assert "aws_security_group_rule" in imports(inventory(*MIXED))


def evaluated(literal):
    """What Terraform would make of a quoted string."""
    told, position, text = [], 0, literal[1:-1]
    while position < len(text):
        three, two = text[position : position + 3], text[position : position + 2]
        if three in {"$${", "%%{"}:
            told.append(three[1:])
            position += 3
        elif two == "\\u":
            told.append(chr(int(text[position + 2 : position + 6], 16)))
            position += 6
        elif two[:1] == "\\":
            told.append({"n": "\n", "r": "\r", "t": "\t"}.get(two[1], two[1]))
            position += 2
        else:
            assert two not in {"${", "%{"}
            told.append(text[position])
            position += 1
    return "".join(told)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_string_that_means_it_and_nothing_else(text):
    literal = quoted(text)

    if "$${" not in text and "%%{" not in text:  # ambiguous in the language itself, and no id holds it
        assert evaluated(literal) == text
    assert "\n" not in literal


@given(st.text(max_size=60))
def test_any_text_makes_a_valid_name_and_one_line_of_comment(text):
    assert NAME.fullmatch(identifier(text))
    assert "\n" not in comment(text)
    assert comment(text).startswith("#")


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=40))
def test_whatever_an_id_holds_the_block_is_well_formed(text):
    made = block("import", {"to": "aws_vpc.this", "id": quoted(text), "provider": "aws.x"}) + "\n"

    assert misformatted(made) == []
    assert not has_errors(made)
