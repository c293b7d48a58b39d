"""By what name CloudFormation and Terraform know a resource, brought to one form.

An ARN says it all. Where there is none, a `Key` does: service, kind and id as they stand in the ARN, with the region
where ids are only unique there.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra_audit.inventory import Row

ANYWHERE = ""  # the region of what has none, or where it is not told


class Key(NamedTuple):
    """What stands for an ARN that was not told."""

    service: str
    kind: str
    region: str
    id: str


# Their ARNs name no kind.
WITHOUT_KIND = frozenset({"s3", "sns", "sqs"})
WITHOUT_REGION = frozenset({"iam", "s3", "cloudfront", "route53"})

# CloudFormation's type → service and kind as in an ARN. What is not listed is matched by ARN alone.
CLOUDFORMATION = {
    "AWS::AutoScaling::AutoScalingGroup": ("autoscaling", "autoScalingGroup"),
    "AWS::DocDB::DBCluster": ("rds", "cluster"),
    "AWS::DocDB::DBInstance": ("rds", "db"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb", "table"),
    "AWS::DynamoDB::Table": ("dynamodb", "table"),
    "AWS::EC2::EIP": ("ec2", "elastic-ip"),
    "AWS::EC2::Instance": ("ec2", "instance"),
    "AWS::EC2::InternetGateway": ("ec2", "internet-gateway"),
    "AWS::EC2::KeyPair": ("ec2", "key-pair"),
    "AWS::EC2::LaunchTemplate": ("ec2", "launch-template"),
    "AWS::EC2::NatGateway": ("ec2", "natgateway"),
    "AWS::EC2::RouteTable": ("ec2", "route-table"),
    "AWS::EC2::SecurityGroup": ("ec2", "security-group"),
    "AWS::EC2::Subnet": ("ec2", "subnet"),
    "AWS::EC2::VPC": ("ec2", "vpc"),
    "AWS::EC2::Volume": ("ec2", "volume"),
    "AWS::EFS::FileSystem": ("elasticfilesystem", "file-system"),
    "AWS::ElastiCache::CacheCluster": ("elasticache", "cluster"),
    "AWS::ElastiCache::ReplicationGroup": ("elasticache", "replicationgroup"),
    "AWS::IAM::ManagedPolicy": ("iam", "policy"),
    "AWS::IAM::Role": ("iam", "role"),
    "AWS::IAM::User": ("iam", "user"),
    "AWS::Lambda::Function": ("lambda", "function"),
    "AWS::Neptune::DBCluster": ("rds", "cluster"),
    "AWS::Neptune::DBInstance": ("rds", "db"),
    "AWS::RDS::DBCluster": ("rds", "cluster"),
    "AWS::RDS::DBInstance": ("rds", "db"),
    "AWS::S3::Bucket": ("s3", ""),
    "AWS::SNS::Topic": ("sns", ""),
    "AWS::SQS::Queue": ("sqs", ""),
    "AWS::Serverless::Function": ("lambda", "function"),
}

# Terraform's type → service, kind, and the attributes that hold the id, surest first: provider 5 puts the resource id
# of a database into `id`, provider 3 its name; a queue's `id` is a URL; a key pair's id came with provider 3.
TERRAFORM = {
    "aws_autoscaling_group": ("autoscaling", "autoScalingGroup", ("name", "id")),
    "aws_db_instance": ("rds", "db", ("identifier", "id")),
    "aws_default_internet_gateway": ("ec2", "internet-gateway", ("id",)),
    "aws_default_route_table": ("ec2", "route-table", ("id",)),
    "aws_default_security_group": ("ec2", "security-group", ("id",)),
    "aws_default_subnet": ("ec2", "subnet", ("id",)),
    "aws_default_vpc": ("ec2", "vpc", ("id",)),
    "aws_docdb_cluster": ("rds", "cluster", ("cluster_identifier", "id")),
    "aws_docdb_cluster_instance": ("rds", "db", ("identifier", "id")),
    "aws_dynamodb_table": ("dynamodb", "table", ("name", "id")),
    "aws_ebs_volume": ("ec2", "volume", ("id",)),
    "aws_eip": ("ec2", "elastic-ip", ("allocation_id", "id")),
    "aws_efs_file_system": ("elasticfilesystem", "file-system", ("id",)),
    "aws_elasticache_cluster": ("elasticache", "cluster", ("cluster_id", "id")),
    "aws_elasticache_replication_group": ("elasticache", "replicationgroup", ("replication_group_id", "id")),
    "aws_iam_policy": ("iam", "policy", ("name",)),
    "aws_iam_role": ("iam", "role", ("name", "id")),
    "aws_iam_user": ("iam", "user", ("name", "id")),
    "aws_instance": ("ec2", "instance", ("id",)),
    "aws_internet_gateway": ("ec2", "internet-gateway", ("id",)),
    "aws_key_pair": ("ec2", "key-pair", ("key_pair_id", "key_name", "id")),
    "aws_lambda_function": ("lambda", "function", ("function_name", "id")),
    "aws_launch_template": ("ec2", "launch-template", ("id",)),
    "aws_nat_gateway": ("ec2", "natgateway", ("id",)),
    "aws_neptune_cluster": ("rds", "cluster", ("cluster_identifier", "id")),
    "aws_neptune_cluster_instance": ("rds", "db", ("identifier", "id")),
    "aws_rds_cluster": ("rds", "cluster", ("cluster_identifier", "id")),
    "aws_rds_cluster_instance": ("rds", "db", ("identifier", "id")),
    "aws_route_table": ("ec2", "route-table", ("id",)),
    "aws_s3_bucket": ("s3", "", ("bucket", "id")),
    "aws_security_group": ("ec2", "security-group", ("id",)),
    "aws_sns_topic": ("sns", "", ("name",)),
    "aws_sqs_queue": ("sqs", "", ("url", "id", "name")),
    "aws_subnet": ("ec2", "subnet", ("id",)),
    "aws_vpc": ("ec2", "vpc", ("id",)),
}


def keys_of_resource(row: Row) -> Iterator[Key]:
    """Every key by which code may know a resource row."""
    service, kind, region, identity = _parts(row["arn"])
    yield Key(service, kind, region, identity)
    for other in (row.get("public_ip"), row["name"] if row["type"] == "ec2:key-pair" else None):
        if other and row["type"] in {"ec2:elastic-ip", "ec2:key-pair"}:
            yield Key(service, kind, region, other)


def key_in_stack(kind: str, physical_id: str, region: str) -> Key | None:
    """The key of a stack's member; None for a type that is not told apart (its ARN may still match)."""
    if kind not in CLOUDFORMATION:
        return None
    service, word = CLOUDFORMATION[kind]
    return Key(service, word, _region(service, region), _plain(physical_id, service))


