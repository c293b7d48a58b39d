"""A report's content: put together from a draft, read back from a snapshot, and cut to what its reader may see."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.dates import format_interval
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.logo import logo_as_data
from core.models import User
from core.money import Money, from_json, known_locale
from core.queries import practice_or_blank
from engagements.models import Engagement
from engagements.project_queries import Project, project
from portal.models import Block, ReportEntry, ReportRevision
from portal.report_draft import LIMITS, still_open
from portal.report_figures import Runs, figures_of

SCHEMA = 1
LISTS = (Block.NEEDED, Block.DONE, Block.NEXT, Block.RISKS)
FIGURES = (Block.DATES, Block.FINDINGS, Block.SCOPE, Block.MONEY)
SETTLED = (Block.NEEDED, Block.RISKS)  # blocks whose drafted lines go when what they are about is settled
BAR = 1000
TICK = 6
TICK_COLOURS = {"start": "chart-5", "today": "chart-2", "promised": "chart-3", "finish": "chart-ink"}


def content_of(
    revision: ReportRevision,
    today: dt.date,
    reader: User,
    *,
    told: Project | None = None,
    lines: Sequence[ReportEntry] | None = None,
    runs: Runs | None = None,
) -> dict[str, Any]:
    """A draft as it would be frozen now, in JSON types. The rest is given where the caller has it."""
    engagement = revision.engagement
    told = told or project(engagement, reader, with_talk=False)
    figures = figures_of(revision, told, today, runs)
    lines = list(revision.entries.all()) if lines is None else lines
    entries = entries_by_block(revision, told, lines)
    left_out = any(one.block == Block.NEEDED and one.is_hidden for one in lines)
    says_what_is_needed = entries[Block.NEEDED] or (revision.shows(Block.NEEDED) and not left_out)
    status = entries[Block.STATUS]
    return {
        "schema": SCHEMA,
        "practice": practice_or_blank().name,
        "client": engagement.organisation.name,
        "project": engagement.title,
        "engagement": engagement.public_id,
        "locale": engagement.locale,
        "starts_on": revision.report.starts_on.isoformat(),
        "ends_on": revision.report.ends_on.isoformat(),
        "number": revision.number,
        "reason": revision.reason,
        "by": str(reader),
        "reply_to": engagement.owner.email,
        "status": status[0].text if status else "",
        "standing": figures.get("standing", ""),
        **{str(block): _lines(entries[block]) for block in LISTS},
        **({} if says_what_is_needed else {str(Block.NEEDED): None}),
        **{
            f"{block}_words": [{"text": one.text, "money": one.is_for_money} for one in entries[block]]
            for block in FIGURES
        },
        **{str(block): figures[block] if revision.shows(block) else None for block in FIGURES},
    }


def entries_by_block(
    revision: ReportRevision, told: Project, lines: Iterable[ReportEntry]
) -> dict[str, list[ReportEntry]]:
    """What is shown, in its order; without what was settled since it was drafted."""
    unsettled = still_open(told)
    shown: dict[str, list[ReportEntry]] = {block: [] for block in Block.values}
    for one in lines:
        gone = one.block in SETTLED and one.key and one.key not in unsettled
        keeps_as_it_was = revision.figures is not None  # an amendment tells of the time that it amends
        if revision.shows(one.block) and not one.is_hidden and (keeps_as_it_was or not gone):
            shown[one.block].append(one)
    return {block: rows[: LIMITS[Block(block)]] for block, rows in shown.items()}


def _lines(entries: Sequence[ReportEntry]) -> list[dict[str, Any]]:
    return [
        {
            "text": one.text,
            "note": one.note,
            "who": one.who,
            "on": one.on.isoformat() if one.on else None,
            "about": one.about,
            "money": one.is_for_money,
        }
        for one in entries
    ]


# As its reader sees it


@dataclass(frozen=True)
class Reader:
    """What of a report its reader may see."""

    sees_money: bool
    names_items: bool

    @classmethod
    def of(cls, engagement: Engagement, *, sees_money: bool, is_staff: bool) -> "Reader":
        overview = engagement.visibility == Engagement.Visibility.OVERVIEW
        return cls(sees_money=sees_money, names_items=is_staff or not overview)


@dataclass(frozen=True)
class ToldLine:
    text: str
    note: str = ""
    who: str = ""
    on: dt.date | None = None
    url: str = ""
    kind: str = ""  # of what it is about: decision, change, item, invoice


@dataclass(frozen=True)
class Tick:
    """A day on the bar, in thousandths of its width."""

    label: str
    day: dt.date
    at: int
    kind: str

    @property
    def x(self) -> int:
        """Where it is drawn: inside the bar."""
        return max(0, min(self.at - TICK // 2, BAR - TICK))

    @property
    def colour(self) -> str:
        return TICK_COLOURS[self.kind]


@dataclass(frozen=True)
class Move:
    """What moved the finish, and by how much."""

    reference: str
    title: str
    words: str


@dataclass(frozen=True)
class DateBar:
    """From start to finish, both days; `passed` is in thousandths of the bar's width."""

    start: dt.date
    finish: dt.date
    promised: dt.date | None
    today: dt.date
    ticks: tuple[Tick, ...]
    passed: int
    moves: tuple[Move, ...]
    paused_words: str
    names_orders: bool

    @property
    def is_late(self) -> bool:
        return self.today > self.finish

    @property
    def is_moved(self) -> bool:
        return bool(self.promised and self.promised != self.finish)


