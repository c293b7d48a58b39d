"""One's own account: the name, and for staff what signs them in besides the password."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.forms import NameForm
from core.http import AuthedRequest, recently_confirmed, staff_required
from core.models import User
from core.services.people import rename


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: AuthedRequest) -> HttpResponse:
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": request.user.name})
    if form.is_valid():
        rename(user=request.user, name=form.cleaned_data["name"], actor=request.user)
        messages.success(request, _("Your name is saved."))
        return redirect("core:account")
    context = {"form": form, "columns": [_("What"), _("Since"), (_("Actions"), "actions")], **_ways_in(request.user)}
    return render(request, "core/account.html", context, status=422 if form.errors else 200)


@staff_required
@require_safe
def second_factor(request: AuthedRequest) -> HttpResponse:
    """Where staff without a second factor land, whatever they asked for."""
    return render(request, "core/second_factor.html")


@staff_required
@recently_confirmed
@never_cache
@require_safe
def recovery_codes(request: AuthedRequest) -> HttpResponse:
    return render(request, "core/recovery_codes.html", {"codes": "\n".join(_unused_codes(request.user))})


@staff_required
@recently_confirmed
@never_cache
@require_safe
def recovery_codes_file(request: AuthedRequest) -> HttpResponse:
    response = HttpResponse("\n".join(_unused_codes(request.user)) + "\n", content_type="text/plain")
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


def _unused_codes(user: User) -> list[str]:
    """Read, never written: allauth's own page would note on GET that they were seen."""
    codes = get_object_or_404(Authenticator, user=user, type=Authenticator.Type.RECOVERY_CODES)
    unused: list[str] = codes.wrap().get_unused_codes()
    return unused


def _ways_in(user: User) -> dict[str, object]:
    authenticators = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((item for item in authenticators if item.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "app": next((item for item in authenticators if item.type == Authenticator.Type.TOTP), None),
        "passkeys": [item for item in authenticators if item.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
