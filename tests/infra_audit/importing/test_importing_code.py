"""What Checkov, cfn-lint and SARIF say of code joins what we found there, once, with who said so."""

import json

import pytest

from infra_audit.checks.repo._secrets import example as secret_example
from infra_audit.cli import main
from infra_audit.errors import BadArgumentError
from infra_audit.evaluate import evaluate
from infra_audit.formats.sarif import sarif
from infra_audit.importing.files import read_findings
from infra_audit.importing.rows import WITHHELD
from infra_audit.importing.same_meaning import TOPICS
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue
from tests.infra_audit.conftest import KEY, NOW
from tests.infra_audit.mint import Mint

PROTECTION, MODULE, DELETION = "tf_no_deletion_protection", "tf_module_unpinned", "cfn_no_deletion_policy"
ORDERS = "aws_db_instance.orders"


def failed(check="CKV_AWS_293", resource=ORDERS, path="/infra/db.tf", lines=(1, 9), **changed):
    """As `checkov -o json` writes it."""
    return {
        "check_id": check,
        "bc_check_id": None,
        "check_name": "Ensure that AWS database instances have deletion protection enabled",
        "check_result": {"result": "FAILED", "evaluated_keys": ["deletion_protection"]},
        "code_block": [[1, 'resource "aws_db_instance" "orders" {\n']],
        "file_path": path,
        "file_line_range": list(lines),
        "resource": resource,
        "severity": None,
        "guideline": "https://docs.example/293",
        **changed,
    }


def report(*checks, framework="terraform"):
    results = {"passed_checks": [failed("CKV_AWS_16")], "failed_checks": list(checks), "skipped_checks": []}
    return {"check_type": framework, "results": results, "summary": {"failed": 1, "checkov_version": "3.2.500"}}


def match(rule="I3011", name="Orders", line=4, level="Informational", path="infra/stack.yaml"):
    """As `cfn-lint --format json` writes it."""
    place = {"LineNumber": line, "ColumnNumber": 3}
    return {
        "Filename": path,
        "Level": level,
        "Location": {"Start": place, "End": place, "Path": ["Resources", name]},
        "Message": "'DeletionPolicy' is a required property",
        "Rule": {
            "Id": rule,
            "ShortDescription": "Check stateful resources",
            "Description": "…",
            "Source": "https://x.example",
        },
    }


def log(*results, name="Checkov", rules=()):
    """As SARIF 2.1.0."""
    driver = {"name": name, "version": "3.2.500", "rules": list(rules)}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}


def result(rule="CKV_AWS_293", uri="infra/db.tf", line=1, last=9, **changed):
    region = {"startLine": line, "endLine": last}
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    return {"ruleId": rule, "level": "error", "message": {"text": "Not so."}, "locations": [place], **changed}


@pytest.fixture
def given(tmp_path):
    """A file as a tool wrote it, read."""

    def read(content):
        path = tmp_path / "found.json"
        path.write_text(json.dumps(content))
        return read_findings([path], key=KEY)

    return read


def block(path, kind, *labels, **literals):
    attributes = {name: {"line": 3, "kind": "literal", "value": value} for name, value in literals.items()}
    told = {"path": path, "path_class": "code", "line": 1, "type": kind, "labels": list(labels), "blocks": []}
    return {**told, "address": ".".join(labels if kind == "resource" else (kind, *labels)), "attributes": attributes}


def repository(*rows, name="shop", operation="repo.terraform"):
    place = Place("", "", "", name)
    files = tuple({"path": path} for path in sorted({row["path"] for row in rows}))
    return [Unit(operation, place, Ending.OK, rows), Unit("repo.files", place, Ending.OK, files)]


def database(protected, path="infra/db.tf"):
    return block(path, "resource", "aws_db_instance", "orders", deletion_protection=protected)


def judged(*units, checks=(PROTECTION,)):
    some = [catalogue()[one] for one in checks]
    return evaluate(Inventory(tuple(units)), settings=CheckSettings(), now=NOW, key=KEY, checks=some)


