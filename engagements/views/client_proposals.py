"""A proposal as its client sees it: by a link for reading, signed in for picking, asking, declining and signing."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation, StoredFile
from engagements import queries_proposals, reading
from engagements.forms_client import DeclineForm, ForwardForm, OfflineForm, RescissionForm, SignForm
from engagements.models import Acceptance, ProposalLink, ProposalOpening, ProposalRevision, Rescission
from engagements.offer import Offer
from engagements.roles import sees_money
from engagements.services import acceptance as service
from engagements.services import links
from engagements.uploads import stored
from engagements.views.common import READ_OR_WRITE, as_attachment, posted, status_for, status_of
from outreach import dates

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)
Act = Callable[[ProposalRevision], object]


# By link, without signing in


def _link(token: str) -> ProposalLink:
    rows = ProposalLink.objects.select_related("revision__proposal__organisation", "revision__pdf")
    return get_object_or_404(rows, token=token)


def _is_readable(link: ProposalLink) -> bool:
    """A dead link, and one to what was superseded or taken back, says so and shows nothing."""
    gone = {ProposalRevision.Status.SUPERSEDED, ProposalRevision.Status.WITHDRAWN}
    return link.is_live and link.revision.status not in gone


def _out_of_sight(response: AnyResponse) -> AnyResponse:
    """The address is a key: it goes into no search engine, and to no other site as referrer."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@never_cache
def offer(request: AuthedRequest, token: str) -> HttpResponse:
    """What a link opens: the frozen revision, for reading and forwarding."""
    link = _link(token)
    if not _is_readable(link):
        return _out_of_sight(render(request, "engagements/offer_gone.html", {"link": link}, status=410))
    revision = link.revision
    told = Offer.of(revision)
    picks = reading.picks_of(revision, told, Acceptance.objects.filter(revision=revision).first())
    context = {
        "link": link,
        "revision": revision,
        "offer": told,
        "picks": picks,
        "is_expired": reading.is_expired(revision),
    }
    return _out_of_sight(render(request, "engagements/offer.html", context))


@require_safe
@never_cache
def offer_pdf(request: AuthedRequest, token: str) -> HttpResponseBase:
    link = _link(token)
    if not _is_readable(link):
        return _out_of_sight(render(request, "engagements/offer_gone.html", {"link": link}, status=410))
    return _out_of_sight(as_attachment(link.revision.pdf))


@require_POST
def offer_opened(request: AuthedRequest, token: str) -> HttpResponse:
    """The page itself says that somebody has it before their eyes; what only fetches addresses never does."""
    link = _link(token)
    if _is_readable(link) and not getattr(request.user, "is_consultant", False):  # nor whoever wrote it
        service.record_opening(revision=link.revision, what=ProposalOpening.What.PROPOSAL, link=link)
    return HttpResponse(status=204)


# Signed in


def _find(request: AuthedRequest, public_id: str) -> ProposalRevision:
    rows = ProposalRevision.objects.visible_to(request.user).exclude(status=ProposalRevision.Status.DRAFT)
    related = ("proposal__organisation", "proposal__owner", "pdf", "pick")
    signed = ("acceptance__certificate", "acceptance__engagement")
    return get_object_or_404(rows.select_related(*related, *signed), public_id=public_id)


def _page(
    request: AuthedRequest,
    revision: ProposalRevision,
    *,
    refusal: DomainError | None = None,
    forms: dict[str, Any] | None = None,
    just_found: bool = False,
) -> HttpResponse:
    fresh = revision if just_found else _find(request, revision.public_id)
    read = reading.reading(fresh, request.user)
    former, changes = queries_proposals.difference_to_former(fresh)
    context = {
        "former": former,
        "changes": changes,
        "reading": read,
        "revision": fresh,
        "offer": read.offer,
        "picks": read.picks,
        "price": read.price,
        "error": refusal,
        "sign_form": SignForm(consent=read.consent, initial={"name": request.user.name}),
        "decline_form": DeclineForm(),
        "forward_form": ForwardForm(),
        "links": links.shown_to(fresh, request.user),
        "asked": request.GET.get("line", ""),
        **(forms or {}),
    }
    bound = [form for form in (forms or {}).values() if form.is_bound]
    status = status_for(refusal) if refusal else status_of(*bound)
    return render(request, "engagements/client_proposal.html", context, status=status)


