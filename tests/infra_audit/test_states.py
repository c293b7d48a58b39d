"""Terraform states: ids come out and nothing else, whatever the file is."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from infra_audit.inventory import Ending
from infra_audit.state_parser import StateError
from infra_audit.states import MAX_BYTES, read_states, strip_state

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
    given = instance(
        id="db-ABC", identifier="orders", arn=ORDERS, password=secret, endpoint=secret, username=secret,
        tags={"Owner": "ada"}, tags_all=None,
    )  # fmt: skip

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
            "tags": {"Owner": "ada"},
            "status": "",
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
        ('{"version": 3, "modules": []}', Ending.UNSUPPORTED, "too old: it is a state of version 3"),
        ('{"version": 5, "resources": []}', Ending.UNSUPPORTED, "too new: it is a state of version 5"),
        (
            '{"serial": 3, "lineage": "1", "meta": {"key_provider.pbkdf2.a": "…"}, "encrypted_data": "…"}',
            Ending.UNSUPPORTED,
            "encrypted by OpenTofu",
        ),
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


@pytest.mark.parametrize(("path", "said"), [("nowhere.tfstate", "There is no file"), (".", "no state in the folder")])
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


def whole(path):
    """What the rows say: [(type, id, status)]."""
    return [(row["tf_type"], row["id"], row["status"]) for row in read_states([path]).rows]


def test_what_is_made_anew_next_time_and_what_is_still_to_be_deleted_are_managed_and_told_apart(state):
    tainted = instance(id="i-1") | {"status": "tainted"}
    old = instance(id="i-0") | {"deposed": "a1b2c3d4"}

    path = state(document(block("aws_instance", "web", tainted, old)))

    assert whole(path) == [("aws_instance", "i-1", "tainted"), ("aws_instance", "i-0", "deposed")]
    assert {row["address"] for row in read_states([path]).rows} == {"aws_instance.web"}
    assert whole(state(strip_state(path), "stripped.tfstate")) == whole(path)


def test_null_attributes_are_no_names(state):
    nothing = {"schema_version": 1, "attributes": None, "sensitive_attributes": None}
    half = instance(id="sg-1", arn=None, name=None, tags=None, tags_all=None, owner_id="")

    path = state(document(block("aws_security_group", "web", nothing, half)))

    assert [row["attributes"] for row in read_states([path]).rows] == [{}, {"id": "sg-1"}]


def test_keys_in_another_order_change_nothing(state):
    """As `jq -S` writes them: the version after the resources, the type after the instances."""
    given = document(
        block("aws_instance", "web", instance(id="i-1"), module="module.app"),
        block("aws_vpc", "found", instance(id="vpc-1"), mode="data"),
    )

    path = state(json.dumps(given, sort_keys=True))

    assert whole(path) == [("aws_instance", "i-1", "")]


def test_flat_attributes_of_a_state_that_was_version_3_are_read(state):
    flat = {
        "id": "i-1", "arn": None, "password": f"{random.getrandbits(64):x}", "tags.%": "1", "tags.Name": "web",
        "root_block_device.#": "1", "root_block_device.0.volume_id": "vol-1", "root_block_device.0.iops": "100",
    }  # fmt: skip

    path = state(document(block("aws_instance", "web", {"schema_version": 1, "attributes_flat": flat})))

    (row,) = read_states([path]).rows
    assert row["attributes"] == {"id": "i-1", "volumes": ["vol-1"]}
    assert row["tags"] == {"Name": "web"}


def test_a_folder_is_walked_and_its_states_are_told_apart_by_where_they_lie(state, tmp_path):
    for folder, identity in (("prod", "vpc-1"), ("dev/terraform.tfstate.d/ada", "vpc-2"), ("prod/.terraform", "no")):
        (tmp_path / folder).mkdir(parents=True)
        state(document(block("aws_vpc", "this", instance(id=identity))), f"{folder}/terraform.tfstate")
    state(document(block("aws_vpc", "this", instance(id="vpc-3"))), "net.tfstate.json")
    state(document(block("aws_vpc", "this", instance(id="old"))), "net.tfstate.backup")
    (tmp_path / "link.tfstate").symlink_to(tmp_path / "net.tfstate.json")
    (tmp_path / "more").symlink_to(tmp_path / "prod")

    unit = read_states([tmp_path])

    assert unit.ending is Ending.OK
    assert {(row["state"].partition("/")[2], row["id"]) for row in unit.rows} == {
        ("dev/terraform.tfstate.d/ada/terraform.tfstate", "vpc-2"),
        ("net.tfstate.json", "vpc-3"),
        ("prod/terraform.tfstate", "vpc-1"),
    }
    assert {row["state"].partition("/")[0] for row in unit.rows} == {tmp_path.name}


def test_files_of_one_name_are_told_apart_by_their_folders(state, tmp_path):
    paths = []
    for folder in ("prod", "dev"):
        (tmp_path / folder).mkdir()
        paths.append(state(document(block("aws_vpc", "this", instance(id=folder))), f"{folder}/terraform.tfstate"))

    unit = read_states([*paths, paths[0]])

    assert [(row["state"], row["id"]) for row in unit.rows] == [
        ("prod/terraform.tfstate", "prod"),
        ("dev/terraform.tfstate", "dev"),
    ]


def test_a_link_to_a_folder_is_not_followed(state, tmp_path):
    (tmp_path / "real").mkdir()
    state(document(block("aws_vpc", "this", instance(id="vpc-1"))), "real/a.tfstate")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert "symbolic link" in read_states([tmp_path / "link"]).message


def test_nesting_without_end_breaks_nothing(state):
    deep = "[" * 100_000 + "]" * 100_000
    one = f'{{"attributes": {{"id": "vpc-1", "x": {deep}}}, "sensitive_attributes": {deep}}}'
    given = f'{{"version": 4, "resources": [{{"mode": "managed", "type": "aws_vpc", "instances": [{one}]}}]}}'

    unit = read_states([state(given)])

    assert unit.ending in {Ending.OK, Ending.PARTIAL}


MEASURE = """
import resource, sys
from pathlib import Path
from infra_audit.states import read_states, strip_state
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
unit = read_states([Path(sys.argv[1])])
print(len(unit.rows), unit.ending, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("blocks", [1, 12_500], ids=["one block", "many blocks"])
def test_50_mb_are_read_in_little_memory(tmp_path, blocks):
    """One block of 12,500 instances, as `count` makes it, and as many blocks of one. Megabytes beyond the start's."""
    path = tmp_path / "large.tfstate"
    each = 12_500 // blocks
    filling = {f"setting_{n}": "x" * 90 for n in range(38)}
    with path.open("w") as file:
        file.write('{"version": 4, "resources": [')
        for n in range(blocks):
            some = [instance(m, id=f"i-{n}-{m}", arn=f"{ORDERS}-{n}-{m}", **filling) for m in range(each)]
            file.write("," * bool(n) + json.dumps(block("aws_instance", f"w{n}", *some)))
        file.write("]}")
    assert path.stat().st_size > 50_000_000

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, timeout=120, check=True
    )

    count, ending, megabytes = done.stdout.split()
    assert (int(count), ending) == (12_500, "ok")
    assert int(megabytes) < 80
