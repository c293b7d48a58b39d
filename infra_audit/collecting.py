"""Reads accounts to the end, several at once; each is let go of before another takes its turn."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from infra_audit.aws import Account, AwsTarget, failed_units, open_account, planned
from infra_audit.call_log import Calls, merged
from infra_audit.collectors.aws.throttle import Throttle
from infra_audit.errors import NothingAssessableError
from infra_audit.inventory import Place, Unit

ACCOUNTS_AT_ONCE = 4
PLACES_AT_ONCE = 4  # of all accounts together
ATTEMPTS = 3  # at what AWS throttles to the end
PAUSE_S = 5.0  # before the second; twice as long before the third

Emit = Callable[[Unit], None]


@dataclass(frozen=True)
class ReadAccount:
    """What came of one account. `told` is {id, alias, partition, org_role}; it is None where the account could not be
    opened, and then `failure` says why in one sentence."""

    target: AwsTarget
    units: tuple[Unit, ...]
    told: dict[str, str] | None = None
    regions: tuple[str, ...] = ()
    signing_in: tuple[Calls, ...] = ()
    failure: str = ""


class Reading:
    """Reads accounts that have the key, the moment and the pace in common.

    `expect` hears how many units more there will be, `show` of each that ended.
    """

    def __init__(
        self, *, key: bytes, now: datetime, throttle: Throttle, expect: Callable[[int], None], show: Emit
    ) -> None:
        self._open = partial(open_account, key=key, now=now, throttle=throttle)
        self._expect = expect
        self._show = show
        self._stopping = threading.Event()

    def read(self, accounts: Sequence[AwsTarget | Account]) -> list[ReadAccount]:
        """All of them, in their order, those that are open already among them. One that cannot be opened stops no
        other."""
        with ThreadPoolExecutor(PLACES_AT_ONCE) as places, ThreadPoolExecutor(ACCOUNTS_AT_ONCE) as pool:
            try:
                return list(pool.map(partial(self._read, places), accounts))
            except BaseException:  # an interrupt too: let the threads end before we do
                self._stopping.set()
                raise

    def _read(self, places: ThreadPoolExecutor, one: AwsTarget | Account) -> ReadAccount:
        if isinstance(one, Account):
            return self._read_places(places, one)
        try:
            account = self._open(one)
        except NothingAssessableError as refusal:
            return ReadAccount(one, tuple(failed_units(one, str(refusal))), failure=str(refusal))
        return self._read_places(places, account)

    def _read_places(self, places: ThreadPoolExecutor, account: Account) -> ReadAccount:
        units: list[Unit] = []
        lock = threading.Lock()
        self._expect(sum(len(planned(place, account.target)) for place in account.places()))

        def keep(unit: Unit) -> None:
            with lock:
                units.append(unit)
            self._show(unit)

        list(places.map(partial(read_place, account, emit=keep, stopping=self._stopping), account.places()))
        told = {"id": account.id, "alias": account.alias, "partition": account.partition, "org_role": account.org_role}
        return ReadAccount(account.target, tuple(units), told, account.regions, account.signing_in)


def read_place(account: Account, place: Place, *, emit: Emit, stopping: threading.Event) -> None:
    """Emit every unit of the place. What AWS throttles to the end is asked again after a while, before it is a gap."""
    kept = _Patience(emit)
    everything = frozenset(planned(place, account.target))
    for attempt in range(1, ATTEMPTS + 1):
        kept.is_last = attempt == ATTEMPTS
        account.collect(place, emit=kept, stop=stopping.is_set, done=frozenset(kept.done))
        if kept.done == everything or stopping.wait(0 if kept.is_last else PAUSE_S * attempt):
            return


class _Patience:
    """Passes units on, but for those that were throttled and may be asked again."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._held_back: dict[str, Unit] = {}
        self.done: set[str] = set()
        self.is_last = False

    def __call__(self, unit: Unit) -> None:
        if before := self._held_back.get(unit.operation):  # what that reading sent was sent all the same
            calls = merged(before.calls, unit.calls)
            unit = replace(unit, calls=calls, api_calls=before.api_calls + unit.api_calls)
        if unit.was_throttled and not self.is_last:
            self._held_back[unit.operation] = unit
            return
        self.done.add(unit.operation)
        self._emit(unit)
