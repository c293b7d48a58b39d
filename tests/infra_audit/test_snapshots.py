"""What a client reads and hands over is judged as if we had read it ourselves, and nothing else is taken for it."""

import gzip
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra_audit import snapshots
from infra_audit.call_log import Calls
from infra_audit.cli import main
from infra_audit.collectors.registry import collectors
from infra_audit.errors import BadArgumentError
from infra_audit.inventory import Ending, Place, Unit, Unread
from infra_audit.snapshots import Head, key_proof, merged_units, read_snapshot, read_snapshots, write_snapshot
from infra_audit.states import OPERATION as STATES
from infra_audit.states import read_states
from tests.infra_audit.conftest import REGION
from tests.infra_audit.mint import Mint

NUMBER = "123456789012"
HEAD = Head(
    read_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    account={"id": NUMBER, "alias": "harbour", "partition": "aws", "org_role": "member"},
    regions=(REGION,),
    consent="metadata",
    paid_calls=False,
    key_proof=key_proof(b"theirs"),
    signing_in=(Calls("sts", "GetCallerIdentity", REGION, "ok", (1_795_176_000,)),),
)
HERE = Place("aws", NUMBER, REGION)
SERVER = {"arn": f"arn:aws:ec2:{REGION}:{NUMBER}:instance/i-1", "type": "ec2:instance", "name": "π", "tags": None}
SERVERS = Unit("ec2.describe_instances", HERE, Ending.OK, (SERVER,))
KEYS = Unit(
    "kms.list_keys",
    HERE,
    Ending.PARTIAL,
    unread=(Unread("arn:aws:kms:1", Ending.DENIED, "kms:DescribeKey", "key policy"),),
    message="One key was denied.",
    api_calls=3,
    duration_s=0.25,
    calls=(Calls("kms", "ListKeys", REGION, "ok", (1_795_176_001, 1_795_176_002)),),
)
CALL = {"service": "sts", "operation": "GetCallerIdentity", "region": REGION, "ending": "ok", "at": [1]}
ODD_CALLS = [
    7,
    ["sts"],
    [{"service": "sts"}],
    [{**CALL, "service": 7}],
    [{**CALL, "ending": "x" * 101}],
    [{**CALL, "region": "x" * 33}],
    [{**CALL, "at": []}],
    [{**CALL, "at": 1}],
    [{**CALL, "at": [-1]}],
    [{**CALL, "at": [1.5]}],
    [{**CALL, "at": [10**12]}],
    [{**CALL, "colour": "red"}],
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "out.jsonl.gz"
    write_snapshot(path, HEAD, [SERVERS, KEYS])
    return path


def lines_of(path):
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def rewrite(path, *lines):
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))


def refusal(path):
    with pytest.raises(BadArgumentError) as refused:
        read_snapshot(path)
    told = str(refused.value)
    assert "\n" not in told
    return told


def test_what_is_written_is_read_back_equal(file):
    read = read_snapshot(file)

    assert (read.head, read.units) == (HEAD, (SERVERS, KEYS))


def test_nobody_else_of_the_machine_may_read_it(file):
    assert file.stat().st_mode & 0o077 == 0


def test_it_may_be_unpacked_on_its_way(file, tmp_path):
    plain = tmp_path / "out.jsonl"
    plain.write_bytes(gzip.decompress(file.read_bytes()))

    assert read_snapshot(plain) == read_snapshot(file)


def test_whatever_a_collector_reads_may_be_in_one():
    assert [one for one in collectors() if not snapshots.OPERATION.fullmatch(one)] == []


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_what_was_cut_short_is_refused(file, kept):
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * kept)])

    assert "damaged" in refusal(file) or "no snapshot" in refusal(file)


def test_a_plain_file_cut_at_the_end_of_a_line_is_refused(file, tmp_path):
    plain = tmp_path / "out.jsonl"
    plain.write_bytes(b"".join(gzip.decompress(file.read_bytes()).splitlines(keepends=True)[:-1]))

    assert "cut short" in refusal(plain)


def test_one_wrong_byte_is_refused(file):
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    file.write_bytes(bytes(whole))

    assert refusal(file)


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"[1]\n", b"\x1f\x8b", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_snapshot_is_refused(tmp_path, content):
    path = tmp_path / "out.jsonl.gz"
    path.write_bytes(content)

    assert "no snapshot" in refusal(path) or "damaged" in refusal(path)