def key_in_state(kind: str, attributes: Mapping[str, Any]) -> Key | None:
    """The key of what a state manages; its region only where the state tells it (provider 6 does)."""
    if kind not in TERRAFORM:
        return None
    service, word, names = TERRAFORM[kind]
    for name in names:
        if found := attributes.get(name):
            return Key(service, word, _region(service, attributes.get("region", ANYWHERE)), _plain(found, service))
    return None


def _parts(arn: str) -> Key:
    _, _, service, region, _, rest = arn.split(":", 5)
    if service in WITHOUT_KIND:
        return Key(service, "", _region(service, region), rest)
    cut = min((rest.find(mark) for mark in ":/" if mark in rest), default=len(rest))
    identity = rest[cut + 1 :]
    if service in {"iam", "autoscaling"}:
        identity = identity.rpartition("/")[2]  # after the path; of a group, after its number
    return Key(service, rest[:cut], _region(service, region), identity)


def _region(service: str, region: str) -> str:
    return ANYWHERE if service in WITHOUT_REGION else region


def _plain(identity: str, service: str) -> str:
    """A queue's URL ends with its name, an ARN with its id."""
    if service == "sqs" and "://" in identity:
        return identity.rpartition("/")[2]
    return _parts(identity).id if identity.startswith("arn:") and identity.count(":") >= 5 else identity
