from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra_audit.evaluate import by_check, evaluate
from infra_audit.inventory import GLOBAL, Ending, Inventory, Place, Unit, Unread
from infra_audit.registry import Check, CheckSettings, Effort, Scope, Severity, Unknown, Verdict

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEY = b"a key for tests"
ACCOUNT = "111111111111"
IRELAND = Place("aws", ACCOUNT, "eu-west-1")
VIRGINIA = Place("aws", ACCOUNT, "us-east-1")
WIDE = Place("aws", ACCOUNT, GLOBAL)
LIST, MORE = "rds.describe_db_instances", "rds.describe_db_snapshots"


def each_row(inventory, settings, now):
    for row in inventory[LIST]:
        yield Verdict(row["arn"], bad=row["bad"], detail="So it is.", **row.get("verdict", {}))


def a_check(judge=each_row, **changes):
    made = Check(
        id="rds_example",
        title="An example",
        headline="{n} of {m} are examples",
        severity=Severity.HIGH,
        effort=Effort.HOURS,
        why="Because.",
        action="Do it",
        consequence="nothing",
        remedy="Do it.",
        source="https://example.org/",
        judge=judge,
        bad={},
        good={},
        needs=(LIST,),
    )
    return replace(made, **changes)


def a_row(name, bad=True, **more):
    return {
        "arn": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:{name}",
        "type": "rds:db",
        "name": name,
        "tags": {},
        "bad": bad,
        **more,
    }


def a_unit(*rows, operation=LIST, place=IRELAND, ending=Ending.OK, **more):
    return Unit(operation, place, ending, tuple(rows), **more)


def judge(*units, check=None, settings=None, key=KEY):
    return evaluate(
        Inventory(units), settings=settings or CheckSettings(), now=NOW, key=key, checks=[check or a_check()]
    )


def test_bad_rows_are_found_and_the_others_pass():
    result = judge(a_unit(a_row("orders"), a_row("carts", bad=False), a_row("stock", bad=False)))

    [finding] = result.findings
    assert (finding.resource_name, finding.resource_type, finding.region) == ("orders", "rds:db", "eu-west-1")
    assert (result.examined, result.passed) == ({"rds_example": 3}, {"rds_example": 2})
    assert result.gaps == []


def test_what_was_denied_is_named_and_nothing_passes():
    denied = a_unit(ending=Ending.DENIED, iam_action="rds:DescribeDBInstances", denied_by="service control policy")

    result = judge(denied)

    [gap] = result.gaps
    assert (gap.check, gap.account, gap.region, gap.unit) == ("rds_example", ACCOUNT, "eu-west-1", LIST)
    assert (gap.reason, gap.iam_action, gap.denied_by) == (
        "denied",
        "rds:DescribeDBInstances",
        "service control policy",
    )
    assert (result.findings, result.examined, result.passed) == ([], {}, {})


@pytest.mark.parametrize("ending", [one for one in Ending if not one.readable])
def test_whatever_hid_a_region_the_others_are_judged(ending):
    result = judge(a_unit(ending=ending), a_unit(a_row("orders"), place=VIRGINIA))

    assert [finding.region for finding in result.findings] == ["us-east-1"]
    assert [(gap.region, gap.reason) for gap in result.gaps] == [("eu-west-1", ending.value)]


@pytest.mark.parametrize("ending", [Ending.NOT_ENABLED, Ending.NOT_APPLICABLE])
def test_a_service_that_is_not_there_is_no_gap_and_has_nothing_to_examine(ending):
    result = judge(a_unit(ending=ending))

    assert (result.gaps, result.examined) == ([], {"rds_example": 0})


def test_a_list_that_was_cut_short_is_judged_and_named():
    result = judge(a_unit(a_row("orders"), ending=Ending.TRUNCATED, message="Only the first 1 were read."))

    assert len(result.findings) == 1
    assert [(gap.reason, gap.message) for gap in result.gaps] == [("truncated", "Only the first 1 were read.")]


