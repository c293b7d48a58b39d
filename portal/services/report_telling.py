"""The mail about a published report: its first screen, to each person of the client as much as they may see."""

from collections import defaultdict
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from core import clock, events, mail
from core.models import Membership, User
from core.posting import post_due
from engagements.models import Engagement
from engagements.models.proposal import SEES_MONEY
from portal.models import ReportMail, ReportRevision
from portal.report_document import Reader, told_to


def tell_of_report(*, revision_id: int) -> None:
    """To everybody of the client, once; to nobody while the project is hidden from them, or of what was amended since.

    Called until `told_at` is set: whom a mail did not reach is tried again, later each time, and in the end given up.
    """
    rows = ReportRevision.objects.select_related("engagement__organisation", "engagement__owner", "report")
    revision = rows.get(pk=revision_id)
    if revision.is_draft or revision.told_at:
        return
    is_read = revision.status == ReportRevision.Status.PUBLISHED
    is_hidden = revision.engagement.visibility == Engagement.Visibility.HIDDEN
    people = _people(revision.engagement) if is_read and not is_hidden else {}
    mails = [ReportMail(revision=revision, user=user, address=user.email) for user in people]
    ReportMail.objects.bulk_create(mails, ignore_conflicts=True)
    queued = ReportMail.objects.filter(revision=revision)

    def message_of(row: ReportMail) -> EmailMessage | None:
        return _message(revision, row.user, sees_money=people[row.user]) if row.user in people else None

    post_due(queued.select_related("user"), message_of=message_of, give_up=partial(_given_up, revision))
    if not queued.exclude(next_try_at=None).exists():
        ReportRevision.objects.filter(pk=revision.pk, told_at=None).update(told_at=clock.now())


def _given_up(revision: ReportRevision, row: ReportMail) -> None:
    organisation = revision.engagement.organisation
    events.record(revision, "report.mail_given_up", actor=None, organisation=organisation, to=row.address)


def _people(engagement: Engagement) -> dict[User, bool]:
    """Each with whether they may see money."""
    members = Membership.objects.filter(organisation=engagement.organisation_id, user__is_active=True)
    roles: dict[User, set[str]] = defaultdict(set)
    for member in members.select_related("user").order_by("user_id"):
        roles[member.user].add(member.role)
    return {user: bool(held & set(SEES_MONEY)) for user, held in roles.items()}


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
