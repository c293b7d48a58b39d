"""An AWS account, as the rest of the program sees it: opened once, then collected place by place."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from infra_audit.call_log import Calls, grouped
from infra_audit.collectors.aws.endings import READ_ERRORS, error_code
from infra_audit.collectors.aws.reader import Shard, StoppedError, read_unit
from infra_audit.collectors.aws.refusals import sentence_for
from infra_audit.collectors.aws.sessions import HOME_REGIONS, Connection
from infra_audit.collectors.aws.throttle import SHARED, Throttle
from infra_audit.collectors.registry import Collector, Consent, collectors
from infra_audit.errors import NothingAssessableError
from infra_audit.inventory import GLOBAL, Ending, Place, Unit
from infra_audit.secrets import SecretEngine
from infra_audit.state_objects import StateObject

THREADS = 8
POLL_S = 0.5

# Enabled in every account of the standard partition, and so a fair guess where DescribeRegions is denied.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
ALWAYS_ENABLED = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)


@dataclass(frozen=True)
class AwsTarget:
    """How to get into an account. `regions`: () or ("all",) is every enabled one.

    `state_objects`: the Terraform states that the client agreed to have read, and no others.
    `paid_calls`: also ask what AWS charges for, a cent a call.
    """

    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    regions: tuple[str, ...] = ()
    metadata_only: bool = False
    state_objects: tuple[StateObject, ...] = ()
    paid_calls: bool = False


def open_account(
    target: AwsTarget, *, key: bytes, now: datetime, throttle: Throttle = SHARED, attempts: int | None = None
) -> "Account":
    """Sign in. `key` keys the fingerprints of secrets; `now` is the time that ages are counted from; `throttle` paces
    every request, and accounts that are read together share one; `attempts` are for who cannot wait.

    Raises NothingAssessableError, in one sentence that names the mend: no credentials, unknown profile, expired
    token, role refused, unreachable endpoint, unknown region.
    """
    try:
        connection = Connection(target, throttle, attempts)
        identity = connection.client("sts", connection.region).get_caller_identity()
    except (*READ_ERRORS, ValueError, KeyError) as error:  # KeyError: the SDK met XML that is not AWS's
        raise NothingAssessableError(sentence_for(error, target)) from error
    if not identity.get("Account"):
        raise NothingAssessableError(f"{target.endpoint_url} does not answer like AWS: check the endpoint's address.")
    account = Account(target, connection, identity, key=key, now=now)
    account.refuse_unknown_regions()
    return account


def planned(place: Place, target: AwsTarget) -> list[str]:
    """The operations that `Account.collect` runs at the place: each ends as one unit."""
    return [one.operation for one in _wanted(target) if one.is_global == (place.region == GLOBAL)]


def _wanted(target: AwsTarget) -> list[Collector]:
    """Every collector, but for the one of states where none was named."""
    return [one for one in collectors().values() if one.consent is not Consent.STATES or target.state_objects]


def failed_units(
    target: AwsTarget, message: str, *, place: Place | None = None, skip: frozenset[str] = frozenset()
) -> list[Unit]:
    """What an account that cannot be opened leaves behind: every operation not read, each with the same sentence.

    Without a place they stand at the account-wide one, under the account id that the role's ARN names.
    """
    parts = (target.role_arn or "").split(":")
    where = place or Place(parts[1] if len(parts) > 4 else "aws", parts[4] if len(parts) > 4 else "", GLOBAL)
    operations = planned(place, target) if place else [one.operation for one in _wanted(target)]
    return [Unit(one, where, Ending.ERROR, message=message) for one in operations if one not in skip]


class Account:
    """An account we are signed in to. What it says of itself is asked when first wanted."""

    def __init__(
        self,
        target: AwsTarget,
        connection: Connection,
        identity: dict[str, Any],
        *,
        key: bytes,
        now: datetime,
    ) -> None:
        self.id: str = identity["Account"]
        self.caller: str = identity["Arn"]
        self.partition: str = self.caller.split(":")[1]
        self.target = target
        self.now = now
        connection.account = self.id
        self._connection = connection
        self._secrets = SecretEngine(key)

    @cached_property
    def alias(self) -> str:
        """The account's own name for itself; "" where it has none or will not say."""
        try:
            aliases = self._ask("iam", "list_account_aliases")["AccountAliases"]
        except READ_ERRORS:
            return ""
        return str(aliases[0]) if aliases else ""

    @cached_property
    def org_role(self) -> str:
        """Its part in an AWS organisation: "management", "member", "standalone"; "" where it will not say."""
        try:
            organisation = self._ask("organizations", "describe_organization")["Organization"]
        except ClientError as error:
            return "standalone" if error_code(error) == "AWSOrganizationsNotInUseException" else ""
        except READ_ERRORS:
            return ""
        return "management" if organisation["MasterAccountId"] == self.id else "member"

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions asked for, or every enabled one; where that is denied, those enabled in every account."""
        if self.target.regions and self.target.regions != ("all",):
            return tuple(dict.fromkeys(self.target.regions))
        try:
            return tuple(sorted(self._described_regions()))
        except READ_ERRORS:
            return ALWAYS_ENABLED if self.partition == "aws" else tuple(self._connection.known_regions(self.partition))

    def places(self) -> list[Place]:
        """The shards: the account-wide one, then one a region."""
        return [Place(self.partition, self.id, region) for region in (GLOBAL, *self.regions)]

    def refuse_unknown_regions(self) -> None:
        """Raise NothingAssessableError for a region asked for that does not exist in the partition."""
        known = {"all", *self._connection.known_regions(self.partition)}
        unknown = [region for region in self.target.regions if region not in known]
        if unknown and not self._are_new(unknown):
            raise NothingAssessableError(
                f"There is no region {unknown[0]} in this account's part of AWS: write it like {self._home}."
            )

    def collect(
        self,
        place: Place,
        *,
        emit: Callable[[Unit], None],
        stop: Callable[[], bool],
        done: frozenset[str] = frozenset(),
    ) -> None:
        """Run every collector of the place, and call `emit`, in the calling thread, as each unit ends.

        Operations in `done` are left out. As soon as `stop()` is true nothing more is asked of AWS and the units
        that had not ended are not emitted. An error raised by `emit` ends the collection in the same way.
        """
        wanted = [one for one in planned(place, self.target) if one not in done]
        stopping = threading.Event()
        with ThreadPoolExecutor(THREADS, "details") as details, ThreadPoolExecutor(THREADS, "units") as pool:
            shard = self.shard(place, details, stopping)
            try:
                futures = {pool.submit(self._unit, shard, collectors()[one]) for one in wanted}
                self._emit_as_they_end(futures, emit, stop)
            finally:
                stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def shard(self, place: Place, details: Executor, stopping: threading.Event) -> Shard:
        """What collectors of the place read with; `details` are threads for the small calls inside a unit."""
        return Shard(self._connection, place, self.now, self._secrets, details, stopping, self.target.state_objects)

    def wanted(self, place: Place) -> list[Collector]:
        """The collectors of the place, but for those that the client's consent does not cover."""
        metadata_only = self.target.metadata_only
        here = (collectors()[one] for one in planned(place, self.target))
        return [one for one in here if one.consent is Consent.METADATA or not metadata_only]

    @property
    def sign_in_region(self) -> str:
        """The profile's own region, or the first that was asked for."""
        return self._connection.region

    @property
    def signing_in(self) -> tuple[Calls, ...]:
        """What was sent so far to sign in and to learn what the account is: no unit holds it."""
        return grouped(list(self._connection.calls.signing_in))

    def list_pages(self, service: str, operation: str, key: str) -> list[dict[str, Any]]:
        """Every item of a list that is the whole account's, over all pages. Raises what AWS answered."""
        pages = self._connection.client(service, self._home).get_paginator(operation).paginate()
        return [item for page in pages for item in page[key]]

    def _unit(self, shard: Shard, collector: Collector) -> Unit | None:
        try:
            return read_unit(
                shard, collector, metadata_only=self.target.metadata_only, paid_calls=self.target.paid_calls
            )
        except StoppedError:
            return None

    def _emit_as_they_end(
        self, futures: set[Future[Unit | None]], emit: Callable[[Unit], None], stop: Callable[[], bool]
    ) -> None:
        pending = futures
        while pending and not stop():
            ended, pending = wait(pending, timeout=POLL_S, return_when=FIRST_COMPLETED)
            for future in ended:
                if unit := future.result():
                    emit(unit)

    @property
    def _home(self) -> str:
        return HOME_REGIONS.get(self.partition, self._connection.region)

    def _ask(self, service: str, operation: str) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self._connection.client(service, self._home), operation)()
        return answer

    def _described_regions(self) -> set[str]:
        """Enabled ones only: the emulators answer with all."""
        answer = self._connection.client("ec2", self._connection.region).describe_regions()
        return {one["RegionName"] for one in answer["Regions"] if one.get("OptInStatus") != "not-opted-in"}

    def _are_new(self, regions: list[str]) -> bool:
        """True where AWS knows regions that the SDK's data does not."""
        try:
            return self._described_regions().issuperset(regions)
        except READ_ERRORS:
            return False
