"""What watches the company, and what lies about unused: alarms, records, detection, logs, delivery, certificates."""

from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from demo.ledger import (
    ACCOUNT,
    BY_HAND,
    IRELAND,
    STATE,
    VIRGINIA,
    Ledger,
    StateEntry,
    arn,
    pairs,
    tagged,
)
from demo.seeding.databases import CLUSTERS, WATCHED
from demo.seeding.network import Networks

GLOBAL = "global"
TOPIC = arn("sns", IRELAND, "hp-alerts")
MUTE = "ledger"
LOG_GROUPS = (
    ("/hp/storefront/access", IRELAND, 30),
    ("/hp/orders/worker", IRELAND, 90),
    ("/aws/lambda/hp-old-webhook", IRELAND, None),
    ("/aws/lambda/hp-nightly-report", IRELAND, None),
    ("/hp/store/access", VIRGINIA, None),
)


def seed_watching(ledger: Ledger, networks: Networks) -> None:
    """After databases, buckets and load balancers were made."""
    _alarms(ledger)
    _records(ledger)
    _logs(ledger)
    _cluster(ledger, networks)
    _cache(ledger)
    _listeners(ledger, networks)
    _delivery(ledger)
    _unused(ledger, networks)


def _alarms(ledger: Ledger) -> None:
    cloudwatch = ledger.aws("cloudwatch", IRELAND, age_days=300)
    for name in (*WATCHED, MUTE):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{name}-storage",
            Namespace="AWS/RDS",
            MetricName="FreeStorageSpace",
            Dimensions=[{"Name": "DBInstanceIdentifier", "Value": name}],
            ComparisonOperator="LessThanThreshold",
            Statistic="Average",
            Period=300,
            EvaluationPeriods=2,
            Threshold=10 * 1024**3,
            AlarmActions=[TOPIC] if name != MUTE else [],
        )
    ledger.plant("alarm_tells_nobody", arn("cloudwatch", IRELAND, f"alarm:{MUTE}-storage"), IRELAND)
    for cluster in CLUSTERS:
        ledger.plant("no_alarms", arn("rds", IRELAND, f"cluster:{cluster.name}"), IRELAND)
    ledger.plant("no_billing_alarm", arn("iam", "", "root"), GLOBAL)


def _records(ledger: Ledger) -> None:
    """One trail, for one region alone and without digests; detection and recording in Ireland only."""
    cloudtrail = ledger.aws("cloudtrail", VIRGINIA, age_days=700)
    made = cloudtrail.create_trail(Name="hp-audit", S3BucketName="hp-logs")["TrailARN"]
    cloudtrail.start_logging(Name="hp-audit")
    ledger.plant("trail_not_validated", made, GLOBAL)
    ledger.plant("no_cloudtrail", arn("iam", "", "root"), GLOBAL)

    ledger.aws("guardduty", IRELAND, age_days=200).create_detector(Enable=True)
    ledger.plant("guardduty_off", arn("guardduty", VIRGINIA, "detector"), VIRGINIA)

    config = ledger.aws("config", IRELAND, age_days=200)
    role = f"arn:aws:iam::{ACCOUNT}:role/hp-config"
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "hp-logs"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    ledger.plant("config_off", arn("config", VIRGINIA, "configuration-recorder"), VIRGINIA)


def _logs(ledger: Ledger) -> None:
    for name, region, days in LOG_GROUPS:
        logs = ledger.aws("logs", region, age_days=400)
        logs.create_log_group(logGroupName=name)
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            ledger.plant("log_group_no_retention", arn("logs", region, f"log-group:{name}"), region)