@pytest.mark.parametrize(
    "path", ["/infra/db.tf", "/db.tf/../infra/db.tf", "/home/ci/shop/infra/db.tf", "./infra/db.tf"]
)
def test_what_checkov_and_we_found_is_one_finding_that_says_so(path, given):
    told = judged(*repository(database(False)), given(report(failed(path=path))))

    (finding,) = told.findings
    assert finding.check == PROTECTION
    assert finding.evidence["also_found_by"] == ["Checkov 3.2.500: CKV_AWS_293"]


def test_in_sarif_the_line_tells_that_it_is_the_same(given):
    told = judged(*repository(database(False)), given(log(result(), result(line=20, last=30))))

    assert {(one.check, one.line) for one in told.findings} == {(PROTECTION, 3), (PROTECTION, 20)}
    assert told.findings[0].evidence["also_found_by"] == ["Checkov 3.2.500: CKV_AWS_293"]


def test_the_same_path_in_two_repositories_is_of_neither(given):
    units = [*repository(database(False)), *repository(database(False), name="other")]

    told = judged(*units, given([report(failed())]))

    assert sorted(one.repository for one in told.findings) == ["", "other", "shop"]


def test_where_we_found_it_good_theirs_stays_theirs_and_says_that_we_disagree(given):
    told = judged(*repository(database(True)), given(report(failed())))

    (finding,) = told.findings
    assert (finding.check, finding.confidence, finding.repository) == ("checkov_ckv_aws_293", "low", "shop")
    assert (finding.path, finding.line, finding.resource) == ("infra/db.tf", 1, f"infra/db.tf#{ORDERS}")
    assert "found it good" in finding.detail
    assert told.passed == {PROTECTION: 1}


def test_without_the_repository_it_is_our_finding_as_ours_would_read(given):
    (theirs,) = judged(given(report(failed()))).findings
    (ours,) = judged(*repository(database(False))).findings

    assert (theirs.check, theirs.title, theirs.resource) == (ours.check, ours.title, ours.resource)
    assert theirs.evidence == {"found_by": ["Checkov 3.2.500: CKV_AWS_293"]}
    assert (theirs.account, theirs.path) == ("", "infra/db.tf")


def test_a_rule_that_asks_for_more_joins_only_where_we_found_something(given):
    unpinned = block("main.tf", "module", "a", source="git::https://git.example/a.git")
    tagged = {**block("tag.tf", "module", "b", source="git::https://git.example/b.git?ref=v1")}
    told = judged(
        *repository(unpinned, tagged),
        given(report(failed("CKV_TF_1", "a", "/main.tf", (1, 4)), failed("CKV_TF_1", "b", "/tag.tf", (1, 4)))),
        checks=(MODULE,),
    )

    assert {(one.check, one.path) for one in told.findings} == {(MODULE, "main.tf"), ("checkov_ckv_tf_1", "tag.tf")}


def test_one_id_in_two_languages_is_ours_in_one(given):
    name = "AWS::RDS::DBInstance.Orders"

    (finding,) = judged(given(report(failed(resource=name, path="/stack.yaml"), framework="cloudformation"))).findings

    assert (finding.check, finding.resource) == ("checkov_ckv_aws_293", "stack.yaml#Orders")


def test_cfn_lint_joins_by_the_logical_id(given):
    row = catalogue()[DELETION].bad["repo.cloudformation"][0] | {"path": "infra/stack.yaml"}
    units = repository(row, operation="repo.cloudformation")

    told = judged(
        *units, given([match(), match(), match("E3003", level="Error"), match(name="Other")]), checks=(DELETION,)
    )

    assert {(one.check, one.severity) for one in told.findings} == {
        (DELETION, "medium"),
        ("cfn_lint_e3003", "medium"),
        ("cfn_lint_i3011", "info"),
    }
    (ours,) = [one for one in told.findings if one.check == DELETION]
    assert ours.evidence["also_found_by"] == ["cfn-lint: I3011"]


def test_a_hash_of_a_secret_and_copies_of_code_stay_outside(given):
    digest, token = "3353378a" * 5, Mint(3).github_token()
    secret = failed("CKV_SECRET_6", digest, lines=(3, 4), code_block=[[3, token]])

    unit = given([report(secret, framework="secrets"), log(result(message={"text": f"Found {token}"}))])

    assert digest not in repr(unit)
    assert token not in repr(unit)
    assert "code_block" not in repr(unit)
    assert unit.rows[1]["detail"] == WITHHELD


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "pass"},
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"kind": "external", "status": "accepted"}]},
        {"baselineState": "absent"},
    ],
)
def test_what_sarif_says_passed_or_was_suppressed_is_no_finding(changed, given):
    assert given(log(result(**changed))).rows == ()


