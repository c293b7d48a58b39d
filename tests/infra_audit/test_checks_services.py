"""What the checks on services conclude, and what they refuse to."""

from datetime import UTC, datetime, timedelta

import pytest

from infra_audit.collectors.aws.cloudwatch import alarm_of
from infra_audit.evaluate import evaluate
from infra_audit.inventory import EXAMPLE_ACCOUNT, GLOBAL, Ending, Inventory, Place, Unit, Unread
from infra_audit.registry import CheckSettings, catalogue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REGION = "eu-west-1"
PAYER = "999999999999"
MEMBER = {"role": "member", "payer": PAYER, "organisation": "o-1"}
ALONE = {"role": "standalone", "payer": None, "organisation": None}
ACCOUNT_WIDE = frozenset(
    {
        "organizations.describe_organization",
        "cloudtrail.describe_trails",
        "cloudwatch.describe_billing_alarms",
        "budgets.describe_budgets",
        "ce.get_anomaly_monitors",
        "iam.list_server_certificates",
    }
)


def unit(operation, rows=(), ending=Ending.OK, **given):
    region = GLOBAL if operation in ACCOUNT_WIDE else REGION
    return Unit(operation, Place("aws", EXAMPLE_ACCOUNT, region), ending, tuple(rows), **given)


def judged(check, *units):
    return evaluate(Inventory(units), settings=CheckSettings(), now=NOW, key=b"k", checks=[catalogue()[check]])


def denied(operation):
    return unit(operation, ending=Ending.DENIED, iam_action="a:B", denied_by="identity policy")


def trail(name="main", **given):
    row = {
        "arn": f"arn:aws:cloudtrail:us-east-1:{EXAMPLE_ACCOUNT}:trail/{name}",
        "type": "cloudtrail:trail",
        "name": name,
        "owner": EXAMPLE_ACCOUNT,
        "multi_region": True,
        "of_organisation": False,
        "validated": True,
        "logging": True,
        "delivery_error": None,
    }
    return {**row, **given}


def trails(rows, organisation=ALONE):
    return judged(
        "no_cloudtrail",
        unit("cloudtrail.describe_trails", rows),
        unit("organizations.describe_organization", [organisation]),
    )


def test_a_trail_of_the_organisation_covers_a_member_that_sees_it_record():
    result = trails([trail(owner=PAYER, of_organisation=True)], MEMBER)

    assert (result.findings, result.passed["no_cloudtrail"]) == ([], 1)


def test_a_trail_whose_state_is_hidden_is_not_assessed_and_names_its_owner():
    result = trails([trail(owner=PAYER, of_organisation=True, logging=None)], MEMBER)

    [gap] = result.gaps
    assert (result.findings, result.passed["no_cloudtrail"]) == ([], 0)
    assert PAYER in gap.message


def test_a_member_without_a_trail_names_the_management_account():
    result = trails([], MEMBER)

    assert not result.findings
    assert [PAYER in gap.message for gap in result.gaps] == [True]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "There is no trail."),
        ([trail(multi_region=False)], "No trail covers all regions: main."),
        ([trail(logging=False)], "main is switched off."),
        ([trail(delivery_error="NoSuchBucket")], "main cannot deliver (NoSuchBucket)."),
    ],
)
def test_what_is_wrong_with_the_trails_is_told(rows, words):
    [finding] = trails(rows).findings

    assert finding.detail == words


def test_one_trail_that_records_everywhere_is_enough():
    assert not trails([trail(logging=False), trail("second")]).findings


def test_another_accounts_trail_is_judged_there():
    result = judged("trail_not_validated", unit("cloudtrail.describe_trails", [trail(owner=PAYER, validated=False)]))

    assert result.examined["trail_not_validated"] == 0


def billing(alarms, budgets=(), organisation=ALONE):
    return judged(
        "no_billing_alarm",
        unit("cloudwatch.describe_billing_alarms", alarms),
        unit("budgets.describe_budgets", budgets),
        unit("organizations.describe_organization", [organisation]),
    )


def test_a_member_without_an_alarm_on_the_bill_names_its_payer():
    result = billing([], organisation=MEMBER)

    assert not result.findings
    assert [PAYER in gap.message for gap in result.gaps] == [True]


