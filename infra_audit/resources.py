"""What counts as a resource of the account's own, and what AWS or another resource brought along."""

from collections.abc import Iterator

from infra_audit.inventory import Inventory, Row, Unit

# Operations whose rows are resources: {arn, type, name, tags, …}. Stacks are not among them: they are code.
RESOURCE_OPERATIONS = (
    "acm.list_certificates",
    "autoscaling.describe_auto_scaling_groups",
    "cloudfront.list_distributions",
    "dynamodb.list_tables",
    "ec2.describe_addresses",
    "ec2.describe_client_vpn_endpoints",
    "ec2.describe_egress_only_internet_gateways",
    "ec2.describe_flow_logs",
    "ec2.describe_images",
    "ec2.describe_instance_connect_endpoints",
    "ec2.describe_instances",
    "ec2.describe_internet_gateways",
    "ec2.describe_key_pairs",
    "ec2.describe_launch_templates",
    "ec2.describe_nat_gateways",
    "ec2.describe_network_acls",
    "ec2.describe_route_tables",
    "ec2.describe_security_groups",
    "ec2.describe_snapshots",
    "ec2.describe_subnets",
    "ec2.describe_volumes",
    "ec2.describe_vpc_endpoints",
    "ec2.describe_vpcs",
    "ec2.describe_vpn_connections",
    "ecr.describe_repositories",
    "efs.describe_file_systems",
    "eks.list_clusters",
    "elasticache.describe_cache_clusters",
    "elasticache.describe_replication_groups",
    "elb.describe_load_balancers",
    "elbv2.describe_load_balancers",
    "iam.get_account_authorization_details",
    "iam.list_policies",
    "kms.list_keys",
    "lambda.list_functions",
    "rds.describe_db_cluster_snapshots",
    "rds.describe_db_clusters",
    "rds.describe_db_instances",
    "rds.describe_db_snapshots",
    "s3.list_buckets",
    "secretsmanager.list_secrets",
    "sns.list_topics",
    "sqs.list_queues",
)

# Where AWS keeps roles that it makes itself: for its services, and for Identity Center.
SERVICE_ROLES = (":role/aws-service-role/", ":role/aws-reserved/")
# A copy of data is made, not defined.
COPIES = frozenset({"ec2:image", "ec2:snapshot", "rds:snapshot", "rds:cluster-snapshot"})
# Tags that AWS and its controllers put on what they make from something else.
PARENT_TAGS = (
    "aws:autoscaling:groupName",
    "aws:ec2:fleet-id",
    "aws:ec2spot:fleet-request-id",
    "aws:eks:cluster-name",
    "aws:elasticmapreduce:job-flow-id",
    "eks:nodegroup-name",
    "elbv2.k8s.aws/cluster",
    "kubernetes.io/created-for/pvc/name",
)


class Resources:
    """The resources of an inventory; an ARN counts once."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._default_vpcs = {row["id"] for row in inventory["ec2.describe_vpcs"] if row.get("is_default")}
        self._root_volumes = {row.get("root_volume") for row in inventory["ec2.describe_instances"]}

    def __iter__(self) -> Iterator[tuple[Row, Unit]]:
        """Each row with its unit, in a fixed order, without what AWS made by itself."""
        seen: set[str] = set()
        for operation in RESOURCE_OPERATIONS:
            for unit in self._inventory.units(operation):
                for row in unit.rows if unit.ending.readable else ():
                    if row["arn"] not in seen and not self.made_by_aws(row):
                        seen.add(row["arn"])
                        yield row, unit

    def made_by_aws(self, row: Row) -> bool:
        """True for what nobody asked for: the default network, what comes with any network, automated copies."""
        match row.get("type"):
            case "ec2:vpc" | "ec2:subnet" | "ec2:security-group" | "ec2:network-acl":
                return bool(row.get("is_default"))
            case "ec2:route-table":
                return bool(row.get("is_main"))
            case "ec2:internet-gateway":
                return bool(row.get("vpcs")) and self._default_vpcs.issuperset(row["vpcs"])
            case "rds:snapshot" | "rds:cluster-snapshot":
                return bool(row.get("kind", "manual") != "manual")
            case "elasticache:cluster":
                return bool(row.get("group"))
            case "secretsmanager:secret":
                return bool(row.get("owning_service"))
        return _is_of_a_service(row)

    def follows_from(self, row: Row) -> str:
        """What a resource follows from, so that no code would name it; "" where it stands by itself."""
        if row["type"] in COPIES:
            return "what it is a copy of"
        if row["type"] == "ec2:volume" and (row.get("vanishes_with") or row.get("id") in self._root_volumes):
            return "its instance"
        if any(key in (row["tags"] or {}) for key in PARENT_TAGS):
            return "the group that made it"
        return ""

    def unsettled_by(self, row: Row, unit: Unit) -> str:
        """The operation, not read completely there, that could have shown that the resource follows from another or
        was made by AWS; "" where that is settled."""
        operation = {
            "ec2:volume": "ec2.describe_instances" if row.get("attached_to") else "",
            "ec2:internet-gateway": "ec2.describe_vpcs" if row.get("vpcs") else "",
        }.get(row["type"], "")
        unread = self._inventory.incomplete(operation) if operation else []
        return operation if any(one.place == unit.place for one in unread) else ""


def _is_of_a_service(row: Row) -> bool:
    """True for the roles, policies, keys, rules and settings that AWS makes for its own services."""
    match row.get("type"):
        case "iam:role":
            return any(path in row["arn"] for path in SERVICE_ROLES)
        case "iam:policy":
            return bool(row["arn"].split(":")[4] == "aws")
        case "kms:key":
            return bool(row.get("manager") == "AWS")
        case "rds:pg" | "rds:cluster-pg" | "rds:og" | "elasticache:parametergroup":
            return str(row["name"]).startswith("default")
        case "events:rule":
            return bool(row.get("managed_by"))
    return False


def own_tags(row: Row) -> dict[str, str] | None:
    """The tags that somebody set: those of AWS itself ("aws:…") are none. None where they could not be read."""
    if row["tags"] is None:
        return None
    return {key: value for key, value in row["tags"].items() if not key.startswith("aws:")}
