"""What people do with executive summaries: draft, reword, freeze. What a frozen one says never changes."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import clock, events
from core.errors import DomainError
from core.models import User
from discovery import documents, drafting, found, tasks
from discovery.models import Run, Summary, SummaryAction, SummaryEntry
from discovery.one_account import accounts_with_results, seen_by
from discovery.summary import summary_content, written_by
from discovery.wording import MOST_VERDICT_WORDS as MOST_WORDS
from discovery.wording import word_count
from infra_audit.registry import Effort, Severity, catalogue

MOST_ACTIONS = drafting.MOST_ACTIONS
CARRIED = ("title", "detail", "decision")
BY_HAND = ("topic", "severity", "effort", *CARRIED)
WORDS = ("verdict", "words", "good_news", "not_seen_extra", "next_date", "next_decision", "next_person")


@transaction.atomic
def draft_summary(*, run: Run, actor: User | None, account: str = "") -> Summary:
    """The run's draft, or that of one account of it: the one there is, else a new one with sensible choices.

    What staff wrote, hid and added in the client's last summary is kept, in the last of that account. Raises
    DomainError for a run without results, for one that made some checks only, since a summary speaks of the whole, and
    for an account that has no documents of its own.
    """
    run = Run.objects.select_for_update().select_related("organisation").get(pk=run.pk)
    if not run.has_results:
        raise DomainError(_("This run has no results to write about: it is %(status)s."), status=run.status)
    if not run.is_whole:
        raise DomainError(_("This audit made some checks only. Write the summary from one that made all of them."))
    if account and account not in accounts_with_results(run):
        raise DomainError(_("The account %(account)s has no summary of its own in this run."), account=account)
    if draft := run.summaries.exclude(status=Summary.Status.FROZEN).filter(account=account).first():
        return draft
    before = Summary.objects.filter(organisation=run.organisation, account=account).order_by("-pk").first()
    summary = Summary(organisation=run.organisation, run=run, account=account, made_by=actor)
    summary.next_date = drafting.decision_day(run)
    summary.next_person = written_by(summary)
    summary.not_seen_extra = _("No people were interviewed.")
    if before:
        summary.words, summary.not_seen_extra = before.words, before.not_seen_extra
        summary.next_person = before.next_person or summary.next_person
    summary.save()
    _add_entries(summary, before)
    _say_again(summary)
    events.record(summary, "summary.drafted", actor=actor, run=run.pk, account=account)
    return summary


def _add_entries(summary: Summary, before: Summary | None) -> None:
    """One entry for each check that found something, worst first, then what was added by hand before."""
    earlier = list(before.entries.all()) if before else []
    said = {entry.check_id: entry for entry in earlier if entry.check_id}
    entries = []
    for count in drafting.ranked(found.counted(seen_by(summary))):
        check = catalogue().get(count.check_id)
        entry = SummaryEntry(
            summary=summary,
            check_id=count.check_id,
            severity=count.worst.value,
            effort=check.effort.value if check else Effort.DAYS.value,
        )
        _take_over(entry, said.get(count.check_id), CARRIED)
        entries.append(entry)
    for old in earlier:
        if not old.check_id:
            entry = SummaryEntry(summary=summary)
            _take_over(entry, old, BY_HAND)
            entries.append(entry)
    for rank, entry in enumerate(entries, start=1):
        entry.rank = rank
    SummaryEntry.objects.bulk_create(entries)


def _take_over(entry: SummaryEntry, old: SummaryEntry | None, names: Sequence[str]) -> None:
    for name in names if old else ():
        setattr(entry, name, getattr(old, name))


def _say_again(summary: Summary) -> None:
    """Verdict, three actions, good news and decision, from what is kept."""
    hidden = set(summary.entries.filter(decision=SummaryEntry.Decision.HIDE).values_list("check_id", flat=True))
    seen = seen_by(summary)
    counts = found.counted(seen)
    told = [count for count in drafting.ranked(counts) if count.check_id not in hidden]
    actions = drafting.first_actions(told)
    summary.verdict = drafting.draft_verdict(seen, told, actions)
    summary.good_news = drafting.draft_good_news(seen, counts)
    summary.next_decision = drafting.draft_decision(actions)
    summary.save(update_fields=["verdict", "good_news", "next_decision"])
    _put_actions(summary, [vars(action) for action in actions])


@transaction.atomic
def redraft(*, summary: Summary, actor: User) -> None:
    """Write verdict, actions, good news and decision anew from what is kept now; words and entries stay."""
    summary = _draft(summary)
    _say_again(summary)
    events.record(summary, "summary.redrafted", actor=actor)


@transaction.atomic
def change_entry(*, entry: SummaryEntry, actor: User, **changes: str) -> SummaryEntry:
    """Keep, hide or reword: `decision`, `title`, `detail`, `topic`, `severity`, `effort`; what is not named stays.

    An empty title or detail of a check's entry goes back to the check's own words. Raises DomainError for a frozen
    summary and for an entry by hand that would lose its title.
    """
    summary = _draft(entry.summary)
    if unknown := changes.keys() - set(BY_HAND):
        raise TypeError(f"An entry has no {', '.join(sorted(unknown))} to change.")
    for name, value in changes.items():
        setattr(entry, name, value.strip())
    _require_sound(entry)
    entry.save(update_fields=list(changes))
    events.record(summary, "summary.entry_changed", actor=actor, entry=entry.pk, fields=sorted(changes))
    return entry


def _require_sound(entry: SummaryEntry) -> None:
    if not entry.check_id and not entry.title:
        raise DomainError(_("A finding of your own needs a title."))
    choices: dict[str, Sequence[str]] = {
        "decision": SummaryEntry.Decision.values,
        "topic": SummaryEntry.Topic.values,
        "severity": list(Severity),
        "effort": ["", *Effort],
    }
    for name, allowed in choices.items():
        if getattr(entry, name) not in allowed:
            raise DomainError(_("“%(value)s” is no %(name)s."), value=getattr(entry, name)[:40], name=name)
    for name in ("title", "detail"):
        if len(getattr(entry, name)) > _most(SummaryEntry, name):
            raise DomainError(
                _("The %(name)s is longer than %(most)d characters."), name=name, most=_most(SummaryEntry, name)
            )


def _most(model: type[models.Model], name: str) -> int:
    """How many characters a field takes; what is no text takes any."""
    return getattr(model._meta.get_field(name), "max_length", None) or sys.maxsize


@transaction.atomic
def move_entry(*, entry: SummaryEntry, rank: int, actor: User) -> None:
    """Put an entry at a place, 1 being the first; the others close up. Past the end is the end."""
    summary = _draft(entry.summary)
    others = [one for one in summary.entries.select_for_update() if one.pk != entry.pk]
    others.insert(max(rank, 1) - 1, entry)
    for place, one in enumerate(others, start=1):
        one.rank = place
    SummaryEntry.objects.bulk_update(others, ["rank"])
    events.record(summary, "summary.entry_moved", actor=actor, entry=entry.pk, rank=entry.rank)


@transaction.atomic
def add_entry_by_hand(
    *,
    summary: Summary,
    actor: User,
    topic: str,
    title: str,
    severity: str,
    detail: str = "",
    effort: str = "",
) -> SummaryEntry:
    """A finding that no check could make. It stands before everything that is milder. Raises DomainError as above."""
    summary = _draft(summary)
    entry = SummaryEntry(
        summary=summary, topic=topic, title=title.strip(), severity=severity, detail=detail.strip(), effort=effort
    )
    _require_sound(entry)
    worse = [one for one in summary.entries.all() if Severity(one.severity).rank <= Severity(severity).rank]
    entry.rank = worse[-1].rank + 1 if worse else 1
    summary.entries.filter(rank__gte=entry.rank).update(rank=F("rank") + 1)
    entry.save()
    events.record(summary, "summary.entry_added", actor=actor, entry=entry.pk, topic=topic, title=entry.title)
    return entry


@transaction.atomic
def remove_entry_by_hand(*, entry: SummaryEntry, actor: User) -> None:
    """Take away what staff added. What a check found can only be hidden: raises DomainError."""
    summary = _draft(entry.summary)
    if entry.check_id:
        raise DomainError(_("This was found by a check. Hide it instead."))
    events.record(summary, "summary.entry_removed", actor=actor, title=entry.title)
    summary.entries.filter(rank__gt=entry.rank).update(rank=F("rank") - 1)
    entry.delete()


@transaction.atomic
def edit_words(*, summary: Summary, actor: User, **words: Any) -> Summary:
    """Change what the first page says: `verdict`, `good_news` (a list), `not_seen_extra`, `next_date`,
    `next_decision`, `next_person`, or the consultant's own `words`; what is not named stays.

    Raises DomainError for a verdict of none or of more than thirty words, and for a summary that is no draft.
    """
    summary = _draft(summary)
    if unknown := words.keys() - set(WORDS):
        raise TypeError(f"A summary has no {', '.join(sorted(unknown))} to change.")
    if "verdict" in words:
        words["verdict"] = _sound_verdict(words["verdict"])
    if "good_news" in words:
        words["good_news"] = [one.strip() for one in words["good_news"] if one.strip()]
    for name, value in words.items():
        if isinstance(value, str) and len(value) > _most(Summary, name):
            raise DomainError(_("This is longer than %(most)d characters."), most=_most(Summary, name))
        setattr(summary, name, value)
    summary.save(update_fields=list(words))
    events.record(summary, "summary.edited", actor=actor, fields=sorted(words))
    return summary


def _sound_verdict(verdict: str) -> str:
    count = word_count(verdict)
    if not count:
        raise DomainError(
            _("The verdict is what everybody reads: write one, in at most %(most)d words."), most=MOST_WORDS
        )
    if count > MOST_WORDS:
        raise DomainError(_("The verdict has %(n)d words: at most %(most)d fit."), n=count, most=MOST_WORDS)
    return " ".join(verdict.split())


@transaction.atomic
def edit_actions(*, summary: Summary, actions: Sequence[Mapping[str, str]], actor: User) -> None:
    """Replace "do first": rows of `action`, `consequence`, `calendar_time` and, if any, `check_id`; at most three."""
    summary = _draft(summary)
    if len(actions) > MOST_ACTIONS:
        raise DomainError(_("The first page has room for %(most)d actions."), most=MOST_ACTIONS)
    if not all(one["action"].strip() and one["consequence"].strip() for one in actions):
        raise DomainError(_("Say for each action what to do and what could happen otherwise."))
    _put_actions(summary, actions)
    events.record(summary, "summary.actions_edited", actor=actor, actions=[one["action"] for one in actions])


def _put_actions(summary: Summary, actions: Sequence[Mapping[str, str]]) -> None:
    summary.actions.all().delete()
    names = ("action", "consequence", "calendar_time", "check_id")
    SummaryAction.objects.bulk_create(
        SummaryAction(
            summary=summary,
            rank=rank,
            **{name: one.get(name, "").strip()[: _most(SummaryAction, name)] for name in names},
        )
        for rank, one in enumerate(actions, start=1)
    )


def _draft(summary: Summary) -> Summary:
    """The row, locked, or DomainError where it is no draft any more."""
    summary = Summary.objects.select_for_update().get(pk=summary.pk)
    if summary.status != Summary.Status.DRAFT:
        raise DomainError(
            _("This summary is %(now)s and can no longer be changed. Draft a new one instead."),
            now=summary.get_status_display().lower(),
        )
    return summary


def snapshot_of(summary: Summary) -> dict[str, Any]:
    """What a frozen summary said, or what a draft says now."""
    return summary.snapshot or summary_content(summary).as_snapshot()


def draft_html(summary: Summary) -> str:
    """For a page's frame: with DRAFT across it as long as it is one."""
    return documents.summary_html(snapshot_of(summary), draft=_is_draft(summary), for_page=True)