def test_one_resource_that_was_not_read_is_named_beside_those_that_were():
    unread = Unread("arn:hidden", Ending.DENIED, "rds:ListTagsForResource", "permissions boundary")

    result = judge(a_unit(a_row("orders"), ending=Ending.PARTIAL, unread=(unread,)))

    assert len(result.findings) == 1
    [gap] = result.gaps
    assert (gap.resource, gap.iam_action, gap.denied_by) == (
        "arn:hidden",
        "rds:ListTagsForResource",
        "permissions boundary",
    )


def test_what_nobody_collected_is_a_gap_not_a_pass():
    check = a_check(needs=(LIST, MORE))

    result = judge(a_unit(a_row("orders")), check=check)

    assert [(gap.unit, gap.message) for gap in result.gaps] == [(MORE, "This was not collected.")]
    assert result.findings == []


def test_of_lists_that_are_judged_each_by_itself_an_unread_one_spoils_no_other():
    def both(inventory, settings, now):
        for operation in (LIST, MORE):
            for row in inventory[operation]:
                yield Verdict(row["arn"], bad=True)

    check = a_check(both, needs=(), over=(LIST, MORE))

    result = judge(a_unit(a_row("orders")), a_unit(operation=MORE, ending=Ending.DENIED), check=check)

    assert [finding.resource_name for finding in result.findings] == ["orders"]
    assert [gap.unit for gap in result.gaps] == [MORE]


def undecided(inventory, settings, now):
    for row in inventory[LIST]:
        yield Unknown(row["arn"], MORE)


def test_a_resource_that_could_not_be_decided_names_what_would_have_decided():
    check = a_check(undecided, consults=(MORE,))
    denied = a_unit(
        operation=MORE, ending=Ending.DENIED, iam_action="rds:DescribeDBSnapshots", denied_by="identity policy"
    )

    result = judge(a_unit(a_row("orders")), denied, check=check)

    [gap] = result.gaps
    assert gap.resource.endswith(":db:orders")
    assert (gap.unit, gap.iam_action, gap.denied_by) == (MORE, "rds:DescribeDBSnapshots", "identity policy")
    assert result.examined == {"rds_example": 0}


def test_what_cannot_be_known_from_here_says_why():
    def judge_it(inventory, settings, now):
        yield Unknown("arn:account", LIST, because="Only the payer can see it.")

    result = judge(a_unit(a_row("orders")), check=a_check(judge_it))

    assert [(gap.reason, gap.message) for gap in result.gaps] == [("not_applicable", "Only the payer can see it.")]


def test_a_regional_check_sees_its_region_and_what_holds_for_the_account_and_no_neighbour():
    def seen(inventory, settings, now):
        names = sorted(row["name"] for operation in (LIST, MORE) for row in inventory[operation])
        yield Verdict(f"arn:{'+'.join(names)}", bad=True)

    check = a_check(seen, consults=(MORE,))
    account_wide = a_unit(a_row("wide"), operation=MORE, place=WIDE)

    result = judge(a_unit(a_row("here")), a_unit(a_row("there"), place=VIRGINIA), account_wide, check=check)

    assert {finding.resource for finding in result.findings} == {"arn:here+wide", "arn:there+wide"}


def test_a_check_of_the_account_is_judged_once_over_all_regions_and_not_over_other_accounts():
    def count(inventory, settings, now):
        yield Verdict("arn:account", bad=True, detail=str(len(inventory[LIST])))

    other = Place("aws", "222222222222", "eu-west-1")
    units = (a_unit(a_row("a")), a_unit(a_row("b"), place=VIRGINIA), a_unit(a_row("c"), place=other))

    result = judge(*units, check=a_check(count, scope=Scope.ACCOUNT))

    assert [(finding.account, finding.detail) for finding in result.findings] == [(ACCOUNT, "2"), ("222222222222", "1")]


