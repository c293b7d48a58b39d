"""Other tools' findings in a run of ours: stored with it, shown, exported, and the same in the next."""

import json

import pytest
from django.urls import reverse

from discovery.models import Finding, Run
from infra_audit.snapshots import write_snapshot
from tests.discovery.test_discover import discover, refusal
from tests.infra_audit.importing.test_importing import prowler_event
from tests.infra_audit.test_snapshots import HEAD, KEYS, SERVERS

pytestmark = pytest.mark.django_db(transaction=True)
THEIRS = "prowler_ec2_ebs_volume_encryption"


@pytest.fixture
def run_with(tmp_path):
    snapshot, found = tmp_path / "harbour.gz", tmp_path / "prowler.json"
    write_snapshot(snapshot, HEAD, [SERVERS, KEYS])

    def run(*events, options=()):
        found.write_text(json.dumps(events))
        return discover("--snapshot", snapshot, "--import", found, "--quiet", *options)

    return run


def test_they_join_the_run_and_its_documents(run_with, tmp_path):
    kinds = ("json", "csv", "sarif", "ocsf", "pdf")
    options = [word for kind in kinds for word in (f"--{kind}", tmp_path / f"run.{kind}")]

    assert run_with(prowler_event("ec2_ebs_volume_encryption"), prowler_event(), options=options) == 0

    assert {THEIRS, "rds_retention_zero"} <= set(Finding.objects.values_list("check_id", flat=True))
    for kind in kinds[:-1]:
        assert THEIRS in (tmp_path / f"run.{kind}").read_text()
    told = {one["check"]: one for one in json.loads((tmp_path / "run.json").read_text())["findings"]}
    assert told["rds_retention_zero"]["evidence"]["found_by"] == ["Prowler 5.46.0: rds_instance_backup_enabled"]


def test_their_page_and_the_run_s_show_them(run_with, client, ada):
    run_with(prowler_event("ec2_ebs_volume_encryption"))
    client.force_login(ada)
    run, finding = Run.objects.get(), Finding.objects.get(check_id=THEIRS)

    for name, one in (("run", run), ("finding", finding)):
        assert client.get(reverse(f"discovery:{name}", args=[one.public_id])).status_code == 200


def test_in_the_next_run_they_are_still_there_and_unnamed_ones_are_not_called_fixed(run_with):
    run_with(prowler_event("ec2_ebs_volume_encryption"))
    run_with(prowler_event("ec2_ebs_volume_encryption"))
    run_with()

    first, second, third = Run.objects.order_by("id")
    assert [
        run.occurrences.filter(finding__check_id=THEIRS).values_list("status").first() for run in (first, second)
    ] == [
        ("new",),
        ("still",),
    ]
    assert not third.occurrences.filter(finding__check_id=THEIRS).exists()
    assert Finding.objects.get(check_id=THEIRS).status == "open"


def test_a_bad_file_is_one_line(tmp_path, capsys):
    (tmp_path / "bad.json").write_text("{")

    assert discover("--import", tmp_path / "bad.json") == 2
    assert "no JSON" in refusal(capsys)
    assert not Run.objects.exists()
