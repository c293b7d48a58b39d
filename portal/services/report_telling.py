"""The mail about a published report: its first screen, to each person of the client as much as they may see."""

from collections import defaultdict

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from core import clock, mail
from core.models import Membership, User
from engagements.models import Engagement
from engagements.models.proposal import SEES_MONEY
from portal.models import ReportRevision
from portal.report_document import Reader, told_to


def tell_of_report(*, revision_id: int) -> None:
    """To everybody of the client, once; to nobody while the project is hidden from them."""
    rows = ReportRevision.objects.select_related("engagement__organisation", "engagement__owner")
    revision = rows.get(pk=revision_id)
    if revision.is_draft:
        return
    if not ReportRevision.objects.filter(pk=revision.pk, told_at=None).update(told_at=clock.now()):
        return  # another worker did
    if revision.engagement.visibility == Engagement.Visibility.HIDDEN:
        return
    for user, sees_money in _people(revision.engagement):
        mail.send_soon(_message(revision, user, sees_money=sees_money))


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
