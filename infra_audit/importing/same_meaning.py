"""Checks of other tools that mean what one of ours means: the same bad state of the same resource.

Only where both judge alike. "Logs are kept for a year" is not our "logs are kept for ever", so it stays theirs.
Prowler's ids: https://hub.prowler.com/check, Security Hub's controls:
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html
"""

PROWLER = {
    "acm_certificates_expiration_check": "acm_expiring",
    "awslambda_function_no_secrets_in_variables": "lambda_secret_in_env",
    "awslambda_function_url_public": "lambda_url_public",
    "awslambda_function_using_supported_runtimes": "lambda_runtime_unsupported",
    "backup_plans_exist": "no_backup_plan",
    "cloudformation_stack_outputs_find_secrets": "cloudformation_output_secret",
    "cloudtrail_log_file_validation_enabled": "trail_not_validated",
    "config_recorder_all_regions_enabled": "config_off",
    "dynamodb_tables_pitr_enabled": "dynamodb_no_pitr",
    "ec2_instance_profile_attached": "ec2_no_instance_profile",
    "ec2_instance_secrets_user_data": "ec2_secret_in_user_data",
    "ec2_launch_template_no_secrets": "launch_template_secret",
    "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22": "sg_ssh_open",
    "ecs_task_definitions_no_environment_secrets": "ecs_secret_in_env",
    "efs_have_backup_enabled": "efs_no_backup",
    "eks_cluster_not_publicly_accessible": "eks_endpoint_public",
    "eks_control_plane_logging_all_types_enabled": "eks_logs_off",
    "guardduty_is_enabled": "guardduty_off",
    "iam_avoid_root_usage": "root_used_recently",
    "iam_no_root_access_key": "root_has_keys",
    "iam_root_mfa_enabled": "root_no_mfa",
    "iam_rotate_access_key_90_days": "iam_key_old",
    "iam_user_accesskey_unused": "iam_key_unused",
    "iam_user_administrator_access_policy": "iam_admin_user",
    "iam_user_mfa_enabled_console_access": "iam_no_mfa",
    "iam_user_two_active_access_key": "iam_two_active_keys",
    "kms_key_not_publicly_accessible": "kms_key_public",
    "rds_cluster_deletion_protection": "rds_no_deletion_protection",
    "rds_cluster_storage_encrypted": "rds_unencrypted",
    "rds_instance_backup_enabled": "rds_retention_zero",
    "rds_instance_deletion_protection": "rds_no_deletion_protection",
    "rds_instance_multi_az": "rds_single_az",
    "rds_instance_storage_encrypted": "rds_unencrypted",
    "rds_snapshots_public_access": "rds_snapshot_public",
    "s3_account_level_public_access_blocks": "s3_account_block_off",
    "s3_bucket_level_public_access_block": "s3_no_block_public_access",
    "s3_bucket_object_versioning": "s3_no_versioning",
    "s3_bucket_public_access": "s3_public",
    "secretsmanager_automatic_rotation_enabled": "secret_not_rotated",
    "secretsmanager_not_publicly_accessible": "secret_public",
    "sns_topics_not_publicly_accessible": "sns_public",
    "sqs_queues_not_publicly_accessible": "sqs_public",
}

SECURITY_HUB = {
    "CloudTrail.4": "trail_not_validated",
    "Config.1": "config_off",
    "DynamoDB.2": "dynamodb_no_pitr",
    "EC2.13": "sg_ssh_open",
    "EKS.1": "eks_endpoint_public",
    "GuardDuty.1": "guardduty_off",
    "IAM.3": "iam_key_old",
    "IAM.4": "root_has_keys",
    "IAM.5": "iam_no_mfa",
    "IAM.9": "root_no_mfa",
    "KMS.5": "kms_key_public",
    "Lambda.2": "lambda_runtime_unsupported",
    "RDS.1": "rds_snapshot_public",
    "RDS.3": "rds_unencrypted",
    "RDS.5": "rds_single_az",
    "RDS.8": "rds_no_deletion_protection",
    "S3.1": "s3_account_block_off",
    "S3.14": "s3_no_versioning",
    "S3.8": "s3_no_block_public_access",
    "SecretsManager.1": "secret_not_rotated",
}

# https://www.checkov.io/5.Policy%20Index/terraform.html; of Terraform alone: its checks have one id in every language
CHECKOV = {
    "CKV_AWS_133": "tf_backup_retention_zero",
    "CKV_AWS_139": "tf_no_deletion_protection",
    "CKV_AWS_293": "tf_no_deletion_protection",
    "CKV_AWS_41": "tf_credentials_in_provider",
}

BY_TOOL = {"prowler": PROWLER, "security_hub": SECURITY_HUB, "checkov": CHECKOV}

# In code: checks of theirs that look at what ours look at, and may ask for more. Where we found something at the same
# place it is one finding; where we did not, theirs stays theirs. CKV_TF_1 asks for a commit even where a tag is named.
MODULES = ("tf_module_unpinned", "tf_module_ref_is_branch", "tf_registry_module_unversioned", "tf_module_version_open")
WRITTEN = ("tf_password_literal", "tf_credentials_in_provider", "cfn_password_literal")
DEFAULTS = ("tf_password_variable_default", "cfn_parameter_default_secret")
FOUND = ("secret_at_head", "secret_in_history", "credential_file_committed")
ANY = "*"  # whatever the tool calls it
TOPICS: dict[str, dict[str, tuple[str, ...]]] = {
    "checkov": {
        **{theirs: (ours,) for theirs, ours in CHECKOV.items()},
        "CKV_TF_1": MODULES,
        "CKV_TF_2": MODULES,
        "CKV_AWS_45": WRITTEN,
        "CKV_AWS_46": WRITTEN,
        "CKV_SECRET_": (*WRITTEN, *DEFAULTS, "secret_at_head"),  # one id a kind of secret
    },
    "gitleaks": {ANY: (*FOUND, *WRITTEN, *DEFAULTS)},
    "cfn_lint": {
        "I3011": ("cfn_no_deletion_policy",),
        "W1011": DEFAULTS,
        "W2501": ("cfn_password_literal", *DEFAULTS),
    },
}

# What holds for a whole account or region has no ARN of its own: everybody names it otherwise. Ours, with the parts
# of the place to fill in.
NAMED_BY_US = {
    "config_off": "arn:{partition}:config:{region}:{account}:configuration-recorder",
    "guardduty_off": "arn:{partition}:guardduty:{region}:{account}:detector",
    **dict.fromkeys(
        ("no_backup_plan", "root_has_keys", "root_no_mfa", "root_used_recently", "s3_account_block_off"),
        "arn:{partition}:iam::{account}:root",
    ),
}