def render_draft(summary: Summary) -> bytes:
    """A PDF to look at, with DRAFT across every page as long as it is one. Raises PdfError."""
    return documents.summary_pdf(snapshot_of(summary), draft=_is_draft(summary))


def render_pdf_of(summary: Summary) -> bytes:
    """The document itself, without a watermark: the frozen file, or what freezing would make. Raises PdfError."""
    if summary.pdf:
        with summary.pdf.file.open() as stored:
            content: bytes = stored.read()
            return content
    return documents.summary_pdf(snapshot_of(summary), draft=False)


def _is_draft(summary: Summary) -> bool:
    return summary.status != Summary.Status.FROZEN


@transaction.atomic
def freeze_summary(*, summary: Summary, actor: User) -> None:
    """Close the draft to changes and have a worker freeze it. Raises DomainError where it is no draft."""
    summary = _draft(summary)
    summary.move_to(Summary.Status.FREEZING)
    summary.frozen_by, summary.frozen_at, summary.failure = actor, clock.now(), ""
    summary.lease_until = None
    summary.save(update_fields=["status", "frozen_by", "frozen_at", "failure", "lease_until"])
    events.record(summary, "summary.freezing_began", actor=actor)
    transaction.on_commit(partial(tasks.freeze_summary.delay, summary.pk))