def test_a_budget_eases_the_want_of_an_alarm_on_the_bill():
    assert [one.severity for one in billing([]).findings] == ["medium"]
    assert [one.severity for one in billing([], [{"name": "monthly"}]).findings] == ["info"]


def test_where_there_is_no_bill_there_is_nothing_to_judge():
    result = judged("no_billing_alarm", unit("cloudwatch.describe_billing_alarms", ending=Ending.NOT_APPLICABLE))

    assert (result.findings, result.gaps, result.examined) == ([], [], {"no_billing_alarm": 0})


def test_a_monitor_that_nobody_hears_is_none_and_a_members_payer_is_named():
    monitors = [{"monitor": "m", "name": "services", "kind": "DIMENSIONAL", "subscribers": 0}]
    own = unit("organizations.describe_organization", [ALONE])
    of_another = unit("organizations.describe_organization", [MEMBER])
    asked = unit("ce.get_anomaly_monitors", monitors)

    assert judged("cost_anomaly_off", asked, own).findings
    assert [PAYER in gap.message for gap in judged("cost_anomaly_off", asked, of_another).gaps] == [True]


MANAGEMENT = {"role": "management", "payer": PAYER, "organisation": "o-1"}
BILL_WATCHED = {"arn": "a", "name": "bill", "tells": True, "expressions": [], "rule": None}
TRAIL = {"owner": PAYER, "arn": f"arn:aws:cloudtrail:us-east-1:{PAYER}:trail/all", "of_organisation": True}


def alarm_on(**dimensions):
    return BILL_WATCHED | {"metrics": [{"namespace": "AWS/Billing", "dimensions": dimensions}]}


def of_payer(operation, rows=(), ending=Ending.OK):
    return Unit(operation, Place("aws", PAYER, GLOBAL), ending, tuple(rows))


def beside_its_payer(check, operation, theirs, *, own=(), ending=Ending.OK, more=()):
    """The findings and gaps of the member alone, where the run read its payer too."""
    result = judged(
        check,
        unit(operation, own),
        unit("organizations.describe_organization", [MEMBER]),
        of_payer(operation, theirs, ending),
        of_payer("organizations.describe_organization", [MANAGEMENT]),
        *more,
    )
    findings = [one for one in result.findings if one.account == EXAMPLE_ACCOUNT]
    return findings, [one for one in result.gaps if one.account == EXAMPLE_ACCOUNT], result


@pytest.mark.parametrize(
    ("check", "operation", "theirs"),
    [
        ("no_budget", "budgets.describe_budgets", {"name": "monthly", "accounts": None}),
        ("no_budget", "budgets.describe_budgets", {"name": "shop", "accounts": [EXAMPLE_ACCOUNT]}),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms", alarm_on(Currency="USD")),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms", alarm_on(LinkedAccount=EXAMPLE_ACCOUNT)),
        ("no_cloudtrail", "cloudtrail.describe_trails", trail(**TRAIL)),
        ("cost_anomaly_off", "ce.get_anomaly_monitors", {"name": "all", "kind": "DIMENSIONAL", "subscribers": 1}),
    ],
)
def test_what_its_payer_keeps_for_all_accounts_covers_a_member_of_the_same_run(check, operation, theirs):
    findings, gaps, result = beside_its_payer(check, operation, [theirs])

    assert (findings, gaps) == ([], [])
    assert result.passed[check] == result.examined[check] == 2


@pytest.mark.parametrize(
    ("check", "operation", "theirs"),
    [
        ("no_budget", "budgets.describe_budgets", []),
        ("no_budget", "budgets.describe_budgets", [{"name": "other", "accounts": ["111111111111"]}]),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms", []),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms", [alarm_on() | {"tells": False}]),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms", [alarm_on(LinkedAccount="111111111111")]),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms", [alarm_on(ServiceName="AmazonEC2")]),
        ("no_cloudtrail", "cloudtrail.describe_trails", []),
        ("no_cloudtrail", "cloudtrail.describe_trails", [trail(**TRAIL | {"of_organisation": False})]),
        ("no_cloudtrail", "cloudtrail.describe_trails", [trail(**TRAIL, logging=False)]),
        ("cost_anomaly_off", "ce.get_anomaly_monitors", [{"name": "all", "kind": "DIMENSIONAL", "subscribers": 0}]),
    ],
)
def test_where_its_payer_keeps_nothing_for_it_either_a_member_has_none(check, operation, theirs):
    [finding], gaps, _ = beside_its_payer(check, operation, theirs)

    assert PAYER in finding.detail
    assert (finding.resource_name, finding.resource_type, gaps) == (EXAMPLE_ACCOUNT, "account", [])