@pytest.mark.parametrize(
    "changed", [{"snapshot": 2}, {"snapshot": "1"}, {"tool_version": "0.2.0"}, {"tool_version": "9.1.0"}]
)
def test_another_version_s_is_refused_with_what_to_do(file, changed):
    head, *units = lines_of(file)
    rewrite(file, {**head, **changed}, *units)

    assert "check it with that version" in refusal(file)


def test_a_later_mending_of_the_same_version_reads_it(file):
    head, *units = lines_of(file)
    rewrite(file, {**head, "tool_version": "0.1.99"}, *units)

    assert read_snapshot(file).units == (SERVERS, KEYS)


def test_a_file_of_old_that_says_nothing_of_signing_in_is_read(file):
    head, *units = lines_of(file)
    del head["signing_in"]
    rewrite(file, head, *units)

    assert read_snapshot(file).head == replace(HEAD, signing_in=())


@pytest.mark.parametrize(
    "changed",
    [
        {"account": {"id": "12", "alias": "", "partition": "aws", "org_role": ""}},
        {"account": {"id": NUMBER, "alias": "", "partition": "aws", "org_role": "king"}},
        {"account": None},
        {"read_at": "2026-11-20T12:00:00"},
        {"read_at": 7},
        {"consent": "everything"},
        {"regions": ["x" * 33]},
        {"units": 3},
        {"units": None},
        *({"signing_in": calls} for calls in ODD_CALLS),
    ],
)
def test_a_head_that_we_would_not_write_is_refused(file, changed):
    head, *units = lines_of(file)
    rewrite(file, {**head, **changed}, *units)

    assert "damaged" in refusal(file)


@pytest.mark.parametrize(
    "changed",
    [
        {"operation": "sqs"},
        {"operation": "x" * 200 + ".list"},
        {"operation": 7},
        {"ending": "splendid"},
        {"rows": [1]},
        {"rows": None},
        {"api_calls": "many"},
        {"message": None},
        {"denied_by": "x" * 101},
        {"place": {"partition": "aws", "account": "210987654321", "region": REGION, "repository": ""}},
        {"place": {"partition": "aws", "account": NUMBER, "region": REGION, "repository": "shop"}},
        {"place": {"partition": "aws", "account": "", "region": REGION, "repository": ""}},
        {"place": {"galaxy": "far"}},
        {"unread": [{"resource": 1, "reason": "denied"}]},
        {"more": 1},
        *({"calls": calls} for calls in ODD_CALLS),
        {"rows": [{"arn": "a"}]},
        {"rows": [{**SERVER, "name": 7}]},
        {"rows": [{**SERVER, "tags": ["a"]}]},
        {"rows": [{**SERVER, "tags": {"Owner": 7}}]},
        {"rows": [{**SERVER, "name": "a\x00b"}]},
        {"rows": [{**SERVER, "size": float("nan")}]},
    ],
)
def test_a_unit_that_no_collector_makes_is_refused(file, changed):
    head, first, second = lines_of(file)
    rewrite(file, head, {**first, **changed}, second)

    assert "damaged" in refusal(file)


def test_the_same_reading_twice_is_refused(file):
    head, first, _second = lines_of(file)
    rewrite(file, head, first, first)

    assert "damaged" in refusal(file)


def test_a_small_file_that_unpacks_to_a_huge_one_is_given_up_without_taking_its_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "MOST_BYTES", 4_000_000)
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(b"a" * 100_000_000))
    many = tmp_path / "many.gz"
    many.write_bytes(gzip.compress(json.dumps({"snapshot": 1}).encode() + b"\n" * 100_000_000))

    tracemalloc.start()
    try:
        assert "too large" in refusal(bomb)
        assert refusal(many)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_too_many_units_are_refused(file, monkeypatch):
    monkeypatch.setattr(snapshots, "MOST_UNITS", 1)

    assert "too large" in refusal(file)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "no such file" in refusal(tmp_path / "gone.gz")
    assert "folder" in refusal(tmp_path)


