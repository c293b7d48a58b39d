"""What is written down while the account is seeded: each resource, its tags, and what manages it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from demo.credentials import Credentials
from demo.emulator import Pretence, answer, client
from demo.truth import Planted

ACCOUNT = "123456789012"  # moto's
IRELAND = "eu-west-1"
VIRGINIA = "us-east-1"

STACK, STATE, BY_HAND, DERIVED, ORPHANED = "CloudFormation", "Terraform", "", "derived", "orphaned"

Tags = Mapping[str, str]

REQUIRED = ("Environment", "Owner")  # the practice's tag policy
OTHERWISE_SPELLED = {"env": "Environment"}


@dataclass(frozen=True)
class Resource:
    """One thing in the account. `managed`: by a stack, by a state, by hand, or derived from something else.

    Derived: nobody writes it into code, because it follows from what they do write (root volumes, snapshots).
    Orphaned: a stack made it and is gone.
    """

    arn: str
    kind: str
    region: str
    tags: Tags
    managed: str


@dataclass(frozen=True)
class StateEntry:
    """One resource as Terraform would have written it into its state."""

    type: str
    name: str
    attributes: Mapping[str, Any]
    module: str = ""
    key: str | int | None = None
    mode: str = "managed"


@dataclass
class Ledger:
    """Makes the clients that seed, and remembers what they made."""

    url: str
    now: datetime
    seed: int
    resources: list[Resource] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    state: list[StateEntry] = field(default_factory=list)
    instances: dict[str, str] = field(default_factory=dict)  # id by the name we call it here

    def __post_init__(self) -> None:
        self.credentials = Credentials(self.seed)
        self._pretence = Pretence(self.now, self.seed)
        self._client = cache(self._make_client)

    def aws(self, service: str, region: str = IRELAND, *, age_days: float = 400) -> Any:
        """A client; until another one is asked for, whatever is made is that many days old."""
        self._pretence.now = self.now - timedelta(days=age_days)
        return self._client(service, region)

    def use_key(self, key: tuple[str, str], *, age_days: float) -> None:
        """Have an access key (id and secret) used that many days ago."""
        self._pretence.now = self.now - timedelta(days=age_days)
        signing = client(self.url, "sts", IRELAND, key=key)
        self._pretence.apply_to(signing)
        signing.get_caller_identity()

    def _make_client(self, service: str, region: str) -> Any:
        made = client(self.url, service, region)
        self._pretence.apply_to(made)
        return made

    def answer(self, service: str, operation: str, result: dict[str, Any], region: str) -> None:
        """What the endpoint is to say to an operation that moto lacks."""
        answer(self.url, service, operation, result, region)

    def add(self, arn: str, kind: str, region: str, tags: Tags, managed: str = BY_HAND) -> str:
        """Write down a resource; returns its ARN."""
        self.resources.append(Resource(arn, kind, region, dict(tags), managed))
        return arn

    def plant(self, check: str, arn: str, region: str) -> None:
        """Write down that a check must find this resource."""
        self.planted.append(Planted(check, arn, ACCOUNT, region))

    def put_in_state(self, entry: StateEntry) -> None:
        self.state.append(entry)

    def counted(self) -> Counter[str]:
        return Counter(one.kind for one in self.resources)

    def governance(self) -> Iterator[Planted]:
        """What follows from tags and management alone, for every resource."""
        for one in self.resources:
            own = {OTHERWISE_SPELLED.get(key, key) for key in one.tags if not key.startswith("aws:")}
            if not own:
                yield Planted("resource_untagged", one.arn, ACCOUNT, one.region)
            elif not own.issuperset(REQUIRED):
                yield Planted("resource_missing_required_tags", one.arn, ACCOUNT, one.region)
            if one.managed in {BY_HAND, ORPHANED}:
                yield Planted("resource_not_in_iac", one.arn, ACCOUNT, one.region)
            if one.managed == ORPHANED:
                yield Planted("resource_orphaned_from_stack", one.arn, ACCOUNT, one.region)


def arn(service: str, region: str, rest: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


def tagged(environment: str = "", owner: str = "", name: str = "") -> dict[str, str]:
    """Tags by the company's own policy; what is empty is left out."""
    return {key: value for key, value in (("Name", name), ("Environment", environment), ("Owner", owner)) if value}


def pairs(tags: Tags) -> list[dict[str, str]]:
    """As most AWS operations take tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def specified(kind: str, tags: Tags) -> list[dict[str, Any]]:
    """As EC2 takes tags when something is made."""
    return [{"ResourceType": kind, "Tags": pairs(tags)}] if tags else []
