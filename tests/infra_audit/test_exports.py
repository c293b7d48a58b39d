"""Whatever a check may find goes out in documents that their published schemas accept (see schemas/README.md)."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from infra_audit.document import COLUMNS, document, findings_csv
from infra_audit.evaluate import evaluate
from infra_audit.formats.ocsf import ocsf
from infra_audit.formats.sarif import sarif
from infra_audit.importing.files import read_findings
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Place
from infra_audit.registry import CheckSettings, Scope, catalogue
from tests.infra_audit.conftest import KEY, NOW
from tests.infra_audit.importing.test_importing import asff, databases, prowler_event
from tests.infra_audit.test_checks import REPOSITORY, every_check

SCHEMAS = Path(__file__).parent / "schemas"
OURS = Path(__file__).parents[2] / "docs/schema/discovery-1.json"
LATE = datetime(2099, 1, 1, tzinfo=UTC)  # the day of examples that name none
URI_SIGNS = re.compile(r"([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")

formats = FormatChecker(("date-time",))


@formats.checks("uri-reference")
def _is_uri_reference(text):
    """RFC 3986: no sign that it does not know, and no colon in the first part of what has no scheme."""
    return bool(URI_SIGNS.fullmatch(text)) and (":" not in text.partition("/")[0] or _is_uri(text))


@formats.checks("uri")
def _is_uri(text):
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)) and bool(URI_SIGNS.fullmatch(text))


def validator(path, kind):
    schema = json.loads(path.read_text())
    kind.check_schema(schema)
    return kind(schema, format_checker=formats)


OUR_JSON = validator(OURS, Draft202012Validator)
SARIF = validator(SCHEMAS / "sarif-2.1.0.json", Draft7Validator)
OCSF = validator(SCHEMAS / "ocsf-1.3.0-compliance_finding.json", Draft202012Validator)
OCSF_CLOUD = validator(SCHEMAS / "ocsf-1.3.0-compliance_finding-cloud.json", Draft202012Validator)


def refusals(schema, told):
    """What the schema says against it once it was written and read."""
    return [f"{one.json_path}: {one.message}" for one in schema.iter_errors(json.loads(json.dumps(told)))]


def refused_events(events):
    """An event that names the profile for clouds is held to that profile too."""
    return [
        told
        for event in events
        for told in refusals(OCSF_CLOUD if "cloud" in event["metadata"].get("profiles", ()) else OCSF, event)
    ]


def bad_example(check):
    place = REPOSITORY if check.scope is Scope.REPOSITORY else Place(account=EXAMPLE_ACCOUNT, region="eu-west-1")
    inventory = Inventory.example(check.bad, place)
    now = check.examples_at or LATE
    return evaluate(inventory, settings=CheckSettings(), now=now, key=KEY, checks=[check])


@pytest.fixture(scope="module")
def everything():
    """All that the bad examples of all checks lead to."""
    return [finding for check in catalogue().values() for finding in bad_example(check).findings]


@pytest.fixture
def with_imported(tmp_path):
    """One finding of ours that others found too, and theirs as they come: with much, with little, with oddities."""
    bare = asff("custom/7", Title="x", Resources=[{"Id": "thing"}], Remediation={}, Severity={})
    there = [
        prowler_event(),
        prowler_event("ec2_ebs_volume_encryption", severity_id=6),
        prowler_event("odd", resources=[{"uid": "a resource"}], remediation={"references": ["see <the wiki>"]}),
        prowler_event("quiet", finding_info={}, message="", status_detail="", risk_details="", remediation={}),
        asff(),
        asff("security-control/EC2.2"),
        bare,
    ]
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(there))
    inventory = Inventory((databases(0), read_findings([path], key=KEY)))
    return evaluate(inventory, settings=CheckSettings(), now=NOW, key=KEY)


def told_of(evaluation):
    account = {"id": EXAMPLE_ACCOUNT, "alias": "", "partition": "aws", "org_role": ""}
    return document(
        evaluation,
        Inventory(),  # what examples hold of resources is too little to count them by
        client="Harbour & Pine",
        started_at=NOW,
        duration_s=1.5,
        accounts=[account],
        regions=["eu-west-1"],
    )


@every_check
def test_our_json_follows_our_schema_whatever_was_found(one):
    evaluation = bad_example(one)

    assert evaluation.findings
    assert refusals(OUR_JSON, told_of(evaluation)) == []


def test_sarif_follows_the_standard_s_schema_whatever_was_found(everything):
    told = sarif(everything)

    assert {one["ruleId"] for one in told["runs"][0]["results"]} == set(catalogue())
    assert refusals(SARIF, told) == []


def test_ocsf_follows_the_schema_of_its_class_whatever_was_found(everything):
    events = ocsf(everything, seen_at=NOW)

    assert {one["metadata"]["event_code"] for one in events} == set(catalogue())
    assert refused_events(events) == []


def test_an_event_of_an_account_is_of_the_profile_for_clouds_and_one_of_a_repository_of_none(everything):
    events = ocsf(everything, seen_at=NOW)

    clouds = [one["metadata"].get("profiles") == ["cloud"] for one in events]
    assert clouds == [bool(finding.account) for finding in everything]
    assert True in clouds
    assert False in clouds


def test_what_others_found_goes_out_as_well_formed_as_ours(with_imported):
    findings = with_imported.findings

    assert len({one.check for one in findings if "found_by" in one.evidence}) >= 5
    assert refusals(OUR_JSON, told_of(with_imported)) == []
    assert refusals(SARIF, sarif(findings)) == []
    assert refused_events(ocsf(findings, seen_at=NOW)) == []


def test_nothing_found_is_a_good_document_too():
    assert refusals(SARIF, sarif([])) == []
    assert ocsf([], seen_at=NOW) == []


def test_the_table_reads_back_row_for_row(everything, with_imported):
    findings = [*everything, *with_imported.findings]

    rows = list(csv.DictReader(io.StringIO(findings_csv(findings), newline=""), strict=True))

    assert len(rows) == len(findings)
    for row, finding in zip(rows, findings, strict=True):
        assert list(row) == list(COLUMNS)
        assert {name: row[name].removeprefix("'") for name in ("check", "resource", "title", "fingerprint")} == {
            name: getattr(finding, name) for name in ("check", "resource", "title", "fingerprint")
        }
        assert json.loads(row["evidence"] or "{}") == finding.evidence
        assert json.loads(row["tags"] or "{}") == finding.tags
        assert not any(cell[:1] in set("=+-@\t\r") for cell in row.values())


@pytest.mark.parametrize(
    ("schema", "written", "spoilt"),
    [
        (SARIF, sarif, lambda told: told["runs"][0]["results"][0].pop("message")),
        (SARIF, sarif, lambda told: told["runs"][0]["tool"]["driver"]["rules"][0].update(helpUri="see below")),
        (SARIF, sarif, lambda told: told["runs"][0].update(columnKind="bytes")),
        (OCSF_CLOUD, lambda some: ocsf(some, seen_at=NOW)[0], lambda told: told.pop("finding_info")),
        (OCSF_CLOUD, lambda some: ocsf(some, seen_at=NOW)[0], lambda told: told.update(severity_id=7)),
        (OCSF_CLOUD, lambda some: ocsf(some, seen_at=NOW)[0], lambda told: told["resources"][0].update(colour="red")),
    ],
)
def test_the_schemas_refuse_what_they_should(everything, schema, written, spoilt):
    told = json.loads(json.dumps(written([one for one in everything if one.account][:1])))
    assert refusals(schema, told) == []

    spoilt(told)

    assert len(refusals(schema, told)) == 1
