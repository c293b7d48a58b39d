"""A run as JSON and as CSV."""

import csv
import io
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from infra_audit.document import COLUMNS, as_bytes, document, findings_csv
from infra_audit.evaluate import Evaluation, evaluate
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/discovery-1.json").read_text())
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 11, 58, tzinfo=UTC)
CHECK = "rds_retention_zero"
ACCOUNT = {"id": "123456789012", "alias": "hp", "partition": "aws", "org_role": "member"}


def an_inventory():
    """One bad database, and a region where they could not be listed."""
    row = catalogue()[CHECK].bad["rds.describe_db_instances"][0]
    row = row | {"type": "rds:db", "name": "orders", "tags": {"Environment": "prod"}}
    read = Unit("rds.describe_db_instances", Place("aws", "123456789012", "eu-west-1"), Ending.OK, (row,), api_calls=2)
    denied = Unit(
        "rds.describe_db_instances",
        Place("aws", "123456789012", "us-east-1"),
        Ending.DENIED,
        iam_action="rds:DescribeDBInstances",
        denied_by="service control policy",
        api_calls=1,
    )
    return Inventory((read, denied))


def an_evaluation():
    checks = [catalogue()[CHECK]]
    return evaluate(an_inventory(), settings=CheckSettings(), now=NOW, key=b"key", checks=checks)


def written(evaluation, **changes):
    told = {"client": "Harbour & Pine", "started_at": STARTED, "duration_s": 1.23456, "accounts": [ACCOUNT]}
    return document(evaluation, an_inventory(), **(told | {"regions": ["eu-west-1", "us-east-1"]} | changes))


def errors(told):
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(json.loads(json.dumps(told)))]


def test_a_run_follows_the_published_schema():
    assert errors(written(an_evaluation())) == []


def test_a_run_without_anything_follows_it_too():
    assert (
        errors(document(Evaluation(), Inventory(), client="", started_at=NOW, duration_s=0, accounts=[], regions=[]))
        == []
    )


@pytest.mark.parametrize(
    ("part", "definition"), [("findings", "finding"), ("not_assessed", "gap"), ("iac_verdicts", "verdict")]
)
def test_every_field_written_is_described(part, definition):
    (told,) = written(an_evaluation())[part]

    assert set(told) == set(SCHEMA["$defs"][definition]["properties"])


def test_every_field_at_the_top_is_described_and_promised():
    told = written(an_evaluation())

    assert set(told) == set(SCHEMA["properties"]) == set(SCHEMA["required"])


def test_the_schema_refuses_what_lacks_a_field():
    told = written(an_evaluation())
    del told["findings"][0]["severity"]

    assert errors(told) == ["'severity' is a required property"]


def test_what_was_found_examined_and_not_read_is_told():
    told = written(an_evaluation())

    assert (told["schema"], told["client"], told["duration_s"], told["api_calls"]) == (1, "Harbour & Pine", 1.235, 3)
    assert (told["examined"], told["passed"]) == ({CHECK: 1}, {CHECK: 0})
    assert told["inventory"] == {"rds:db": 1}
    share = {"managed": 0, "unmanaged": 0, "derived": 0, "unknown": 1}
    share |= {"cloudformation": 0, "terraform": 0, "orphaned": 0, "hinted": 0}
    assert told["iac_coverage"] == {"rds:db": share}
    assert told["iac_coverage_by"] == {
        "service": {"rds": share},
        "region": {"eu-west-1": share},
        "environment": {"prod": share},
    }
    assert (told["iac_tools"], told["iac_states"]) == ({}, {"given": False, "read": []})
    (verdict,) = told["iac_verdicts"]
    assert (verdict["verdict"], verdict["confidence"], verdict["environment"]) == ("unknown", "low", "prod")
    assert "No Terraform state was given" in verdict["evidence"][0]
    (gap,) = told["not_assessed"]
    assert (gap["region"], gap["iam_action"], gap["denied_by"]) == (
        "us-east-1",
        "rds:DescribeDBInstances",
        "service control policy",
    )


