"""What Prowler and Security Hub found joins what we found, once, with who said so."""

import json

import pytest

from infra_audit.cli import main
from infra_audit.errors import BadArgumentError
from infra_audit.evaluate import evaluate
from infra_audit.formats.ocsf import ocsf
from infra_audit.formats.sarif import sarif
from infra_audit.importing.files import read_findings
from infra_audit.importing.joining import LONGEST_ID, OPERATION, own_id
from infra_audit.importing.rows import WITHHELD
from infra_audit.importing.same_meaning import BY_TOOL, NAMED_BY_US
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue
from tests.infra_audit.conftest import KEY, NOW
from tests.infra_audit.mint import Mint

NUMBER = "123456789012"
REGION = "eu-west-1"
ORDERS = f"arn:aws:rds:{REGION}:{NUMBER}:db:orders"
RETENTION = "rds_retention_zero"


def prowler_event(check="rds_instance_backup_enabled", resource=ORDERS, **changed):
    """As `prowler aws -M json-ocsf` writes it."""
    return {
        "message": "RDS Instance orders does not have backup enabled.",
        "metadata": {
            "event_code": check,
            "product": {"name": "Prowler", "uid": "prowler", "vendor_name": "Prowler", "version": "5.46.0"},
            "profiles": ["cloud", "datetime"],
            "version": "1.5.0",
        },
        "severity_id": 3,
        "severity": "Medium",
        "status": "New",
        "status_code": "FAIL",
        "status_detail": "RDS Instance orders does not have backup enabled.",
        "status_id": 1,
        "activity_id": 1,
        "class_uid": 2004,
        "category_uid": 2,
        "type_uid": 200401,
        "time": 1779192000,
        "finding_info": {"uid": "prowler-aws-1", "title": "RDS instance has backups", "desc": "About backups."},
        "resources": [
            {
                "cloud_partition": "aws",
                "region": REGION,
                "uid": resource,
                "name": resource.rpartition(":")[2],
                "type": "AwsRdsDbInstance",
                "labels": ["Owner:web"],
                "data": {"details": "", "metadata": {"environment": {"TOKEN": "raw"}}},
            }
        ],
        "cloud": {"account": {"uid": NUMBER, "type_id": 10}, "provider": "aws", "region": REGION},
        "remediation": {"desc": "Switch backups on.", "references": ["https://example.org/rds"]},
        "risk_details": "Data could be lost.",
        **changed,
    }


def asff(generator="prowler-rds_instance_backup_enabled", resource=ORDERS, status="FAILED", **changed):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": "1",
        "ProductArn": f"arn:aws:securityhub:{REGION}::product/prowler/prowler",
        "GeneratorId": generator,
        "AwsAccountId": NUMBER,
        "ProductFields": {"ProviderName": "Prowler", "ProviderVersion": "5.46.0"},
        "Severity": {"Label": "HIGH"},
        "Title": "RDS instance has backups",
        "Description": "No backups.",
        "Resources": [{"Type": "AwsRdsDbInstance", "Id": resource, "Partition": "aws", "Region": REGION}],
        "Compliance": {"Status": status},
        "Remediation": {"Recommendation": {"Text": "Do.", "Url": "https://example.org"}},
        **changed,
    }


@pytest.fixture
def given(tmp_path):
    """A file of some findings."""

    def write(*findings, name="found.json"):
        path = tmp_path / name
        path.write_text(json.dumps(list(findings)))
        return path

    return write


def databases(days):
    row = {"arn": ORDERS, "type": "rds:db", "name": "orders", "tags": {}, "retention_days": days}
    example = next(iter(catalogue()[RETENTION].bad["rds.describe_db_instances"]))
    return Unit("rds.describe_db_instances", Place("aws", NUMBER, REGION), Ending.OK, ({**example, **row},))


def judged(*units, checks=(RETENTION,)):
    some = [catalogue()[one] for one in checks]
    told = Inventory(tuple(one for one in units if one))
    return evaluate(told, settings=CheckSettings(), now=NOW, key=KEY, checks=some)


def imported(*paths):
    return read_findings(paths, key=KEY)


def test_what_both_found_is_one_finding_that_says_so(given):
    told = judged(databases(0), imported(given(prowler_event())))

    (finding,) = told.findings
    assert finding.check == RETENTION
    assert finding.evidence["also_found_by"] == ["Prowler 5.46.0: rds_instance_backup_enabled"]
    assert (told.examined, told.passed) == ({RETENTION: 1}, {RETENTION: 0})


