"""A repository of Terraform made at run time: files of the kind that people write, and what is wrong in some."""

ENVIRONMENTS = ("dev", "staging", "prod")
SERVICE_FILES = 7  # of one module: a file each

VARIABLES = """variable "name" {
  description = "What the service is called, in lower case; it becomes part of every name"
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "Lower case letters, digits and dashes, please."
  }
}

variable "environment" {
  type = string
}

variable "subnet_ids" {
  type    = list(string)
  default = []
}

variable "instance_count" {
  type    = number
  default = 2
}

variable "tags" {
  type    = map(string)
  default = { Owner = "platform" }
}

variable "database" {
  description = "How the database is made"
  type = object({
    instance_class = optional(string, "db.t4g.medium")
    storage        = optional(number, 50)
  })
  default = {}
}

variable "protected" {
  type    = bool
  default = true
}

variable "keep_last_copy" {
  type    = bool
  default = true
}
"""

LOCALS = """locals {
  full_name  = "${var.environment}-${var.name}"
  is_live    = var.environment == "prod"
  retention  = 14
  tags       = merge(var.tags, { Name = local.full_name, Environment = var.environment })
  container_environment = [
    for key, value in { LOG_LEVEL = "info", REGION = data.aws_region.current.name } : { name = key, value = value }
  ]
}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "task" {
  statement {
    sid       = "ReadItsBucket"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
  }

  statement {
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = [for queue in aws_sqs_queue.work : queue.arn]

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}
"""

COMPUTE = """resource "aws_ecs_service" "this" {
  name            = local.full_name
  cluster         = "main"
  desired_count   = local.is_live ? var.instance_count : 1
  task_definition = aws_ecs_task_definition.this.arn
  tags            = local.tags

  network_configuration {
    subnets         = var.subnet_ids
    security_groups = [aws_security_group.this.id]
  }

  dynamic "load_balancer" {
    for_each = local.is_live ? [1] : []

    content {
      target_group_arn = aws_lb_target_group.this.arn
      container_name   = var.name
      container_port   = 8080
    }
  }

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_ecs_task_definition" "this" {
  family = local.full_name
  tags   = local.tags
  container_definitions = jsonencode([{
    name        = var.name
    image       = "registry.example/${var.name}:stable"
    environment = local.container_environment
    secrets     = [{ name = "DATABASE_PASSWORD", valueFrom = aws_secretsmanager_secret.database.arn }]
    portMappings = [{ containerPort = 8080 }]
  }])
}

resource "aws_lb_target_group" "this" {
  name     = local.full_name
  port     = 8080
  protocol = "HTTP"
  vpc_id   = data.aws_vpc.main.id
  tags     = local.tags

  health_check {
    path    = "/health"
    matcher = "200"
  }
}

data "aws_vpc" "main" {
  tags = { Name = var.environment }
}
"""

NETWORK = """resource "aws_security_group" "this" {
  name        = local.full_name
  description = "What may reach ${var.name}"
  vpc_id      = data.aws_vpc.main.id
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  for_each          = toset(["10.0.0.0/16", "10.1.0.0/16"])
  security_group_id = aws_security_group.this.id
  cidr_ipv4         = each.value
  from_port         = 8080
  to_port           = 8080
  ip_protocol       = "tcp"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/services/${local.full_name}"
  retention_in_days = 90
  tags              = local.tags
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  count               = local.is_live ? 1 : 0
  alarm_name          = "${local.full_name}-errors"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  metric_name         = "HTTPCode_Target_5XX_Count"
  namespace           = "AWS/ApplicationELB"
  period              = 60
  statistic           = "Sum"
  threshold           = 10
  alarm_actions       = [data.aws_sns_topic.on_call.arn]
  tags                = local.tags
}

data "aws_sns_topic" "on_call" {
  name = "on-call"
}
"""

DATA = """resource "aws_db_instance" "this" {
  identifier                  = local.full_name
  engine                      = "postgres"
  engine_version              = "16.4"
  instance_class              = var.database.instance_class
  allocated_storage           = var.database.storage
  username                    = "app"
  manage_master_user_password = true
  backup_retention_period     = local.retention
  deletion_protection         = var.protected
  skip_final_snapshot         = false
  final_snapshot_identifier   = "${local.full_name}-last"
  delete_automated_backups    = false
  tags                        = local.tags
}

resource "aws_secretsmanager_secret" "database" {
  name = "${local.full_name}/database"
  tags = local.tags
}

resource "aws_s3_bucket" "data" {
  bucket        = "acme-${local.full_name}"
  force_destroy = !local.is_live
  tags          = local.tags
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_sqs_queue" "work" {
  for_each                   = toset(["orders", "mails"])
  name                       = "${local.full_name}-${each.key}"
  visibility_timeout_seconds = 60
  redrive_policy             = jsonencode({ maxReceiveCount = 5, deadLetterTargetArn = aws_sqs_queue.dead.arn })
  tags                       = local.tags
}

resource "aws_sqs_queue" "dead" {
  name = "${local.full_name}-dead"
  tags = local.tags
}
"""

