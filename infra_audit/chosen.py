"""Only some checks: what must be read, so that each says what it would say among all of them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from infra_audit.registry import Check

# What looks closer at a resource, and the list that knows its name, region and tags. A finding that was judged without
# the list would lack them, and weigh more or less than it does in a whole run.
DESCRIBED_BY: Mapping[str, str] = MappingProxyType(
    {
        "cloudformation.stack_values": "cloudformation.describe_stacks",
        "ec2.describe_instance_attribute": "ec2.describe_instances",
        "ec2.describe_launch_template_versions": "ec2.describe_launch_templates",
        "ecr.batch_get_repository_scanning_configuration": "ecr.describe_repositories",
        "ecr.get_repository_policy": "ecr.describe_repositories",
        "iam.get_credential_report": "iam.get_account_authorization_details",
        "iam.policy_documents": "iam.list_policies",
        "kms.get_key_policy": "kms.list_keys",
        "lambda.environments": "lambda.list_functions",
        "lambda.list_function_url_configs": "lambda.list_functions",
        "rds.describe_db_cluster_snapshot_attributes": "rds.describe_db_cluster_snapshots",
        "rds.describe_db_snapshot_attributes": "rds.describe_db_snapshots",
        "s3.get_bucket_policy_status": "s3.list_buckets",
        "s3.get_bucket_replication": "s3.list_buckets",
        "s3.get_bucket_versioning": "s3.list_buckets",
        "secretsmanager.get_resource_policy": "secretsmanager.list_secrets",
        "sns.get_topic_attributes": "sns.list_topics",
        "sqs.get_queue_attributes": "sqs.list_queues",
    }
)


def operations_for(checks: Iterable[Check]) -> frozenset[str]:
    """What these checks read, and what describes the resources in it."""
    read = {operation for one in checks for operation in one.reads}
    return frozenset(read | {DESCRIBED_BY[one] for one in read if one in DESCRIBED_BY})
