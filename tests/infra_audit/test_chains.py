"""Findings that lead to one another."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra_audit import chains as module
from infra_audit.chains import Chain, Link, chains, leading
from infra_audit.evaluate import Finding, evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings
from infra_audit.repositories import RepositoryTarget, collect_repository
from infra_audit.who_may import WhoMay
from tests.infra_audit.conftest import KEY

IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "123456789012"
REGION, GLOBAL = Place("aws", ACCOUNT, "eu-west-1"), Place("aws", ACCOUNT, "global")
SERVER = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"
GROUP = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-1"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
DATABASE = f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:orders"
BUCKET = {"arn": "arn:aws:s3:::hp-backups", "type": "s3:bucket", "name": "hp-backups", "tags": {}}


def finding(check, resource, **more):
    told = {
        "severity": "high",
        "severity_reason": "",
        "effort": "hours",
        "confidence": "high",
        "title": check,
        "detail": "",
        "remedy": "",
        "evidence": {},
        "account": ACCOUNT,
        "region": "eu-west-1",
        "resource_type": "",
        "resource_name": resource.rpartition(":")[2],
        "tags": {},
        "environment": None,
        "fingerprint": f"{check}/{resource}",
    }
    return Finding(check=check, resource=resource, **{**told, **more})


def server(**more):
    told = {
        "arn": SERVER,
        "type": "ec2:instance",
        "name": "web-1",
        "tags": {},
        "state": "running",
        "public_ip": "198.51.100.7",
        "profile": PROFILE,
        "security_groups": ["sg-1"],
        "imds_v2_required": True,
    }
    return {**told, **more}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(*statements, name="web", **more):
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    told = {"arn": arn, "type": "iam:role", "name": name, "policies": [], "inline": {"own": list(statements)}}
    return {**told, "instance_profiles": [PROFILE], **more}


def user(name, *statements, **more):
    told = {"arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "type": "iam:user", "name": name}
    return {**told, "policies": [], "inline": {"own": list(statements)}, "groups": [], **more}


def inventory(**rows):
    """By short names: servers, start_ups, buckets, principals, groups, documents."""
    operations = {
        "servers": ("ec2.describe_instances", REGION),
        "start_ups": ("ec2.describe_instance_attribute", REGION),
        "buckets": ("s3.list_buckets", GLOBAL),
        "principals": ("iam.get_account_authorization_details", GLOBAL),
        "groups": ("iam.groups", GLOBAL),
        "documents": ("iam.policy_documents", GLOBAL),
        "keys": ("iam.list_access_keys", GLOBAL),
    }
    return Inventory(tuple(Unit(*operations[key], Ending.OK, tuple(some)) for key, some in rows.items()))


LOST = finding("rds_nothing_survives_deletion", DATABASE, resource_type="rds:db", severity="critical")
UNGUARDED = finding("rds_no_deletion_protection", DATABASE)


def test_a_database_that_one_command_could_lose_names_who_could_give_it():
    able = [
        user("ada", allow("rds:*")),
        user("ben", allow("s3:*")),
        user("cleo", allow("*"), {"Effect": "Deny", "Action": "rds:Delete*", "Resource": "*"}),
        role(allow("rds:DeleteDBInstance", DATABASE), name="deploy"),
    ]

    [chain] = chains(inventory(principals=able), [LOST, UNGUARDED])

    assert chain.sentence == (
        "One command could lose the database orders for good: no copy would survive, nothing holds the deletion back,"
        " and 1 user and 1 role could give it."
    )
    assert chain.severity == "critical"
    assert [link.check for link in chain.links] == ["rds_nothing_survives_deletion", "rds_no_deletion_protection", ""]
    assert chain.links[2].text == "Who may delete it by their own policies: ada and deploy"


@pytest.mark.parametrize("missing", [LOST, UNGUARDED])
def test_without_one_of_its_links_there_is_no_chain(missing):
    assert chains(inventory(), [one for one in (LOST, UNGUARDED) if one is not missing]) == []


def test_where_nobody_is_known_to_be_able_to_no_number_is_made_up():
    [chain] = chains(inventory(), [LOST, UNGUARDED])

    assert "whoever may delete databases could give it" in chain.sentence
    assert len(chain.links) == 2


def test_a_public_server_that_may_read_the_backups_is_told_with_its_open_door():
    seen = inventory(servers=[server()], buckets=[BUCKET], principals=[role(allow("s3:Get*", "arn:aws:s3:::hp-*"))])

    [chain] = chains(seen, [])
    [with_door] = chains(seen, [finding("sg_ssh_open", GROUP)])

    assert chain.sentence == (
        "The server web-1 stands on the internet and may read the backups in hp-backups: whoever takes over such a"
        " server could take the backups too."
    )
    assert (chain.severity, with_door.severity) == ("high", "critical")
    assert [link.check for link in with_door.links] == ["", "sg_ssh_open", "", ""]


@pytest.mark.parametrize(
    "changed",
    [
        {"servers": [server(public_ip=None)]},
        {"servers": [server(state="stopped")]},
        {"servers": [server(profile=None)]},
        {"buckets": [{**BUCKET, "name": "hp-media"}]},
        {"principals": [role(allow("s3:ListBucket"))]},
        {"principals": [role(allow("s3:GetObject", "arn:aws:s3:::hp-media/*"))]},
        {"principals": [role(allow("s3:GetObject", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))]},
        {"principals": [role(allow("s3:*"), {"Effect": "Deny", "Action": "s3:Get*", "NotResource": "arn:x"})]},
        {"principals": [role(allow("s3:*"), boundary="arn:aws:iam::123456789012:policy/b")]},
    ],
)  # fmt: skip
def test_a_chain_needs_every_link(changed):
    whole = {"servers": [server()], "buckets": [BUCKET], "principals": [role(allow("s3:*"))]}

    assert len(chains(inventory(**whole), [])) == 1
    assert chains(inventory(**{**whole, **changed}), []) == []


def test_a_credential_in_a_public_server_s_script_leads_out_of_it():
    found = finding("ec2_secret_in_user_data", SERVER, evidence={"detections": [{"title": "Password in plain text"}]})

    [chain] = chains(inventory(servers=[server(imds_v2_required=False)]), [found])

    assert "The server web-1 stands on the internet with a credential" in chain.sentence
    assert [link.text for link in chain.links] == [
        "Public address: web-1",
        "In the start-up script: Password in plain text",
        "The script is handed out inside the server without a token",
    ]
    assert chains(inventory(servers=[server(public_ip=None)]), [found]) == []


def test_a_template_s_credential_is_told_once_for_all_its_public_servers():
    template = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:launch-template/lt-1"
    found = finding("launch_template_secret", template, evidence={"detections": [{"title": "Token in plain text"}]})
    servers = [server(arn=f"{SERVER}{number}", name=f"web-{number}") for number in range(6)]
    start_ups = [{"arn": one["arn"], "template": template} for one in servers]

    [chain] = chains(inventory(servers=servers, start_ups=start_ups), [found])

    assert chain.sentence.startswith("6 servers stand on the internet")
    assert chain.links[0].text == "Public address: web-0, web-1, web-2 and 3 more"


def test_a_key_in_a_repository_is_told_if_it_is_of_an_account_that_was_audited():
    def key(account):
        return finding(
            "secret_in_history",
            "repo:shop",
            account="",
            repository="shop",
            path="deploy.sh",
            evidence={"aws_account": account},
        )

    [chain] = chains(inventory(servers=[]), [key(ACCOUNT), key("210987654321"), key("")])

    assert chain.id == "key_lies_in_repository"
    assert "in the repository shop" in chain.sentence
    assert chain.links[0].text == "The key is in deploy.sh"
    assert chain.links[1].resource == f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.parametrize("mark", ["access_key", "secret"])
@pytest.mark.parametrize(
    ("used_at", "says"), [("2026-11-17T09:00:00+00:00", "last used on 2026-11-17"), (None, "never used so far")]
)
def test_a_key_that_still_works_is_told_with_its_user_and_its_last_use(mark, used_at, says):
    ada = f"arn:aws:iam::{ACCOUNT}:user/ada"
    keys = [{"user": ada, "name": "ada", "key": "a" * 32, "created_at": None, "last_used_at": used_at}]
    found = {"account": "", "repository": "shop", "path": None, "evidence": {"aws_account": ACCOUNT, mark: "a" * 32}}

    [chain] = chains(inventory(keys=keys), [finding("secret_in_history", "repo:shop", **found)])

    assert chain.sentence == (
        f"A working key of the user ada lies in the repository shop, {says}: whoever has a copy of the repository could"
        " act as that user."
    )
    assert (chain.severity, chain.account, chain.links[1].resource) == ("critical", ACCOUNT, ada)
    assert chain.links[1].text == f"It belongs to the user ada, is active and was {says}"


def test_a_committed_key_is_recognised_as_a_user_s_without_being_used(aws, collect, tmp_path):
    aws.client("iam").create_user(UserName="ada")
    made = aws.client("iam").create_access_key(UserName="ada")["AccessKey"]
    (tmp_path / "deploy.sh").write_text(
        f"export AWS_ACCESS_KEY_ID={made['AccessKeyId']}\nexport AWS_SECRET_ACCESS_KEY={made['SecretAccessKey']}\n"
    )
    for command in (["init", "-q"], ["add", "."], [*IDENTITY, "commit", "-q", "-m", "Deploy"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    units = [collect("iam.list_access_keys")]
    collect_repository(RepositoryTarget(str(tmp_path)), key=KEY, now=NOW, emit=units.append, stop=lambda: False)

    told = evaluate(Inventory(tuple(units)), settings=CheckSettings(), now=NOW, key=KEY).chains

    assert ["A working key of the user ada lies in the repository" in one.sentence for one in told] == [True]


def test_a_key_that_no_user_has_is_told_by_its_account_alone():
    keys = [
        {"user": "arn:aws:iam::1:user/ben", "name": "ben", "key": "b" * 32, "created_at": None, "last_used_at": None}
    ]
    found = {"account": "", "repository": "shop", "evidence": {"aws_account": ACCOUNT, "secret": "a" * 32}}

    [chain] = chains(inventory(keys=keys), [finding("secret_at_head", "repo:shop", **found)])

    assert "A key to this AWS account" in chain.sentence


def test_permissions_come_from_groups_and_attached_policies_too():
    policy = f"arn:aws:iam::{ACCOUNT}:policy/data"
    group = {"arn": f"arn:aws:iam::{ACCOUNT}:group/ops", "name": "ops", "policies": [policy], "inline": {}}
    ada = user("ada", groups=["ops"])
    administrator = user("ben", policies=["arn:aws-cn:iam::aws:policy/AdministratorAccess"])
    power = user("cleo", policies=["arn:aws:iam::aws:policy/PowerUserAccess"])
    documents = [{"arn": policy, "statements": [allow(["RDS:delete*"])]}]
    who = WhoMay(inventory(principals=[ada, administrator, power], groups=[group], documents=documents))

    assert [one["name"] for one in who.who("rds:DeleteDBInstance", DATABASE, ACCOUNT)] == ["ada", "ben", "cleo"]
    assert [one["name"] for one in who.who("iam:CreateUser", "*", ACCOUNT)] == ["ben"]
    assert who.who("rds:DeleteDBInstance", DATABASE, "210987654321") == []


def test_rows_that_know_no_policies_say_nothing():
    bare = {"arn": f"arn:aws:iam::{ACCOUNT}:user/ada", "type": "iam:user", "name": "ada", "policies": []}

    assert not WhoMay(inventory(principals=[bare])).may(bare, "s3:GetObject", "*")


def chain(kind, sentence="", severity="high", *fingerprints):
    links = tuple(Link("text", "arn", "check", one) for one in fingerprints)
    return Chain(kind, severity, sentence, ACCOUNT, links)


def test_the_worst_of_each_kind_comes_before_a_second_of_any():
    found = [chain("a", "1"), chain("a", "2"), chain("b", "3"), chain("a", "4")]

    assert [one.sentence for one in leading(found)] == ["1", "3", "2"]


def test_a_chain_falls_with_any_of_its_findings():
    one = chain("a", "", "high", "f1", "f2", "")

    assert one.stands_on({"f1", "f2", "f3"})
    assert not one.stands_on({"f1"})
    assert Chain.from_json(one.as_json()) == one


def test_the_worst_come_first_whatever_the_order_of_findings():
    other = replace(LOST, severity="low", resource=f"{DATABASE}-dev", resource_name="orders-dev")
    mild = replace(UNGUARDED, severity="low", resource=f"{DATABASE}-dev")

    found = chains(inventory(), [mild, other, UNGUARDED, LOST])

    assert [one.severity for one in found] == ["critical", "low"]
    assert found == chains(inventory(), [LOST, UNGUARDED, other, mild])


def test_a_mistake_in_one_kind_keeps_the_others(monkeypatch, caplog):
    def broken(joined):
        raise KeyError("a row's secret")

    monkeypatch.setattr(module, "MAKERS", (broken, module.one_command_from_loss))

    assert [one.id for one in chains(inventory(), [LOST, UNGUARDED])] == ["one_command_from_loss"]
    assert "a row's secret" not in caplog.text


def test_an_evaluation_carries_its_chains():
    told = evaluate(
        inventory(servers=[server()], buckets=[BUCKET], principals=[role(allow("s3:*"))]),
        settings=CheckSettings(),
        now=NOW,
        key=b"k",
        checks=[],
    )

    assert [one.id for one in told.chains] == ["public_server_reads_backups"]