def test_two_readings_of_one_account_are_refused_with_both_names(file, tmp_path):
    other = tmp_path / "other.gz"
    write_snapshot(other, HEAD, [SERVERS])

    with pytest.raises(BadArgumentError, match=f"{file}.*{other}.*{NUMBER}"):
        read_snapshots([file, other])


def test_states_of_several_snapshots_are_one_and_speak_for_all(tmp_path):
    paths = [tmp_path / "1.gz", tmp_path / "2.gz", tmp_path / "3.gz"]
    none = Unit(STATES, Place(), Ending.NOT_APPLICABLE, message="No Terraform state was given.")
    some = Unit(STATES, Place(), Ending.OK, ({"state": "prod", "id": "a"},))
    other = Unit(STATES, Place(), Ending.PARTIAL, ({"state": "dev", "id": "b"},), message="One is bad.")
    for number, (path, state) in enumerate(zip(paths, (none, some, other), strict=True)):
        head = replace(HEAD, account={**HEAD.account, "id": f"{number:012}"})
        write_snapshot(path, head, [state])

    assert merged_units(read_snapshots(paths[:1])) == [none]
    assert merged_units(read_snapshots(paths[:2])) == [some]
    assert merged_units(read_snapshots(paths)) == [
        replace(other, rows=(*some.rows, *other.rows)),
    ]


def test_what_a_state_names_without_an_arn_is_read_back(tmp_path):
    path, state = tmp_path / "out.gz", tmp_path / "prod.tfstate"
    rule = {
        "mode": "managed",
        "type": "aws_security_group_rule",
        "name": "in",
        "instances": [{"attributes": {"id": "1"}}],
    }
    state.write_text(json.dumps({"version": 4, "resources": [rule]}))
    units = [read_states([state])]
    assert units[0].rows[0]["arn"] is None

    write_snapshot(path, HEAD, units)

    assert list(read_snapshot(path).units) == units


# On the command line


def check(capsys, *arguments):
    assert main([str(one) for one in arguments]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def furnished(aws):
    """A few things that are bad, one of them a secret in a place that may hold one."""
    value = Mint(5).github_token()
    aws.client("iam").create_user(UserName="ada")
    aws.client("ssm", REGION).put_parameter(Name="/shop/token", Value=value, Type="String")
    group = aws.client("ec2", REGION).create_security_group(GroupName="wide", Description="open")["GroupId"]
    aws.client("ec2", REGION).authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return value


def test_checked_elsewhere_it_gives_what_the_live_run_gave_and_holds_no_secret(
    aws, furnished, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("INFRA_AUDIT_KEY", "agreed between us")
    path = tmp_path / "out.jsonl.gz"
    live = check(
        capsys, "aws", "--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--json", "-", "--snapshot", path
    )

    offline = check(capsys, "check", path, "--json", "-")

    assert {"ssm_parameter_plaintext_secret", "sg_ssh_open"} <= {one["check"] for one in live["findings"]}
    for one in (live, offline):
        del one["duration_s"]
    assert offline == live
    assert furnished.encode() not in gzip.decompress(path.read_bytes())


def test_with_another_key_what_is_found_is_the_same_and_one_is_told(aws, furnished, tmp_path, capsys, monkeypatch):
    path = tmp_path / "out.jsonl.gz"
    live = check(
        capsys, "aws", "--endpoint-url", aws.url, "--regions", REGION, "--quiet", "--json", "-", "--snapshot", path
    )
    monkeypatch.setenv("INFRA_AUDIT_KEY", "ours alone")

    assert main(["check", str(path), "--json", str(tmp_path / "run.json")]) == 0

    assert "another INFRA_AUDIT_KEY" in capsys.readouterr().err
    offline = json.loads((tmp_path / "run.json").read_text())
    prints = [{one.pop("fingerprint") for one in run["findings"]} for run in (live, offline)]
    assert not prints[0] & prints[1]
    assert [(one["check"], one["resource"]) for one in offline["findings"]] == [
        (one["check"], one["resource"]) for one in live["findings"]
    ]


def test_a_snapshot_that_could_not_be_written_is_refused_before_anything_is_read(capsys):
    assert main(["aws", "--snapshot", "/nowhere/out.gz"]) == 2
    assert "no folder /nowhere" in capsys.readouterr().err
