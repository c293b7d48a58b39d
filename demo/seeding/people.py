"""People, their keys, and the roles and policies that machines use."""

import json
from dataclasses import dataclass, field

from demo.ledger import BY_HAND, STATE, Ledger, StateEntry, Tags, arn, pairs, tagged

GLOBAL = "global"


@dataclass(frozen=True)
class Person:
    """One IAM user. `keys` are the ages in days of its access keys; a negative one has been switched off.

    `used` are the days since each of them was last used; -1 where it never was.
    """

    name: str
    console: bool = False
    mfa: bool = False
    keys: tuple[int, ...] = ()
    used: tuple[int, ...] = ()
    managed: str = BY_HAND
    tags: Tags = field(default_factory=dict)


STAFF = tagged("", "people-team")
PEOPLE = (
    Person("ada", console=True, mfa=True, keys=(21,), used=(0,), managed=STATE, tags=STAFF),
    Person("ben", console=True, mfa=True, managed=STATE, tags=STAFF),
    Person("cleo", console=True, keys=(640,), used=(200,), tags=STAFF),
    Person("dorian", console=True, tags=STAFF),
    Person("edda", console=True, mfa=True, keys=(190, 12), used=(2, -1), tags=STAFF),
    Person("farid", console=True),
    Person("greta", console=True, mfa=True, managed=STATE, tags=STAFF),
    Person("hugo", console=True, keys=(-410,), used=(405,)),
    Person("support-vendor", console=True, keys=(1180,), used=(400,)),
    Person("ci-deploy", keys=(733,), used=(0,), tags=tagged("prod", "platform")),
    Person("feed-importer", keys=(95,), used=(45,), tags=tagged("prod", "warehouse")),
    Person("metrics-exporter", keys=(88,), used=(1,), managed=STATE, tags=tagged("prod", "platform")),
    Person("mailer", keys=(1,), used=(0,), managed=STATE, tags=tagged("prod", "storefront")),
    Person("erp-sync", keys=(1350,), used=(-1,)),
)
OLD_KEY_DAYS = 90
FORGOTTEN_KEY_DAYS = 45
NEVER = -1
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
        seed_person(ledger, one)
    for name, managed, tags, machine in ROLES:
        _role(ledger, name, managed, tags, machine=machine)
    for name, managed, tags in POLICIES:
        _policy(ledger, name, managed, tags)
    ledger.aws("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    ledger.aws("iam").create_account_alias(AccountAlias="harbour-and-pine")


def seed_person(ledger: Ledger, one: Person) -> None:
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
    for days, used in zip(one.keys, one.used, strict=True):
        key = ledger.aws("iam", age_days=abs(days)).create_access_key(UserName=one.name)["AccessKey"]
        if used != NEVER:
            ledger.use_key((key["AccessKeyId"], key["SecretAccessKey"]), age_days=used)
        if days < 0:
            iam.update_access_key(UserName=one.name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    _plant(ledger, one, made)


def _plant(ledger: Ledger, one: Person, made: str) -> None:
    active = [(days, used) for days, used in zip(one.keys, one.used, strict=True) if days >= 0]
    if one.console and not one.mfa:
        ledger.plant("iam_no_mfa", made, GLOBAL)
    if any(days > OLD_KEY_DAYS for days, _ in active):
        ledger.plant("iam_key_old", made, GLOBAL)
    if any(used == NEVER for _, used in active):
        ledger.plant("iam_key_never_used", made, GLOBAL)
    if any(used > FORGOTTEN_KEY_DAYS for _, used in active):
        ledger.plant("iam_key_unused", made, GLOBAL)
    if len(active) > 1:
        ledger.plant("iam_two_active_keys", made, GLOBAL)


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
