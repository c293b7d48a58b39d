"""Types of the AWS provider for Terraform that take `tags`; those that people make, not all.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from infra_audit.secrets.values import word_set

TAGGABLE = frozenset(
    f"aws_{name}"
    for name in word_set(
        """
    acm_certificate alb alb_listener alb_target_group ami api_gateway_rest_api api_gateway_stage apigatewayv2_api
    apigatewayv2_stage apprunner_service athena_workgroup backup_plan backup_vault batch_compute_environment
    batch_job_definition batch_job_queue cloudfront_distribution cloudtrail cloudwatch_event_rule cloudwatch_log_group
    cloudwatch_metric_alarm codebuild_project codepipeline cognito_user_pool customer_gateway db_instance
    db_option_group db_parameter_group db_proxy db_subnet_group dms_replication_instance docdb_cluster
    docdb_cluster_instance dynamodb_table ebs_snapshot ebs_volume ec2_client_vpn_endpoint ec2_transit_gateway
    ecr_repository ecs_cluster ecs_service ecs_task_definition efs_access_point efs_file_system eip eks_cluster
    eks_node_group elastic_beanstalk_application elastic_beanstalk_environment elasticache_cluster
    elasticache_replication_group elasticsearch_domain elb emr_cluster flow_log fsx_lustre_file_system glue_job
    iam_instance_profile iam_openid_connect_provider iam_policy iam_role iam_user instance internet_gateway
    key_pair kinesis_firehose_delivery_stream kinesis_stream kms_key lambda_function launch_template lb lb_listener
    lb_target_group lightsail_instance mq_broker msk_cluster mwaa_environment nat_gateway neptune_cluster
    neptune_cluster_instance network_acl network_interface opensearch_domain rds_cluster rds_cluster_instance
    rds_cluster_parameter_group redshift_cluster route53_zone route_table s3_bucket sagemaker_endpoint
    sagemaker_notebook_instance secretsmanager_secret security_group sfn_state_machine sns_topic sqs_queue
    ssm_parameter storagegateway_gateway subnet transfer_server vpc vpc_endpoint vpc_peering_connection
    vpn_connection vpn_gateway wafv2_web_acl
    """
    )
)
BY_BLOCKS = "aws_autoscaling_group"  # it takes `tag` blocks, and no tags from its provider
