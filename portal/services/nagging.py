"""What nobody did: reports that are late, and reports that nobody read while something waits for the client.

Called as often as one likes, by as many schedulers, after days of standing still, or with the clock set back: each
mail and each call has a row that is its claim.
"""

import datetime as dt
import logging
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock, events, mail
from core.errors import TransitionError
from core.models import User
from core.queries import practice_name, practice_or_blank
from portal import report_queries
from portal.models import ReportCall, ReportNag, ReportRevision
from portal.services import report_drawing, report_telling

logger = logging.getLogger(__name__)

MORNING = dt.time(6, 30)  # in the practice's zone
UNREAD_DAYS = 5
LOST_AFTER = dt.timedelta(minutes=10)  # a message that was not heard by then is lost
MOST_AT_ONCE = 20


def look_after_reports() -> None:
    """All of it; the part that takes long comes last."""
    mail_late_reports()
    ask_for_calls()
    finish_published()


def mail_late_reports() -> int:
    """One mail a consultant and day, from the morning on, with all of their late reports; how many were sent."""
    zone = ZoneInfo(practice_or_blank().zone)
    local = clock.now().astimezone(zone)
    if local.time() < MORNING:
        return 0
    with timezone.override(zone):
        late = report_queries.late_reports(local.date())
    owners = {one.engagement.owner for one in late if one.engagement.owner.is_active}
    return sum(_nag_once(owner, local.date(), late) for owner in sorted(owners, key=lambda owner: owner.pk))


def _nag_once(owner: User, today: dt.date, late: list[report_queries.Late]) -> bool:
    mine = [one for one in late if one.engagement.owner_id == owner.pk]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if ReportNag.objects.filter(user=owner, on__gte=today).exists():  # a later day: the clock was set back
            return False
        claim = ReportNag.objects.create(user=owner, on=today)
    try:
        _mail(owner, mine).send()
    except Exception:  # every mail service has errors of its own; one consultant's must not cost the others theirs
        logger.exception("The reminder of late reports for user %s could not be sent", owner.pk)
        claim.delete()
        return False
    return True


def _mail(owner: User, late: list[report_queries.Late]) -> EmailMessage:
    base = settings.BASE_URL.rstrip("/")
    lines = [(one, base + reverse("portal:reports", args=[one.engagement.public_id])) for one in late]
    body = render_to_string("email/late_reports.txt", {"user": owner, "lines": lines, "practice": practice_name()})
    subject = ngettext("%(n)s report is late", "%(n)s reports are late", len(late)) % {"n": len(late)}
    return EmailMessage(subject, body, mail.sender(), [owner.email])


def ask_for_calls() -> int:
    """A call for each report that was not read in time; how many are new."""
    zone = ZoneInfo(practice_or_blank().zone)
    today = clock.now().astimezone(zone).date()
    last_day = dt.datetime.combine(today - dt.timedelta(days=UNREAD_DAYS - 1), dt.time(), tzinfo=zone)
    made = 0
    for revision in report_queries.unread_and_waited_for(last_day).select_related("report", "engagement__organisation"):
        with transaction.atomic():
            call, is_new = ReportCall.objects.get_or_create(report=revision.report)
            if is_new:
                organisation = revision.engagement.organisation
                events.record(call, "report.call_wanted", actor=None, organisation=organisation)
                made += 1
    return made


@transaction.atomic
def finish_call(*, call: ReportCall, note: str, actor: User) -> ReportCall:
    """It was made. Raises TransitionError where somebody said so before."""
    call = ReportCall.objects.select_for_update(of=("self",)).select_related("report__engagement").get(pk=call.pk)
    if call.done_at:
        raise TransitionError(_("This call was made already."))
    call.done_at, call.done_by, call.note = clock.now(), actor, note.strip()[:500]
    call.save(update_fields=["done_at", "done_by", "note"])
    organisation = call.report.engagement.organisation
    events.record(call, "report.call_made", actor=actor, organisation=organisation, note=call.note)
    return call


def finish_published() -> None:
    """Mails and PDFs whose messages were lost."""
    published = ReportRevision.objects.exclude(status=ReportRevision.Status.DRAFTING)
    old = published.filter(published_at__lt=clock.now() - LOST_AFTER)
    for pk in old.filter(told_at=None).values_list("pk", flat=True)[:MOST_AT_ONCE]:
        report_telling.tell_of_report(revision_id=pk)
    undrawn = old.filter(pdf=None) | old.filter(pdf_without_money=None)
    for pk in undrawn.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        report_drawing.draw_report(revision_id=pk)