def _act(request: AuthedRequest, public_id: str, act: Act, *, anchor: str = "") -> HttpResponse:
    """Do it, and show the page again: fresh where it was done, with the reason where it was refused."""
    revision = _find(request, public_id)
    try:
        act(revision)
    except DomainError as refusal:
        return _page(request, revision, refusal=refusal)
    return _back(revision, anchor)


def _back(revision: ProposalRevision, anchor: str = "") -> HttpResponse:
    response = redirect("engagements:client-proposal", public_id=revision.public_id)
    response["Location"] += anchor
    return response


@login_required
@require_safe
def client_proposals(request: AuthedRequest, public_id: str) -> HttpResponse:
    """What a client was sent, the latest version of each. For whoever may see money."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)
    if not sees_money(request.user, organisation):
        raise Http404
    context = {"organisation": organisation, "rows": reading.latest_sent(organisation)}
    return render(request, "engagements/client_proposals.html", context)


@login_required
@require_safe
@never_cache
def client_proposal(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _find(request, public_id), just_found=True)


@login_required
@require_POST
def opened(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = _find(request, public_id)
    service.record_opening(revision=revision, what=ProposalOpening.What.PROPOSAL, user=request.user)
    return HttpResponse(status=204)


@login_required
@require_safe
def terms_read(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = _find(request, public_id)
    told = Offer.of(revision)
    if told.terms is None:
        raise Http404
    return render(request, "engagements/terms_read.html", {"revision": revision, "offer": told})


@login_required
@require_POST
def open_terms(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Opening the terms is an act of its own: the certificate names its time."""

    def act(revision: ProposalRevision) -> object:
        return service.record_opening(revision=revision, what=ProposalOpening.What.TERMS, user=request.user)

    return _act(request, public_id, act, anchor="#sign")


@login_required
@require_POST
def pick(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Keep what was picked; with htmx only the total comes back."""
    keys = _picked(request, "pick")
    revision = _find(request, public_id)
    refusal = None
    try:
        service.pick(revision=revision, keys=keys, actor=request.user)
    except DomainError as error:
        refusal = error
    if not request.htmx:
        return _page(request, revision, refusal=refusal) if refusal else _back(revision, "#choose")
    read = reading.reading(_find(request, public_id), request.user)
    context = {
        "offer": read.offer,
        "picks": read.picks,
        "price": read.price,
        "error": refusal,
        "swapped": True,
    }
    return render(request, "engagements/_total.html", context, status=status_for(refusal))


def _picked(request: AuthedRequest, prefix: str) -> list[str]:
    """The keys of the lines picked: options as `pick`, the alternatives of each choice as `pick-1`, `pick-2`."""
    names = [name for name in request.POST if name == prefix or name.startswith(f"{prefix}-")]
    return [value for name in names for value in request.POST.getlist(name) if value]


@login_required
@require_POST
def remark(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Ask for a change beside a line, or about the whole; staff answer in the same place."""
    key = request.POST.get("line", "")
    try:
        line_key = UUID(key) if key else None
    except ValueError as error:
        raise Http404 from error

    def act(revision: ProposalRevision) -> object:
        body = request.POST.get("body", "")
        return service.remark(revision=revision, body=body, line_key=line_key, actor=request.user)

    return _act(request, public_id, act, anchor=f"#line-{key}" if key else "#ask")


@login_required
@require_POST
def decline(request: AuthedRequest, public_id: str) -> HttpResponse:
    revision = _find(request, public_id)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, revision, forms={"decline_form": form})

    def act(revision: ProposalRevision) -> object:
        return service.decline_revision(revision=revision, reason=form.cleaned_data["reason"], actor=request.user)

    return _act(request, public_id, act)


