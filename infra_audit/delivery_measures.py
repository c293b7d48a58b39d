"""How changes reach people: five measures, each with its source and how sure it is, or why it cannot be known.

Pure: events in, measures out. Events are of one kind of source: deployments where GitHub knows of some, else release
tags. Of how often changes fail, how long restoring takes and how reliable the
service is, a repository says nothing; the shares of reverts and hotfixes are told as proxies, never as the measure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

from infra_audit import delivery_on_github
from infra_audit.inventory import Inventory, Row, Unit

OPERATION = "repo.delivery"
MONTHS = 12
RELEASE_TAGS = "release tags"
DEPLOYMENTS = "deployments on GitHub"
FEW = 3  # releases: below, one odd one decides
NO_TAGS = "No tag marks a release, and a clone knows of no deployment."
SHALLOW = "This is a shallow clone: most of its history is not in it."
HOW_OFTEN_IT_FAILS = "A repository does not tell which releases did harm."
HOW_LONG_TO_RESTORE = "A repository does not tell when something was down, or up again."
HOW_RELIABLE = "What was promised and kept stands in monitoring, not in code."


@dataclass(frozen=True, slots=True)
class Shipped:
    """Something that reached people, at a time. `lead_hours`: how long each change in it had waited.

    `is_exact` is False where the time is not its own: a plain tag has that of its commit.
    """

    at: datetime
    lead_hours: tuple[float, ...] = ()
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Month:
    """What was committed in one month, "2026-11"."""

    month: str
    commits: int
    merges: int
    reverts: int
    hotfixes: int


@dataclass(frozen=True)
class Events:
    """What is known of one repository."""

    shipped: tuple[Shipped, ...] = ()
    months: tuple[Month, ...] = ()
    source: str = RELEASE_TAGS
    is_shallow: bool = False
    failed: int = 0  # deployments, of those `ended` ones whose end is known
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A share between 0 and 1 of `number` commits or deployments, which hints at what cannot be measured."""

    name: str
    share: float
    number: int


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` is None where it cannot be known, and then `because` says why; `number` is what the value rests on."""

    measure: str
    value: float | None
    unit: str
    number: int
    source: str | None
    confidence: str | None
    because: str = ""
    proxies: tuple[Proxy, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """The five measures of one repository, over the months from `since` ("2025-12") on."""

    since: str
    commits: int
    releases: int
    measures: tuple[Measure, ...]

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        for measure in told["measures"]:
            measure["proxies"] = list(measure["proxies"])
        return told | {"measures": list(told["measures"])}


def delivery_of(events: Events, now: datetime) -> Delivery:
    """Over this month and the eleven before it."""
    since = first_month(now)
    shipped = [one for one in events.shipped if f"{one.at:%Y-%m}" >= since and one.at <= now]
    months = [one for one in events.months if one.month >= since]
    return Delivery(
        since=since,
        commits=sum(one.commits for one in months),
        releases=len(shipped),
        measures=(
            _lead_time(events, shipped),
            _frequency(events, shipped),
            _unknown("change_fail_rate", "share", HOW_OFTEN_IT_FAILS, _hints(events, months)),
            _unknown("restore_time", "hours", HOW_LONG_TO_RESTORE),
            _unknown("reliability", "share", HOW_RELIABLE),
        ),
    )


def first_month(now: datetime) -> str:
    """The first of the twelve months that end with this one."""
    months = now.year * 12 + now.month - MONTHS  # counted from month 0 of year 0
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def events_of(rows: Iterable[Row]) -> Events:
    """From the rows of `repo.delivery`."""
    rows = list(rows)
    return Events(
        shipped=tuple(
            Shipped(datetime.fromisoformat(row["at"]), tuple(row["lead_hours"]), is_exact=row["is_annotated"])
            for row in rows
            if row["event"] == "release"
        ),
        months=tuple(
            Month(**{name: row[name] for name in ("month", "commits", "merges", "reverts", "hotfixes")})
            for row in rows
            if row["event"] == "month"
        ),
        is_shallow=any(row["event"] == "history" and row["is_shallow"] for row in rows),
    )


def told(inventory: Inventory, now: datetime) -> dict[str, dict[str, Any]]:
    """By repository, in JSON types; a repository without a commit, or one that could not be read, has none."""
    moment = now.astimezone(UTC)
    return {
        unit.place.repository: delivery_of(_with_github(events_of(unit.rows), unit, inventory), moment).as_json()
        for unit in sorted(inventory.units(OPERATION), key=lambda unit: unit.place)
        if unit.ending.readable and any(row["event"] == "month" for row in unit.rows)
    }


def _with_github(events: Events, unit: Unit, inventory: Inventory) -> Events:
    """Deployments say more than tags, so they take their place where there are any."""
    known = delivery_on_github.read(inventory, unit.place.repository)
    events = replace(events, failed=known.failed, ended=known.ended)
    if not known.rolled_out:
        return events
    shipped = tuple(Shipped(one.at, one.lead_hours, is_exact=one.is_exact) for one in known.rolled_out)
    return replace(events, shipped=shipped, source=DEPLOYMENTS)


def _lead_time(events: Events, shipped: list[Shipped]) -> Measure:
    waits = [hours for one in shipped for hours in one.lead_hours]
    if because := _why_not(events, waits, "Nothing that waited for a release was released in these twelve months."):
        return _unknown("lead_time", "hours", because)
    value = round(median(waits), 1)
    return Measure("lead_time", value, "hours", len(waits), events.source, _confidence(shipped))


def _frequency(events: Events, shipped: list[Shipped]) -> Measure:
    if because := _why_not(events, events.shipped, NO_TAGS):
        return _unknown("deployment_frequency", "a month", because)
    value = round(len(shipped) / MONTHS, 2)
    return Measure("deployment_frequency", value, "a month", len(shipped), events.source, _confidence(shipped))


def _why_not(events: Events, needed: Iterable[object], otherwise: str) -> str:
    if events.is_shallow and events.source == RELEASE_TAGS:
        return SHALLOW
    if not events.shipped:
        return NO_TAGS
    return "" if any(True for _one in needed) else otherwise


def _confidence(shipped: list[Shipped]) -> str:
    """Never high: what was tagged need not have been rolled out, nor at once."""
    return "medium" if len(shipped) >= FEW and all(one.is_exact for one in shipped) else "low"


def _unknown(measure: str, unit: str, because: str, proxies: tuple[Proxy, ...] = ()) -> Measure:
    return Measure(measure, None, unit, 0, None, None, because, proxies)


def _hints(events: Events, months: list[Month]) -> tuple[Proxy, ...]:
    """A deployment that failed did no harm yet, so it is a hint, too."""
    of_commits = () if events.is_shallow else _proxies(months)
    if not events.ended:
        return of_commits
    return (Proxy("failed_deployments", round(events.failed / events.ended, 4), events.ended), *of_commits)


def _proxies(months: list[Month]) -> tuple[Proxy, ...]:
    """Reverts among what was committed by hand; hotfixes among everything, as they may be merges."""
    commits = sum(one.commits for one in months)
    own = commits - sum(one.merges for one in months)
    counted: Mapping[str, tuple[int, int]] = {
        "reverts": (sum(one.reverts for one in months), own),
        "hotfixes": (sum(one.hotfixes for one in months), commits),
    }
    return tuple(Proxy(name, round(few / whole, 4), whole) for name, (few, whole) in counted.items() if whole)
