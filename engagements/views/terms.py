"""The practice's terms, and new versions of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from engagements.forms_proposals import TermsForm
from engagements.models import Terms
from engagements.services.terms import add_version
from engagements.views.common import READ_OR_WRITE, posted, status_of


@staff_required
@require_safe
def terms_list(request: AuthedRequest) -> HttpResponse:
    return render(request, "engagements/terms.html", {"versions": Terms.objects.select_related("made_by")})


@staff_required
@require_http_methods(READ_OR_WRITE)
def terms_new(request: AuthedRequest) -> HttpResponse:
    """From scratch, or after the version that the address names."""
    follows = _named(request.GET.get("after"))
    form = TermsForm(posted(request), follows=follows)
    if form.is_valid():
        name = follows.name if follows else form.cleaned_data["name"]
        try:
            made = add_version(name=name, words=form.words(), actor=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(terms)s holds for what is sent from now on.") % {"terms": made})
            return redirect("engagements:terms")
    return render(request, "engagements/terms_new.html", {"form": form, "follows": follows}, status=status_of(form))


@staff_required
@require_safe
def terms_one(request: AuthedRequest, public_id: str) -> HttpResponse:
    return render(request, "engagements/terms_one.html", {"terms": get_object_or_404(Terms, public_id=public_id)})


def _named(public_id: str | None) -> Terms | None:
    return get_object_or_404(Terms, public_id=public_id) if public_id else None