@login_required
@require_POST
def sign(request: AuthedRequest, public_id: str) -> HttpResponse:
    """The signature. What the signer saw comes with the form; the service compares it with what is stored."""
    revision = _find(request, public_id)
    form = SignForm(request.POST, consent=service.consent_text(revision))
    if not form.is_valid():
        return _page(request, revision, forms={"sign_form": form})

    def act(revision: ProposalRevision) -> object:
        return service.accept_revision(
            revision=revision,
            seen_sha256=request.POST.get("seen", ""),
            picked=filter(None, request.POST.get("picked", "").split(",")),  # as the page showed them
            signature=service.Signature(form.cleaned_data["name"], form.cleaned_data["po_number"]),
            actor=request.user,
        )

    return _act(request, public_id, act)


@login_required
@require_POST
def forward(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Send a colleague a link of their own, for reading."""
    revision = _find(request, public_id)
    form = ForwardForm(request.POST)
    if not form.is_valid():
        return _page(request, revision, forms={"forward_form": form})

    def act(revision: ProposalRevision) -> object:
        values = form.cleaned_data
        return links.forward(revision=revision, email=values["email"], name=values["name"], actor=request.user)

    return _act(request, public_id, act, anchor="#forward")


@login_required
@require_safe
def client_pdf(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    return as_attachment(_find(request, public_id).pdf)


@login_required
@require_safe
def certificate(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    rows = Acceptance.objects.visible_to(request.user).select_related("certificate")
    return as_attachment(get_object_or_404(rows, public_id=public_id).certificate)


@login_required
@require_POST
def countersign(request: AuthedRequest, public_id: str) -> HttpResponse:
    """An owner agrees that an acceptance was an error."""
    seen = Acceptance.objects.visible_to(request.user)
    rescission = get_object_or_404(Rescission.objects.filter(acceptance__in=seen), public_id=public_id)

    def act(revision: ProposalRevision) -> object:
        return service.countersign_rescission(rescission=rescission, actor=request.user)

    return _act(request, rescission.acceptance.revision.public_id, act)


# Staff


@staff_required
@require_http_methods(READ_OR_WRITE)
def offline(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Record an acceptance that came on paper or by mail."""
    revision = _find(request, public_id)
    told = Offer.of(revision)
    form = OfflineForm(posted(request), request.FILES or None, initial={"on": dates.today_on_page()})
    picks = _picked(request, "picked") if request.method == "POST" else sorted(told.default_picks)
    if form.is_valid():
        try:
            with stored(form.cleaned_data["file"], organisation=revision.organisation) as file:
                service.record_offline_acceptance(
                    revision=revision, offline=_offline(form, file), picked=picks, actor=request.user
                )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("engagements:client-proposal", public_id=public_id)
    context = {"form": form, "revision": revision, "offer": told, "picks": picks}
    return render(request, "engagements/offline.html", context, status=status_of(form))


def _offline(form: OfflineForm, file: StoredFile | None) -> service.Offline:
    values = form.cleaned_data
    return service.Offline(
        name=values["name"],
        how=values["how"],
        on=values["on"],
        email=values["email"],
        po_number=values["po_number"],
        file=file,
    )


@staff_required
@require_http_methods(READ_OR_WRITE)
def rescind(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Propose to undo an acceptance; the client's owner countersigns on their page."""
    acceptance = get_object_or_404(Acceptance.objects.visible_to(request.user), public_id=public_id)
    form = RescissionForm(posted(request))
    if form.is_valid():
        try:
            service.propose_rescission(acceptance=acceptance, reason=form.cleaned_data["reason"], actor=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("engagements:client-proposal", public_id=acceptance.revision.public_id)
    context = {"form": form, "acceptance": acceptance, "title": _("Undo this acceptance")}
    return render(request, "engagements/rescind.html", context, status=status_of(form))
