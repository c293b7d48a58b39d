"""The kept entries of one summary as groups, next steps and appendix."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from discovery import found
from discovery.found import CheckCount
from discovery.models import Occurrence, SummaryEntry
from discovery.one_account import Seen
from discovery.wording import about, calendar_time, count_sentence, counted_things, horizon, working_days
from infra_audit.inventory import GLOBAL
from infra_audit.registry import Check, catalogue

# A reader acts on what is worse; of these, staff's own words apart, a few lines are enough,
BRIEF = frozenset({"medium", "low", "info"})
CAN_WAIT = frozenset({"low", "info"})  # and these are not even named at a glance
FIRST_PLACES = 10
MOST_PLACES = 40  # of one check, appendix included
MOST_APPENDIX = 400
MOST_STEPS = 8
MOST_NAME = 160
MOST_DETAIL = 320


@dataclass(frozen=True)
class PlaceNames:
    """What is called so, in one region, account or repository."""

    where: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class PlaceLine:
    """Places of which the same was seen. `severity` is empty where it is the group's own."""

    names: tuple[PlaceNames, ...]
    detail: str
    severity: str = ""


@dataclass(frozen=True)
class Places:
    """Where something is. `seen` holds for each of them; where there is no more to say, `names` stand for `lines`."""

    seen: str
    lines: tuple[PlaceLine, ...] = ()
    names: tuple[PlaceNames, ...] = ()


@dataclass(frozen=True)
class Group:
    """Findings of one check, or one finding that staff wrote. `words` is Markdown."""

    anchor: str
    title: str
    severity: str
    facts: tuple[str, ...]
    words: str
    why: str
    remedy: str
    places: Places | None = None
    more: int = 0
    is_brief: bool = False  # what to do and where; the rest stands in the evidence file


@dataclass(frozen=True)
class GlanceLine:
    anchor: str
    title: str
    severity: str


@dataclass(frozen=True)
class Topic:
    anchor: str
    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Step:
    action: str
    about: str


@dataclass(frozen=True)
class Horizon:
    when: str
    steps: tuple[Step, ...]
    more: int


@dataclass(frozen=True)
class AppendixGroup:
    title: str
    names: tuple[PlaceNames, ...]
    shown: int
    more: int


