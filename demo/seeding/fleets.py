"""More of everything, by rule: what makes the company as large as somebody wants to measure with.

A block holds some of each kind, good and bad in turn. It is made by what makes the company itself, so the truth
follows from the same rows.
"""

from collections.abc import Iterator

from demo.ledger import BY_HAND, IRELAND, STATE, VIRGINIA, Ledger, Tags, arn, specified, tagged
from demo.seeding.buckets import BLOCKED, Bucket, seed_bucket
from demo.seeding.copies import KEPT
from demo.seeding.databases import COPY_HERE, Database, seed_database
from demo.seeding.machines import Machine, clean, database_password, seed_machine
from demo.seeding.network import WORLD, Group, Networks, rule, seed_group
from demo.seeding.people import Person, seed_person
from demo.seeding.services import seed_function, seed_queue, seed_secret, seed_table, seed_topic

BLOCK = 42  # resources
REGIONS = (IRELAND, VIRGINIA)
OWNED, UNTAGGED = tagged("prod", "fleet"), tagged()
NAMED = (
    (seed_function, "hp-job", 5),
    (seed_table, f"hp-{KEPT}", 2),
    (seed_table, "hp-scratch", 2),
    (seed_queue, "hp-inbox", 5),
    (seed_topic, "hp-news", 3),
    (seed_secret, "hp/fleet/key", 2),
)


def seed_fleets(ledger: Ledger, networks: Networks, resources: int) -> None:
    """As many blocks as bring the account to about that many resources; before copies and policies are seeded."""
    blocks = max(0, resources - len(ledger.resources)) // BLOCK
    if not blocks:
        return
    _subnets(ledger, networks)
    fleets: dict[str, int] = {}
    image = str(ledger.aws("ec2").describe_images(Owners=["self"])["Images"][0]["ImageId"])
    for number in range(blocks):
        _block(ledger, networks, number, fleets, image)


def _subnets(ledger: Ledger, networks: Networks) -> None:
    """Two that hold any number of machines, with the way out of the other machines of their zones."""
    ec2 = ledger.aws("ec2")
    app = [{"Name": "association.subnet-id", "Values": [networks.subnets["prod-app-a"]]}]
    routes = ec2.describe_route_tables(Filters=app)["RouteTables"][0]["RouteTableId"]
    for zone, block in (("a", "10.20.128.0/18"), ("b", "10.20.192.0/18")):
        found = ec2.create_subnet(
            VpcId=networks.vpcs["prod"],
            CidrBlock=block,
            AvailabilityZone=f"{IRELAND}{zone}",
            TagSpecifications=specified("subnet", OWNED),
        )["Subnet"]["SubnetId"]
        ec2.associate_route_table(RouteTableId=routes, SubnetId=found)
        networks.subnets[f"prod-fleet-{zone}"] = found
        ledger.add(arn("ec2", IRELAND, f"subnet/{found}"), "ec2:subnet", IRELAND, OWNED)


def _block(ledger: Ledger, networks: Networks, number: int, fleets: dict[str, int], image: str) -> None:
    for machine in _machines(number):
        seed_machine(ledger, networks, machine, fleets, image)
    for bucket in _buckets(number):
        seed_bucket(ledger, bucket)
    for database in _databases(number):
        seed_database(ledger, database)
    for person in _people(number):
        seed_person(ledger, person)
    for group in _groups(number):
        seed_group(ledger, networks, group)
    for seed, kind, count in NAMED:
        for one in _named(kind, number, count):
            seed(ledger, *one)


def _named(kind: str, block: int, count: int) -> Iterator[tuple[str, str, str, Tags]]:
    """Name, region, what manages it, and tags: in code and tagged, then by hand and not."""
    region = IRELAND if kind == "hp-job" else REGIONS[block % 2]  # functions are not listed elsewhere: it is refused
    for at in range(count):
        cared_for = (block + at) % 2 == 0
        yield f"{kind}-{block:04}-{at}", region, *((STATE, OWNED) if cared_for else (BY_HAND, UNTAGGED))


def _machines(block: int) -> Iterator[Machine]:
    """Four, each with its disk: two as they should be, one that nobody can take back, one with a password in it."""
    for at in range(2):
        zone = "ab"[at]
        yield Machine(
            f"crew{block:04}-{at}", f"prod-fleet-{zone}", "worker", profile="hp-worker", user_data=clean,
            managed=STATE, tags=OWNED, disk_tags=OWNED, asks_token=True,
        )  # fmt: skip
    yield Machine(f"extra{block:04}-0", "prod-fleet-a", "worker", tags=OWNED)
    yield Machine(f"extra{block:04}-1", "prod-fleet-b", "worker", user_data=database_password, secret=True)


def _buckets(block: int) -> Iterator[Bucket]:
    region, name = REGIONS[block % 2], f"hp-fleet-{block:04}"
    for at in range(3):
        yield Bucket(f"{name}-kept-{at}", region, block=BLOCKED, managed=STATE, tags=OWNED, versioned=True)
    yield Bucket(f"{name}-open", region, public=True, acl="public-read")
    yield Bucket(f"{name}-plain", region, block=BLOCKED)


def _databases(block: int) -> Iterator[Database]:
    """One with a copy (a resource too), one that nothing would be left of."""
    name = f"shard-{block:04}"
    yield Database(f"{name}-a", IRELAND, protected=True, copy=COPY_HERE, managed=STATE, tags=OWNED, encrypted=True,
                   stand_by=True)  # fmt: skip
    yield Database(f"{name}-b", REGIONS[block % 2], engine="mysql", retention_days=3)


def _people(block: int) -> Iterator[Person]:
    yield Person(f"picker-{block:04}", console=True, mfa=True, managed=STATE, tags=OWNED)
    yield Person(f"temp-{block:04}", console=True)
    yield Person(f"robot-{block:04}", keys=(200,), used=(60,), tags=OWNED)


def _groups(block: int) -> Iterator[Group]:
    yield Group(f"crew-{block:04}", "prod", (rule("tcp", (443, 443), v4="10.20.0.0/16"),), managed=STATE, tags=OWNED)
    yield Group(f"hurry-{block:04}", "tools", (rule("tcp", (22, 22), v4=WORLD),), open_ssh=True)
