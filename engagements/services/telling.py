"""Mails about a proposal's conversation. Each is sent once, by a worker, to the other side."""

from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import mail
from core.models import Membership, Organisation
from core.queries import practice_name
from engagements.models import Engagement, ProposalRemark, ProposalRevision, Rescission, ScopeItem
from engagements.offer import Offer


def tell_of_remark(*, remark_id: int) -> None:
    """A client's remark goes to the proposal's owner, an answer to everyone of the client who spoke."""
    remark = ProposalRemark.objects.select_related("revision__proposal__organisation", "author").get(pk=remark_id)
    revision = remark.revision
    line = next((one for one in Offer.of(revision).lines if one.key == str(remark.line_key)), None)
    context = {"remark": remark, "line": line, "practice": practice_name(), "revision": revision}
    if remark.author.is_consultant:
        others = revision.remarks.filter(author__is_consultant=False)
        people = set(others.values_list("author__email", flat=True)) or set(owners(revision.organisation))
        context["url"] = _absolute("engagements:client-proposal", revision.public_id)
        subject = _("An answer on %(reference)s")
    else:
        people = {revision.proposal.owner.email}
        context["url"] = _absolute("engagements:revision", revision.public_id)
        subject = _("A change is asked for on %(reference)s")
    _send(subject % {"reference": revision.reference}, "email/remark.txt", context, people)


def tell_of_answer(*, revision_id: int) -> None:
    """The owner of a proposal hears that it was declined, and why."""
    revision = ProposalRevision.objects.select_related("proposal__organisation", "proposal__owner").get(pk=revision_id)
    context = {
        "revision": revision,
        "practice": practice_name(),
        "url": _absolute("engagements:revision", revision.public_id),
    }
    subject = _("Declined: %(reference)s") % {"reference": revision.reference}
    _send(subject, "email/declined.txt", context, {revision.proposal.owner.email})


def tell_of_rescission(*, rescission_id: int) -> None:
    """Proposed: the client's owners hear that it waits for them. Countersigned: the proposal's owner hears it."""
    rows = Rescission.objects.select_related("acceptance__revision__proposal__organisation", "proposed_by")
    rescission = rows.get(pk=rescission_id)
    revision = rescission.acceptance.revision
    context = {
        "rescission": rescission,
        "revision": revision,
        "practice": practice_name(),
        "url": _absolute("engagements:client-proposal", revision.public_id),
    }
    if rescission.countersigned_at:
        subject, people = _("Undone by both: %(reference)s"), {revision.proposal.owner.email}
    else:
        subject, people = _("Please countersign: %(reference)s"), set(owners(revision.organisation))
    _send(subject % {"reference": revision.reference}, "email/rescission.txt", context, people)


def tell_of_reversed_deposit(*, engagement_id: int) -> None:
    """The engagement's owner hears that the gate has closed again, and where to pause."""
    engagement = Engagement.objects.select_related("organisation", "owner").get(pk=engagement_id)
    if engagement.is_gate_open:  # paid again meanwhile
        return
    context = {
        "engagement": engagement,
        "practice": practice_name(),
        "url": _absolute("engagements:engagement", engagement.public_id) + "#gate",
    }
    subject = _("The deposit was taken back: %(title)s") % {"title": engagement.title}
    _send(subject, "email/deposit_reversed.txt", context, {engagement.owner.email})


def remind_of_delivery(item: ScopeItem) -> None:
    """Owners of the client hear that a delivery waits, and when it will count as accepted. Nobody hears it of a hidden
    project, and of one shown as an overview they hear no item's name."""
    engagement = item.engagement
    if engagement.visibility == Engagement.Visibility.HIDDEN:
        return
    named = engagement.visibility != Engagement.Visibility.OVERVIEW
    context = {
        "item": item,
        "named": named,
        "engagement": engagement,
        "practice": practice_name(),
        "url": _absolute("engagements:engagement", engagement.public_id),
    }
    subject = _("Waiting for you: %(title)s") % {"title": item.title if named else engagement.title}
    _send(subject, "email/delivery_waits.txt", context, set(owners(engagement.organisation)))


def owners(organisation: Organisation) -> list[str]:
    rows = Membership.objects.filter(organisation=organisation, role=Membership.Role.OWNER, user__is_active=True)
    return list(rows.values_list("user__email", flat=True))


def _absolute(name: str, public_id: str) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{reverse(name, args=[public_id])}"


def _send(subject: str, template: str, context: Mapping[str, object], people: set[str]) -> None:
    body = render_to_string(template, context)
    for address in sorted(people):
        mail.send_soon(EmailMessage(" ".join(subject.split()), body, mail.sender(), [address]))