@dataclass(frozen=True)
class ScopeLine:
    title: str
    reference: str
    value: Money | None


@dataclass(frozen=True)
class ToldScope:
    came: tuple[ScopeLine, ...]
    went: tuple[ScopeLine, ...]
    balance: Money | None
    more: int


@dataclass(frozen=True)
class MoneyLine:
    """An invoice of which something is owed."""

    title: str
    balance: Money
    state: str
    due_on: dt.date | None


@dataclass(frozen=True)
class ToldMoney:
    value: Money
    signed: Money
    invoiced: Money
    paid: Money
    owed: Money
    lines: tuple[MoneyLine, ...]
    more: int


@dataclass(frozen=True)
class Told:
    """A report as one reader sees it: what they may not see is not in it."""

    practice: str
    client: str
    project: str
    engagement: str
    locale: str
    starts_on: dt.date
    ends_on: dt.date
    number: int
    reason: str
    by: str
    reply_to: str
    status: str
    needed: tuple[ToldLine, ...] | None = ()  # None: the report does not say
    done: tuple[ToldLine, ...] = ()
    next: tuple[ToldLine, ...] = ()
    risks: tuple[ToldLine, ...] = ()
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    bar: DateBar | None = None
    findings: Mapping[str, Any] | None = None
    scope: ToldScope | None = None
    money: ToldMoney | None = None
    names_items: bool = True
    calm: str = ""  # what stands where nothing is needed

    @property
    def period(self) -> str:
        """ "16 – 22 Nov 2026", as the locale writes it."""
        return str(format_interval(self.starts_on, self.ends_on, "yMMMd", locale=known_locale(self.locale)))

    @property
    def subject(self) -> str:
        return _("%(project)s: report, %(period)s") % {"project": self.project, "period": self.period}


def told_to(content: Mapping[str, Any], reader: Reader) -> Told:
    """Cut a snapshot to what its reader may see. An overview names neither items nor changes."""
    plain = ("practice", "client", "project", "engagement", "locale", "number", "reason", "by", "reply_to", "status")
    names = reader.names_items
    needed = _told_lines(content, Block.NEEDED, reader)
    return Told(
        **{name: content[name] for name in plain},
        starts_on=dt.date.fromisoformat(content["starts_on"]),
        ends_on=dt.date.fromisoformat(content["ends_on"]),
        needed=None if content["needed"] is None else needed,
        done=_told_lines(content, Block.DONE, reader),
        next=_told_lines(content, Block.NEXT, reader),
        risks=_told_lines(content, Block.RISKS, reader),
        words={str(block): _words(content, block, reader) for block in FIGURES if _may_read(block, reader)},
        bar=date_bar(content["dates"], names_orders=names) if content["dates"] else None,
        findings=content["findings"] if names else None,
        scope=_scope(content["scope"], reader) if content["scope"] and names else None,
        money=_money(content["money"]) if content["money"] and reader.sees_money else None,
        names_items=names,
        calm=_calm(content.get("standing", ""), is_cut=len(needed) < len(content["needed"] or ())),
    )


def _calm(standing: str, *, is_cut: bool) -> str:
    """Where nothing is needed. Of whom something waits that this reader may not see, nothing is said."""
    if standing == Engagement.Status.ACTIVE and not is_cut:
        return _("Nothing. We go on with the work.")
    if standing in {Engagement.Status.AGREED, Engagement.Status.AWAITING_DEPOSIT}:
        return _("Nothing from you. The work has not begun yet.")
    if standing == Engagement.Status.PAUSED:
        return _("Nothing from you. The work rests.")
    return _("Nothing from you.")


def _words(content: Mapping[str, Any], block: Block, reader: Reader) -> list[str]:
    return [one["text"] for one in content[f"{block}_words"] if reader.sees_money or not one["money"]]