@pytest.mark.parametrize(
    ("check", "operation"),
    [
        ("no_budget", "budgets.describe_budgets"),
        ("no_billing_alarm", "cloudwatch.describe_billing_alarms"),
        ("no_cloudtrail", "cloudtrail.describe_trails"),
        ("cost_anomaly_off", "ce.get_anomaly_monitors"),
    ],
)
def test_what_could_not_be_read_at_its_payer_judges_no_member(check, operation):
    findings, [gap], _ = beside_its_payer(check, operation, [], ending=Ending.DENIED)

    assert findings == []
    assert f"Account {PAYER}" in gap.message
    assert "could not be read there" in gap.message


def test_a_budget_of_its_payer_eases_the_want_of_an_alarm_for_a_member_too():
    budget = of_payer("budgets.describe_budgets", [{"name": "monthly", "accounts": None}])

    [finding], _, _ = beside_its_payer("no_billing_alarm", "cloudwatch.describe_billing_alarms", [], more=[budget])

    assert finding.severity == "info"


def test_the_owner_tells_whether_a_trail_records_whose_state_is_hidden_from_a_member():
    hidden, seen = (trail(**TRAIL, logging=logging) for logging in (None, True))

    findings, gaps, result = beside_its_payer("no_cloudtrail", "cloudtrail.describe_trails", [seen], own=[hidden])

    assert (findings, gaps, result.passed["no_cloudtrail"]) == ([], [], 2)


def database(name="orders", **given):
    row = {
        "arn": f"arn:aws:rds:{REGION}:{EXAMPLE_ACCOUNT}:db:{name}",
        "type": "rds:db",
        "name": name,
        "tags": {},
        "family": "rds",
        "engine": "postgres",
        "engine_version": "16.4",
        "cluster": None,
        "replica_of": None,
    }
    return {**row, **given}


def alarm(name, database, **given):
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": database}]
    metric = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": dimensions}
    arn = f"arn:aws:cloudwatch:{REGION}:{EXAMPLE_ACCOUNT}:alarm:{name}"
    return alarm_of({"AlarmArn": arn, "AlarmName": name, "AlarmActions": ["topic"], **metric, **given})


def test_without_the_alarms_no_database_is_called_unwatched_but_one_seen_watched_passes():
    some = [database(), database("payments")]
    half = unit("cloudwatch.describe_alarms", [alarm("a", "payments")], Ending.TRUNCATED)
    clusters = unit("rds.describe_db_clusters")

    result = judged("no_alarms", unit("rds.describe_db_instances", some), clusters, half)
    nothing = judged(
        "no_alarms", unit("rds.describe_db_instances", some), clusters, denied("cloudwatch.describe_alarms")
    )

    assert (result.findings, result.passed["no_alarms"]) == ([], 1)
    assert [gap.resource for gap in result.gaps] == [database()["arn"]]
    assert (nothing.findings, nothing.passed["no_alarms"], len(nothing.gaps)) == ([], 0, 2)


def test_a_cluster_is_watched_by_its_members_alarms():
    cluster = database("shop", type="rds:cluster", family="aurora", members=["shop-1"], replica_of=None)
    alarms = unit("cloudwatch.describe_alarms", [alarm("a", "shop-1")])

    result = judged("no_alarms", unit("rds.describe_db_instances"), unit("rds.describe_db_clusters", [cluster]), alarms)

    assert not result.findings


def engines(*rows, operation="rds.describe_db_instances"):
    return judged("engine_unsupported", unit(operation, rows))


