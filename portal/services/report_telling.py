"""The mail about a published report: its first screen, to each person of the client as much as they may see."""

import logging
from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from core import clock, events, mail
from core.models import Membership, User
from engagements.models import Engagement
from engagements.models.proposal import SEES_MONEY
from portal.models import ReportMail, ReportRevision
from portal.report_document import Reader, told_to

logger = logging.getLogger(__name__)

MOST_TRIES = 10  # over three and a half days
FIRST_PAUSE = timedelta(minutes=10)  # then twice as long each time


def tell_of_report(*, revision_id: int) -> None:
    """To everybody of the client, once; to nobody while the project is hidden from them, or of what was amended since.

    Called until `told_at` is set: whom a mail did not reach is tried again, later each time, and in the end given up.
    A worker that is lost while it sends can make a mail go twice, and none is lost by it.
    """
    rows = ReportRevision.objects.select_related("engagement__organisation", "engagement__owner", "report")
    revision = rows.get(pk=revision_id)
    if revision.is_draft or revision.told_at:
        return
    is_read = revision.status == ReportRevision.Status.PUBLISHED
    is_hidden = revision.engagement.visibility == Engagement.Visibility.HIDDEN
    people = _people(revision.engagement) if is_read and not is_hidden else []
    finished = [_tell(revision, user, sees_money=sees_money) for user, sees_money in people]
    if all(finished):
        ReportRevision.objects.filter(pk=revision.pk, told_at=None).update(told_at=clock.now())


def _tell(revision: ReportRevision, user: User, *, sees_money: bool) -> bool:
    """Whether there is nothing left to do for that person."""
    row, is_new = ReportMail.objects.get_or_create(revision=revision, user=user, defaults={"tries": 1})
    if row.sent_at:
        return True
    if not is_new:
        if row.tries >= MOST_TRIES:
            return True
        pause = FIRST_PAUSE * 2 ** (row.tries - 1)
        mine = ReportMail.objects.filter(
            pk=row.pk, sent_at=None, tries=row.tries, tried_at__lte=clock.now() - pause
        ).update(tries=row.tries + 1, tried_at=clock.now())
        if not mine:  # another worker is at it, or it is too early
            return False
        row.tries += 1
    try:
        _message(revision, user, sees_money=sees_money).send()
    except Exception:  # every mail service has errors of its own; one person's must not cost the others theirs
        logger.exception("The mail about report %s to user %s could not be sent", revision.pk, user.pk)
        return _given_up(revision, row)
    ReportMail.objects.filter(pk=row.pk).update(sent_at=clock.now())
    return True


def _given_up(revision: ReportRevision, row: ReportMail) -> bool:
    if row.tries < MOST_TRIES:
        return False
    organisation = revision.engagement.organisation
    events.record(revision, "report.mail_given_up", actor=None, organisation=organisation, to=row.user.email)
    return True


def _people(engagement: Engagement) -> list[tuple[User, bool]]:
    """Each with whether they may see money."""
    members = Membership.objects.filter(organisation=engagement.organisation_id, user__is_active=True)
    roles: dict[User, set[str]] = defaultdict(set)
    for member in members.select_related("user").order_by("user_id"):
        roles[member.user].add(member.role)
    return [(user, bool(held & set(SEES_MONEY))) for user, held in roles.items()]


def _message(revision: ReportRevision, user: User, *, sees_money: bool) -> EmailMessage:
    told = told_to(revision.snapshot or {}, Reader.of(revision.engagement, sees_money=sees_money, is_staff=False))
    base = settings.BASE_URL.rstrip("/")
    context = {
        "told": told,
        "user": user,
        "base": base,
        "url": base + reverse("portal:report", args=[revision.public_id]),
    }
    body = render_to_string("email/progress_report.txt", context)
    return EmailMessage(
        " ".join(told.subject.split()), body, mail.sender(), [user.email], reply_to=[revision.engagement.owner.email]
    )
