from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._cloudformation import OPERATION, fetched, resource, rows_of, template, where
from infra_audit.checks.repo._terraform import eased
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Unknown, Verdict, check
from infra_audit.secrets.values import word_set

QUEUE = "AWS::SQS::Queue"
TAGGABLE = frozenset(
    f"AWS::{name}"
    for name in word_set(
        """
        ApiGateway::RestApi ApiGateway::Stage AutoScaling::AutoScalingGroup Backup::BackupVault
        CertificateManager::Certificate CloudFront::Distribution CloudTrail::Trail CodeBuild::Project
        CodePipeline::Pipeline Cognito::UserPool DocDB::DBCluster DynamoDB::Table EC2::EIP EC2::Instance
        EC2::InternetGateway EC2::NatGateway EC2::NetworkAcl EC2::RouteTable EC2::SecurityGroup EC2::Subnet EC2::Volume
        EC2::VPC ECR::Repository ECS::Cluster ECS::Service ECS::TaskDefinition EFS::FileSystem EKS::Cluster
        EKS::Nodegroup ElastiCache::CacheCluster ElastiCache::ReplicationGroup ElasticLoadBalancingV2::LoadBalancer
        ElasticLoadBalancingV2::TargetGroup Events::Rule IAM::Role IAM::User Kinesis::Stream
        KinesisFirehose::DeliveryStream
        KMS::Key Lambda::Function Logs::LogGroup Neptune::DBCluster OpenSearchService::Domain RDS::DBCluster
        RDS::DBInstance RDS::DBSubnetGroup Redshift::Cluster Route53::HostedZone S3::Bucket SecretsManager::Secret
        Serverless::Api Serverless::Function Serverless::HttpApi Serverless::SimpleTable Serverless::StateMachine
        SNS::Topic SQS::Queue SSM::Parameter StepFunctions::StateMachine
        """
    )
)
MACRO = "A macro or a plugin rewrites the template when it is deployed, and may add tags."
INCLUDED = "Its properties come from another file, which may hold tags."


@check(
    id="cfn_no_tags",
    title="CloudFormation templates make resources without tags",
    headline="{n} of {m} resources in CloudFormation templates are made without a tag",
    good_news="All {m} resources in CloudFormation templates are made with tags.",
    severity=Severity.LOW,
    effort=Effort.HOURS,
    why="Nobody can tell from the account whose it is, what it is for, and on whose bill it belongs.",
    action="Tag everything that the templates make",
    consequence="costs and owners could not be told apart",
    needs=(OPERATION,),
    remedy="Give the stack itself tags when it is deployed: CloudFormation passes them on to what it makes.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html",
    bad={OPERATION: [template(), resource(QUEUE)]},
    good={OPERATION: [template(), resource(QUEUE, has_tags=True)]},
    scope=Scope.REPOSITORY,
)
def cfn_no_tags(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict | Unknown]:
    """Tags of its own, or of its stack by samconfig.toml. Those given by hand are not seen, and that is said."""
    yield from fetched(inventory)
    templates = {row["path"]: row for row in rows_of(inventory, "template")}
    for row in rows_of(inventory, "resource"):
        if row["kind"] not in TAGGABLE:
            continue
        whole = templates[row["path"]]
        has_tags = row["has_tags"] or whole["stack_tags"]
        if not has_tags and (row["has_tags"] is None or whole["macros"]):
            yield Unknown(where(row)["resource"], OPERATION, because=MACRO if whole["macros"] else INCLUDED)
            continue
        yield Verdict(
            **where(row),
            **eased(row, Severity.LOW),
            bad=not has_tags,
            detail=f"{row['name']} names no tags; it gets some only where whoever deploys the stack gives it tags.",
            confidence="medium",
        )
