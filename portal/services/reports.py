"""Progress reports: drafted by the system, edited by staff, published once, amended with a reason."""

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError, TransitionError
from core.models import Event, User
from core.queries import practice_or_blank
from core.snapshots import sha256_of
from engagements.models import Engagement
from outreach import dates
from portal import tasks
from portal.models import Block, ProgressReport, ReportCadence, ReportEntry, ReportRevision
from portal.periods import Period, last_due, period_at
from portal.report_document import content_of
from portal.report_draft import LIMITS, Drafted, drafted, is_about_money
from portal.report_figures import runs_of

Status = ReportRevision.Status
EDITED = ("text", "note", "on", "is_for_money")
CATCH_UP_DAYS = 2  # before a report is due, one that was missed is no longer written apart


@dataclass(frozen=True)
class EntryWords:
    """What staff typed into a line."""

    text: str
    note: str = ""
    on: dt.date | None = None
    is_for_money: bool = False  # not for readers


@transaction.atomic
def set_cadence(*, engagement: Engagement, every: ReportCadence.Every, actor: User) -> ReportCadence:
    """From now on; what lay before is not late by it."""
    engagement = _lock(engagement)
    cadence, _made = ReportCadence.objects.update_or_create(
        engagement=engagement, defaults={"every": every, "since": dates.today()}
    )
    events.record(engagement, "report.cadence_set", actor=actor, organisation=engagement.organisation, every=str(every))
    return cadence


def expected_period(engagement: Engagement, today: dt.date) -> Period:
    """The one that goes on; the late one where there is one, until the next is about to be due and tells of both."""
    every, began = cadence_of(engagement)
    current, late = period_at(every, began, today), last_due(every, began, today)
    catches_up = today < current.due_on - dt.timedelta(days=CATCH_UP_DAYS)
    return late if late and catches_up and not is_covered(engagement, late) else current


def cadence_of(engagement: Engagement) -> tuple[str, dt.date]:
    """How often, and since when. At most one query."""
    cadence = getattr(engagement, "report_cadence", None)
    began = max(filter(None, (engagement.starts_on, timezone.localdate(engagement.created_at))))
    if cadence is None:
        return ReportCadence.Every.WEEK, began
    return cadence.every, max(began, cadence.since)


def is_covered(engagement: Engagement, period: Period) -> bool:
    """Whether a report of it, or of a later one, was published, or there is none on purpose."""
    told = ProgressReport.objects.filter(engagement=engagement, ends_on__gte=period.ends_on)
    return told.exclude(published_at=None, skipped_at=None).exists()


@transaction.atomic
def begin_report(*, engagement: Engagement, actor: User) -> ReportRevision:
    """Draft the report that is due, or go on with the draft there is.

    Raises TransitionError where that period's report is published: it is amended, with a reason.
    """
    engagement = _lock(engagement)
    open_draft = ReportRevision.objects.filter(engagement=engagement, status=Status.DRAFTING).first()
    if open_draft:
        return open_draft
    report = _report_of(engagement, expected_period(engagement, dates.today()))
    if report.published_at:
        raise TransitionError(_("The report of this time is published already. Amend it, and say why."))
    if report.skipped_at:
        report.skipped_at = report.skipped_by = None
        report.save(update_fields=["skipped_at", "skipped_by"])
    last = ReportRevision.objects.filter(engagement=engagement).exclude(status=Status.DRAFTING)
    newest = last.select_related("report").defer("snapshot", "figures").newest_first().first()
    told_at = newest.report.published_at if newest else None
    revision = ReportRevision.objects.create(
        report=report,
        engagement=engagement,
        since=(newest.lines_written_at or told_at) if newest else None,
        figures_since=told_at,
        made_by=actor,
    )
    _write_lines(revision, actor)
    events.record(revision, "report.drafted", actor=actor, organisation=engagement.organisation)
    return revision