OUTPUTS = """output "database_address" {
  value     = aws_db_instance.this.address
  sensitive = true
}

output "bucket" {
  description = "Where its files lie"
  value       = aws_s3_bucket.data.bucket
}

output "queues" {
  value = { for name, queue in aws_sqs_queue.work : name => queue.url }
}
"""

VERSIONS = """terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.70"
    }
  }
}
"""

ROOT = """terraform {
  backend "s3" {
    bucket = "acme-state"
    key    = "{environment}/{name}.tfstate"
    region = "eu-west-1"
  }
}

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { Owner = "platform", Environment = "{environment}" }
  }
}

module "service" {
  source      = "git::https://git.example/acme/{name}.git//service?ref=v1.{number}.0"
  name        = "{name}"
  environment = "{environment}"
}

module "queue" {
  source  = "terraform-aws-modules/sqs/aws"
  version = "~> 4.{number}"
  name    = "{name}-events"
}
"""

LOCK = "# what was resolved\n"

# One folder an anti-pattern; the check, the line that it must stand on, and the file. `{secret}` is filled in.
WRONG = {
    "tf_module_unpinned": (2, 'module "a" {\n  source = "git::https://git.example/acme/a.git"\n}\n'),
    "tf_module_ref_is_branch": (2, 'module "a" {\n  source = "git::https://git.example/acme/a.git?ref=main"\n}\n'),
    "tf_registry_module_unversioned": (2, 'module "a" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'),
    "tf_module_version_open": (
        3,
        'module "a" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = ">= 5.0"\n}\n',
    ),
    "tf_password_literal": (2, 'resource "aws_mq_broker" "a" {\n  password = "{secret}"\n}\n'),
    "tf_password_variable_default": (2, 'variable "admin_password" {\n  default = "{secret}"\n}\n'),
    "tf_credentials_in_provider": (2, 'provider "mysql" {\n  password = "{secret}"\n}\n'),
    "tf_skip_final_snapshot": (2, 'resource "aws_db_instance" "a" {\n  skip_final_snapshot = true\n}\n'),
    "tf_no_deletion_protection": (2, 'resource "aws_rds_cluster" "a" {\n  deletion_protection = false\n}\n'),
    "tf_delete_automated_backups": (2, 'resource "aws_db_instance" "a" {\n  delete_automated_backups = true\n}\n'),
    "tf_backup_retention_zero": (2, 'resource "aws_db_instance" "a" {\n  backup_retention_period = 0\n}\n'),
    "tf_force_destroy_unprotected": (2, 'resource "aws_s3_bucket" "a" {\n  force_destroy = true\n}\n'),
    "tf_no_tags": (1, 'resource "aws_sqs_queue" "a" {\n  name = "a"\n}\n'),
    "tf_no_remote_state": (1, 'provider "aws" {\n  region = "eu-west-1"\n}\n'),
    "tf_no_lock_file": (1, 'provider "aws" {\n  region = "eu-west-1"\n}\n'),
}
SHARED = 'module "{name}" {\n  source = "../../modules/shared"\n}\n'


def files(count, secret):
    """(path → content, check → path:line of what must be found). `secret` makes a password; some `count` .tf files."""
    made, wrong = _in_order(count - len(WRONG) - len(ENVIRONMENTS) - 1), {}
    for check, (line, text) in WRONG.items():
        path = f"wrong/{check}/main.tf"
        made[path] = text.replace("{secret}", secret())
        wrong[check] = f"{path}:{line}"
    for environment in ENVIRONMENTS:
        made[f"envs/{environment}/shared.tf"] = SHARED.replace("{name}", "shared")
    made["modules/shared/main.tf"] = VERSIONS
    wrong["tf_module_shared_by_environments"] = "envs/prod/shared.tf:2"
    return made, wrong | {"tf_no_tests": ""}


def _in_order(count):
    """Services, each a module that one folder beside it calls, and roots that take modules from elsewhere."""
    made: dict[str, str] = {}
    parts = {"variables": VARIABLES, "locals": LOCALS, "compute": COMPUTE, "network": NETWORK, "data": DATA}
    parts |= {"outputs": OUTPUTS, "versions": VERSIONS}
    number = 0
    while len(made) < count:
        name = f"service-{number}"
        for part, text in parts.items():
            made[f"services/{name}/module/{part}.tf"] = text
        for environment in ENVIRONMENTS:
            text = ROOT
            for field, value in {"name": name, "environment": environment, "number": str(number)}.items():
                text = text.replace(f"{{{field}}}", value)
            made[f"services/{name}/{environment}/main.tf"] = text
        number += 1
    return dict(list(made.items())[:count])
