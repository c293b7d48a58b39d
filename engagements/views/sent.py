"""A proposal on its way: looked at, sent, revised, withdrawn, and who may open it."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements import documents, guarding, queries_proposals, tasks
from engagements.forms_proposals import SendForm, WithdrawForm
from engagements.models import ProposalLink, ProposalRevision
from engagements.offer import Offer
from engagements.services import links, proposals, sending
from engagements.views.common import READ_OR_WRITE, posted, status_of
from engagements.views.drafting import page, revision_or_404

Status = ProposalRevision.Status


@staff_required
@require_safe
def preview(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The document as the client will read it, in a frame."""
    return render(request, "engagements/proposal_preview.html", {"revision": revision_or_404(request, public_id)})


@staff_required
@require_safe
@xframe_options_sameorigin
def document(request: AuthedRequest, public_id: str) -> HttpResponse:
    """What stands in the frame."""
    one = revision_or_404(request, public_id)
    return HttpResponse(
        documents.offer_html(Offer.of(one), digest=one.snapshot_sha256, draft=one.status == Status.DRAFT, for_page=True)
    )


@staff_required
@require_safe
def pdf(request: AuthedRequest, public_id: str) -> HttpResponse:
    """What was sent as it is stored; a draft made anew each time, and marked as one."""
    one = revision_or_404(request, public_id)
    if one.pdf:
        return redirect("core:file", public_id=one.pdf.public_id)
    try:
        made = documents.offer_pdf(Offer.of(one), digest=one.snapshot_sha256, draft=one.status == Status.DRAFT)
    except DomainError as refusal:
        context = {"revision": one, "error": refusal}
        return render(request, "engagements/proposal_preview.html", context, status=409)
    headers = {"Content-Disposition": 'inline; filename="draft.pdf"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@staff_required
@require_safe
def state(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Asked every few seconds while the PDF is being made; once it is there, the page is loaded anew."""
    if revision_or_404(request, public_id).pdf_id:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponse(status=204)


@staff_required
@require_http_methods(READ_OR_WRITE)
def send(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Asks once, with all that will happen; then it is signed by the practice, frozen and on its way."""
    one = revision_or_404(request, public_id)
    if one.status != Status.DRAFT and request.method != "POST":
        return redirect("engagements:revision", public_id=public_id)
    guard = guarding.reckon(one)
    initial = queries_proposals.first_recipient(one.proposal)
    form = SendForm(posted(request), initial=initial, asks_reason=guard.is_below_floor)
    error = None
    if form.is_valid():
        try:
            sending.send_revision(
                revision=one,
                recipient=form.recipient(),
                actor=request.user,
                underbid_reason=form.cleaned_data.get("reason", ""),
                seen_sha256=request.POST.get("seen", ""),
            )
        except sending.UnderbidError as refusal:
            form.add_error("reason" if "reason" in form.fields else None, str(refusal))
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Sent, and signed by you."))
            return redirect("engagements:revision", public_id=public_id)
    if error and one.status != Status.DRAFT:
        return page(request, one, error=error)
    context = {
        "revision": one,
        "offer": Offer.of(one),
        "form": form,
        "guard": guard,
        "missing": sending.missing_to_send(one),
        "seen": sending.digest_of(one),
        "error": error,
    }
    return render(request, "engagements/proposal_send.html", context, status=409 if error else status_of(form))


@staff_required
@require_POST
def revise(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    try:
        draft = proposals.revise(revision=one, actor=request.user)
    except DomainError as refusal:
        return page(request, one, error=refusal)
    return redirect("engagements:revision", public_id=draft.public_id)


@staff_required
@require_POST
def withdraw(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    form = WithdrawForm(request.POST, prefix="withdraw")
    if not form.is_valid():
        return page(request, one, withdraw_form=form)
    try:
        sending.withdraw(revision=one, reason=form.cleaned_data["reason"], actor=request.user)
    except DomainError as refusal:
        return page(request, one, error=refusal)
    return redirect("engagements:revision", public_id=public_id)


@staff_required
@require_POST
def link_new(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = revision_or_404(request, public_id)
    form = SendForm(request.POST, prefix="link")
    if not form.is_valid():
        return page(request, one, link_form=form)
    try:
        to = form.recipient()
        links.give_link(revision=one, email=to.email, name=to.name, actor=request.user)
    except DomainError as refusal:
        return page(request, one, error=refusal)
    return redirect("engagements:revision", public_id=public_id)


@staff_required
@require_POST
def link_revoke(request: AuthedRequest, public_id: str, link_id: int) -> HttpResponse:
    """By its number among the links of this revision: the token itself stands in no address of staff's."""
    one = revision_or_404(request, public_id)
    given = ProposalLink.objects.visible_to(request.user).select_related("revision__proposal__organisation")
    link = get_object_or_404(given, pk=link_id, revision=one)
    links.revoke_link(link=link, actor=request.user)
    return redirect("engagements:revision", public_id=public_id)


@staff_required
@require_POST
def draw(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Ring once more for a PDF that is not there."""
    one = revision_or_404(request, public_id)
    if one.status != Status.DRAFT and not one.pdf_id:
        transaction.on_commit(lambda: tasks.draw_proposal.delay(one.pk))
    return redirect("engagements:revision", public_id=public_id)
