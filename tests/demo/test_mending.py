"""Between two audits some of what was planted is mended, and one thing is new."""

from demo.ledger import IRELAND
from demo.mending import CLOSED, OPENED, PROTECTED, mend
from demo.seeding.network import GROUPS, WORLD


def test_what_is_closed_was_planted():
    assert {f"hp-{group.name}" for group in GROUPS if group.open_ssh} >= set(CLOSED)


def test_two_groups_are_closed_one_is_opened_and_databases_are_kept(aws):
    ec2, rds = aws.client("ec2", IRELAND), aws.client("rds", IRELAND)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for name in CLOSED:
        made = ec2.create_security_group(GroupName=name, Description="Open", VpcId=vpc)["GroupId"]
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": WORLD}]}
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[ssh])
    for number in range(PROTECTED + 1):
        rds.create_db_instance(
            DBInstanceIdentifier=f"db-{number}", DBInstanceClass="db.t3.micro", Engine="postgres",
            MasterUsername="erp", ManageMasterUserPassword=True, AllocatedStorage=20,
        )  # fmt: skip

    mend(aws)

    open_now = {
        one["GroupName"]
        for one in ec2.describe_security_groups()["SecurityGroups"]
        if any(each["CidrIp"] == WORLD for rule in one["IpPermissions"] for each in rule["IpRanges"])
    }
    kept = [one for one in rds.describe_db_instances()["DBInstances"] if one["DeletionProtection"]]

    assert open_now == {OPENED}
    assert len(kept) == PROTECTED
