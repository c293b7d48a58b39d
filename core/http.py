"""Requests as views see them, and who may knock."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from core.models import User

View = Callable[..., HttpResponse]


class AuthedRequest(HttpRequest):
    """A request of someone signed in."""

    user: User
    htmx: HtmxDetails


def staff_required(view: View) -> View:
    """Staff only. Anonymous goes to sign-in; a client is told that there is no such page."""

    @wraps(view)
    def guarded(request: AuthedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_consultant:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def recently_confirmed(view: View) -> View:
    """Asks for the password or a second factor again, unless the person signed in or confirmed minutes ago."""
    return cast(View, reauthentication_required(app="allauth.mfa")(view))
