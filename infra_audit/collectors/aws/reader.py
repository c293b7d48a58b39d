"""What a collector reads with: paged lists and single calls, paced, remembered, and counted."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import jmespath
from botocore.exceptions import ClientError, EndpointConnectionError

from infra_audit.call_log import Call, grouped
from infra_audit.collectors.aws.endings import NotApplicableError, Outcome, outcome_of
from infra_audit.collectors.aws.sessions import HOME_REGIONS, Connection
from infra_audit.collectors.registry import Collector, Consent
from infra_audit.inventory import GLOBAL, Ending, Place, Row, Unit, Unread
from infra_audit.state_objects import StateObject

if TYPE_CHECKING:
    from infra_audit.secrets import SecretEngine

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

CONSENT_DENIES = "the client's consent (metadata only)"
CONSENT_LACKS = {
    Consent.CONFIGURATION: "The client's consent covers metadata, not configuration that may hold secrets.",
    Consent.STATES: "The client's consent covers metadata, not the content of Terraform states.",
}
PRICE_DENIES = "the client's consent (free calls only)"


class StoppedError(Exception):
    """The run was told to stop; the unit at hand is given up, unfinished."""


class Shared(Iterable[T]):
    """One lazily read list that several readers walk, each from its start; what was read stays. Thread-safe."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._read: list[T] = []
        self._error: Exception | None = None
        self._done = False
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[T]:
        position = 0
        while self._has(position):
            yield self._read[position]
            position += 1

    def _has(self, position: int) -> bool:
        with self._lock:
            if position < len(self._read):
                return True
            if self._error:
                raise self._error
            if self._done:
                return False
            try:
                self._read.append(next(self._source))
            except StopIteration:
                self._done = True
                return False
            except Exception as error:
                self._error = copy(error)  # the first carries its way here, with all that lay on it
                raise
            return True


