"""Mails about findings: the practice hears what a client says of one, the client what the practice says to that."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import mail
from core.models import Membership, User
from core.queries import practice_name
from discovery.models import Finding


def tell_of_answer(*, finding_id: int) -> None:
    """Whoever ran the audit that saw it last hears of a dispute, or that a retest is wanted."""
    finding = _finding(finding_id)
    subject = _("Retest asked for") if finding.status == Finding.Status.FIXED else _("A finding is disputed")
    url = reverse("discovery:finding", args=[finding.public_id])
    _send(finding, f"{subject}: {finding.organisation}", "email/finding_answered.txt", url, _listeners(finding))


def tell_of_reply(*, finding_id: int) -> None:
    """Who disputed it, while they may still see it."""
    finding = _finding(finding_id)
    who = finding.answered_by
    if who and Membership.objects.filter(user=who, organisation=finding.organisation, user__is_active=True).exists():
        url = reverse("portal:findings", args=[finding.organisation.public_id])
        _send(finding, _("About a finding you see differently"), "email/finding_replied.txt", url, [who])


def _finding(finding_id: int) -> Finding:
    return Finding.objects.select_related("organisation", "answered_by").get(pk=finding_id)


def _listeners(finding: Finding) -> list[User]:
    latest = finding.occurrences.select_related("run__started_by").order_by("-run_id").first()
    if latest and latest.run.started_by and latest.run.started_by.is_active:
        return [latest.run.started_by]
    return list(User.objects.filter(is_consultant=True, is_active=True))


def _send(finding: Finding, subject: str, template: str, path: str, people: list[User]) -> None:
    latest = finding.occurrences.order_by("-run_id").first()
    context = {
        "finding": finding,
        "title": latest.title if latest else finding.check_id,
        "url": settings.BASE_URL.rstrip("/") + path,
        "practice": practice_name(),
    }
    body = render_to_string(template, context)
    for person in people:
        mail.send_soon(EmailMessage(" ".join(subject.split()), body, mail.sender(), [person.email]))
