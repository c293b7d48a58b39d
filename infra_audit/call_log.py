"""Every request that was sent to AWS: what a client compares with their own CloudTrail.

A request is told by service, operation, region, time and ending. Its parameters are not kept: they could hold anything.
Requests of one kind are kept together, so that a thousand of them take little more room than their times.
"""

import csv
import io
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from infra_audit.cells import cell

ANSWERED = "ok"
NO_ANSWER = "no answer"


class Call(NamedTuple):
    """One request, retries being requests too.

    `service` as CloudTrail has it before ".amazonaws.com"; `ending` is "ok", AWS's code of the error, or "no answer";
    `at` is when it ended, in whole seconds since 1970.
    """

    service: str
    operation: str
    region: str
    ending: str
    at: int


@dataclass(frozen=True, slots=True)
class Calls:
    """Requests that differ in nothing but their times, which are in order."""

    service: str
    operation: str
    region: str
    ending: str
    at: tuple[int, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "at": tuple(data["at"])})

    def times(self) -> list[str]:
        """ISO, in UTC, as CloudTrail writes them."""
        return [f"{datetime.fromtimestamp(one, UTC):%Y-%m-%dT%H:%M:%SZ}" for one in self.at]


def grouped(calls: Iterable[Call]) -> tuple[Calls, ...]:
    """One entry a kind, in alphabetical order."""
    kinds: dict[tuple[str, str, str, str], list[int]] = {}
    for *kind, at in calls:
        kinds.setdefault(tuple(kind), []).append(at)  # type: ignore[arg-type]
    return tuple(Calls(*kind, tuple(sorted(times))) for kind, times in sorted(kinds.items()))


def merged(*logs: Iterable[Calls]) -> tuple[Calls, ...]:
    """Several logs as one."""
    return grouped(
        Call(one.service, one.operation, one.region, one.ending, at) for log in logs for one in log for at in one.at
    )


def counted(calls: Iterable[Calls]) -> int:
    """How many requests."""
    return sum(len(one.at) for one in calls)


class Recorder:
    """Hears of every request of one connection, and writes it to the log that its thread has open. Thread-safe."""

    def __init__(self) -> None:
        self.signing_in: list[Call] = []  # what was sent while no log was open
        self._open = threading.local()

    @contextmanager
    def into(self, log: list[Call]) -> Iterator[None]:
        """What this thread sends meanwhile goes to `log`."""
        before = getattr(self._open, "log", None)
        self._open.log = log
        try:
            yield
        finally:
            self._give_up_waiting()
            self._open.log = before

    def send(self, service: str, region: str, *, event_name: str, **_: Any) -> None:
        """The SDK's `before-send`: from now on the request counts, whatever becomes of it."""
        self._give_up_waiting()
        self._open.sent = Call(service, event_name.rpartition(".")[2], region, NO_ANSWER, int(time.time()))

    def hear(
        self,
        service: str,
        region: str,
        *,
        event_name: str,
        parsed_response: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """The SDK's `response-received`, which does not come where the answer could not be understood."""
        self._open.sent = None
        error = (parsed_response or {}).get("Error") or {}
        ending = NO_ANSWER if parsed_response is None else str(error.get("Code") or ANSWERED)
        self._write(Call(service, event_name.rpartition(".")[2], region, ending[:100], int(time.time())))

    def _give_up_waiting(self) -> None:
        """What was sent before from this thread, and not heard of since, stays without an answer."""
        if sent := getattr(self._open, "sent", None):
            self._open.sent = None
            self._write(sent)

    def _write(self, call: Call) -> None:
        log: list[Call] | None = getattr(self._open, "log", None)
        (self.signing_in if log is None else log).append(call)


Logs = Mapping[str, Sequence[Calls]]  # by account
COLUMNS = ("eventTime", "account", "eventSource", "eventName", "awsRegion", "ending")  # as CloudTrail calls them


def of_units(units: Iterable[Any], signing_in: Logs | None = None) -> dict[str, tuple[Calls, ...]]:
    """The whole log of a run by account: what its units sent, and what signing in took."""
    parts: dict[str, list[Iterable[Calls]]] = {account: [calls] for account, calls in (signing_in or {}).items()}
    for unit in units:
        if unit.calls:
            parts.setdefault(unit.place.account, []).append(unit.calls)
    return {account: merged(*logs) for account, logs in sorted(parts.items())}


def told(logs: Logs) -> list[dict[str, Any]]:
    """In JSON types: {account, service, operation, region, ending, at: [ISO]}."""
    return [
        {
            "account": account,
            "service": one.service,
            "operation": one.operation,
            "region": one.region,
            "ending": one.ending,
            "at": one.times(),
        }
        for account, calls in logs.items()
        for one in calls
    ]


def calls_csv(logs: Logs) -> str:
    """One line a request, in order of time, under CloudTrail's own names."""
    lines = sorted(
        (moment, account, f"{one.service}.amazonaws.com", one.operation, one.region, one.ending)
        for account, calls in logs.items()
        for one in calls
        for moment in one.times()
    )
    written = io.StringIO(newline="")
    table = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows([cell(part) for part in line] for line in lines)
    return written.getvalue()