def test_a_finding_about_an_account_keeps_its_fingerprint_whether_or_not_its_row_was_read():
    check = a_check(scope=Scope.ACCOUNT)
    described = Unit("iam.get_account_authorization_details", WIDE, Ending.OK, (a_row("orders"),))
    bare = {"arn": a_row("orders")["arn"], "bad": True}

    with_row = judge(a_unit(bare, place=WIDE), described, check=check)
    without = judge(a_unit(bare, place=WIDE), check=check)

    assert with_row.findings[0].fingerprint == without.findings[0].fingerprint


@pytest.mark.parametrize(
    ("tags", "severity", "says"),
    [
        ({}, "high", ""),
        ({"Environment": "production"}, "high", ""),
        ({"env": "dev"}, "medium", "dev"),
        ({"Stage": "TEST"}, "medium", "test"),
    ],
)
def test_outside_production_it_matters_one_step_less_and_says_so(tags, severity, says):
    [finding] = judge(a_unit(a_row("orders", tags=tags))).findings

    assert finding.severity == severity
    assert says in finding.severity_reason


def test_a_check_on_people_is_never_eased():
    [finding] = judge(
        a_unit(a_row("orders", tags={"env": "dev"})), check=a_check(eased_outside_production=False)
    ).findings

    assert finding.severity == "high"


def test_the_practice_has_the_last_word_on_severity():
    row = a_row("orders", verdict={"severity": Severity.CRITICAL, "severity_reason": "Orders are in it."})

    [judged] = judge(a_unit(row)).findings
    [overruled] = judge(a_unit(row), settings=CheckSettings(severities={"rds_example": Severity.LOW})).findings

    assert (judged.severity, judged.severity_reason) == ("critical", "Orders are in it.")
    assert (overruled.severity, overruled.severity_reason) == ("low", "Set by the practice.")


def test_a_fingerprint_outlives_wording_and_order_but_not_the_place_the_sub_key_or_the_key():
    first = judge(a_unit(a_row("a"), a_row("b")))
    again = judge(a_unit(a_row("b", verdict={"evidence": {"seen": 2}}), a_row("a")))
    elsewhere = judge(a_unit(a_row("a"), a_row("b"), place=VIRGINIA))
    another_matter = judge(a_unit(a_row("a", verdict={"sub_key": "x"}), a_row("b", verdict={"sub_key": "x"})))
    another_key = judge(a_unit(a_row("a"), a_row("b")), key=b"another")

    def prints(result):
        return {finding.fingerprint for finding in result.findings}

    assert prints(first) == prints(again)
    assert not prints(first) & (prints(elsewhere) | prints(another_matter) | prints(another_key))


def test_the_same_finding_said_twice_counts_once():
    result = judge(a_unit(a_row("orders"), a_row("orders")))

    assert len(result.findings) == 1
    assert result.examined == {"rds_example": 1}


def test_several_findings_of_one_resource_are_told_apart_by_sub_key_and_fail_it_once():
    rows = [a_row("orders", verdict={"sub_key": key}) for key in ("a", "b")]

    result = judge(a_unit(*rows, a_row("carts", bad=False)))

    assert len(result.findings) == 2
    assert (result.examined, result.passed) == ({"rds_example": 2}, {"rds_example": 1})


def test_the_worst_come_first_and_are_grouped_in_that_order():
    rows = [a_row("mild", verdict={"severity": Severity.LOW}), a_row("bad", verdict={"severity": Severity.CRITICAL})]

    findings = judge(a_unit(*rows)).findings

    assert [finding.severity for finding in findings] == ["critical", "low"]
    assert by_check(findings) == {"rds_example": findings}


def test_rows_are_judged_where_the_resource_is_though_they_were_read_elsewhere():
    [finding] = judge(a_unit(a_row("orders", region="eu-central-1"), place=WIDE)).findings

    assert finding.region == "eu-central-1"