@transaction.atomic
def skip_report(*, engagement: Engagement, actor: User) -> ProgressReport:
    """None this time: of the draft that was begun, which goes; else of what is due. A second tap changes nothing.

    Raises TransitionError where it is published.
    """
    engagement = _lock(engagement)
    begun = ReportRevision.objects.filter(engagement=engagement, status=Status.DRAFTING, report__published_at=None)
    draft = begun.select_related("report").first()
    report = draft.report if draft else _report_of(engagement, expected_period(engagement, dates.today()))
    if report.published_at:
        raise TransitionError(_("The report of this time is published already."))
    if report.skipped_at:
        return report
    report.revisions.filter(status=Status.DRAFTING).delete()
    report.skipped_at, report.skipped_by = clock.now(), actor
    report.save(update_fields=["skipped_at", "skipped_by"])
    events.record(
        report,
        "report.skipped",
        actor=actor,
        organisation=engagement.organisation,
        starts_on=report.starts_on,
        ends_on=report.ends_on,
    )
    return report


@transaction.atomic
def redraft(*, revision: ReportRevision, actor: User) -> ReportRevision:
    """Draft it anew from what is known now. What staff typed, hid or ordered stays; new lines come last.

    Raises TransitionError for an amendment, which tells of another time, with that time's figures.
    """
    revision = _locked_draft(revision)
    if revision.figures is not None:
        raise TransitionError(_("An amendment keeps the facts of its time. Change its lines by hand."))
    _write_lines(revision, actor)
    events.record(revision, "report.redrafted", actor=actor, organisation=revision.engagement.organisation)
    return revision


@transaction.atomic
def edit_block(
    *, revision: ReportRevision, block: Block, words: dict[str, EntryWords], act: str, actor: User
) -> ReportRevision:
    """Keep what was typed, by the lines' public ids, then do `act`: "hide:<id>", "keep:<id>", "up:<id>", "down:<id>",
    "remove:<id>", "hide", "show" or "".

    Raises DomainError where a block would have more lines than a reader is given, TransitionError once published.
    """
    revision = _locked_draft(revision)
    entries = list(revision.entries.filter(block=block))
    for entry in entries:
        typed = words.get(entry.public_id)
        if typed:
            _keep_typed(entry, typed)
    what, _colon, public_id = act.partition(":")
    if public_id:
        _act_on_line(entries, what, public_id)
    elif what in {"hide", "show"}:
        hidden = [one for one in revision.hidden_blocks if one != block]
        revision.hidden_blocks = [*hidden, block.value] if what == "hide" else hidden
        revision.save(update_fields=["hidden_blocks"])
    return revision


@transaction.atomic
def add_line(*, revision: ReportRevision, block: Block, words: EntryWords, actor: User) -> ReportEntry:
    """A line of one's own, at the end. Raises DomainError for no words or one line too many."""
    revision = _locked_draft(revision)
    entries = list(revision.entries.filter(block=block))
    if not words.text.strip():
        raise DomainError(_("Write something first."))
    _require_room(block, entries)
    return ReportEntry.objects.create(
        revision=revision,
        block=block,
        position=max((one.position for one in entries), default=0) + 1,
        is_edited=True,
        **asdict(words),
    )


