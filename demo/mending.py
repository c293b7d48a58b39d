"""What the company does between two audits: it mends some of what the first one said, and opens something new."""

from demo.emulator import Emulator
from demo.ledger import IRELAND
from demo.seeding.network import WORLD

CLOSED = ("hp-bastion", "hp-legacy-erp")
OPENED = "hp-rollout-debug"
PROTECTED = 3


def mend(emulator: Emulator) -> None:
    """Close two firewall groups, keep three databases from being deleted, and leave a new group open in a hurry."""
    ec2, rds = emulator.client("ec2", IRELAND), emulator.client("rds", IRELAND)
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": list(CLOSED)}])["SecurityGroups"]
    for group in groups:
        to_the_world = [one for one in group["IpPermissions"] if any(r["CidrIp"] == WORLD for r in one["IpRanges"])]
        ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=to_the_world)
    exposed = [one for one in rds.describe_db_instances()["DBInstances"] if not one["DeletionProtection"]]
    for database in [one for one in exposed if not one.get("DBClusterIdentifier")][:PROTECTED]:
        rds.modify_db_instance(
            DBInstanceIdentifier=database["DBInstanceIdentifier"], DeletionProtection=True, ApplyImmediately=True
        )
    made = ec2.create_security_group(
        GroupName=OPENED, Description="Until the rollout is over", VpcId=groups[0]["VpcId"]
    )
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": WORLD}]}
    ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[ssh])