def test_engines_are_judged_by_their_own_versions():
    result = engines(
        database("a", engine="mysql", engine_version="5.6.51"),
        database("b", engine="mysql", engine_version="5.7.44"),
        database("c", engine="aurora-mysql", engine_version="8.0.mysql_aurora.3.08.0"),
        database("d", engine="sqlserver-se", engine_version="12.00.6449.1.v1"),
        database("e", engine="db2-se", engine_version="11.5"),
        database("f", engine="postgres", engine_version="10.23", cluster="shop"),
    )

    told = {one.resource_name: one.severity for one in result.findings}
    assert told == {"a": "high", "b": "medium", "d": "high"}
    assert [gap.resource.rpartition(":")[2] for gap in result.gaps] == ["e"]


def cache(name, version, group=None, engine="redis"):
    arn = f"arn:aws:elasticache:{REGION}:{EXAMPLE_ACCOUNT}:cluster:{name}"
    return {"arn": arn, "name": name, "engine": engine, "engine_version": version, "group": group}


def test_a_group_of_cache_nodes_is_one_cache():
    result = engines(
        cache("s-001", "5.0.6", "s"),
        cache("s-002", "5.0.6", "s"),
        cache("m", "1.4.5", engine="memcached"),
        cache("n", None),
        operation="elasticache.describe_cache_clusters",
    )

    assert [one.resource for one in result.findings] == [
        f"arn:aws:elasticache:{REGION}:{EXAMPLE_ACCOUNT}:replicationgroup:s"
    ]
    assert len(result.gaps) == 1


def server(image="ami-1", **given):
    arn = f"arn:aws:ec2:{REGION}:{EXAMPLE_ACCOUNT}:instance/i-1"
    return {"arn": arn, "type": "ec2:instance", "id": "i-1", "name": "web", "tags": {}, "image": image, **given}


def systems(*, image=None, agent=None, platform="Linux/UNIX", agents_ending=Ending.OK):
    images = [{"id": "ami-1", "name": image, "platform": platform}] if image else []
    agents = [{"id": "i-1", "system": agent[0], "system_version": agent[1]}] if agent else []
    return judged(
        "os_unsupported",
        unit("ec2.describe_instances", [server()]),
        unit("ec2.describe_images_in_use", images),
        unit("ssm.describe_instance_information", agents, agents_ending),
    )


XENIAL = "ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-server-20210928"
FOCAL = "ubuntu-pro-server/images/hvm-ssd/ubuntu-focal-20.04-amd64-pro-server-20240101"


def test_the_agents_word_counts_before_the_images_name():
    upgraded = systems(image=XENIAL, agent=("Ubuntu", "24.04"))
    by_image = systems(image=XENIAL)

    assert (upgraded.findings, upgraded.passed["os_unsupported"]) == ([], 1)
    assert [one.confidence for one in by_image.findings] == ["medium"]


def test_paid_updates_are_told_where_the_image_had_them():
    assert [one.severity for one in systems(image=FOCAL, platform="Ubuntu Pro").findings] == ["medium"]
    assert [one.severity for one in systems(image=FOCAL).findings] == ["high"]


def test_a_server_that_tells_nothing_is_not_judged():
    nameless, unread = systems(image="our-web"), systems(agents_ending=Ending.DENIED)

    assert (nameless.findings, nameless.passed["os_unsupported"]) == ([], 0)
    assert [gap.reason for gap in nameless.gaps] == ["not_applicable"]
    assert [gap.unit for gap in unread.gaps] == ["ssm.describe_instance_information"]


def balancer(**given):
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{EXAMPLE_ACCOUNT}:loadbalancer/app/shop/1"
    row = {"arn": arn, "type": "elasticloadbalancing:loadbalancer", "name": "shop", "tags": {}, "kind": "application"}
    return {**row, "internet_facing": True, **given}


def listener(actions, port=80, protocol="HTTP"):
    told = None if actions is None else [{"kind": kind, "to_https": kind == "redirect"} for kind in actions]
    return {"listener": "l", "balancer": balancer()["arn"], "port": port, "protocol": protocol, "actions": told}


def plain(listeners, **given):
    return judged(
        "elb_http_listener",
        unit("elbv2.describe_load_balancers", [balancer(**given)]),
        unit("elb.describe_load_balancers"),
        unit("elbv2.describe_listeners", listeners),
    )


def test_http_that_is_passed_on_is_bad_and_inside_the_network_milder():
    assert [one.severity for one in plain([listener(["forward"])]).findings] == ["medium"]
    assert [one.severity for one in plain([listener(["forward"])], internet_facing=False).findings] == ["low"]
    assert not plain([listener(["redirect"]), listener(["forward"], 443, "HTTPS")]).findings