@transaction.atomic
def publish_report(*, revision: ReportRevision, actor: User) -> bool:
    """Freeze it, show it to the client and mail it, or nothing of it. False where it was published before: a second
    click does nothing.

    Raises DomainError without a sentence that says how it stands.
    """
    engagement = _lock(revision.engagement)
    report = ProgressReport.objects.select_for_update().get(pk=revision.report_id)
    revision = _row(revision)
    if revision.status != Status.DRAFTING:
        return False
    runs = runs_of(report) if revision.figures is None else None
    with _practice_days():
        content = content_of(revision, dates.today(), actor, runs=runs)
    if not content["status"].strip():
        raise DomainError(_("Say in a sentence how it stands: it is the first thing they read."))
    report.revisions.filter(status=Status.PUBLISHED).update(status=Status.AMENDED)
    revision.entries.update(frozen_at=clock.now())
    revision.move_to(Status.PUBLISHED)
    revision.published_at, revision.published_by = clock.now(), actor
    if runs:
        revision.run_before, revision.run_after = runs.before, runs.after
    revision.snapshot, revision.snapshot_sha256 = content, sha256_of(content)
    revision.save()
    if report.published_at is None:
        report.published_at = revision.published_at
        report.save(update_fields=["published_at"])
    events.record(
        revision,
        "report.published",
        actor=actor,
        organisation=engagement.organisation,
        audience=Event.Audience.CLIENT,
        revision=revision.number,
        reason=revision.reason,
        sha256=revision.snapshot_sha256,
    )
    transaction.on_commit(partial(tasks.tell_of_report.delay, revision.pk))
    transaction.on_commit(partial(tasks.draw_report.delay, revision.pk))
    return True


@transaction.atomic
def amend_report(*, revision: ReportRevision, reason: str, actor: User) -> ReportRevision:
    """A draft of the next revision with the same lines and figures, or the one that was begun.

    Raises DomainError without a reason, TransitionError where another draft of the engagement is open or a newer
    revision is out.
    """
    _lock(revision.engagement)
    revision = _row(revision)
    if not reason.strip():
        raise DomainError(_("Say why it is amended: the client reads it."))
    begun = ReportRevision.objects.filter(engagement=revision.engagement_id, status=Status.DRAFTING).first()
    if begun and begun.report_id == revision.report_id:
        return begun
    if begun:
        raise TransitionError(_("Another report is being drafted. Publish or discard it first."))
    if revision.status != Status.PUBLISHED:
        raise TransitionError(_("A newer revision of this report is out: amend that one."))
    content = revision.snapshot or {}
    draft = ReportRevision.objects.create(
        report=revision.report,
        engagement=revision.engagement,
        number=revision.number + 1,
        reason=reason.strip()[:500],
        since=revision.since,
        figures_since=revision.figures_since,
        lines_written_at=revision.lines_written_at,
        hidden_blocks=revision.hidden_blocks,
        figures={block: content.get(block) for block in ("dates", "findings", "scope", "money", "standing")},
        run_before=revision.run_before,
        run_after=revision.run_after,
        made_by=actor,
    )
    for entry in revision.entries.all():
        entry.pk, entry.public_id, entry.revision, entry.frozen_at = None, ReportEntry().public_id, draft, None
        entry.save(force_insert=True)
    events.record(
        draft, "report.amending", actor=actor, organisation=revision.engagement.organisation, reason=draft.reason
    )
    return draft


@transaction.atomic
def discard_draft(*, revision: ReportRevision, actor: User) -> None:
    """Throw a draft away; what was published stays."""
    revision = _locked_draft(revision)
    report = revision.report
    events.record(revision, "report.discarded", actor=actor, organisation=revision.engagement.organisation)
    revision.delete()
    if not report.revisions.exists():
        report.delete()


def _lock(engagement: Engagement) -> Engagement:
    rows = Engagement.objects.select_for_update(of=("self",)).select_related("organisation", "owner")
    return rows.get(pk=engagement.pk)


def _row(revision: ReportRevision) -> ReportRevision:
    rows = ReportRevision.objects.select_for_update(of=("self",)).select_related(
        "report__engagement", "engagement__organisation", "engagement__owner", "engagement__acceptance"
    )
    return rows.get(pk=revision.pk)


def _locked_draft(revision: ReportRevision) -> ReportRevision:
    """Raises TransitionError once it was published."""
    _lock(revision.engagement)
    try:
        revision = _row(revision)
    except ReportRevision.DoesNotExist:
        raise TransitionError(_("This draft was thrown away.")) from None
    if revision.status != Status.DRAFTING:
        raise TransitionError(_("This report is published. Amend it, and say why."))
    return revision


