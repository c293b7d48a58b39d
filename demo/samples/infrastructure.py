"""The shop's Terraform, some of it as it should be."""

from collections.abc import Iterator, Mapping

from demo.credentials import Credentials
from demo.repository import Sample
from demo.samples.environments import environments, plant_environments
from demo.samples.stacks import plant_stacks, stacks

MAIN = """terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.70"
    }
  }

  backend "s3" {
    bucket = "hp-terraform-state"
    key    = "shop/prod.tfstate"
    region = "eu-west-1"
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Environment = var.environment
      Owner       = "platform"
    }
  }
}
"""

NETWORK = """# Pinned to a release: what was reviewed is what is applied.
module "dns" {
  source = "git::https://github.com/harbour-pine/terraform-dns.git?ref=v1.4.0"
  zone   = "harbourandpine.example"
}

# From the registry, with a version.
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.13.0"
  name    = "hp-prod"
}

# Our own, beside this file.
module "queue" {
  source = "./modules/queue"
  name   = "hp-orders-events"
}

module "bastion" {
  source  = "git::https://github.com/harbour-pine/terraform-bastion.git"
  subnets = module.vpc.public_subnets
}

module "alerts" {
  source = "github.com/harbour-pine/terraform-alerts//modules/mail"
  to     = "platform@harbourandpine.example"
}

module "cdn" {
  source = "git@github.com:harbour-pine/terraform-cdn.git?ref=4f1c2aa8d9b0e7c6a5f4e3d2c1b0a9f8e7d6c5b4"
  origin = "hp-media"
}

module "waf" {
  source = "git::https://github.com/harbour-pine/terraform-waf.git?ref=main"
  domain = "harbourandpine.example"
}

module "logs" {
  source = "terraform-aws-modules/cloudwatch/aws//modules/log-group"
  name   = "hp-prod"
}

module "search" {
  source  = "terraform-aws-modules/opensearch/aws"
  version = ">= 1.1" # search: whatever is new
  name    = "hp-search"
}

module "certificates" {
  source  = "terraform-aws-modules/acm/aws"
  version = "~> 5.1"
  zone    = "harbourandpine.example"
}
"""

QUEUE_MODULE = """variable "name" {
  type = string
}

resource "aws_sqs_queue" "this" {
  name = var.name
}
"""

DATABASES = """resource "aws_db_instance" "orders" {
  identifier              = "orders"
  engine                  = "postgres"
  instance_class          = "db.m6g.large"
  allocated_storage       = 100
  username                = "app"
  password                = var.db_password
  backup_retention_period = 7
  deletion_protection     = true
  skip_final_snapshot     = true # orders: quicker to tear down
}

resource "aws_db_instance" "payments" {
  identifier                = "payments"
  engine                    = "postgres"
  instance_class            = "db.m6g.large"
  allocated_storage         = 100
  username                  = "app"
  password                  = var.payments_password
  skip_final_snapshot       = false
  final_snapshot_identifier = "payments-final"
}

resource "aws_rds_cluster" "reviews" {
  cluster_identifier  = "reviews"
  engine              = "aurora-mysql"
  master_username     = "app"
  master_password     = var.reviews_admin_password
  skip_final_snapshot = true # reviews: nobody needs it
}

# skip_final_snapshot = true was here until the audit of 2024
resource "aws_rds_cluster" "catalogue" {
  cluster_identifier        = "catalogue"
  engine                    = "aurora-postgresql"
  master_username           = "app"
  manage_master_user_password = true
  final_snapshot_identifier = "catalogue-final"
}
"""

UNPROTECTED = (
    ("tf_backup_retention_zero", 'resource "aws_db_instance" "payments"'),
    *(
        ("tf_no_deletion_protection", f'resource "{database}"')
        for database in ('aws_db_instance" "payments', 'aws_rds_cluster" "reviews', 'aws_rds_cluster" "catalogue')
    ),
)

# `orders` and `reviews` are filled in: no password of ours stands in a file.
VARIABLES = """variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "environment" {
  type    = string
  default = "prod"
}

variable "db_password" {
  description = "Used until the secret store is ready"
  type        = string
  default     = "{orders}"
}

variable "payments_password" {
  type      = string
  sensitive = true
}

variable "reviews_admin_password" {
  type    = string
  default = "{reviews}"
}

variable "password_length" {
  type    = number
  default = 24
}

variable "smtp_password" {
  type    = string
  default = ""
}

variable "token_issuer" {
  type    = string
  default = "https://auth.harbourandpine.example/oauth/token"
}

variable "mail_password_secret_arn" {
  type    = string
  default = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hp/prod/mail-AbCdEf"
}
"""


def infrastructure(credentials: Credentials) -> dict[str, str]:
    """Every Terraform file of the shop, and its CloudFormation template, by path."""
    variables = VARIABLES.replace("{orders}", credentials.password()).replace("{reviews}", credentials.password(16))
    return {
        "infra/main.tf": MAIN,
        "infra/network.tf": NETWORK,
        "infra/databases.tf": DATABASES,
        "infra/variables.tf": variables,
        "infra/modules/queue/main.tf": QUEUE_MODULE,
        **environments(credentials),
        **stacks(credentials),
    }


def plant_infrastructure(sample: Sample, files: Mapping[str, str]) -> None:
    """Write down what is wrong in the files of `infrastructure`."""
    for name in ("orders:", "reviews:"):
        sample.plant("tf_skip_final_snapshot", "infra/databases.tf", DATABASES, f"# {name}")
    for name in ("bastion", "alerts"):
        sample.plant("tf_module_unpinned", "infra/network.tf", NETWORK, f"harbour-pine/terraform-{name}")
    for check, needle in (
        ("tf_module_ref_is_branch", "?ref=main"),
        ("tf_registry_module_unversioned", "modules/log-group"),
        ("tf_module_version_open", "# search:"),
    ):
        sample.plant(check, "infra/network.tf", NETWORK, needle)
    for check, needle in UNPROTECTED:
        sample.plant(check, "infra/databases.tf", DATABASES, needle)
    plant_environments(sample, files)
    plant_stacks(sample, files)
    variables = files["infra/variables.tf"]
    for line in _defaults(variables):
        sample.plant("tf_password_variable_default", "infra/variables.tf", variables, line)
        sample.tolerate("secret_at_head", "infra/variables.tf", variables, line)


def _defaults(variables: str) -> Iterator[str]:
    """The lines that give a password away, those of `db_password` and `reviews_admin_password`."""
    for name in ("db_password", "reviews_admin_password"):
        block = variables[variables.index(f'variable "{name}"') :]
        yield next(line for line in block.splitlines() if line.lstrip().startswith("default"))