def test_a_finding_is_new_unless_an_earlier_run_knew_it():
    evaluation = an_evaluation()
    fingerprint = evaluation.findings[0].fingerprint
    earlier = "2026-08-01T00:00:00+00:00"

    (new,) = written(evaluation)["findings"]
    (known,) = written(evaluation, statuses={fingerprint: "still"}, first_seen={fingerprint: earlier})["findings"]

    assert (new["status"], new["first_seen"]) == ("new", STARTED.isoformat())
    assert (known["status"], known["first_seen"]) == ("still", earlier)


def test_who_wrote_a_commit_is_in_neither_form():
    evaluation = an_evaluation()
    evaluation.findings = [replace(evaluation.findings[0], author="ben")]

    assert "author" not in written(evaluation)["findings"][0]
    assert "ben" not in findings_csv(evaluation.findings)


def table(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_has_a_line_a_finding_and_all_that_a_finding_tells():
    evaluation = an_evaluation()

    (line,) = table(findings_csv(evaluation.findings))

    assert list(line) == list(COLUMNS)
    assert set(COLUMNS) == set(asdict(evaluation.findings[0])) - {"author"}
    assert (line["check"], line["resource_name"], line["tags"]) == (CHECK, "orders", '{"Environment": "prod"}')


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1"])
def test_no_cell_is_a_formula(start):
    finding = replace(an_evaluation().findings[0], resource_name=start, detail=start)

    (line,) = table(findings_csv([finding]))

    assert line["resource_name"] == line["detail"] == f"'{start}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_comes_back_as_it_was_but_for_the_mark(text):
    finding = replace(an_evaluation().findings[0], resource_name=text)

    (line,) = table(findings_csv([finding]))

    assert line["resource_name"] in {text, f"'{text}"}
    assert line["resource_name"].lstrip(" ")[:1] not in set("=+-@\t\r") or not text.strip()


def test_an_empty_table_has_its_head():
    assert findings_csv([]).count("\r\n") == 1


def test_what_is_written_is_the_document_one_line_each():
    told = {
        "schema": 1,
        "client": "Hafen – „Süd“",
        "regions": [],
        "findings": [{"line": None}, {"line": 7}],
        "passed": {},
    }

    lines = as_bytes(told).decode().splitlines()

    assert json.loads("".join(lines)) == told
    assert '{"line": 7}' in lines


def test_what_repositories_tell_follows_the_schema_and_every_field_of_it_is_described():
    place = Place("", repository="shop")
    month = {"month": "2026-11", "commits": 3, "merges": 0, "reverts": 1, "hotfixes": 0}
    answer = {"kind": "heading", "path": "README.md", "line": 3, "text": "Run", "places": 1}
    tool = {"category": "language", "name": "Go", "version": None, "path": "a.go", "files": 3, "bytes": 90}
    rows = {
        "repo.tools": [tool],
        "repo.delivery": [{"event": "month", **month}],
        "repo.documents": [
            {"question": "run", "is_answered": True, **answer},
            {"question": "runbook", "is_answered": False, **dict.fromkeys(answer), "text": "", "places": 0},
        ],
    }
    inventory = Inventory(tuple(Unit(name, place, Ending.OK, tuple(some)) for name, some in rows.items()))

    told = document(Evaluation(), inventory, client="", started_at=NOW, duration_s=0, accounts=[], regions=[])

    assert errors(told) == []
    described = SCHEMA["$defs"]
    assert set(told["tools"][0]) == set(described["tool"]["properties"])
    assert set(told["delivery"]["shop"]) == set(described["delivery"]["properties"])
    assert set(told["delivery"]["shop"]["measures"][0]) == set(described["measure"]["properties"])
    assert told["documentation"]["shop"]["score"] == told["documentation"]["shop"]["of"] == 1