@dataclass
class Shard:
    """What the collectors of one place share: the way in, the pace, and what was already read."""

    connection: Connection
    place: Place
    now: datetime
    secrets: "SecretEngine"
    details: Executor  # for the many small calls inside one unit; its tasks never submit any
    stopping: threading.Event = field(default_factory=threading.Event)
    state_objects: tuple[StateObject, ...] = ()
    _memory: dict[str, Shared[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def remember(self, key: str, source: Callable[[], Iterator[Any]]) -> Shared[Any]:
        """The list of that key; `source` is asked for it the first time only."""
        with self._lock:
            if key not in self._memory:
                self._memory[key] = Shared(source())
            return self._memory[key]

    def pause(self, seconds: float) -> None:
        """Wait; raises StoppedError as soon as the run is told to stop."""
        if self.stopping.wait(seconds) if seconds > 0 else self.stopping.is_set():
            raise StoppedError


class Reader:
    """One unit's hands: reads for one collector at one place, and keeps what the unit must say about it."""

    def __init__(self, shard: Shard, collector: Collector) -> None:
        self._shard = shard
        self._collector = collector
        self._lock = threading.Lock()
        self._calls = 0
        self._log: list[Call] = []
        self._unread: list[Unread] = []
        self._notes: list[str] = []
        self._truncated = False
        self.account = shard.place.account
        self.partition = shard.place.partition
        self.region = shard.place.region
        self.now = shard.now
        self.secrets = shard.secrets
        self.state_objects = shard.state_objects

    @property
    def account_arn(self) -> str:
        """Stands for the account itself, where a finding is about nothing smaller."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    @property
    def home(self) -> str:
        """The region that answers for the whole account."""
        return HOME_REGIONS.get(self.partition, self._shard.connection.region)

    @property
    def emulated(self) -> bool:
        """True where the endpoint is not AWS's own."""
        return self._shard.connection.emulated

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """`arn:{partition}:{service}:{region}:{account}:{resource}`; pass region="" where the ARN has none."""
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account}:{resource}"

    def pages(
        self,
        service: str,
        operation: str,
        key: str,
        *,
        region: str | None = None,
        page_size: int | None = None,
        **params: Any,
    ) -> Iterator[Any]:
        """Every item under `key` (jmespath) over all pages; read lazily, and only once for all collectors of the shard.

        `operation` is the client's method ("describe_instances"), `page_size` where the service's own is small.
        Raises what AWS answered; let it out, and it becomes the unit's ending.
        """
        where = self._where(region)

        def read() -> Iterator[Any]:
            find = jmespath.compile(key)
            for page in self._pages(service, operation, where, page_size, params):
                yield from find.search(page) or ()

        return iter(self._shard.remember(_memory_key(service, operation, where, key, params), read))

    def call(self, service: str, operation: str, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """One answer, asked for only once for all collectors of the shard. Raises what AWS answered."""
        where = self._where(region)

        def ask() -> Iterator[dict[str, Any]]:
            yield self.ask(service, operation, region=where, **params)

        answer: dict[str, Any] = next(
            iter(self._shard.remember(_memory_key(service, operation, where, "", params), ask))
        )
        return answer

    def ask(self, service: str, operation: str, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """One answer, never remembered: for what changes while one waits for it."""
        where = self._where(region)
        answer: dict[str, Any] = self._send(service, where, lambda: self._client(service, where, operation)(**params))
        return answer

    def each(self, read: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`read` every item, several at once, in order. `read` must not call `each` itself."""
        return self._shard.details.map(read, items)

    def miss(self, resource: str, error: Exception) -> None:
        """That one resource could not be read: the unit becomes partial, and names it. Lets StoppedError through."""
        if isinstance(error, StoppedError):
            raise error
        outcome = self._outcome(error)
        with self._lock:
            self._unread.append(Unread(resource, outcome.ending, outcome.iam_action, outcome.denied_by))

    def capped(self, items: Iterable[T], limit: int, total: int | None = None) -> Iterator[T]:
        """At most `limit` items; if there are more, the unit ends truncated and says so (of `total`, where known)."""
        for position, item in enumerate(items):
            if position == limit:
                self._truncated = True
                self.note(f"Only the first {limit:,}" + (f" of {total:,}" if total else "") + " were read.")
                return
            yield item

    def note(self, sentence: str) -> None:
        """Something the unit's message should say."""
        self._notes.append(sentence)

    def pause(self, seconds: float) -> None:
        """Wait for something that AWS is making; gives up at once when the run is stopped."""
        self._shard.pause(seconds)

    def unit(self) -> Unit:
        """Read everything, and say how it ended. Raises StoppedError only."""
        started = time.perf_counter()
        rows: tuple[Row, ...] = ()
        try:
            rows = tuple(self._collector.read(self))
            outcome = Outcome(self._ending(), " ".join(self._notes))
        except StoppedError:
            raise
        except Exception as error:  # whatever it was, the other units go on
            outcome = self._outcome(error)
            self._unread.clear()
        # Another unit that walks a list of ours may be asking for its next page at this moment: each call is written
        # down before it is counted, so in this order the two agree. Signing in again in between is written down, too.
        calls, log = self._calls, tuple(self._log)
        return Unit(
            operation=self._collector.operation,
            place=self._shard.place,
            ending=outcome.ending,
            rows=rows,
            unread=tuple(sorted(self._unread, key=lambda one: one.resource)),
            iam_action=outcome.iam_action,
            denied_by=outcome.denied_by,
            message=outcome.message,
            api_calls=max(calls, len(log)),
            duration_s=round(time.perf_counter() - started, 3),
            calls=grouped(log),
        )

    def _ending(self) -> Ending:
        if self._truncated:
            return Ending.TRUNCATED
        return Ending.PARTIAL if self._unread else Ending.OK

    def _outcome(self, error: Exception) -> Outcome:
        connection = self._shard.connection
        if isinstance(error, EndpointConnectionError) and not connection.serves(
            self._collector.service, self._where(None)
        ):
            error = NotApplicableError("AWS does not offer this service here.")
        outcome = outcome_of(error, self._collector.iam, emulated=connection.emulated)
        if outcome.ending is Ending.ERROR:
            logger.warning("%s at %s: %s", self._collector.operation, self._shard.place, type(error).__name__)
        return outcome

    def _where(self, region: str | None) -> str:
        asked = region or self.region
        return self.home if asked == GLOBAL else asked

    def _client(self, service: str, region: str, operation: str) -> Any:
        return getattr(self._shard.connection.client(service, region), operation)

    def _pages(
        self, service: str, operation: str, region: str, page_size: int | None, params: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        client = self._shard.connection.client(service, region)
        if not client.can_paginate(operation):
            yield self.ask(service, operation, region=region, **params)
            return
        paging = {"PageSize": page_size} if page_size else {}
        pages = iter(client.get_paginator(operation).paginate(**params, PaginationConfig=paging))
        while page := self._send(service, region, lambda: next(pages, None)):
            yield page

    def _send(self, service: str, region: str, send: Callable[[], Any]) -> Any:
        """One call in its slot. Retries are counted too; the connection paces each where it is sent."""
        self._shard.pause(0)
        connection = self._shard.connection
        with connection.throttle.slot((self.account, service, region)), connection.calls.into(self._log):
            try:
                answer = send()
            except ClientError as error:
                self._count(error.response)
                raise
            except Exception:
                self._count({})
                raise
        if answer is not None:
            self._count(answer)
        return answer

    def _count(self, answer: dict[str, Any]) -> None:
        """What no collector asks for is not remembered with the answer: it is often the larger part."""
        with self._lock:
            self._calls += 1 + int(answer.pop("ResponseMetadata", {}).get("RetryAttempts", 0))


def read_unit(shard: Shard, collector: Collector, *, metadata_only: bool, paid_calls: bool = False) -> Unit:
    """Run one collector at one place. Raises StoppedError if the run was told to stop meanwhile."""
    if collector.paid and not paid_calls:
        return Unit(
            collector.operation,
            shard.place,
            Ending.DENIED,
            iam_action=collector.iam[0],
            denied_by=PRICE_DENIES,
            message="AWS charges for each of these questions, and it was not agreed to ask them.",
        )
    if metadata_only and collector.consent is not Consent.METADATA:
        return Unit(
            collector.operation,
            shard.place,
            Ending.DENIED,
            denied_by=CONSENT_DENIES,
            message=CONSENT_LACKS[collector.consent],
        )
    return Reader(shard, collector).unit()


def _memory_key(service: str, operation: str, region: str, key: str, params: dict[str, Any]) -> str:
    return json.dumps([service, operation, region, key, params], sort_keys=True, default=str)
