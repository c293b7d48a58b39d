"""Harbour & Pine, a shop for things one takes outdoors: its AWS account, seeded into an emulated endpoint.

About 250 resources in two regions, believable and flawed. The same seed makes the same account, down to the ids;
ages are counted back from `now`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from demo.faults import Deny
from demo.ledger import ACCOUNT, IRELAND, VIRGINIA, Ledger, Resource, StateEntry
from demo.seeding.access import seed_access
from demo.seeding.buckets import UNREADABLE, seed_buckets
from demo.seeding.copies import seed_copies
from demo.seeding.credentials_in_settings import seed_credentials_in_settings
from demo.seeding.databases import seed_databases
from demo.seeding.exposure import seed_exposure
from demo.seeding.fleets import seed_fleets
from demo.seeding.machines import seed_machines
from demo.seeding.network import seed_networks
from demo.seeding.people import seed_bill, seed_people
from demo.seeding.services import seed_services
from demo.seeding.spellings import seed_spellings
from demo.seeding.stacks import seed_stacks
from demo.seeding.watching import seed_watching
from demo.truth import ExpectedGap, Planted, Truth

COMPANY = "Harbour & Pine"
REGIONS = (IRELAND, VIRGINIA)
SEED = 20261

# What the company's administrators keep from us: the report must say so, and by whom.
REFUSED = (
    Deny("lambda:ListFunctions", region=VIRGINIA, by="service control policy"),
    Deny("s3:GetBucketTagging", by="resource policy", about=UNREADABLE),
    Deny("s3:GetBucketPublicAccessBlock", by="resource policy", about=UNREADABLE),
)
GAPS = (
    ExpectedGap("lambda:ListFunctions", ACCOUNT, VIRGINIA, "service control policy"),
    ExpectedGap("ce:GetAnomalyMonitors", ACCOUNT, "global", "the client's consent (free calls only)"),
    ExpectedGap("s3:GetBucketTagging", ACCOUNT, "global", "resource policy", f"arn:aws:s3:::{UNREADABLE}"),
    ExpectedGap("s3:GetBucketPublicAccessBlock", ACCOUNT, "global", "resource policy", f"arn:aws:s3:::{UNREADABLE}"),
)


@dataclass(frozen=True)
class SeededAccount:
    """What was made, what is wrong with it, and what Terraform believes to manage of it."""

    truth: Truth
    resources: tuple[Resource, ...]
    state: tuple[StateEntry, ...]


def seed_account(url: str, *, now: datetime | None = None, seed: int = SEED, resources: int = 0) -> SeededAccount:
    """Make the company in an empty emulated account; takes some seconds, or with about that many `resources` (more
    than it has) some minutes. Faults must be switched on afterwards."""
    ledger = Ledger(url, now or datetime.now(UTC), seed)
    for region in REGIONS:
        ledger.aws("ec2", region).describe_vpcs()  # has the default networks made before anything draws ids
    seed_people(ledger)
    networks = seed_networks(ledger)
    seed_machines(ledger, networks)
    seed_databases(ledger)
    seed_buckets(ledger)
    seed_stacks(ledger)
    seed_services(ledger, networks)
    seed_watching(ledger, networks)
    seed_bill(ledger)
    seed_credentials_in_settings(ledger)
    seed_spellings(ledger)
    seed_fleets(ledger, networks, resources)
    seed_copies(ledger)
    seed_access(ledger)
    seed_exposure(ledger, networks)
    planted = tuple(_assessable((*ledger.planted, *ledger.governance())))
    return SeededAccount(Truth(planted, GAPS, ledger.counted()), tuple(ledger.resources), tuple(ledger.state))


def _assessable(planted: Iterable[Planted]) -> Iterable[Planted]:
    """Without what the refusals hide."""
    return (one for one in planted if one.resource != f"arn:aws:s3:::{UNREADABLE}")
