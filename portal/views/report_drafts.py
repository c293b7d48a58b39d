"""A report while staff write it: block by block, looked at as the client will, published, amended, thrown away."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements.project_queries import project
from engagements.views.common import status_for
from outreach import dates
from portal.amounts import lines_with_amounts, names_amount
from portal.forms_reports import EntryForm, entry_forms
from portal.models import Block, ReportEntry, ReportRevision
from portal.report_document import FIGURES, SETTLED, Reader, Told, content_of, told_to
from portal.report_draft import LIMITS, still_open
from portal.services import reports as service
from portal.views.reports import revision_or_404, show

STAFF = Reader(sees_money=True, names_items=True)


@dataclass(frozen=True)
class DraftLine:
    entry: ReportEntry
    form: EntryForm
    is_settled: bool  # what it is about was answered since: it is left out

    @property
    def warns_of_amount(self) -> bool:
        """Readers would see what looks like money."""
        one = self.entry
        is_read = not (one.is_for_money or one.is_hidden or self.is_settled or one.block == Block.MONEY)
        return is_read and names_amount(f"{one.text} {one.note}")


@dataclass(frozen=True)
class DraftBlock:
    """A block as staff edit it."""

    block: Block
    lines: tuple[DraftLine, ...]
    add_form: EntryForm
    is_shown: bool
    is_full: bool
    limit: int
    error: DomainError | None = None

    @property
    def is_figures(self) -> bool:
        return self.block in FIGURES

    @property
    def kept(self) -> int:
        return sum(not line.entry.is_hidden and not line.is_settled for line in self.lines)

    @property
    def has_errors(self) -> bool:
        return any(line.form.is_bound and line.form.errors for line in self.lines) or bool(
            self.add_form.is_bound and self.add_form.errors
        )


@dataclass(frozen=True)
class Typed:
    """What was sent of one block, and why it was not taken."""

    block: Block | None = None
    lines: Any = None
    added: Any = None
    error: DomainError | None = None


NOTHING = Typed()


@dataclass(frozen=True)
class Draft:
    """All that the page shows of a draft."""

    revision: ReportRevision
    blocks: tuple[DraftBlock, ...]
    told: Told


def draft_or_404(request: AuthedRequest, public_id: str) -> ReportRevision:
    return revision_or_404(request, public_id)


def _draft(request: AuthedRequest, revision: ReportRevision, typed: Typed = NOTHING) -> Draft:
    """Its blocks, each with its lines, and the figures as the client will read them."""
    facts = project(revision.engagement, request.user, with_talk=False)
    unsettled = still_open(facts) if revision.figures is None else None
    lines = list(revision.entries.all())
    entries: dict[str, list[ReportEntry]] = {block: [] for block in Block.values}
    for one in lines:
        entries[one.block].append(one)
    blocks = tuple(_block(revision, block, entries[block], unsettled, typed) for block in Block)
    content = content_of(revision, dates.today_on_page(), request.user, told=facts, lines=lines)
    return Draft(revision, blocks, told_to(content, STAFF))


def _block(
    revision: ReportRevision, block: Block, entries: list[ReportEntry], unsettled: frozenset[str] | None, typed: Typed
) -> DraftBlock:
    is_here = typed.block == block
    forms = entry_forms(block, entries, typed.lines if is_here else None)
    lines = tuple(
        DraftLine(
            one,
            forms[one.public_id],
            bool(unsettled is not None and block in SETTLED and one.key and one.key not in unsettled),
        )
        for one in entries
    )
    return DraftBlock(
        block=block,
        lines=lines,
        add_form=EntryForm(typed.added if is_here else None, prefix=f"new-{block}", block=block),
        is_shown=revision.shows(block),
        is_full=sum(not one.is_hidden for one in entries) >= LIMITS[block],
        limit=LIMITS[block],
        error=typed.error if is_here else None,
    )


@staff_required
@require_safe
def draft(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = draft_or_404(request, public_id)
    if not revision.is_draft:
        return redirect("portal:report", public_id=public_id)
    return _page(request, revision)


def _page(
    request: AuthedRequest, revision: ReportRevision, refusal: DomainError | None = None, typed: Typed = NOTHING
) -> HttpResponse:
    one = _draft(request, revision, typed)
    context = {"draft": one, "revision": revision, "engagement": revision.engagement, "error": refusal}
    return render(request, "portal/reports/draft.html", context, status=_status(one, refusal, typed))


def _status(one: Draft, refusal: DomainError | None, typed: Typed) -> int:
    if refusal or typed.error:
        return status_for(refusal or typed.error)
    return 422 if any(block.has_errors for block in one.blocks) else 200


@staff_required
@require_POST
def block(request: AuthedRequest, public_id: str, name: str) -> HttpResponse:
    """Everything that was typed in a block is kept, then its button's act is done."""
    revision = draft_or_404(request, public_id)
    which = _known(name)
    if not revision.is_draft:
        return _published_meanwhile(request, revision)
    typed = _save(request, revision, which)
    if typed is None and not request.htmx:
        response = redirect("portal:report-draft", public_id=public_id)
        response["Location"] += f"#block-{which}"
        return response
    if typed is None and "act" not in request.POST:  # a field was left, and nothing is to be shown anew
        return HttpResponse(status=204)
    revision = draft_or_404(request, public_id)
    if not request.htmx:
        return _page(request, revision, typed=typed or NOTHING)
    one = _draft(request, revision, typed or NOTHING)
    shown = next(each for each in one.blocks if each.block == which)
    context = {"revision": revision, "block": shown, "told": one.told, "engagement": revision.engagement}
    return render(request, "portal/reports/_draft_block.html", context, status=_status(one, None, typed or NOTHING))


