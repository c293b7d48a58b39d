"""Terraform states: ids come out and nothing else, whatever the file is."""

import json
import random
from pathlib import Path

import pytest

from infra_audit.inventory import Ending
from infra_audit.states import MAX_BYTES, StateError, read_states, strip_state

ORDERS = "arn:aws:rds:eu-west-1:123456789012:db:orders"


def block(kind="aws_db_instance", name="this", *instances, **changes):
    return {"mode": "managed", "type": kind, "name": name, "instances": list(instances)} | changes


def instance(key=None, sensitive=(), **attributes):
    index = {} if key is None else {"index_key": key}
    marked = [[{"type": "get_attr", "value": name}] for name in sensitive]
    return {**index, "schema_version": 2, "attributes": attributes, "sensitive_attributes": marked}


def document(*blocks, **changes):
    return {"version": 4, "terraform_version": "1.9.8", "serial": 1, "outputs": {}, "resources": list(blocks)} | changes


@pytest.fixture
def state(tmp_path):
    """`state(document)` writes a file and gives its path."""

    def write(content, name="shop.tfstate"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_ids_come_out_and_secrets_stay_behind(state):
    secret = f"{random.getrandbits(80):x}"
    given = instance(id="db-ABC", identifier="orders", arn=ORDERS, password=secret, endpoint=secret, username=secret)

    unit = read_states([state(document(block("aws_db_instance", "this", given)))])

    assert unit.ending is Ending.OK
    assert unit.rows == (
        {
            "state": "shop.tfstate",
            "address": "aws_db_instance.this",
            "tf_type": "aws_db_instance",
            "id": "db-ABC",
            "arn": ORDERS,
            "attributes": {"id": "db-ABC", "identifier": "orders", "arn": ORDERS},
        },
    )
    assert secret not in json.dumps(unit.as_json())


def test_an_identity_that_terraform_marks_as_sensitive_stays_behind(state):
    secret = f"{random.getrandbits(80):x}"

    unit = read_states([state(document(block("aws_x", "y", instance(sensitive=["name"], id="1", name=secret))))])

    assert unit.rows[0]["attributes"] == {"id": "1"}


def test_content_in_the_place_of_an_id_stays_behind(state):
    odd = instance(id={"nested": "thing"}, name="x" * 5_000, bucket="fine")

    unit = read_states([state(document(block("aws_s3_bucket", "b", odd)))])

    assert unit.rows[0]["attributes"] == {"bucket": "fine"}


@pytest.mark.parametrize(
    ("module", "key", "address"),
    [
        ({}, None, "aws_vpc.this"),
        ({}, 0, "aws_vpc.this[0]"),
        ({"module": "module.net"}, "eu-west-1a", 'module.net.aws_vpc.this["eu-west-1a"]'),
        ({"module": 'module.net["a"].module.inner'}, None, 'module.net["a"].module.inner.aws_vpc.this'),
    ],
)
def test_addresses_are_written_as_terraform_writes_them(state, module, key, address):
    unit = read_states([state(document(block("aws_vpc", "this", instance(key, id="vpc-1"), **module)))])

    assert unit.rows[0]["address"] == address


def test_what_was_merely_looked_up_or_lies_elsewhere_is_not_managed(state):
    blocks = [
        block("aws_vpc", "found", instance(id="vpc-1"), mode="data"),
        block("random_password", "db", instance(id="none", result=f"{random.getrandbits(64):x}")),
        block("aws_vpc", "made", instance(id="vpc-2")),
    ]

    assert [row["id"] for row in read_states([state(document(*blocks))]).rows] == ["vpc-2"]


def test_the_disks_of_an_instance_are_its_own(state):
    given = instance(id="i-1", root_block_device=[{"volume_id": "vol-1"}], ebs_block_device=[{"volume_id": "vol-2"}])

    unit = read_states([state(document(block("aws_instance", "web", given)))])

    assert unit.rows[0]["attributes"]["volumes"] == ["vol-1", "vol-2"]


@pytest.mark.parametrize(
    ("content", "ending", "said"),
    [
        (json.dumps(document(block("aws_vpc", "a", instance(id="v"))))[:120], Ending.ERROR, "cut off"),
        ("", Ending.ERROR, "cut off"),
        ("resource aws_vpc this {}", Ending.ERROR, "not JSON"),
        ('{"version": 4} and more', Ending.ERROR, "not JSON"),
        ('["a", "list"]', Ending.ERROR, "no Terraform state"),
        ('{"AWSTemplateFormatVersion": "2010-09-09"}', Ending.ERROR, "no Terraform state"),
        ('{"version": 3, "modules": []}', Ending.UNSUPPORTED, "version 3"),
        ('{"version": 5, "resources": []}', Ending.UNSUPPORTED, "version 5"),
        ('{"encrypted_data": "…", "encryption_version": "v0"}', Ending.UNSUPPORTED, "encrypted"),
    ],
)
def test_a_bad_file_is_named_in_one_sentence_and_the_others_are_read(state, content, ending, said):
    bad = state(content, "bad.tfstate")
    good = state(document(block("aws_vpc", "this", instance(id="vpc-1"))))

    unit = read_states([bad, good])

    assert unit.ending is Ending.PARTIAL
    assert [(miss.resource, miss.reason) for miss in unit.unread] == [("bad.tfstate", ending)]
    assert "bad.tfstate" in unit.message
    assert said in unit.message
    assert unit.message.count(".") - unit.message.count(".tfstate") <= 2  # "0.12" has one too
    assert [row["id"] for row in unit.rows] == ["vpc-1"]


def test_bytes_that_are_no_text_are_not_json(tmp_path):
    path = tmp_path / "odd.tfstate"
    path.write_bytes(b'{"version": 4, "resources": [{"mode": "managed", "name": "\xff\xfe"}]}')

    assert "not JSON" in read_states([path]).message


@pytest.mark.parametrize(
    "resources",
    ['{"a": 1}', "[1, null]", '[{"mode": "managed", "type": "aws_vpc", "instances": [3, {"attributes": 4}]}]'],
)
def test_an_oddly_shaped_state_breaks_nothing(state, resources):
    unit = read_states([state(f'{{"version": 4, "resources": {resources}}}')])

    assert unit.ending is Ending.OK
    assert all(row["attributes"] == {} for row in unit.rows)


def test_a_link_is_not_followed(state, tmp_path):
    link = tmp_path / "link.tfstate"
    link.symlink_to(state(document(block("aws_vpc", "this", instance(id="vpc-1")))))

    unit = read_states([link])

    assert unit.rows == ()
    assert "symbolic link" in unit.message


@pytest.mark.parametrize(("path", "said"), [("nowhere.tfstate", "There is no file"), (".", "not a file")])
def test_what_is_no_file_is_said_to_be_none(tmp_path, path, said):
    assert said in read_states([tmp_path / path]).message


def test_a_device_is_no_state():
    assert "not a file" in read_states([Path("/dev/zero")]).message


def test_a_file_of_300_mb_is_refused_without_being_read(tmp_path):
    huge = tmp_path / "huge.tfstate"
    with huge.open("wb") as file:
        file.truncate(300_000_000)

    unit = read_states([huge])

    assert unit.unread[0].reason is Ending.UNSUPPORTED
    assert "300 MB" in unit.message
    assert f"{MAX_BYTES // 10**6} MB" in unit.message
    assert "strip-state" in unit.message


def test_no_state_given_is_no_empty_state():
    assert read_states([]).ending is Ending.NOT_APPLICABLE


def test_a_stripped_state_reads_like_the_original(state):
    secret = f"{random.getrandbits(80):x}"
    given = instance("orders", id="db-1", identifier="orders", arn=ORDERS, password=secret, tags={"Owner": "ada"})
    web = instance(id="i-1", user_data=secret, root_block_device=[{"volume_id": "vol-1", "kms_key_id": secret}])
    original = state(
        document(
            block("aws_db_instance", "this", given, module="module.data"),
            block("aws_instance", "web", web),
            outputs={"password": {"value": secret}},
        )
    )

    stripped = strip_state(original)

    assert secret not in json.dumps(stripped)
    assert stripped["resources"][0]["instances"][0]["attributes"]["tags"] == {"Owner": "ada"}
    again = state(stripped, "stripped.tfstate")
    renamed = [row | {"state": "stripped.tfstate"} for row in read_states([original]).rows]
    assert list(read_states([again]).rows) == renamed


def test_stripping_what_is_no_state_says_so(state):
    with pytest.raises(StateError, match="version 3"):
        strip_state(state('{"version": 3}', "old.tfstate"))
