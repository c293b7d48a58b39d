"""People, their keys, and the roles and policies that machines use."""

import json
from dataclasses import dataclass, field

from demo.ledger import BY_HAND, STATE, Ledger, StateEntry, Tags, arn, pairs, tagged

GLOBAL = "global"


@dataclass(frozen=True)
class Person:
    """One IAM user. `keys` are the ages in days of its access keys; a negative one has been switched off."""

    name: str
    console: bool = False
    mfa: bool = False
    keys: tuple[int, ...] = ()
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)


STAFF = tagged("", "people-team")
PEOPLE = (
    Person("ada", console=True, mfa=True, keys=(21,), managed=STATE, tags=STAFF),
    Person("ben", console=True, mfa=True, managed=STATE, tags=STAFF),
    Person("cleo", console=True, keys=(640,), tags=STAFF),
    Person("dorian", console=True, tags=STAFF),
    Person("edda", console=True, mfa=True, keys=(190, 12), tags=STAFF),
    Person("farid", console=True),
    Person("greta", console=True, mfa=True, managed=STATE, tags=STAFF),
    Person("hugo", console=True, keys=(-410,)),
    Person("support-vendor", console=True, keys=(1180,)),
    Person("ci-deploy", keys=(733,), tags=tagged("prod", "platform")),
    Person("feed-importer", keys=(95,), tags=tagged("prod", "warehouse")),
    Person("metrics-exporter", keys=(88,), managed=STATE, tags=tagged("prod", "platform")),
    Person("mailer", keys=(1,), managed=STATE, tags=tagged("prod", "storefront")),
    Person("erp-sync", keys=(1350,)),
)
OLD_KEY_DAYS = 90
ROLES = (
    ("hp-web", STATE, tagged("prod", "storefront"), True),
    ("hp-worker", STATE, tagged("prod", "orders"), True),
    ("hp-backup-copier", BY_HAND, tagged("prod", "platform"), False),
    ("hp-old-lambda-basic", BY_HAND, tagged(), False),
    ("hp-feed-importer", STATE, tagged("prod", "warehouse"), False),
    ("hp-image-resizer", STATE, tagged("prod", "storefront"), False),
    ("hp-report-writer", STATE, tagged("prod", "finance"), False),
    ("hp-firehose-test", BY_HAND, tagged(), False),
    ("hp-step-functions-trial", BY_HAND, tagged(), False),
    ("hp-label-printer", BY_HAND, tagged("prod", "warehouse"), False),
)
POLICIES = (
    ("hp-read-media", STATE, tagged("prod", "storefront")),
    ("hp-write-orders", STATE, tagged("prod", "orders")),
    ("hp-read-feeds", STATE, tagged("prod", "warehouse")),
    ("hp-publish-alerts", STATE, tagged("prod", "platform")),
    ("hp-temp-admin", BY_HAND, tagged()),
    ("hp-console-support", BY_HAND, tagged("", "people-team")),
)


def seed_people(ledger: Ledger) -> None:
    """Users, roles with instance profiles, customer policies, and a role that AWS made for itself."""
    for one in PEOPLE:
        _person(ledger, one)
    for name, managed, tags, machine in ROLES:
        _role(ledger, name, managed, tags, machine=machine)
    for name, managed, tags in POLICIES:
        _policy(ledger, name, managed, tags)
    ledger.aws("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    ledger.aws("iam").create_account_alias(AccountAlias="harbour-and-pine")


def _person(ledger: Ledger, one: Person) -> None:
    iam = ledger.aws("iam", age_days=max(900, *map(abs, one.keys)) if one.keys else 900)
    made = iam.create_user(UserName=one.name, Tags=pairs(one.tags))["User"]["Arn"]
    ledger.add(made, "iam:user", GLOBAL, one.tags, one.managed)
    if one.managed == STATE:
        ledger.put_in_state(
            StateEntry("aws_iam_user", "people", {"id": one.name, "name": one.name, "arn": made}, "", one.name)
        )
    if one.console:
        iam.create_login_profile(UserName=one.name, Password=ledger.credentials.password())
    if one.mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=one.name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=one.name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    for days in one.keys:
        key = ledger.aws("iam", age_days=abs(days)).create_access_key(UserName=one.name)["AccessKey"]["AccessKeyId"]
        if days < 0:
            iam.update_access_key(UserName=one.name, AccessKeyId=key, Status="Inactive")
    if one.console and not one.mfa:
        ledger.plant("iam_no_mfa", made, GLOBAL)
    if any(days > OLD_KEY_DAYS for days in one.keys):
        ledger.plant("iam_key_old", made, GLOBAL)


def _role(ledger: Ledger, name: str, managed: str, tags: Tags, *, machine: bool) -> None:
    iam = ledger.aws("iam", age_days=600)
    service = "ec2.amazonaws.com" if machine else "lambda.amazonaws.com"
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, Tags=pairs(tags))["Role"]["Arn"]
    ledger.add(made, "iam:role", GLOBAL, tags, managed)
    if managed == STATE:
        ledger.put_in_state(StateEntry("aws_iam_role", name.replace("-", "_"), {"id": name, "name": name, "arn": made}))
    if machine:
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def _policy(ledger: Ledger, name: str, managed: str, tags: Tags) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::hp-media/*"}
    made = ledger.aws("iam", age_days=600).create_policy(
        PolicyName=name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        Tags=pairs(tags),
    )["Policy"]["Arn"]
    ledger.add(made, "iam:policy", GLOBAL, tags, managed)
    if managed == STATE:
        ledger.put_in_state(StateEntry("aws_iam_policy", name.replace("-", "_"), {"id": made, "arn": made}))


def seed_bill(ledger: Ledger) -> None:
    """Nothing watches it."""
    ledger.plant("no_budget", arn("iam", "", "root"), GLOBAL)
