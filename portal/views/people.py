"""Who of a client may come in, and what each may see."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError
from core.http import AuthedRequest
from core.models import Membership, Organisation
from engagements.roles import roles_of
from engagements.views.common import status_for, status_of
from portal.forms import ROLES, ColleagueForm, RoleForm
from portal.services import colleagues


@login_required
@require_safe
def people(request: AuthedRequest, public_id: str) -> HttpResponse:
    return _page(request, _organisation(request, public_id))


@login_required
@require_POST
def invite(request: AuthedRequest, public_id: str) -> HttpResponse:
    organisation = _organisation(request, public_id)
    form = ColleagueForm(request.POST)
    if not form.is_valid():
        return _page(request, organisation, form=form)
    try:
        made = colleagues.invite_colleague(organisation=organisation, **form.cleaned_data, actor=request.user)
    except DomainError as refusal:
        return _page(request, organisation, form=form, refusal=refusal)
    messages.success(request, _("%(email)s is invited.") % {"email": made.user.email})
    return redirect("portal:people", public_id=public_id)


@login_required
@require_POST
def role(request: AuthedRequest, public_id: str, person_id: str, held: str) -> HttpResponse:
    membership = _membership(request, public_id, person_id, held)
    form = RoleForm(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(_("Choose what they may do."))
        colleagues.change_role(
            membership=membership, role=Membership.Role(form.cleaned_data["role"]), actor=request.user
        )
    except DomainError as refusal:
        return _page(request, membership.organisation, refusal=refusal)
    return redirect("portal:people", public_id=public_id)


@login_required
@require_POST
def remove(request: AuthedRequest, public_id: str, person_id: str, held: str) -> HttpResponse:
    membership = _membership(request, public_id, person_id, held)
    try:
        colleagues.remove(membership=membership, actor=request.user)
    except DomainError as refusal:
        return _page(request, membership.organisation, refusal=refusal)
    messages.success(request, _("%(name)s no longer sees anything of it.") % {"name": membership.user})
    if membership.user == request.user:  # who takes themselves off has no such page any more
        return redirect("portal:home")
    return redirect("portal:people", public_id=public_id)


def _organisation(request: AuthedRequest, public_id: str) -> Organisation:
    return get_object_or_404(Organisation.objects.visible_to(request.user), public_id=public_id)


def _membership(request: AuthedRequest, public_id: str, person_id: str, held: str) -> Membership:
    """`held` is the role that is meant: a person may hold several."""
    organisation = _organisation(request, public_id)
    rows = Membership.objects.select_related("user", "organisation").filter(organisation=organisation)
    return get_object_or_404(rows, user__public_id=person_id, role=held)


def _page(
    request: AuthedRequest,
    organisation: Organisation,
    *,
    form: ColleagueForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    manages = request.user.is_consultant or roles_of(request.user, organisation).is_owner
    context = {
        "organisation": organisation,
        "memberships": organisation.memberships.select_related("user").order_by("user__name", "id"),
        "manages": manages,
        "form": form or ColleagueForm(),
        "roles": ROLES,
        "error": refusal,
    }
    return render(request, "portal/people.html", context, status=status_for(refusal) if refusal else status_of(form))