def _save(request: AuthedRequest, revision: ReportRevision, which: Block) -> Typed | None:
    """None where all of it was taken."""
    act = request.POST.get("act", "")
    forms = entry_forms(which, list(revision.entries.filter(block=which)), request.POST)
    sent = {pk: form for pk, form in forms.items() if form.add_prefix("text") in request.POST}
    added = EntryForm(request.POST, prefix=f"new-{which}", block=which) if act == "add" else None
    whole = Typed(which, request.POST, request.POST if added else None)
    if [form for form in sent.values() if not form.is_valid()] or (added and not added.is_valid()):
        return whole
    words = {pk: form.words() for pk, form in sent.items()}
    try:
        service.edit_block(revision=revision, block=which, words=words, act=act, actor=request.user)
        if added:
            service.add_line(revision=revision, block=which, words=added.words(), actor=request.user)
    except DomainError as refusal:
        return Typed(which, whole.lines, whole.added, refusal)
    return None


def _known(name: str) -> Block:
    if name not in Block.values:
        raise Http404
    return Block(name)


def _published_meanwhile(request: AuthedRequest, revision: ReportRevision) -> HttpResponse:
    return show(request, revision, DomainError(_("This report is published. Amend it, and say why.")))


@staff_required
@require_POST
def redraft(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = draft_or_404(request, public_id)
    try:
        service.redraft(revision=revision, actor=request.user)
    except DomainError as refusal:
        if revision.is_draft:
            return _page(request, draft_or_404(request, public_id), refusal)
        return show(request, revision, refusal)
    messages.success(request, _("Drafted anew. What you typed, hid or ordered has stayed."))
    return redirect("portal:report-draft", public_id=public_id)


@staff_required
@require_safe
def preview(request: AuthedRequest, public_id: str) -> HttpResponse:
    """As an owner of the client will read it, or with `?as=reader` as one who sees no money."""
    revision = draft_or_404(request, public_id)
    if not revision.is_draft:
        return redirect("portal:report", public_id=public_id)
    as_reader = request.GET.get("as") == "reader"
    content = content_of(revision, dates.today_on_page(), request.user)
    reader = Reader.of(revision.engagement, sees_money=not as_reader, is_staff=False)
    for_readers = told_to(content, Reader.of(revision.engagement, sees_money=False, is_staff=False))
    context = {
        "revision": revision,
        "engagement": revision.engagement,
        "told": told_to(content, reader),
        "as_reader": as_reader,
        "amounts": lines_with_amounts(for_readers),
    }
    return render(request, "portal/reports/preview.html", context)


@staff_required
@require_POST
def publish(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Once; a second click says that it was."""
    revision = draft_or_404(request, public_id)
    try:
        is_new = service.publish_report(revision=revision, actor=request.user)
    except DomainError as refusal:
        return _page(request, draft_or_404(request, public_id), refusal)
    if is_new:
        messages.success(request, _("Published. The client's people are told by mail."))
    else:
        messages.info(request, _("This report was published before: nothing was done."))
    return redirect("portal:report", public_id=public_id)


@staff_required
@require_POST
def amend(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = draft_or_404(request, public_id)
    reason = request.POST.get("reason", "")
    try:
        amended = service.amend_report(revision=revision, reason=reason, actor=request.user)
    except DomainError as refusal:
        return show(request, revision, refusal)
    return redirect("portal:report-draft", public_id=amended.public_id)


@staff_required
@require_POST
def discard(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = draft_or_404(request, public_id)
    try:
        service.discard_draft(revision=revision, actor=request.user)
    except DomainError as refusal:
        return show(request, revision, refusal)
    messages.success(request, _("The draft is gone."))
    return redirect("portal:reports", public_id=revision.engagement.public_id)
