"""What the views of this app share."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from billing.models import Invoice
from core.errors import DomainError
from core.http import AuthedRequest
from engagements.models import Engagement

Refused = Callable[[DomainError], HttpResponse]


def find(request: AuthedRequest, public_id: str) -> Invoice:
    """An invoice that whoever asks may see, or 404."""
    rows = Invoice.objects.visible_to(request.user).select_related(
        "organisation", "engagement__acceptance__revision", "corrects", "pdf", "issued_by"
    )
    return get_object_or_404(rows, public_id=public_id)


def find_engagement(request: AuthedRequest, public_id: str) -> Engagement:
    rows = Engagement.objects.visible_to(request.user).select_related("organisation", "acceptance__revision__proposal")
    return get_object_or_404(rows, public_id=public_id)
