from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http import AuthedRequest
from core.models import Organisation


@login_required
@require_safe
def home(request: AuthedRequest) -> HttpResponse:
    """Where sign-in leads as long as no upper room has a page at "/"."""
    return render(request, "core/home.html", {"organisations": Organisation.objects.visible_to(request.user)})
