from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from portal import outbox


def demo_mail(request: HttpRequest) -> HttpResponse:
    """The demo's mail, for whoever sits before it. There is no such page outside the demo."""
    if not settings.DEMO:
        raise Http404
    return render(request, "portal/demo_mail.html", {"mails": outbox.newest_first(Path(settings.EMAIL_FILE_PATH))})
