"""What the views of this app share."""

from typing import Any

from django import forms
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase

from core.errors import DomainError, NotAllowedError
from core.http import AuthedRequest
from core.models import StoredFile

PAGE = 50
READ_OR_WRITE = ["GET", "HEAD", "POST"]


def posted(request: AuthedRequest) -> Any:
    """What was sent, or nothing to fill a form with while the page is only looked at."""
    return request.POST if request.method == "POST" else None


def status_of(*shown: forms.Form | None) -> int:
    """422 where one of the forms was sent and is wrong."""
    return 422 if any(form is not None and form.is_bound and form.errors for form in shown) else 200


def status_for(refusal: DomainError | None) -> int:
    """403 where the person's role forbids it, 409 where a rule does."""
    if refusal is None:
        return 200
    return 403 if isinstance(refusal, NotAllowedError) else 409


def as_attachment(stored: StoredFile | None) -> HttpResponseBase:
    """A file that a view has decided to give out. Raises Http404 while it is not drawn yet."""
    if stored is None:
        raise Http404
    response = FileResponse(
        stored.file.open("rb"), as_attachment=True, filename=stored.name, content_type=stored.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
