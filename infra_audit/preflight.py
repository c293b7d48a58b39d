"""Tries each permission once, before the meeting: what is missing, who denies it, and what that would leave unseen.

Every collector runs as in an audit, but on the first page of each list, and of what that holds on the first few. So
what is tried is what is used, and not a list that somebody keeps beside it. What was read is thrown away.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from infra_audit.aws import THREADS, Account
from infra_audit.call_log import ANSWERED
from infra_audit.collectors.aws.endings import CollectorNoteError, action_of, outcome_of
from infra_audit.collectors.aws.reader import Reader, Shard
from infra_audit.collectors.registry import Collector
from infra_audit.inventory import Ending, Place, Unit
from infra_audit.registry import catalogue

T = TypeVar("T")
R = TypeVar("R")

FIRST_FEW = 2
LONGEST_WAIT_S = 2.0
NOTHING_THERE = "there was nothing to try it on"
COSTS = "AWS charges for it: add --paid-calls to have it tried"
# Whoever may not ask is told so before AWS looks whether the thing is there.
NOT_THERE = ("NoSuch", "NotFound")


class State(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    UNTRIED = "untried"


@dataclass(frozen=True)
class Tried:
    """One IAM action. `where` are the places at which that was so; `because` says why it was not tried.

    `unassessed` are the checks that would say nothing, or less, as long as it is denied.
    """

    action: str
    state: State
    where: tuple[str, ...] = ()
    denied_by: str | None = None
    because: str = ""
    unassessed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preflight:
    """What came of it: the actions in alphabetical order, and how many requests it took."""

    account: str
    caller: str
    places: tuple[str, ...]
    actions: tuple[Tried, ...]
    api_calls: int

    def of(self, state: State) -> list[Tried]:
        return [one for one in self.actions if one.state is state]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Heard:
    """What one collector heard at one place: {action: who denied it}, and what was let through."""

    collector: Collector
    place: Place
    denied: dict[str, str] = field(default_factory=dict)
    allowed: set[str] = field(default_factory=set)
    unit: Unit | None = None


class _Probe(Reader):
    """Reads little of everything, and notes each refusal, those too that a collector copes with."""

    def __init__(self, shard: Shard, collector: Collector, heard: _Heard) -> None:
        super().__init__(shard, collector)
        self._heard = heard

    def pages(self, *args: Any, **options: Any) -> Iterator[Any]:
        return islice(super().pages(*args, **options), FIRST_FEW)

    def each(self, read: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return super().each(read, islice(items, FIRST_FEW))

    def pause(self, seconds: float) -> None:
        if seconds > LONGEST_WAIT_S:
            raise CollectorNoteError("It was not waited for.")
        super().pause(seconds)

    def _pages(self, *args: Any, **options: Any) -> Iterator[dict[str, Any]]:
        return islice(super()._pages(*args, **options), 1)

    def _send(self, service: str, region: str, send: Callable[[], Any]) -> Any:
        try:
            return super()._send(service, region, send)
        except ClientError as error:
            outcome = outcome_of(error, self._collector.iam)
            if outcome.ending is Ending.DENIED and outcome.iam_action:
                self._heard.denied[outcome.iam_action] = outcome.denied_by or ""
            raise


def preflight(account: Account, places: Sequence[Place]) -> Preflight:
    """Try everything at these places. Raises nothing: what AWS would not say is what this is about."""
    heard = [one for place in places for one in _at(account, place)]
    return Preflight(
        account=account.id,
        caller=account.caller,
        places=tuple(map(str, places)),
        actions=tuple(_tried(action, heard) for action in sorted({a for one in heard for a in one.collector.iam})),
        api_calls=sum(one.unit.api_calls for one in heard if one.unit),
    )


def _at(account: Account, place: Place) -> list[_Heard]:
    stopping = threading.Event()
    heard = [_Heard(one, place) for one in account.wanted(place)]
    with ThreadPoolExecutor(THREADS, "details") as details, ThreadPoolExecutor(THREADS, "units") as pool:
        shard = account.shard(place, details, stopping)

        def listen(one: _Heard) -> None:
            if one.collector.paid and not account.target.paid_calls:
                return
            one.unit = _Probe(shard, one.collector, one).unit()
            one.allowed = _let_through(one.unit, one.collector)
            refusals = [(other.iam_action, other.denied_by) for other in one.unit.unread]
            for action, by in [(one.unit.iam_action, one.unit.denied_by), *refusals]:
                if action and by is not None:  # also what another collector was the first to ask for
                    one.denied.setdefault(action, by)

        try:
            list(pool.map(listen, heard))
        finally:
            stopping.set()
    return heard


def _let_through(unit: Unit, collector: Collector) -> set[str]:
    """The actions of the requests that were answered, be it with "there is no such thing"."""
    answered = {
        one.operation for one in unit.calls if one.ending == ANSWERED or any(w in one.ending for w in NOT_THERE)
    }
    return {action for one in answered if (action := action_of(one, collector.iam))}


def _tried(action: str, heard: Sequence[_Heard]) -> Tried:
    """Denied anywhere is denied; else let through anywhere is allowed."""
    denied = [one for one in heard if action in one.denied]
    if denied:
        return Tried(
            action,
            State.DENIED,
            where=_places(denied),
            denied_by=", ".join(sorted({one.denied[action] for one in denied})),
            unassessed=_unassessed({one.collector.operation for one in denied}),
        )
    allowed = [one for one in heard if action in one.allowed]
    if allowed:
        return Tried(action, State.ALLOWED, where=_places(allowed))
    without = [one for one in heard if action in one.collector.iam]
    return Tried(action, State.UNTRIED, where=_places(without), because=_because(without))


def _because(heard: Sequence[_Heard]) -> str:
    """Why it was not tried, as far as that can be told."""
    if not any(one.unit for one in heard):
        return COSTS
    first = next((action for one in heard for action in one.denied), None)
    if first:
        return f"{first} was denied first"
    stopped = next((one.unit.message for one in heard if one.unit and not one.unit.ending.complete), "")
    return stopped.rstrip(".") or NOTHING_THERE


def _places(heard: Sequence[_Heard]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.place.region for one in heard))


def _unassessed(operations: set[str]) -> tuple[str, ...]:
    return tuple(one.id for one in catalogue().values() if operations.intersection((*one.needs, *one.over)))