class Telling:
    """The kept entries of one summary as groups, next steps and appendix."""

    def __init__(self, run: Seen, kept: list[SummaryEntry], counts: Mapping[str, CheckCount]) -> None:
        self._kept = kept
        self._counts = counts
        self._examined: dict[str, int] = run.result.get("examined", {})
        ids = [entry.check_id for entry in kept if entry.check_id]
        self._places = found.first_places(run, ids, MOST_PLACES)
        self._gone = found.told_titles(run, [one for one in ids if one not in catalogue()])
        some = [occurrence.finding for places in self._places.values() for occurrence in places]
        self._several_accounts = len({finding.account for finding in some if finding.account}) > 1

    def glance(self) -> tuple[GlanceLine, ...]:
        """All of it, in the order staff gave it, whatever its topic."""
        listed = (entry for entry in self._kept if not can_wait(entry))
        return tuple(GlanceLine(anchor_of(entry), self.title(entry), entry.severity) for entry in listed)

    def brief(self) -> int:
        """How many groups can wait, and are not named at a glance."""
        return sum(map(can_wait, self._kept))

    def topics(self) -> tuple[Topic, ...]:
        """Groups under technical, process, team and tools, in the order staff gave them."""
        topics = []
        for topic in SummaryEntry.Topic:
            groups = tuple(self._group(entry) for entry in self._kept if entry.topic == topic)
            if groups:
                topics.append(Topic(anchor=f"topic-{topic.value}", title=str(topic.label), groups=groups))
        return tuple(topics)

    def _group(self, entry: SummaryEntry) -> Group:
        check = catalogue().get(entry.check_id)
        shown = self._places.get(entry.check_id, [])[:FIRST_PLACES]
        count = self._counts.get(entry.check_id)
        return Group(
            anchor=anchor_of(entry),
            title=self.title(entry),
            severity=entry.severity,
            facts=self._facts(entry, count),
            words=entry.detail,
            why=check.why if check and not can_wait(entry) else "",
            remedy=check.remedy if check else self._gone.get(entry.check_id, ("", ""))[1],
            places=self._places_of(shown, entry, names_alone=is_brief(entry)) if shown else None,
            more=count.findings - len(shown) if count else 0,
            is_brief=is_brief(entry),
        )

    def title(self, entry: SummaryEntry) -> str:
        """Staff's own words, else the check's sentence with its counts, else what the run itself said."""
        if entry.title:
            return entry.title
        check, count = catalogue().get(entry.check_id), self._counts[entry.check_id]
        if check is None:
            return self._gone.get(entry.check_id, (entry.check_id, ""))[0]
        return count_sentence(check.headline, count.resources, self._of(entry.check_id, count))

    def _of(self, check_id: str, count: CheckCount) -> int:
        """How many were examined; never fewer than are bad."""
        return max(count.resources, self._examined.get(check_id, 0))

    def _facts(self, entry: SummaryEntry, count: CheckCount | None) -> tuple[str, ...]:
        facts = []
        if count and entry.title:
            facts.append(f"{count.resources:,} of {self._of(entry.check_id, count):,} examined")
        if effort := effort_of(entry):
            facts.append(f"{about(working_days(effort, count.findings if count else 1))} to mend".capitalize())
        if count and (back := count.by_status.get(Occurrence.Status.REGRESSED)):
            facts.append(f"{back:,} back again after it was fixed")
        return tuple(facts)

    def _places_of(self, shown: Sequence[Occurrence], entry: SummaryEntry, *, names_alone: bool) -> Places:
        if names_alone:
            return Places("", names=self._names_of(shown))
        seen, details = common_sentences([_detail(one) for one in shown])
        alike: dict[tuple[str, str], list[Occurrence]] = defaultdict(list)
        for one, detail in zip(shown, details, strict=True):
            alike[_short(detail, MOST_DETAIL), one.severity if one.severity != entry.severity else ""].append(one)
        if alike.keys() <= {("", "")}:
            return Places(seen, names=self._names_of(shown))
        lines = (PlaceLine(self._names_of(some), detail, severity) for (detail, severity), some in alike.items())
        return Places(seen, tuple(lines))

    def _names_of(self, occurrences: Sequence[Occurrence]) -> tuple[PlaceNames, ...]:
        """By where they are, each once."""
        names: dict[str, dict[str, None]] = defaultdict(dict)
        for one in occurrences:
            names[self._where(one)][_name(one)] = None
        return tuple(PlaceNames(where, tuple(some)) for where, some in names.items())

    def _where(self, occurrence: Occurrence) -> str:
        finding = occurrence.finding
        account = finding.account if self._several_accounts else ""
        region = _("whole account") if finding.region == GLOBAL else finding.region
        return ", ".join(filter(None, (finding.repository, account, region)))

    def horizons(self) -> tuple[Horizon, ...]:
        """What to do now, within 30 and within 90 days; the same act is named once."""
        steps: dict[str, dict[str, Step]] = {"now": {}, "30": {}, "90": {}}
        for entry in self._kept:
            effort = effort_of(entry) or "days"
            when = horizon(entry.severity, effort)
            action, about_it = self._step(entry)
            if when and not any(action in known for known in steps.values()):
                steps[when][action] = Step(action, about_it)
        return tuple(
            Horizon(when, tuple(some.values())[:MOST_STEPS], max(0, len(some) - MOST_STEPS))
            for when, some in steps.items()
        )

    def _step(self, entry: SummaryEntry) -> tuple[str, str]:
        check, count = catalogue().get(entry.check_id), self._counts.get(entry.check_id)
        if check is None or count is None:
            return self.title(entry), ""
        days = working_days(effort_of(entry), count.findings)
        things = counted_things(check.headline, count.resources)
        return check.action, f"{count.resources:,} {things}, {calendar_time(days)}"

    def appendix(self) -> tuple[AppendixGroup, ...]:
        """What the groups themselves had no room for, up to a limit; the evidence file has it all."""
        groups, room = [], MOST_APPENDIX
        for entry in self._kept:
            rest = self._places.get(entry.check_id, [])[FIRST_PLACES:][:room]
            if rest:
                room -= len(rest)
                left = self._counts[entry.check_id].findings - FIRST_PLACES - len(rest)
                groups.append(AppendixGroup(self.title(entry), self._names_of(rest), len(rest), left))
        return tuple(groups)

    def left_out(self) -> int:
        """How many findings stand in the evidence file alone."""
        beyond = sum(max(0, self._counts[e.check_id].findings - FIRST_PLACES) for e in self._kept if e.check_id)
        return beyond - sum(group.shown for group in self.appendix())


def is_brief(entry: SummaryEntry) -> bool:
    """Whether what to do and where is enough: of what is not pressing, and staff wrote nothing about."""
    return entry.severity in BRIEF and not entry.detail and bool(entry.check_id)


def can_wait(entry: SummaryEntry) -> bool:
    return is_brief(entry) and entry.severity in CAN_WAIT


def anchor_of(entry: SummaryEntry) -> str:
    return f"finding-{entry.pk}"


def effort_of(entry: SummaryEntry) -> str:
    """Staff's word, else the check's; "" where nobody said."""
    check: Check | None = catalogue().get(entry.check_id)
    return entry.effort or (check.effort.value if check else "")


def common_sentences(details: list[str]) -> tuple[str, list[str]]:
    """What every detail says, once, and what each says besides."""
    sentences = [split_sentences(detail) for detail in details]
    if not details:
        return "", []
    shared = [one for one in sentences[0] if all(one in other for other in sentences[1:])]
    return " ".join(shared), [" ".join(one for one in some if one not in shared) for some in sentences]


def split_sentences(text: str) -> list[str]:
    """After a full stop that a capital follows: "eu-west-1." and "4.2 GB" stay whole."""
    return [one for one in re.split(r"(?<=[.!?])\s+(?=[A-Z“])", text.strip()) if one]


def _name(occurrence: Occurrence) -> str:
    name = occurrence.finding.resource_name or occurrence.finding.resource
    if occurrence.path:
        name = f"{occurrence.path}:{occurrence.line}" if occurrence.line else occurrence.path
    return _short(name, MOST_NAME)


def _detail(occurrence: Occurrence) -> str:
    if occurrence.commit and not occurrence.at_head:
        return f"{occurrence.detail} (commit {occurrence.commit[:10]})"
    return occurrence.detail


def _short(text: str, most: int) -> str:
    """Cut after a sentence where one ends in time, else after a word."""
    if len(text) <= most:
        return text
    kept = ""
    for sentence in split_sentences(text):
        if len(kept) + len(sentence) >= most:
            break
        kept = f"{kept} {sentence}".strip()
    if kept:
        return kept
    head = text[: most - 1]
    return f"{head.rpartition(' ')[0] or head}…"
