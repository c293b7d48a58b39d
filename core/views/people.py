"""Who may sign in: the practice's own people and its clients'."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import queries
from core.errors import DomainError
from core.forms import AddConsultantForm, InviteClientForm
from core.http import AuthedRequest, staff_required
from core.models import Membership, User
from core.services import people as service


@staff_required
@require_safe
def people(request: AuthedRequest) -> HttpResponse:
    context = {"consultants": queries.consultants(), "memberships": queries.client_memberships()}
    return render(request, "core/people.html", context)


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def consultant_add(request: AuthedRequest) -> HttpResponse:
    form = AddConsultantForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = service.add_consultant(**form.cleaned_data, actor=request.user)
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("%(email)s can sign in now.") % {"email": user.email})
            return redirect("core:people")
    return render(request, "core/consultant_add.html", {"form": form}, status=422 if form.errors else 200)


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def client_invite(request: AuthedRequest) -> HttpResponse:
    form = InviteClientForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            membership = service.invite_client(**form.cleaned_data, actor=request.user)
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("%(email)s is invited.") % {"email": membership.user.email})
            return redirect("core:people")
    return render(request, "core/client_invite.html", {"form": form}, status=422 if form.errors else 200)


@staff_required
@require_POST
def person_deactivate(request: AuthedRequest, public_id: str) -> HttpResponse:
    user = get_object_or_404(User, public_id=public_id)
    try:
        service.deactivate(user=user, actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("core:people")


@staff_required
@require_POST
def person_reactivate(request: AuthedRequest, public_id: str) -> HttpResponse:
    service.reactivate(user=get_object_or_404(User, public_id=public_id), actor=request.user)
    return redirect("core:people")


@staff_required
@require_POST
def membership_end(request: AuthedRequest, public_id: str) -> HttpResponse:
    """`public_id` is the person's; organisation and role come with the form."""
    membership = get_object_or_404(
        Membership,
        user__public_id=public_id,
        organisation__public_id=request.POST.get("organisation", ""),
        role=request.POST.get("role", ""),
    )
    service.end_membership(membership=membership, actor=request.user)
    return redirect("core:people")