def test_rules_that_could_not_be_read_leave_it_open():
    result = plain([listener(None)])

    assert (result.findings, result.passed["elb_http_listener"]) == ([], 0)
    assert len(result.gaps) == 1


def certificate(days, **given):
    row = {
        "arn": f"arn:aws:acm:{REGION}:{EXAMPLE_ACCOUNT}:certificate/{days}",
        "type": "acm:certificate",
        "name": "shop.example",
        "tags": {},
        "kind": "IMPORTED",
        "in_use": True,
        "renews": False,
        "expires_at": (NOW + timedelta(days=days)).isoformat(),
    }
    return {**row, **given}


def test_certificates_are_judged_by_what_hangs_on_them():
    rows = [
        certificate(-5),
        certificate(29),
        certificate(31),
        certificate(3, in_use=False),
        certificate(20, renews=True),
    ]
    result = judged("acm_expiring", unit("acm.list_certificates", rows), unit("iam.list_server_certificates"))

    told = {one.resource.rpartition("/")[2]: one.detail for one in result.findings}
    assert set(told) == {"-5", "29", "20"}
    assert told["-5"].startswith("It ran out on ")
    assert "should have renewed it" in told["20"]
    assert result.examined["acm_expiring"] == 4


def test_of_an_older_certificate_it_is_said_that_its_use_is_not_known():
    old = {"arn": f"arn:aws:iam::{EXAMPLE_ACCOUNT}:server-certificate/old", "type": "iam:server-certificate"}
    old |= {"name": "old", "expires_at": "2020-01-01T00:00:00+00:00"}
    result = judged("acm_expiring", unit("acm.list_certificates"), unit("iam.list_server_certificates", [old]))

    assert [(one.severity, one.confidence) for one in result.findings] == [("medium", "medium")]


def test_a_detector_whose_state_is_hidden_is_not_judged():
    rows = [{"detector": "d", "enabled": None}]
    missed = (Unread("d", Ending.DENIED, "guardduty:GetDetector", "identity policy"),)
    result = judged("guardduty_off", unit("guardduty.list_detectors", rows, Ending.PARTIAL, unread=missed))

    assert (result.findings, result.examined["guardduty_off"], len(result.gaps)) == ([], 0, 1)


def stale(*units):
    others = {"ec2.describe_addresses", "ec2.describe_instances", "elbv2.describe_load_balancers"}
    others |= {"elb.describe_load_balancers"}
    given = {one.operation for one in units}
    return judged("stale_resources", *units, *(unit(one) for one in sorted(others - given)))


def test_a_server_is_stale_when_it_is_known_to_be_stopped_for_over_30_days():
    def of(stopped_at, state="stopped"):
        return stale(unit("ec2.describe_instances", [server(state=state, stopped_at=stopped_at)]))

    assert [one.detail[:19] for one in of("2026-10-01T00:00:00+00:00").findings] == ["Stopped for 50 days"]
    assert not of("2026-10-25T00:00:00+00:00").findings
    unknown = of(None)
    assert (unknown.findings, unknown.passed["stale_resources"]) == ([], 0)
    assert ["AWS does not tell" in gap.message for gap in unknown.gaps] == [True]
    assert of(None, "running").passed["stale_resources"] == 1


def balancers(groups, listeners, groups_ending=Ending.OK):
    arn = balancer()["arn"]
    told = [{"group": "g", "name": "web", "kind": "ip", "balancers": [arn], "targets": count} for count in groups]
    return stale(
        unit("elbv2.describe_load_balancers", [balancer()]),
        unit("elbv2.describe_listeners", listeners),
        unit("elbv2.describe_target_groups", told, groups_ending),
    )


def test_a_load_balancer_is_idle_when_nothing_is_behind_it():
    serving = [listener(["forward"])]

    assert balancers([0], serving).findings
    assert balancers([], []).findings
    assert not balancers([0, 2], serving).findings
    assert not balancers([], [listener(["redirect"])]).findings
    unread = balancers([], serving, Ending.DENIED)
    assert (unread.findings, unread.passed["stale_resources"], len(unread.gaps)) == ([], 0, 1)
