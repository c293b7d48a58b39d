"""A handful of resources, good and bad of each kind, that any emulator worth the name can be asked to make."""

import json

REGION = "eu-west-1"


def open_to_all(arn, action):
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_small_account(client):
    """`client(service)` is a client of boto3's in REGION."""
    for part in (buckets, messages, people, tables, firewalls, disks, databases, settings):
        part(client)


def buckets(client):
    s3 = client("s3")
    for name in ("hp-open", "hp-kept", "hp-plain"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket="hp-open", Policy=open_to_all("arn:aws:s3:::hp-open/*", "s3:GetObject"))
    s3.put_bucket_versioning(Bucket="hp-kept", VersioningConfiguration={"Status": "Enabled"})
    owned = [{"Key": "Owner", "Value": "shop"}, {"Key": "Environment", "Value": "prod"}]
    s3.put_bucket_tagging(Bucket="hp-kept", Tagging={"TagSet": owned})


def messages(client):
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="open-queue")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": open_to_all(arn, "sqs:SendMessage")})
    sqs.create_queue(QueueName="own-queue")
    topic = sns.create_topic(Name="open-topic")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=open_to_all(topic, "sns:Publish"))
    sns.create_topic(Name="own-topic")


def people(client):
    iam = client("iam")
    iam.create_user(UserName="cashier")
    iam.create_login_profile(UserName="cashier", Password="-".join(["Aa1"] * 6))
    for _key in range(2):
        iam.create_access_key(UserName="cashier")
    iam.create_user(UserName="robot")
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.create_policy(PolicyName="everything", PolicyDocument=document)


def tables(client):
    dynamodb = client("dynamodb")
    for name in ("baskets", "orders"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="orders", PointInTimeRecoverySpecification=recovery)


def firewalls(client):
    ec2 = client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for name, port in (("ssh", 22), ("rdp", 3389), ("db", 5432)):
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=network)["GroupId"]
        rule = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        }
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def disks(client):
    for encrypted in (False, True):
        client("ec2").create_volume(Size=1, AvailabilityZone=f"{REGION}a", Encrypted=encrypted)


def databases(client):
    bad = {"BackupRetentionPeriod": 0, "PubliclyAccessible": True}
    good = {"BackupRetentionPeriod": 14, "StorageEncrypted": True, "DeletionProtection": True, "MultiAZ": True}
    for name, kept in (("orders", bad), ("ledger", good)):
        client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            EngineVersion="16.3",
            MasterUsername="shop",
            MasterUserPassword="-".join(["Aa1"] * 4),
            AllocatedStorage=20,
            **kept,
        )


def settings(client):
    logs = client("logs")
    for name in ("/kept", "/forever"):
        logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName="/kept", retentionInDays=30)
    client("kms").create_key()
    client("ssm").put_parameter(Name="/shop/colour", Value="green", Type="String")