def _cluster(ledger: Ledger, networks: Networks) -> None:
    """Somebody's trial that went live: an old version, open to everybody, recording nothing."""
    tags = tagged("prod", "platform")
    made = ledger.aws("eks", IRELAND, age_days=650).create_cluster(
        name="hp-batch",
        version="1.29",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/hp-batch",
        resourcesVpcConfig={
            "subnetIds": [networks.subnets["prod-app-a"], networks.subnets["prod-app-b"]],
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        tags=tags,
    )["cluster"]["arn"]
    ledger.add(made, "eks:cluster", IRELAND, tags, BY_HAND)
    for check in ("engine_unsupported", "eks_endpoint_public", "eks_logs_off"):
        ledger.plant(check, made, IRELAND)


def _cache(ledger: Ledger) -> None:
    """Two caches that stand alone, one of them on a version that lost support."""
    elasticache = ledger.aws("elasticache", IRELAND, age_days=900)
    for name, version in (("hp-page-cache", "7.1"), ("hp-old-search-cache", "5.0.6")):
        tags = tagged("prod", "storefront")
        made = elasticache.create_cache_cluster(
            CacheClusterId=name,
            Engine="redis",
            EngineVersion=version,
            CacheNodeType="cache.t4g.small",
            NumCacheNodes=1,
            SnapshotRetentionLimit=5,
            Tags=pairs(tags),
        )["CacheCluster"]["ARN"]
        ledger.add(made, "elasticache:cluster", IRELAND, tags, BY_HAND)
        if version == "5.0.6":
            ledger.plant("engine_unsupported", made, IRELAND)


def _listeners(ledger: Ledger, networks: Networks) -> None:
    """The shop redirects to HTTPS, with a certificate that was imported by hand and ends soon. The store does not."""
    shop, targets = _balancer(ledger, IRELAND, "hp-shop"), _targets(ledger, networks, IRELAND, "shop", "prod")
    certificate = _certificate(ledger)
    elbv2 = ledger.aws("elbv2", IRELAND)
    elbv2.create_listener(
        LoadBalancerArn=shop,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[
            {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
        ],
    )
    elbv2.create_listener(
        LoadBalancerArn=shop,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    store, targets = _balancer(ledger, VIRGINIA, "hp-store-us"), _targets(ledger, networks, VIRGINIA, "store", "store")
    ledger.aws("elbv2", VIRGINIA).create_listener(
        LoadBalancerArn=store,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    ledger.plant("elb_http_listener", store, VIRGINIA)


def _balancer(ledger: Ledger, region: str, name: str) -> str:
    found = ledger.aws("elbv2", region).describe_load_balancers(Names=[name])["LoadBalancers"]
    return str(found[0]["LoadBalancerArn"])


def _targets(ledger: Ledger, networks: Networks, region: str, name: str, vpc: str) -> str:
    elbv2 = ledger.aws("elbv2", region)
    made = elbv2.create_target_group(
        Name=f"hp-{name}", Protocol="HTTP", Port=8080, VpcId=networks.vpcs[vpc], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=made, Targets=[{"Id": "10.20.0.10", "Port": 8080}])
    return str(made)


def _certificate(ledger: Ledger) -> str:
    """Imported nearly a year ago, with twelve days left."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.harbourandpine.example")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ledger.now - timedelta(days=353))
        .not_valid_after(ledger.now + timedelta(days=12))
        .sign(key, hashes.SHA256())
    )
    tags = tagged("prod", "storefront")
    made = ledger.aws("acm", IRELAND, age_days=353).import_certificate(
        Certificate=signed.public_bytes(serialization.Encoding.PEM),
        PrivateKey=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        Tags=pairs(tags),
    )["CertificateArn"]
    ledger.add(made, "acm:certificate", IRELAND, tags, BY_HAND)
    ledger.plant("acm_expiring", made, IRELAND)
    return str(made)


def _delivery(ledger: Ledger) -> None:
    """Pictures go out with or without encryption, the shop only with."""
    for name, viewers, managed in (("media", "allow-all", BY_HAND), ("shop", "redirect-to-https", STATE)):
        tags = tagged("prod", "storefront")
        made = ledger.aws("cloudfront", VIRGINIA, age_days=500).create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": _distribution(name, viewers),
                "Tags": {"Items": pairs(tags)},
            }
        )["Distribution"]
        found = ledger.add(made["ARN"], "cloudfront:distribution", GLOBAL, tags, managed)
        if managed == STATE:
            ledger.put_in_state(StateEntry("aws_cloudfront_distribution", name, {"id": made["Id"], "arn": found}))
        if viewers == "allow-all":
            ledger.plant("cloudfront_http", found, GLOBAL)


def _distribution(name: str, viewers: str) -> dict[str, Any]:
    bucket = {"Id": name, "DomainName": f"hp-{name}.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    return {
        "CallerReference": name,
        "Comment": name,
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [bucket]},
        "DefaultCacheBehavior": {
            "TargetOriginId": name,
            "ViewerProtocolPolicy": viewers,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
            "MinTTL": 0,
        },
    }


def _unused(ledger: Ledger, networks: Networks) -> None:
    """A load balancer of the first generation with nothing behind it. Addresses and servers are elsewhere."""
    ledger.aws("elb", IRELAND, age_days=1500).create_load_balancer(
        LoadBalancerName="hp-legacy-erp",
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 8080}],
        Subnets=[networks.subnets["tools-a"]],
        SecurityGroups=[networks.groups["legacy-erp"]],
    )
    made = ledger.add(
        arn("elasticloadbalancing", IRELAND, "loadbalancer/hp-legacy-erp"),
        "elasticloadbalancing:loadbalancer",
        IRELAND,
        {},
    )
    ledger.plant("stale_resources", made, IRELAND)
    ledger.plant("elb_http_listener", made, IRELAND)
