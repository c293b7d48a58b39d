"""What the checks of networks have in common."""

from infra_audit.inventory import Inventory, Row

INTERFACES = "ec2.describe_network_interfaces"
ARN = "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1"
VPC = {"arn": ARN, "id": "vpc-1", "is_default": False}


def in_use(vpc: Row, inventory: Inventory) -> bool | None:
    """Whether anything stands in the network; None where the interfaces were not all read and none was seen."""
    if any(one["vpc"] == vpc["id"] for one in inventory[INTERFACES]):
        return True
    return None if inventory.incomplete(INTERFACES) or not inventory.units(INTERFACES) else False
