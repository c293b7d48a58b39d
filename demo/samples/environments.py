"""The shop's environments in Terraform: production as it should be, staging as it grew, and what both are made from."""

from collections.abc import Mapping

from demo.credentials import Credentials
from demo.repository import Sample

SESSIONS = """variable "environment" {
  type = string
}

variable "protected" {
  type    = bool
  default = true
}

variable "password" {
  type      = string
  sensitive = true
}

resource "aws_db_instance" "sessions" {
  identifier               = "sessions-${var.environment}"
  engine                   = "postgres"
  instance_class           = "db.t4g.small"
  allocated_storage        = 20
  username                 = "app"
  password                 = var.password
  backup_retention_period  = 0 # sessions come and go
  deletion_protection      = var.protected
  delete_automated_backups = true
  final_snapshot_identifier = "sessions-${var.environment}-final"
}
"""

PRODUCTION = """terraform {
  backend "s3" {
    bucket = "hp-terraform-state"
    key    = "sessions/prod.tfstate"
    region = "eu-west-1"
  }
}

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { Environment = "prod", Owner = "shop" }
  }
}

variable "sessions_password" {
  type      = string
  sensitive = true
}

module "sessions" {
  source      = "../../modules/sessions"
  environment = "prod"
  password    = var.sessions_password
}
"""

# The password of `postgresql` is filled in.
STAGING = """provider "aws" {
  region = "eu-west-1"
}

provider "postgresql" {
  host     = "sessions-staging.internal"
  username = "app"
  password = "{staging}"
}

variable "sessions_password" {
  type      = string
  sensitive = true
}

module "sessions" {
  source      = "../../modules/sessions"
  environment = "staging"
  protected   = false
  password    = var.sessions_password
}
"""

STORAGE = """resource "aws_s3_bucket" "pictures" {
  bucket        = "hp-pictures"
  force_destroy = true # pictures: the old ones were in the way
}

resource "aws_s3_bucket" "invoices" {
  bucket        = "hp-invoices"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "invoices" {
  bucket = aws_s3_bucket.invoices.id

  versioning_configuration {
    status = "Enabled"
  }
}
"""

# The password is filled in.
BROKER = """resource "aws_mq_broker" "orders" {
  broker_name        = "hp-orders"
  engine_type        = "RabbitMQ"
  engine_version     = "3.13"
  host_instance_type = "mq.m5.large"

  user {
    username = "shop"
    password = "{broker}"
  }
}
"""

LOCK = """# This file is maintained automatically by "terraform init".
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.70.0"
  constraints = "~> 5.70"
}
"""

MODULE, LIVE = "infra/modules/sessions/main.tf", "infra/live/prod/main.tf"
TRIAL = "infra/live/staging/main.tf"


def environments(credentials: Credentials) -> dict[str, str]:
    """Their files, by path."""
    return {
        MODULE: SESSIONS,
        LIVE: PRODUCTION,
        TRIAL: STAGING.replace("{staging}", credentials.password(15)),
        "infra/live/prod/.terraform.lock.hcl": LOCK,
        "infra/.terraform.lock.hcl": LOCK,
        "infra/storage.tf": STORAGE,
        "infra/broker.tf": BROKER.replace("{broker}", credentials.password(13)),
    }


def plant_environments(sample: Sample, files: Mapping[str, str]) -> None:
    """Write down what is wrong in the files of `environments`."""
    for check, path, needle in (
        ("tf_backup_retention_zero", MODULE, "backup_retention_period"),
        ("tf_delete_automated_backups", MODULE, "delete_automated_backups"),
        ("tf_no_tags", MODULE, 'resource "aws_db_instance"'),
        ("tf_no_deletion_protection", TRIAL, "protected "),
        ("tf_module_shared_by_environments", LIVE, "../../modules/sessions"),
        ("tf_no_remote_state", TRIAL, 'provider "aws"'),
        ("tf_no_lock_file", TRIAL, 'provider "aws"'),
        ("tf_credentials_in_provider", TRIAL, "password ="),
        ("tf_force_destroy_unprotected", "infra/storage.tf", "# pictures:"),
        ("tf_password_literal", "infra/broker.tf", "password ="),
    ):
        sample.plant(check, path, files[path], needle)
    sample.plant("tf_no_tests", "")
    for path in (TRIAL, "infra/broker.tf"):
        sample.tolerate("secret_at_head", path, files[path], "password =")