@pytest.mark.parametrize(
    ("tool", "level", "score", "severity"),
    [
        ("Checkov", "error", None, "medium"),
        ("cfn-lint", "error", None, "high"),
        ("Trivy", "note", None, "low"),
        ("Trivy", "error", "9.5", "critical"),
        ("Trivy", "error", "no number", "high"),
    ],
)
def test_severities_are_taken_as_they_are_meant(tool, level, score, severity, given):
    rule = {"id": "R1", "properties": {"security-severity": score} if score else {}}

    (row,) = given(log(result("R1", level=level), name=tool, rules=[rule])).rows

    assert row["severity"] == severity


@pytest.mark.parametrize(
    "content", [report(), [report(), report()], log(), {"passed": 0, "failed": 0, "checkov_version": "3"}]
)
def test_a_report_of_nothing_is_a_good_file(content, given):
    assert given(content).rows == ()


@pytest.mark.parametrize("content", [{"runs": []}, {"version": "1.0.0", "runs": []}, {"check_type": "terraform"}])
def test_what_is_none_of_them_is_refused(content, given):
    with pytest.raises(BadArgumentError, match="something else"):
        given(content)


@pytest.mark.parametrize("value", [None, 7, "x", [], [7], {}])
@pytest.mark.parametrize("field", ["ruleId", "message", "locations", "level", "suppressions"])
def test_whatever_stands_where_something_else_should_breaks_nothing(field, value, given):
    """One odd result beside a good one, in each format."""
    odd = dict.fromkeys(("resource", "file_path", "file_line_range", "severity", "guideline"), value)
    content = [log(result(**{field: value}), result()), report({**failed(), **odd}, value, failed())]

    told = judged(given(content))

    assert PROTECTION in {one.check for one in told.findings}


def test_every_check_named_as_ours_is_ours():
    named = {ours for table in TOPICS.values() for some in table.values() for ours in some}

    assert named <= catalogue().keys()


def test_our_own_sarif_can_be_read_again(given):
    findings = judged(*repository(database(False))).findings

    (row,) = given(sarif(findings)).rows

    assert (row["check"], row["path"], row["line"]) == (PROTECTION, "infra/db.tf", 3)


def test_on_the_command_line_alone(tmp_path, capsys):
    path = tmp_path / "checkov.json"
    path.write_text(json.dumps(report(failed(), failed("CKV_AWS_16"))))

    assert main(["import", str(path), "--json", "-"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [(one["check"], one["path"]) for one in told["findings"]] == [
        ("checkov_ckv_aws_16", "infra/db.tf"),
        (PROTECTION, "infra/db.tf"),
    ]


def leak(value, **changed):
    """As `gitleaks git --report-format json` writes it."""
    told = {"RuleID": "generic-api-key", "Description": "A key.", "StartLine": 3, "EndLine": 3, "File": "deploy.sh"}
    return {**told, "Match": f"KEY={value}", "Secret": value, "Commit": "c" * 40, "Fingerprint": "x:1", **changed}


def test_a_leak_that_gitleaks_found_joins_ours_and_leaves_its_value_behind(given):
    value = Mint("gitleaks").password()
    ours = secret_example(at_head=True)
    place = Place("", "", "", "shop")
    units = [
        Unit("repo.secrets", place, Ending.OK, (ours,)),
        Unit("repo.files", place, Ending.OK, ({"path": "deploy.sh"}, {"path": "other.sh"})),
    ]

    imported = given([leak(value), leak(value, File="other.sh")])
    told = judged(*units, imported, checks=("secret_at_head",))

    assert {one.check: one.path for one in told.findings} == {
        "secret_at_head": "deploy.sh",
        "gitleaks_generic_api_key": "other.sh",
    }
    assert next(one for one in told.findings if one.path == "deploy.sh").evidence["also_found_by"] == [
        "gitleaks: generic-api-key"
    ]
    assert value not in repr((imported, told))