def test_what_we_did_not_look_at_is_our_finding_with_its_origin(given):
    told = judged(imported(given(prowler_event())))

    (finding,) = told.findings
    assert (finding.check, finding.resource, finding.account, finding.region) == (RETENTION, ORDERS, NUMBER, REGION)
    assert finding.title == catalogue()[RETENTION].title
    assert finding.evidence == {"found_by": ["Prowler 5.46.0: rds_instance_backup_enabled"]}
    assert (told.examined, told.passed) == ({RETENTION: 1}, {RETENTION: 0})


def test_it_is_the_same_finding_that_we_would_have_made(given):
    theirs, ours = judged(imported(given(prowler_event()))), judged(databases(0))

    assert theirs.findings[0].fingerprint == ours.findings[0].fingerprint


def test_where_we_found_it_good_theirs_stays_theirs_and_says_that_we_disagree(given):
    told = judged(databases(7), imported(given(prowler_event())))

    (finding,) = told.findings
    assert (finding.check, finding.confidence) == ("prowler_rds_instance_backup_enabled", "low")
    assert "found it good" in finding.detail
    assert (finding.resource_type, finding.resource_name) == ("rds:db", "orders")
    assert told.passed == {RETENTION: 1}


def test_what_we_have_no_check_for_keeps_their_id_and_words(given):
    (finding,) = judged(imported(given(prowler_event("ec2_ebs_volume_encryption", severity_id=5)))).findings

    assert (finding.check, finding.severity) == ("prowler_ec2_ebs_volume_encryption", "critical")
    assert finding.title == "Prowler asks for: RDS instance has backups"
    assert (finding.remedy, finding.evidence["source"]) == ("Switch backups on.", "https://example.org/rds")
    assert finding.tags == {"Owner": "web"}


@pytest.mark.parametrize(
    "changed",
    [
        {"status_code": "PASS"},
        {"status_code": "MANUAL"},
        {"status_id": 3, "status": "Suppressed"},
        {"status_id": 4},
        {"status": "Suppressed"},
    ],
)
def test_what_passed_or_was_muted_is_no_finding(given, changed):
    assert imported(given(prowler_event(**changed))).rows == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "PASSED"},
        {"status": "WARNING"},
        {"status": "NOT_AVAILABLE"},
        {"RecordState": "ARCHIVED"},
        {"Workflow": {"Status": "SUPPRESSED"}},
        {"Workflow": {"Status": "RESOLVED"}},
    ],
)
def test_nor_in_asff(given, changed):
    assert imported(given(asff(**changed))).rows == ()


def test_the_same_from_both_formats_is_one_finding(given):
    told = judged(imported(given(prowler_event(), prowler_event()), given(asff(), name="found.asff.json")))

    assert len(told.findings) == 1


def test_security_hub_s_controls_are_known_by_number_whichever_standard_asks(given):
    control = {"Compliance": {"Status": "FAILED", "SecurityControlId": "RDS.3"}}
    told = judged(
        imported(
            given(
                asff("security-control/RDS.8"),
                asff("aws-foundational-security-best-practices/v/1.0.0/RDS.3", **control),
                asff("security-control/EC2.2"),
            )
        )
    )

    checks = {one.check for one in told.findings}
    assert checks == {"rds_no_deletion_protection", "security_hub_ec2_2", "rds_unencrypted"}
    assert {one.evidence["found_by"][0].partition(":")[0] for one in told.findings} == {"Security Hub 5.46.0"}


def test_an_alarm_that_is_no_requirement_keeps_its_title(given):
    one = asff("arn:aws:guardduty:eu-west-1:1:detector/d", ProductName="GuardDuty", Title="Somebody scans ports.")
    del one["Compliance"]

    (finding,) = judged(imported(given(one))).findings

    assert finding.title == "Somebody scans ports."
    assert finding.check.startswith("guardduty_")


def test_a_whole_account_and_a_whole_region_are_called_as_we_call_them(given):
    told = judged(
        imported(
            given(
                prowler_event("iam_root_mfa_enabled", f"arn:aws:iam::{NUMBER}:mfa"),
                prowler_event("guardduty_is_enabled", f"arn:aws:guardduty:{REGION}:{NUMBER}:detector/unknown"),
            )
        )
    )

    assert {(one.check, one.resource, one.region) for one in told.findings} == {
        ("root_no_mfa", f"arn:aws:iam::{NUMBER}:root", "global"),
        ("guardduty_off", f"arn:aws:guardduty:{REGION}:{NUMBER}:detector", REGION),
    }


