"""Certificates, delivery, trails, alarms, detection, logs, clusters and load balancers: what is read, in few calls."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from demo.emulator import Deny, Faults
from infra_audit.aws import planned
from infra_audit.collectors.aws import logs
from infra_audit.collectors.aws.reader import PRICE_DENIES, read_unit
from infra_audit.collectors.registry import collectors
from infra_audit.inventory import Ending, Place
from tests.infra_audit.conftest import ACCOUNT, REGION, Collected

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
VIRGINIA = "us-east-1"
ALARM = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1, "Period": 60}


@pytest.fixture
def stubbed(shard):
    """`stubbed("ce", "us-east-1")` is a stub of that client, as the collectors of the shard will use it."""
    opened = []

    def stub(service, region=REGION):
        stubber = Stubber(shard.connection.client(service, region))
        stubber.activate()
        opened.append(stubber)
        return stubber

    yield stub
    for one in opened:
        one.deactivate()


def read(shard, operation, **agreed):
    if collectors()[operation].is_global:
        shard = replace(shard, place=Place("aws", ACCOUNT, "global"))
    return read_unit(shard, collectors()[operation], metadata_only=False, **agreed)


def networks(aws):
    found = aws.client("ec2").describe_subnets()["Subnets"]
    return [one["SubnetId"] for one in found][:2], found[0]["VpcId"]


def test_an_alarm_says_what_it_watches_and_whether_it_tells(aws, collect):
    cloudwatch = aws.client("cloudwatch")
    watched = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Statistic": "Average"}
    cloudwatch.put_metric_alarm(AlarmName="loud", AlarmActions=[TOPIC], **watched, **ALARM)
    cloudwatch.put_metric_alarm(AlarmName="mute", **watched, **ALARM)
    cloudwatch.put_metric_alarm(AlarmName="off", AlarmActions=[TOPIC], ActionsEnabled=False, **watched, **ALARM)

    rows = {row["name"]: row for row in collect("cloudwatch.describe_alarms").rows}

    assert {name: row["tells"] for name, row in rows.items()} == {"loud": True, "mute": False, "off": False}
    assert rows["loud"]["metrics"] == [{"namespace": "AWS/RDS", "metric": "CPUUtilization", "dimensions": {}}]


def test_composite_alarms_are_listed_too(shard, stubbed):
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:both"
    both = {"AlarmName": "both", "AlarmArn": arn, "AlarmRule": 'ALARM("mute")', "AlarmActions": [TOPIC]}
    asked = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}
    stubbed("cloudwatch").add_response("describe_alarms", {"CompositeAlarms": [both]}, asked)

    [row] = read(shard, "cloudwatch.describe_alarms").rows

    assert (row["rule"], row["tells"], row["metrics"]) == ('ALARM("mute")', True, [])


def test_alarms_on_the_bill_are_asked_for_where_they_live(aws, collect):
    bill = {"Namespace": "AWS/Billing", "MetricName": "EstimatedCharges", "Statistic": "Maximum"}
    aws.client("cloudwatch", VIRGINIA).put_metric_alarm(AlarmName="bill", AlarmActions=[TOPIC], **bill, **ALARM)
    aws.client("cloudwatch", VIRGINIA).put_metric_alarm(
        AlarmName="busy", Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Average", **ALARM
    )
    aws.clear_calls()

    unit = collect("cloudwatch.describe_billing_alarms")

    assert [row["name"] for row in unit.rows] == ["bill"]
    assert [region for service, region, _ in aws.calls() if service == "monitoring"] == [VIRGINIA]


def test_a_part_of_aws_without_a_bill_of_its_own_has_no_alarms_on_it(shard):
    gov = replace(shard, place=Place("aws-us-gov", ACCOUNT, "global"))

    unit = read_unit(gov, collectors()["cloudwatch.describe_billing_alarms"], metadata_only=False)

    assert (unit.ending, unit.api_calls) == (Ending.NOT_APPLICABLE, 0)


def test_a_trail_of_the_organisation_whose_state_is_hidden_is_named(shard, stubbed):
    arn = "arn:aws:cloudtrail:us-east-1:999999999999:trail/all"
    trail = {
        "Name": "all",
        "TrailARN": arn,
        "HomeRegion": VIRGINIA,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
    }
    stub = stubbed("cloudtrail", VIRGINIA)
    stub.add_response("describe_trails", {"trailList": [trail]}, {"includeShadowTrails": True})
    stub.add_client_error("get_trail_status", "AccessDeniedException", expected_params={"Name": arn})

    unit = read(shard, "cloudtrail.describe_trails")

    assert unit.ending is Ending.PARTIAL
    assert [(miss.resource, miss.iam_action) for miss in unit.unread] == [(arn, "cloudtrail:GetTrailStatus")]
    assert (unit.rows[0]["owner"], unit.rows[0]["logging"]) == ("999999999999", None)


def test_a_trails_state_is_asked_for_in_its_home_region(aws, collect):
    aws.client("s3", VIRGINIA).create_bucket(Bucket="records")
    trails = aws.client("cloudtrail", "eu-west-1")
    trails.create_trail(Name="main", S3BucketName="records", IsMultiRegionTrail=True)
    trails.start_logging(Name="main")

    [row] = collect("cloudtrail.describe_trails").rows

    assert (row["multi_region"], row["logging"], row["delivery_error"]) == (True, True, None)


def test_detection_says_whether_it_is_on(aws, collect):
    assert collect("guardduty.list_detectors").rows == ()

    aws.client("guardduty").create_detector(Enable=True)

    assert [row["enabled"] for row in collect("guardduty.list_detectors").rows] == [True]


def test_a_recorder_that_does_not_run_is_told_from_one_that_does(aws, collect):
    config = aws.client("config")
    assert collect("config.describe_configuration_recorders").rows == ()
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": "arn:aws:iam::1:role/r"})

    assert [row["recording"] for row in collect("config.describe_configuration_recorders").rows] == [False]


def test_log_groups_are_capped_and_the_count_is_told(aws, collect, monkeypatch):
    monkeypatch.setattr(logs, "LOG_GROUPS", 2)
    for name in ("a", "b", "c"):
        aws.client("logs").create_log_group(logGroupName=name)
    aws.client("logs").put_retention_policy(logGroupName="a", retentionInDays=30)

    unit = collect("logs.describe_log_groups")

    assert unit.ending is Ending.TRUNCATED
    assert "first 2" in unit.message
    assert [(row["name"], row["retention_days"]) for row in unit.rows] == [("a", 30), ("b", None)]
    assert unit.rows[0]["arn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a"


def test_one_cluster_that_is_denied_leaves_the_others_readable(aws, collect):
    subnets, _ = networks(aws)
    for name in ("open", "hidden"):
        aws.client("eks").create_cluster(
            name=name,
            version="1.31",
            roleArn="arn:aws:iam::123456789012:role/eks",
            resourcesVpcConfig={"subnetIds": subnets, "endpointPublicAccess": True, "publicAccessCidrs": ["0.0.0.0/0"]},
            tags={"Owner": "ada"},
        )
    aws.set_faults(Faults(deny=(Deny("eks:DescribeCluster", about="hidden"),)))

    unit = collect("eks.list_clusters")

    [row] = unit.rows
    assert (row["name"], row["version"], row["public"], row["tags"]) == ("open", "1.31", True, {"Owner": "ada"})
    assert [miss.resource for miss in unit.unread] == [f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/hidden"]


def test_rules_are_asked_for_only_where_they_decide(aws, collect):
    subnets, vpc = networks(aws)
    elbv2 = aws.client("elbv2")
    balancer = elbv2.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    spare = elbv2.create_target_group(Name="spare", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[forward])
    by_rule = elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=81, DefaultActions=[fixed])
    elbv2.create_rule(
        ListenerArn=by_rule["Listeners"][0]["ListenerArn"],
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/api*"]}],
        Actions=[forward],
    )
    aws.clear_calls()

    rows = {row["port"]: row for row in collect("elbv2.describe_listeners").rows}

    assert [one["kind"] for one in rows[80]["actions"]] == ["forward"]
    assert "forward" in [one["kind"] for one in rows[81]["actions"]]
    assert aws.calls()["elasticloadbalancing", REGION, "DescribeRules"] == 1

    groups = {row["name"]: row["targets"] for row in collect("elbv2.describe_target_groups").rows}
    assert groups == {"web": 0, "spare": None}
    assert spare["TargetGroupArn"]
    assert aws.calls()["elasticloadbalancing", REGION, "DescribeTargetHealth"] == 1


def test_the_older_load_balancers_tell_all_but_tags_in_one_list(aws, collect):
    subnets, _ = networks(aws)
    aws.client("elb").create_load_balancer(
        LoadBalancerName="legacy",
        Subnets=subnets,
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}],
        Tags=[{"Key": "Owner", "Value": "ada"}],
    )
    aws.clear_calls()

    [row] = collect("elb.describe_load_balancers").rows

    assert row["listeners"] == [{"port": 80, "protocol": "HTTP"}]
    assert (row["targets"], row["tags"]) == (0, {"Owner": "ada"})
    assert sum(aws.calls().values()) == 2


def test_certificates_of_every_kind_of_key_are_asked_for(shard, stubbed):
    keys = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
    certificate = {
        "CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1",
        "DomainName": "shop.example",
        "NotAfter": datetime(2026, 12, 1, tzinfo=UTC),
        "InUse": True,
        "Type": "IMPORTED",
        "Status": "ISSUED",
        "RenewalEligibility": "INELIGIBLE",
    }
    asked = {"Includes": {"keyTypes": keys}, "MaxItems": 1000}
    acm = stubbed("acm")
    acm.add_response("list_certificates", {"CertificateSummaryList": [certificate]}, asked)
    acm.add_response("list_tags_for_certificate", {"Tags": [{"Key": "Owner", "Value": "ada"}]})
    stubbed("resourcegroupstaggingapi").add_response("get_resources", {"ResourceTagMappingList": []})

    [row] = read(shard, "acm.list_certificates").rows

    assert (row["expires_at"], row["in_use"], row["renews"]) == ("2026-12-01T00:00:00+00:00", True, False)
    assert row["tags"] == {"Owner": "ada"}


def test_delivery_is_read_page_by_page_from_the_home_region(shard, stubbed):
    def page(number, more):
        item = {
            "Id": f"E{number}",
            "ARN": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E{number}",
            "ETag": "-",
            "Status": "Deployed",
            "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
            "DomainName": f"d{number}.cloudfront.net",
            "Aliases": {"Quantity": 0},
            "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "origin.example"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all"},
            "CacheBehaviors": {"Quantity": 0},
            "CustomErrorResponses": {"Quantity": 0},
            "Comment": "",
            "PriceClass": "PriceClass_All",
            "Enabled": True,
            "ViewerCertificate": {},
            "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
            "WebACLId": "",
            "HttpVersion": "http2",
            "IsIPV6Enabled": True,
            "Staging": False,
        }
        listed = {"Marker": "", "MaxItems": 1, "IsTruncated": more, "Quantity": 1, "Items": [item]}
        return {"DistributionList": {**listed, **({"NextMarker": "m"} if more else {})}}

    stub = stubbed("cloudfront", VIRGINIA)
    stub.add_response("list_distributions", page(1, True))
    stub.add_response("list_distributions", page(2, False))
    tagging = stubbed("resourcegroupstaggingapi", VIRGINIA)
    told = [
        {
            "ResourceARN": page(number, False)["DistributionList"]["Items"][0]["ARN"],
            "Tags": [{"Key": "a", "Value": "b"}],
        }
        for number in (1, 2)
    ]
    tagging.add_response("get_resources", {"ResourceTagMappingList": told})

    unit = read(shard, "cloudfront.list_distributions")

    assert unit.ending is Ending.OK
    assert [row["name"] for row in unit.rows] == ["d1.cloudfront.net", "d2.cloudfront.net"]
    assert unit.rows[0]["behaviours"] == [{"path": "*", "viewers": "allow-all"}]
    assert unit.rows[0]["tags"] == {"a": "b"}


def test_images_are_asked_for_by_filter_so_that_one_that_is_gone_spoils_nothing(aws, collect):
    ec2 = aws.client("ec2")
    ours = ec2.register_image(Name="debian-10-amd64-20220911-1135", RootDeviceName="/dev/sda1")["ImageId"]
    for image in (ours, "ami-0123456789abcdef0"):
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)

    unit = collect("ec2.describe_images_in_use")

    assert unit.ending is Ending.OK
    assert {row["id"]: row["name"] for row in unit.rows} == {ours: "debian-10-amd64-20220911-1135"}


def test_where_there_is_no_server_no_image_is_asked_for(aws, collect):
    assert collect("ec2.describe_images_in_use").api_calls == 1


def test_since_when_a_server_is_stopped_is_read_from_aws_own_note(aws, collect):
    then = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
    ec2 = aws.client("ec2", now=then)
    made = ec2.run_instances(ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    assert collect("ec2.describe_instances").rows[0]["stopped_at"] is None

    ec2.stop_instances(InstanceIds=[made])

    assert collect("ec2.describe_instances").rows[0]["stopped_at"] == "2026-09-01T08:30:00+00:00"


def test_what_aws_charges_for_is_not_asked_without_consent(shard):
    unit = read(shard, "ce.get_anomaly_monitors")

    assert (unit.ending, unit.denied_by, unit.iam_action) == (Ending.DENIED, PRICE_DENIES, "ce:GetAnomalyMonitors")
    assert unit.api_calls == 0
    assert "charges" in unit.message


def test_who_is_told_of_a_jump_in_cost_is_counted_over_all_pages(shard, stubbed):
    monitors = [
        {"MonitorArn": f"arn:aws:ce::{ACCOUNT}:anomalymonitor/{name}", "MonitorName": name, "MonitorType": "CUSTOM"}
        for name in ("heard", "unheard")
    ]
    people = [{"Address": "ada@practice.example", "Type": "EMAIL"}]
    stub = stubbed("ce", VIRGINIA)
    stub.add_response(
        "get_anomaly_monitors", {"AnomalyMonitors": monitors[:1], "NextPageToken": "2"}, {"MaxResults": 100}
    )
    stub.add_response(
        "get_anomaly_monitors", {"AnomalyMonitors": monitors[1:]}, {"MaxResults": 100, "NextPageToken": "2"}
    )
    subscription = {
        "MonitorArnList": [monitors[0]["MonitorArn"]],
        "Subscribers": people,
        "Frequency": "DAILY",
        "SubscriptionName": "s",
    }
    stub.add_response("get_anomaly_subscriptions", {"AnomalySubscriptions": [subscription]}, {"MaxResults": 100})

    unit = read(shard, "ce.get_anomaly_monitors", paid_calls=True)

    assert {row["name"]: row["subscribers"] for row in unit.rows} == {"heard": 1, "unheard": 0}
    assert "ada" not in repr(unit)
    assert unit.api_calls == 3


def test_without_a_monitor_nobody_is_paid_to_say_who_is_told(shard, stubbed):
    stubbed("ce", VIRGINIA).add_response("get_anomaly_monitors", {"AnomalyMonitors": []})

    assert read(shard, "ce.get_anomaly_monitors", paid_calls=True).api_calls == 1


def test_a_list_of_nothing_is_one_call_and_no_question_about_tags(aws, account):
    aws.clear_calls()
    emitted = Collected()
    place = Place("aws", ACCOUNT, "eu-west-3")

    account.collect(place, emit=emitted, stop=lambda: False)

    calls = aws.calls()
    assert not [call for call in calls if call[0] == "tagging"]
    assert sum(calls.values()) <= 1.3 * len(planned(place, account.target))


def test_every_reader_is_of_a_service_that_the_sdk_knows(shard):
    known = set(shard.connection.session.get_available_services())

    assert {one.service for one in collectors().values()} - known == set()
