"""The practice's own pages: its particulars, its logo, its colour."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import accent as colours
from core.errors import DomainError
from core.forms import LogoForm, PracticeForm
from core.http import AuthedRequest, staff_required
from core.models import Practice
from core.queries import practice_or_blank
from core.services.practice import change_practice, remove_logo, set_logo


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def practice(request: AuthedRequest) -> HttpResponse:
    shown = practice_or_blank()
    form = PracticeForm(request.POST if request.method == "POST" else None, initial=PracticeForm.values_of(shown))
    if form.is_valid():
        change_practice(particulars=form.particulars(), actor=request.user)
        messages.success(request, _("Saved."))
        return redirect("core:practice")
    return _page(request, form, LogoForm())


@staff_required
@require_POST
def logo_change(request: AuthedRequest) -> HttpResponse:
    logo_form = LogoForm(request.POST, request.FILES)
    if logo_form.is_valid():
        try:
            set_logo(content=logo_form.cleaned_data["logo"].read(), actor=request.user)
        except DomainError as refusal:
            logo_form.add_error("logo", str(refusal))
        else:
            messages.success(request, _("Your logo is saved."))
            return redirect("core:practice")
    return _page(request, PracticeForm(initial=PracticeForm.values_of(practice_or_blank())), logo_form)


@staff_required
@require_POST
def logo_remove(request: AuthedRequest) -> HttpResponse:
    remove_logo(actor=request.user)
    return redirect("core:practice")


@require_safe
@cache_control(public=True, max_age=3600)
def logo(request: HttpRequest) -> HttpResponseBase:
    """Open to all, for the sign-in page. Shown in place, because we drew every byte of it ourselves."""
    shown = Practice.objects.select_related("logo").first()
    if shown is None or shown.logo is None:
        raise Http404
    return FileResponse(shown.logo.file.open("rb"), content_type="image/png")


@require_safe
@cache_control(public=True, max_age=3600)
def accent(request: HttpRequest) -> HttpResponse:
    """The practice's colour as a stylesheet; empty where it keeps the product's own."""
    chosen = practice_or_blank().accent
    return HttpResponse(colours.stylesheet(chosen) if chosen else "", content_type="text/css")


def _page(request: AuthedRequest, form: PracticeForm, logo_form: LogoForm) -> HttpResponse:
    context = {"form": form, "logo_form": logo_form}
    return render(request, "core/practice.html", context, status=422 if form.errors or logo_form.errors else 200)
