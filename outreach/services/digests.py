"""One mail a day with the follow-ups that are due: never one a lead, none where there is nothing to do."""

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import ngettext

from core import clock, mail
from core.models import User
from core.queries import practice_name, practice_or_blank
from outreach import queries
from outreach.models import Digest

logger = logging.getLogger(__name__)

MORNING = dt.time(6, 30)  # in the practice's zone
NOON = dt.time(12)  # what was not sent by then waits for tomorrow
MOST_LINES = 40


def send_todays_digests(*, at_any_hour: bool = False) -> int:
    """Send to each consultant who has something due and was not mailed today; returns how many were sent.

    Called as often as one likes, by as many schedulers. Where the mail server refuses, the claim is given back, so
    the next call tries again.
    """
    local = clock.now().astimezone(ZoneInfo(practice_or_blank().zone))
    if not at_any_hour and not MORNING <= local.time() < NOON:
        return 0
    consultants = User.objects.filter(is_consultant=True, is_active=True)
    return sum(_send_once(user, local.date()) for user in consultants.order_by("pk"))


def _send_once(user: User, today: dt.date) -> bool:
    message = _digest(user, today)
    if message is None:
        return False
    with transaction.atomic():
        claim, is_ours = Digest.objects.get_or_create(user=user, on=today)
    if not is_ours:
        return False
    try:
        message.send()
    except Exception:  # every mail service has errors of its own; one consultant's must not cost the others theirs
        logger.exception("The digest for user %s could not be sent", user.pk)
        claim.delete()
        return False
    return True


def _digest(user: User, today: dt.date) -> EmailMessage | None:
    rows = list(queries.follow_ups_due(today, user))
    if not rows:
        return None
    overdue = [row for row in rows if row.due_on < today]
    url = settings.BASE_URL.rstrip("/")
    context = {
        "user": user,
        "overdue": overdue[:MOST_LINES],
        "due": [row for row in rows if row.due_on == today][: max(MOST_LINES - len(overdue), 0)],
        "more": max(len(rows) - MOST_LINES, 0),
        "base": url,
        "url": url + reverse("outreach:today"),
        "practice": practice_name(),
    }
    subject = ngettext("%(n)s follow-up today", "%(n)s follow-ups today", len(rows)) % {"n": len(rows)}
    body = render_to_string("email/follow_ups.txt", context)
    return EmailMessage(subject, body, mail.sender(), [user.email])
