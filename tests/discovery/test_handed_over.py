"""What a client read alone and handed over becomes a run like any other."""

import json
import zipfile
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.urls import reverse

from core.errors import DomainError
from discovery.models import AwsAccount, Repository, Run
from discovery.services import starting, targets
from infra_audit.cli import main
from infra_audit.pseudonyms import Pseudonyms
from infra_audit.redaction import redacted
from infra_audit.snapshots import write_snapshot
from tests.discovery.test_discover import REGION, discover, refusal
from tests.infra_audit.test_snapshots import HEAD, KEYS, NUMBER, SERVERS

pytestmark = pytest.mark.django_db(transaction=True)
WHAT_A_RUN_CALLS_ITSELF = ("duration_s", "started_at", "client", "findings")
LOG = ("api_calls", "calls")


@pytest.fixture
def snapshot(tmp_path):
    path = tmp_path / "harbour.jsonl.gz"
    write_snapshot(path, HEAD, [SERVERS, KEYS])
    return path


def document(path, *arguments):
    assert discover(*arguments, "--quiet", "--json", path) == 0
    told = json.loads(path.read_text())
    findings = {(one["check"], one["resource"], one["detail"], one["severity"]) for one in told["findings"]}
    return findings, {key: value for key, value in told.items() if key not in WHAT_A_RUN_CALLS_ITSELF}


def test_it_gives_the_findings_and_gaps_of_the_live_run_and_the_log_of_the_reading(aws, tmp_path):
    group = aws.client("ec2", REGION).create_security_group(GroupName="wide", Description="open")["GroupId"]
    aws.client("ec2", REGION).authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    at = ("--endpoint-url", aws.url, "--regions", REGION)
    path, theirs = tmp_path / "out.jsonl.gz", tmp_path / "theirs.json"
    moment = "2026-11-20T12:00:00+00:00"
    assert main(["aws", *at, "--quiet", "--snapshot", str(path), "--json", str(theirs), "--now", moment]) == 0

    findings, live = document(tmp_path / "live.json", *at, "--now", moment)
    found, offline = document(tmp_path / "offline.json", "--snapshot", path)

    assert {"sg_ssh_open"} <= {check for check, *_ in findings}
    assert found == findings
    read = json.loads(theirs.read_text())
    assert {name: offline.pop(name) for name in LOG} == {name: read[name] for name in LOG}
    assert {"GetCallerIdentity"} <= {one["operation"] for one in read["calls"]}
    assert offline == {name: value for name, value in live.items() if name not in LOG}  # that one signed in by itself


def test_its_findings_stay_the_same_from_file_to_file(snapshot):
    discover("--snapshot", snapshot, "--quiet")
    discover("--snapshot", snapshot, "--quiet")

    first, second = Run.objects.order_by("id")
    assert first.has_results
    assert first.as_of == HEAD.read_at
    assert {row.status for row in second.occurrences.all()} <= {"still"}


def test_the_account_is_known_but_nobody_can_read_it_from_here(snapshot, bens_organisation):
    discover("--snapshot", snapshot, "--quiet", client=bens_organisation.name)

    account = AwsAccount.objects.get()
    assert (account.account_id, account.alias, account.handed_over) == (NUMBER, "harbour", True)
    with pytest.raises(DomainError, match="say how it is reached"):
        starting.start_run(organisation=bens_organisation, accounts=[account], repositories=[], actor=None)


@pytest.fixture
def without_names(tmp_path):
    """The same snapshot as a client hands it over who keeps the names."""
    names = Pseudonyms(b"known to the client alone")
    path = tmp_path / "hidden.jsonl.gz"
    head = replace(HEAD, account={**HEAD.account, "alias": names.of_whole("harbour")})
    write_snapshot(path, head, redacted([SERVERS, KEYS], SERVERS.place, names))
    return path


def test_one_without_names_is_judged_and_makes_no_scripts(without_names, ada, client, tmp_path):
    archive = tmp_path / "kit.zip"

    assert discover("--snapshot", without_names, "--quiet", "--kit", archive, "--imports-tf", tmp_path / "i.tf") == 0

    with zipfile.ZipFile(archive) as packed:
        assert [name for name in packed.namelist() if name.endswith((".sh", ".tf"))] == []
        assert any("where-the-scripts-are" in name for name in packed.namelist())
    assert "stand for others" in (tmp_path / "i.tf").read_text()
    client.force_login(ada)
    assert client.get(reverse("discovery:run", args=[Run.objects.get().public_id])).status_code == 200


def test_a_pseudonym_does_not_take_the_place_of_an_alias_we_know(snapshot, without_names):
    discover("--snapshot", without_names, "--quiet")
    assert AwsAccount.objects.get().alias not in {"", "harbour"}
    discover("--snapshot", snapshot, "--quiet")
    discover("--snapshot", without_names, "--quiet")

    assert AwsAccount.objects.get().alias == "harbour"


def test_of_an_account_that_we_reach_the_way_in_stays(snapshot, bens_organisation):
    way = {"organisation": bens_organisation, "name": "Production", "profile": "harbour", "account_id": NUMBER}
    AwsAccount.objects.create(**way)

    discover("--snapshot", snapshot, "--quiet", client=bens_organisation.name)

    account = AwsAccount.objects.get()
    assert (account.profile, account.handed_over) == ("harbour", False)


def test_once_it_is_said_how_it_is_reached_it_can_be_read(snapshot, bens_organisation, ada):
    discover("--snapshot", snapshot, "--quiet", client=bens_organisation.name)
    account = AwsAccount.objects.get()

    way = targets.WayIn(name="Production", role_arn="", external_id="", profile="harbour", regions=[])
    targets.change_aws_account(account=account, way=way, actor=ada)

    assert not AwsAccount.objects.get().handed_over


def test_repositories_are_read_in_the_same_run(snapshot, tmp_path):
    discover("--snapshot", snapshot, "--repo", tmp_path, "--quiet")

    run = Run.objects.get()
    assert run.has_results
    assert Repository.objects.count() == 1
    assert run.units.filter(account=NUMBER).count() == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "p"], "one of you reads it"),
        (["--endpoint-url", "http://localhost"], "one of you reads it"),
        (["--snapshot", "/nowhere.gz"], "no such file"),
    ],
)
def test_what_makes_no_sense_is_one_line(snapshot, arguments, words, capsys):
    assert discover("--snapshot", snapshot, *arguments) == 2
    assert words in refusal(capsys)
    assert not Run.objects.exists()


def test_each_client_has_a_key_of_its_own_and_keeps_it(bens_organisation, capsys):
    def key():
        call_command("snapshot_key", "--client", bens_organisation.name)
        return capsys.readouterr().out.strip()

    assert key() == key() == targets.snapshot_key_for(bens_organisation)
    assert len(key()) == 64
