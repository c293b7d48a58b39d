"""A client's GitHub: the way in, a test of it, and adding its repositories."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from core.models import Organisation
from discovery.forms_github import AccessForm, GitHubListForm
from discovery.models import GitHubAccess
from discovery.services import github
from discovery.views.clients import READ_OR_WRITE, client_or_404
from infra_audit.github.listing import RepositoryListing, read_names
from infra_audit.github.signing_in import SignedIn


@sensitive_post_parameters("token", "private_key")
@staff_required
@require_http_methods(READ_OR_WRITE)
def access(request: AuthedRequest, public_id: str) -> HttpResponse:
    client = client_or_404(request, public_id)
    known = GitHubAccess.objects.filter(organisation=client).select_related("added_by").first()
    form = AccessForm(request.POST if request.method == "POST" else None, initial=AccessForm.values_of(known))
    if form.is_valid():
        github.store_access(
            organisation=client, way_in=form.given, owner=form.cleaned_data["owner"], actor=request.user
        )
        messages.success(request, _("The way in to GitHub is stored."))
        return redirect("discovery:github", public_id=public_id)
    context = {"client": client, "form": form, "access": known}
    return render(request, "discovery/target_github.html", context, status=422 if form.errors else 200)


@staff_required
@require_POST
def access_test(request: AuthedRequest, public_id: str) -> HttpResponse:
    one = _access_or_404(request, public_id)
    try:
        messages.success(request, _told(github.tried(one)))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("discovery:github", public_id=public_id)


def _told(signed_in: SignedIn) -> str:
    seen = signed_in.repositories
    if seen is not None:
        return ngettext("The app may see %(n)d repository.", "The app may see %(n)d repositories.", seen) % {"n": seen}
    text = _("GitHub takes the token as %(who)s's.") % {"who": signed_in.who or _("somebody")}
    return text + (" " + _("It ends on %(day)s.") % {"day": signed_in.until} if signed_in.until else "")


@staff_required
@require_POST
def access_remove(request: AuthedRequest, public_id: str) -> HttpResponse:
    github.remove_access(access=_access_or_404(request, public_id), actor=request.user)
    messages.success(request, _("The way in is forgotten here. Revoke the token at GitHub, too."))
    return redirect("discovery:client", public_id=public_id)


@staff_required
@require_http_methods(READ_OR_WRITE)
def repositories(request: AuthedRequest, public_id: str) -> HttpResponse:
    """`list` asks GitHub and fills in the list, `check` shows what adding it would do, `add` does it."""
    one = _access_or_404(request, public_id)
    form = GitHubListForm(request.POST if request.method == "POST" else None, initial={"owner": one.owner})
    if not form.is_valid():
        return _page(request, one, form, status=422 if form.errors else 200)
    if form.act == GitHubListForm.LIST:
        return _listed(request, one, form)
    try:
        listing = read_names(form.cleaned_data["repositories"], one.way_in())
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, one, form, status=422)
    if form.act == GitHubListForm.ADD:
        return _added(request, one, listing)
    return _page(request, one, form, listing=listing)


def _listed(request: AuthedRequest, one: GitHubAccess, form: GitHubListForm) -> HttpResponse:
    asked = {name: form.cleaned_data[name] for name in ("owner", "with_archived", "with_forks")}
    try:
        listing = github.listed(one, **asked)
    except DomainError as refusal:
        form.add_error("owner", str(refusal))
        return _page(request, one, form, status=422)
    filled = GitHubListForm(initial={**asked, "repositories": github.as_text(listing)})
    return _page(request, one, filled, listing=listing)


def _added(request: AuthedRequest, one: GitHubAccess, listing: RepositoryListing) -> HttpResponse:
    told = github.add_new(organisation=one.organisation, listing=listing, way_in=one.way_in(), actor=request.user)
    if not told.new:
        messages.info(request, _("There was nothing to add."))
    else:
        text = ngettext("%(n)d repository is added.", "%(n)d repositories are added.", len(told.new))
        messages.success(request, text % {"n": len(told.new)})
    return redirect("discovery:client", public_id=one.organisation.public_id)


def _page(
    request: AuthedRequest,
    one: GitHubAccess,
    form: GitHubListForm,
    *,
    listing: RepositoryListing | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "client": one.organisation,
        "form": form,
        "preview": listing and github.preview_of(one.organisation, listing, one.way_in()),
    }
    return render(request, "discovery/target_github_list.html", context, status=status)


def _access_or_404(request: AuthedRequest, public_id: str) -> GitHubAccess:
    """The way in of the client of that address."""
    visible = Organisation.objects.visible_to(request.user)
    return get_object_or_404(
        GitHubAccess.objects.visible_to(request.user).select_related("organisation"),
        organisation__in=visible,
        organisation__public_id=public_id,
    )
