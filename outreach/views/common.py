"""What the views of this app share."""

from typing import Any

from django import forms

from core.http import AuthedRequest

PAGE = 50
READ_OR_WRITE = ["GET", "HEAD", "POST"]


def posted(request: AuthedRequest) -> Any:
    """What was sent, or nothing to fill a form with while the page is only looked at."""
    return request.POST if request.method == "POST" else None


def refuse(form: forms.Form, error: object, field: str | None = None) -> None:
    """Say in a form what a service refused."""
    form.add_error(field if field in form.fields else None, str(error))


def status_of(*shown: forms.Form | None) -> int:
    """422 where one of the forms was sent and is wrong."""
    return 422 if any(form is not None and form.is_bound and form.errors for form in shown) else 200