def _may_read(block: Block, reader: Reader) -> bool:
    return reader.names_items and (reader.sees_money or block != Block.MONEY)


def _told_lines(content: Mapping[str, Any], block: Block, reader: Reader) -> tuple[ToldLine, ...]:
    if not reader.names_items:
        return ()
    return tuple(
        ToldLine(
            text=line["text"],
            note=line["note"],
            who=line["who"],
            on=dt.date.fromisoformat(line["on"]) if line["on"] else None,
            url=address_of(line["about"], content["engagement"]),
            kind=line["about"].partition(":")[0],
        )
        for line in content[block] or ()
        if reader.sees_money or not line["money"]
    )


def address_of(about: str, engagement: str) -> str:
    """Where the thing is that a line is about; "" where it is about none."""
    kind, _colon, public_id = about.partition(":")
    if kind == "change":
        return reverse("engagements:change", args=[public_id])
    if kind == "invoice":
        return reverse("billing:invoice", args=[public_id])
    if kind in {"decision", "item"}:
        return f"{reverse('engagements:engagement', args=[engagement])}#{kind}-{public_id}"
    return ""


def date_bar(figures: Mapping[str, Any], *, names_orders: bool = True) -> DateBar:
    """On one scale from the first to the last day that matters."""
    days = {
        name: dt.date.fromisoformat(figures[name]) for name in ("start", "promised", "finish", "today") if figures[name]
    }
    start, finish, today = days["start"], days["finish"], days["today"]
    first, last = min(days.values()), max(days.values())
    length = max((last - first).days, 1)

    def at(day: dt.date) -> int:
        return round(BAR * (day - first).days / length)

    ticks = [
        Tick(_("Start"), start, at(start), "start"),
        Tick(_("Today"), today, at(today), "today"),
        Tick(_("Finish"), finish, at(finish), "finish"),
    ]
    if "promised" in days and days["promised"] != finish:
        ticks.append(Tick(_("Promised"), days["promised"], at(days["promised"]), "promised"))
    return DateBar(
        start=start,
        finish=finish,
        promised=days.get("promised"),
        today=today,
        ticks=tuple(sorted(ticks, key=lambda tick: tick.at)),
        passed=at(today),
        moves=tuple(Move(one["reference"], one["title"], _later(one["days"])) for one in figures["moves"]),
        paused_words=_later(figures["paused_days"]),
        names_orders=names_orders,
    )


def _later(days: int) -> str:
    """ "7 days later"; nothing for no day."""
    if days < 0:
        return ngettext("%(n)d day earlier", "%(n)d days earlier", -days) % {"n": -days}
    return ngettext("%(n)d day later", "%(n)d days later", days) % {"n": days} if days else ""


def _scope(figures: Mapping[str, Any], reader: Reader) -> ToldScope:
    def side(direction: str) -> tuple[ScopeLine, ...]:
        return tuple(
            ScopeLine(line["title"], line["reference"], from_json(line["value"]) if reader.sees_money else None)
            for line in figures["lines"]
            if line["direction"] == direction
        )

    balance = from_json(figures["balance"]) if reader.sees_money and figures["balance"] else None
    return ToldScope(side("in"), side("out"), balance, figures["more"])


def _money(figures: Mapping[str, Any]) -> ToldMoney:
    return ToldMoney(
        **{name: from_json(figures[name]) for name in ("value", "signed", "invoiced", "paid", "owed")},
        more=figures["more"],
        lines=tuple(
            MoneyLine(
                title=line["title"],
                balance=from_json(line["balance"]),
                state=line["state"],
                due_on=dt.date.fromisoformat(line["due_on"]) if line["due_on"] else None,
            )
            for line in figures["lines"]
        ),
    )


# On paper


@dataclass(frozen=True)
class Cut:
    """How much of each block a page holds; what is left out is counted, and stands in the portal."""

    done: int
    next: int
    risks: int
    findings: int
    letters: int


CUTS = (Cut(5, 5, 3, 9, 500), Cut(5, 4, 2, 4, 220), Cut(4, 3, 1, 2, 140), Cut(3, 2, 1, 0, 90))


def document_html(told: Told, cut: Cut) -> str:
    """One page, of what `told` holds and `cut` leaves."""
    context = {
        "language": "en",
        "document": told.subject,
        "imprint": f"{told.practice} · {told.project}",
        "author": told.practice,
        "practice_logo": logo_as_data(),
        "told": told,
        "cut": cut,
        "url": settings.BASE_URL.rstrip("/"),
    }
    return render_to_string("reports/progress_report.html", context)