def _report_of(engagement: Engagement, period: Period) -> ProgressReport:
    report, _made = ProgressReport.objects.get_or_create(
        engagement=engagement, starts_on=period.starts_on, defaults={"ends_on": period.ends_on}
    )
    return report


def _write_lines(revision: ReportRevision, actor: User) -> None:
    """The system's lines into the draft, beside what staff made of earlier ones."""
    revision.lines_written_at = clock.now()  # before it looks: what comes while it does is told next time
    revision.save(update_fields=["lines_written_at"])
    with _practice_days():
        lines = drafted(revision.engagement, revision.since, dates.today(), actor)
    known = {(one.block, one.key): one for one in revision.entries.all() if one.key}
    fresh = {(line.block, line.key) for line in lines}
    for place, entry in known.items():
        if place not in fresh and not entry.is_edited:
            entry.delete()
    kept = {block: revision.entries.filter(block=block, is_hidden=False).count() for block in LIMITS}
    position = max((one.position for one in revision.entries.all()), default=0)
    for line in lines:
        earlier = known.get((line.block, line.key))
        if earlier:
            _refresh(earlier, line)
            continue
        position += 1
        is_hidden = line.is_hidden or kept[line.block] >= LIMITS[line.block]
        kept[line.block] += not is_hidden
        ReportEntry.objects.create(revision=revision, position=position, **asdict(line) | {"is_hidden": is_hidden})


def _refresh(entry: ReportEntry, line: Drafted) -> None:
    """The facts of a line anew; its words only where staff left them as they were."""
    entry.private, entry.about, entry.who = line.private, line.about, line.who
    entry.is_for_money = line.is_for_money or entry.is_for_money  # staff may have said so
    if not entry.is_edited:
        entry.text, entry.note, entry.on = line.text, line.note, line.on
    entry.save()


def _keep_typed(entry: ReportEntry, typed: EntryWords) -> None:
    """Where it differs. What the system drafted of money stays for those who may see it."""
    now = asdict(typed) | {"is_for_money": typed.is_for_money or is_about_money(entry.key)}
    if now == {name: getattr(entry, name) for name in EDITED}:
        return
    for name, value in now.items():
        setattr(entry, name, value)
    entry.is_edited = True
    entry.save(update_fields=[*EDITED, "is_edited"])


def _act_on_line(entries: Sequence[ReportEntry], what: str, public_id: str) -> None:
    """Raises DomainError where the line is gone, or one more would be too many."""
    at = next((i for i, one in enumerate(entries) if one.public_id == public_id), None)
    if at is None:
        raise DomainError(_("This line is no longer there."))
    entry = entries[at]
    if what == "hide":
        entry.is_hidden = True
        entry.save(update_fields=["is_hidden"])
    elif what == "keep":
        _require_room(Block(entry.block), [one for one in entries if one.pk != entry.pk])
        entry.is_hidden = False
        entry.save(update_fields=["is_hidden"])
    elif what == "remove" and not entry.key:
        entry.delete()
    elif what in {"up", "down"}:
        _swap(entries, at, at - 1 if what == "up" else at + 1)


def _swap(entries: Sequence[ReportEntry], one: int, other: int) -> None:
    if not 0 <= other < len(entries):
        return
    ordered = list(entries)
    ordered[one], ordered[other] = ordered[other], ordered[one]
    for position, entry in enumerate(ordered, start=1):
        entry.position = position
        entry.save(update_fields=["position"])


def _require_room(block: Block, others: Sequence[ReportEntry]) -> None:
    """Raises DomainError where the block is full."""
    if sum(1 for one in others if not one.is_hidden) >= LIMITS[block]:
        raise DomainError(
            _("“%(block)s” has at most %(n)d: hide another line first."), block=str(block.label), n=LIMITS[block]
        )


def _practice_days() -> AbstractContextManager[None]:
    """Moments become days as the practice counts them, also outside a request."""
    return timezone.override(practice_or_blank().zone)