def test_a_bucket_stands_where_it_lies_and_a_person_nowhere(given):
    told = judged(
        imported(
            given(
                prowler_event("s3_bucket_object_versioning", "arn:aws:s3:::hp-orders"),
                prowler_event("iam_user_two_active_access_key", f"arn:aws:iam::{NUMBER}:user/ada"),
            )
        )
    )

    assert {(one.check, one.region) for one in told.findings} == {
        ("s3_no_versioning", REGION),
        ("iam_two_active_keys", "global"),
    }


def test_no_credential_comes_in_by_another_tool(given):
    token = Mint(7).github_token()
    unit = imported(given(prowler_event(status_detail=f"Found {token} in the environment", message="")))

    assert token not in repr(unit)
    assert "raw" not in repr(unit)
    assert unit.rows[0]["detail"] == WITHHELD


def test_lines_of_json_and_an_answer_of_security_hub_are_read_too(tmp_path):
    lines, answer = tmp_path / "a.json", tmp_path / "b.json"
    lines.write_text("\n".join(json.dumps(prowler_event(resource=f"{ORDERS}-{n}")) for n in range(3)))
    answer.write_text(json.dumps({"Findings": [asff(), asff(status="PASSED")]}))

    assert (len(imported(lines).rows), len(imported(answer).rows)) == (3, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no JSON"),
        ("hello", "no JSON"),
        ("[{]", "no JSON"),
        (json.dumps([prowler_event()])[:-20], "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1, 2]", "something else"),
        ('{"findings": []}', "something else"),
        (json.dumps([prowler_event(), {"a": 1}]), "something else"),
        (json.dumps([prowler_event(cloud={"account": {"uid": "my-project"}, "provider": "gcp"})]), "no AWS account"),
        ("\xff\xfe", "no JSON"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, content, says):
    path = tmp_path / "bad.json"
    path.write_text(content)

    with pytest.raises(BadArgumentError, match=says) as refused:
        imported(path)
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path, says in ((tmp_path / "gone", "no such file"), (tmp_path, "folder")):
        with pytest.raises(BadArgumentError, match=says):
            imported(path)


@pytest.mark.parametrize("path", ["resources", "cloud", "metadata", "finding_info", "remediation", "severity_id"])
@pytest.mark.parametrize("value", [None, 7, "x", [], [7], {}])
def test_whatever_stands_where_something_else_should_breaks_nothing(given, path, value):
    """One odd event beside a good one: it is taken as far as it goes, or left out."""
    told = judged(imported(given(prowler_event(**{path: value}), prowler_event())))

    assert RETENTION in {one.check for one in told.findings}


def test_ids_stay_as_short_as_a_column_and_tell_apart():
    long = "cloudwatch_log_metric_filter_and_alarm_for_cloudtrail_configuration_changes_enabled"

    assert len(own_id("prowler", long)) == LONGEST_ID
    assert own_id("prowler", long) != own_id("prowler", long + "_too")


def test_every_check_named_as_ours_is_ours():
    meant = {ours for table in BY_TOOL.values() for ours in table.values()} | NAMED_BY_US.keys()

    assert meant <= catalogue().keys()


def test_imported_findings_go_out_in_every_format(given):
    findings = judged(imported(given(prowler_event("ec2_ebs_volume_encryption"), prowler_event()))).findings

    assert {one["ruleId"] for one in sarif(findings)["runs"][0]["results"]} == {one.check for one in findings}
    assert {one["metadata"]["event_code"] for one in ocsf(findings, seen_at=NOW)} == {one.check for one in findings}


def test_our_own_ocsf_comes_back_as_it_went(given):
    findings = judged(databases(0)).findings

    unit = imported(given(*ocsf(findings, seen_at=NOW)))

    assert [(one["check"], one["resource"], one["severity"]) for one in unit.rows] == [
        (one.check, one.resource, one.severity) for one in findings
    ]


def test_on_the_command_line_alone(given, capsys):
    assert main(["import", str(given(prowler_event())), "--json", "-"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in told["findings"]] == [RETENTION]
    assert told["not_assessed"] == []


def test_nothing_imported_is_no_unit():
    assert read_findings([], key=KEY) is None
    assert OPERATION == "imported.findings"
