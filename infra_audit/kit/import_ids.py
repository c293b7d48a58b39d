"""By what id Terraform imports each type of resource.

Ids are those of the provider's own pages, "Import" at the end of each, as of its versions 5 and 6:
https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from collections.abc import Callable
from dataclasses import dataclass

from infra_audit.inventory import Row

DNS = {"aws-cn": "amazonaws.com.cn"}
MEMBERS = {"neptune": "aws_neptune_cluster_instance", "docdb": "aws_docdb_cluster_instance"}
CLUSTERS = {"neptune": "aws_neptune_cluster", "docdb": "aws_docdb_cluster"}


@dataclass(frozen=True)
class Target:
    """What a resource becomes: Terraform's type, and the id to import it by."""

    tf_type: str
    id: str


def last(row: Row) -> str:
    """What follows the last colon or stroke of the ARN."""
    return str(row["arn"]).rpartition(":")[2].rpartition("/")[2]


def rest(row: Row) -> str:
    """What follows the kind in the ARN, with the strokes of its name."""
    name = str(row["arn"]).split(":", 5)[5]
    cut = min((name.find(mark) for mark in ":/" if mark in name), default=-1)
    return name[cut + 1 :].removesuffix(":*")


def group_name(row: Row) -> str:
    """A group's name may hold strokes."""
    return str(row["arn"]).partition("autoScalingGroupName/")[2]


def whole(row: Row) -> str:
    return str(row["arn"])


def queue_url(row: Row) -> str:
    """Put together where AWS did not list it."""
    _, partition, _, region, account, name = row["arn"].split(":", 5)
    host = f"sqs.{region}.{DNS.get(partition, 'amazonaws.com')}"
    return f"https://{host}/{account}/{name}"


# The type in our inventory → Terraform's, and where the id is.
IMPORTS: dict[str, tuple[str, Callable[[Row], str]]] = {
    "acm:certificate": ("aws_acm_certificate", whole),
    "autoscaling:autoScalingGroup": ("aws_autoscaling_group", group_name),
    "backup:backup-plan": ("aws_backup_plan", rest),
    "backup:backup-vault": ("aws_backup_vault", rest),
    "cloudfront:distribution": ("aws_cloudfront_distribution", last),
    "cloudtrail:trail": ("aws_cloudtrail", whole),
    "cloudwatch:alarm": ("aws_cloudwatch_metric_alarm", rest),
    "dynamodb:table": ("aws_dynamodb_table", last),
    "ec2:customer-gateway": ("aws_customer_gateway", last),
    "ec2:elastic-ip": ("aws_eip", last),
    "ec2:instance": ("aws_instance", last),
    "ec2:internet-gateway": ("aws_internet_gateway", last),
    "ec2:launch-template": ("aws_launch_template", last),
    "ec2:natgateway": ("aws_nat_gateway", last),
    "ec2:network-acl": ("aws_network_acl", last),
    "ec2:route-table": ("aws_route_table", last),
    "ec2:security-group": ("aws_security_group", last),
    "ec2:subnet": ("aws_subnet", last),
    "ec2:transit-gateway": ("aws_ec2_transit_gateway", last),
    "ec2:volume": ("aws_ebs_volume", last),
    "ec2:vpc": ("aws_vpc", last),
    "ec2:vpc-endpoint": ("aws_vpc_endpoint", last),
    "ec2:vpc-flow-log": ("aws_flow_log", last),
    "ec2:vpc-peering-connection": ("aws_vpc_peering_connection", last),
    "ec2:vpn-connection": ("aws_vpn_connection", last),
    "ec2:vpn-gateway": ("aws_vpn_gateway", last),
    "ecr:repository": ("aws_ecr_repository", rest),
    "ecs:cluster": ("aws_ecs_cluster", last),
    "eks:cluster": ("aws_eks_cluster", last),
    "elasticache:cluster": ("aws_elasticache_cluster", last),
    "elasticache:replicationgroup": ("aws_elasticache_replication_group", last),
    "elasticfilesystem:file-system": ("aws_efs_file_system", last),
    "iam:group": ("aws_iam_group", last),
    "iam:policy": ("aws_iam_policy", whole),
    "iam:role": ("aws_iam_role", last),
    "iam:user": ("aws_iam_user", last),
    "kms:key": ("aws_kms_key", last),
    "lambda:function": ("aws_lambda_function", last),
    "logs:log-group": ("aws_cloudwatch_log_group", rest),
    "rds:cluster": ("aws_rds_cluster", last),
    "rds:cluster-pg": ("aws_rds_cluster_parameter_group", last),
    "rds:db": ("aws_db_instance", last),
    "rds:og": ("aws_db_option_group", last),
    "rds:pg": ("aws_db_parameter_group", last),
    "rds:subgrp": ("aws_db_subnet_group", last),
    "route53:hostedzone": ("aws_route53_zone", last),
    "s3:bucket": ("aws_s3_bucket", last),
    "secretsmanager:secret": ("aws_secretsmanager_secret", whole),
    "sns:topic": ("aws_sns_topic", whole),
    "sqs:queue": ("aws_sqs_queue", queue_url),
}

# Types that must not be imported blindly, and why.
NOT_IMPORTED = {
    "ec2:key-pair": "AWS does not give its public half back, so Terraform would make a new one",
}


def target_of(row: Row) -> Target | None:
    """What to import a resource as; None for a type whose id nobody has looked up."""
    kind, family = row["type"], row.get("family")
    if kind == "elasticloadbalancing:loadbalancer":
        classic = rest(row).count("/") == 0  # the newer ones say app, net or gwy before their name
        return Target("aws_elb", rest(row)) if classic else Target("aws_lb", whole(row))
    if kind not in IMPORTS:
        return None
    tf_type, find = IMPORTS[kind]
    if kind == "rds:db" and row.get("cluster"):
        tf_type = MEMBERS.get(str(family), "aws_rds_cluster_instance")
    if kind == "rds:cluster":
        tf_type = CLUSTERS.get(str(family), tf_type)
    return Target(tf_type, str(row.get("url") or find(row)) if kind == "sqs:queue" else find(row))
