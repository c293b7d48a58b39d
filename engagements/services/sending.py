"""Sending is the practice's signature: what was sent is frozen, and someone gets a link to it."""

import datetime as dt
import logging
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import clock, events, mail
from core.errors import DomainError, StaleError, TransitionError
from core.models import Event, Membership, User
from core.queries import practice_name, practice_or_blank
from core.services.people import invite_client
from core.snapshots import sha256_of
from engagements import tasks
from engagements.guarding import Reckoning, reckon
from engagements.models import CostBase, ProposalLink, ProposalRevision
from engagements.offer import Offer, snapshot_of
from engagements.services import links
from engagements.services.lines import draft_of
from outreach import dates
from outreach.models import Lead
from outreach.services.leads import move_lead

logger = logging.getLogger(__name__)

Status = ProposalRevision.Status
LINK_DAYS = 30
REMIND_DAYS = 3


class UnderbidError(DomainError):
    """The price is below what the work costs, and nobody said why it is sent all the same."""


@dataclass(frozen=True)
class Recipient:
    """Whom it is sent to; they become an owner of the client where they are no member yet."""

    email: str
    name: str


def missing_to_send(revision: ProposalRevision) -> list[str]:
    """What stands in the way of sending, in sentences; nothing where it may go."""
    offer, said = Offer.of(revision), []
    if not offer.lines:
        said.append(_("Add at least one line."))
    elif not offer.price.amount:
        said.append(_("Give it a price: the lines add up to nothing."))
    if offer.terms is None:
        said.append(_("Choose the terms."))
    if revision.valid_until and revision.valid_until < dates.today():
        said.append(_("It was valid until %(day)s: choose a later day.") % {"day": revision.valid_until})
    if revision.starts_on and revision.finishes_on and revision.finishes_on < revision.starts_on:
        said.append(_("It would finish before it starts."))
    if revision.kind == ProposalRevision.Kind.CAPPED_TIME and not (revision.cap and revision.rate):
        said.append(_("Time and materials need a rate and a cap."))
    shares = revision.deposit_percent + sum((Decimal(part["percent"]) for part in revision.payment_plan), Decimal(0))
    if shares > 100:
        said.append(_("Deposit and payment plan come to more than 100 %."))
    return said


def digest_of(revision: ProposalRevision) -> str:
    """Of what a client would read of the draft as it is now."""
    return sha256_of(snapshot_of(revision))


@transaction.atomic
def send_revision(
    *,
    revision: ProposalRevision,
    recipient: Recipient,
    actor: User,
    underbid_reason: str = "",
    seen_sha256: str = "",
) -> ProposalLink:
    """Freeze a draft, end the version sent before, and mail the link. The PDF is made in a worker afterwards.

    Raises TransitionError where it is no draft or the proposal is signed, DomainError where something is missing,
    UnderbidError where the price is below the floor and no reason is given, StaleError where the draft is no longer
    what the sender saw (as `digest_of` told it; "" for one who did not look).
    """
    draft = draft_of(revision)
    if seen_sha256 and seen_sha256 != digest_of(draft):
        raise StaleError(_("It was changed since you opened this page. Look at it once more, then send it."))
    _supersede_earlier(draft, actor)  # first: who signs one of them holds its row, and this waits for them
    if draft.proposal.acceptances.live().exists():
        raise TransitionError(_("%(what)s is signed. Change it by a trade or a change order."), what=draft.reference)
    if missing := missing_to_send(draft):
        raise DomainError(" ".join(missing))
    guard = reckon(draft)
    if guard.is_below_floor and not underbid_reason.strip():
        raise UnderbidError(_("The price is below what the work costs you. Say why you send it all the same."))
    _freeze(draft, guard, underbid_reason.strip() if guard.is_below_floor else "", actor)
    _let_in(draft, recipient, actor)
    _move_the_lead(draft, actor)
    link = _link(draft, recipient)
    events.record(
        draft,
        "proposal.sent",
        actor=actor,
        audience=Event.Audience.CLIENT,
        reference=draft.reference,
        to=recipient.email,
        sha256=draft.snapshot_sha256,
    )
    transaction.on_commit(partial(tasks.draw_proposal.delay, draft.pk))
    transaction.on_commit(partial(mail.send_soon, _letter(draft, link)))
    return link


@transaction.atomic
def withdraw(*, revision: ProposalRevision, reason: str, actor: User) -> None:
    """Take back what was sent. Raises TransitionError where it is not open, DomainError without a reason."""
    if not reason.strip():
        raise DomainError(_("Say why it is withdrawn."))
    _close(_locked(revision), Status.WITHDRAWN, "proposal.withdrawn", actor, reason.strip()[:500])


def expire_revisions() -> int:
    """Close what was valid until a day before today, and remind once of what soon will be. Returns how many expired.

    As often as one likes: what is closed stays closed, and each reminder is claimed before it is sent.
    """
    today = dates.today()
    late = ProposalRevision.objects.filter(status=Status.SENT, valid_until__lt=today)
    expired = sum(_expire(pk, today) for pk in late.values_list("pk", flat=True))
    soon = ProposalRevision.objects.filter(
        status=Status.SENT, reminded_at=None, valid_until__range=(today, today + dt.timedelta(days=REMIND_DAYS))
    )
    for pk in soon.values_list("pk", flat=True):
        _remind(pk)
    return expired


@transaction.atomic
def _expire(pk: int, today: dt.date) -> bool:
    revision = ProposalRevision.objects.select_for_update().get(pk=pk)
    if revision.status != Status.SENT or revision.valid_until is None or revision.valid_until >= today:
        return False
    _close(revision, Status.EXPIRED, "proposal.expired", None, "")
    return True


def _remind(pk: int) -> None:
    """Whoever claims it sends it; where the mail server refuses, nobody is reminded twice."""
    if not ProposalRevision.objects.filter(pk=pk, reminded_at=None).update(reminded_at=clock.now()):
        return
    revision = ProposalRevision.objects.select_related("proposal__organisation", "proposal__owner").get(pk=pk)
    link = next((one for one in revision.links.filter(forwarded_by=None) if one.is_live), None)
    if link is None:
        return
    events.record(revision, "proposal.reminded", actor=None, to=link.sent_to)
    mail.send_soon(_letter(revision, link, reminder=True))


def _locked(revision: ProposalRevision) -> ProposalRevision:
    return ProposalRevision.objects.select_for_update().get(pk=revision.pk)


def _close(revision: ProposalRevision, status: Status, what: str, actor: User | None, reason: str) -> None:
    revision.move_to(status)
    revision.closing_reason = reason or revision.closing_reason
    revision.save(update_fields=["status", "closed_at", "closing_reason"])
    events.record(
        revision,
        what,
        actor=actor,
        audience=Event.Audience.CLIENT,
        reference=revision.reference,
        reason=reason,
    )


def _supersede_earlier(draft: ProposalRevision, actor: User) -> None:
    """All that could still be taken for the current version; each keeps why it was closed before."""
    open_ones = [status for status, to in ProposalRevision.MOVES.items() if Status.SUPERSEDED in to]
    earlier = draft.proposal.revisions.select_for_update().filter(status__in=open_ones)
    for one in earlier.exclude(pk=draft.pk):
        _close(one, Status.SUPERSEDED, "proposal.superseded", actor, "")


def _freeze(draft: ProposalRevision, guard: Reckoning, underbid_reason: str, actor: User) -> None:
    now = clock.now()
    draft.valid_until = draft.valid_until or dates.today() + dt.timedelta(days=LINK_DAYS)
    draft.underbid_reason, draft.guard, draft.cost_base = (
        underbid_reason[:500],
        guard.judgement.as_record(),
        guard.cost_base,
    )
    draft.snapshot = snapshot_of(draft)
    draft.snapshot_sha256 = sha256_of(draft.snapshot)
    draft.sent_at, draft.sent_by = now, actor
    draft.move_to(Status.SENT)
    draft.save()
    draft.lines.update(frozen_at=now)
    if guard.cost_base:
        CostBase.objects.filter(pk=guard.cost_base.pk, used_at=None).update(used_at=now)


def _let_in(draft: ProposalRevision, recipient: Recipient, actor: User) -> None:
    """The letter says how to sign in, so no second mail is sent. Raises DomainError for the practice's own people."""
    known = Membership.objects.filter(organisation=draft.organisation, user__email__iexact=recipient.email)
    if not known.exists():
        invite_client(
            organisation=draft.organisation,
            email=recipient.email,
            name=recipient.name or recipient.email,
            role=Membership.Role.OWNER,
            actor=actor,
            tell=False,
        )


def _move_the_lead(draft: ProposalRevision, actor: User) -> None:
    lead = draft.proposal.lead
    if lead and lead.is_open and Lead.Status.PROPOSED in lead.next_stages:
        move_lead(lead=lead, to=Lead.Status.PROPOSED, actor=actor)


def _link(revision: ProposalRevision, recipient: Recipient) -> ProposalLink:
    """Until its last valid day ends in the practice's zone."""
    zone = ZoneInfo(practice_or_blank().zone)
    last = revision.valid_until or dates.today() + dt.timedelta(days=LINK_DAYS)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return ProposalLink.objects.create(
        revision=revision, sent_to=recipient.email, sent_to_name=recipient.name[:200], expires_at=end
    )


def _letter(revision: ProposalRevision, link: ProposalLink, *, reminder: bool = False) -> EmailMessage:
    offer = Offer.of(revision)
    context = {
        "offer": offer,
        "link": link,
        "url": links.url_of(link),
        "sender": revision.proposal.owner,
        "practice": practice_name(),
        "reminder": reminder,
    }
    subject = _("Reminder: %(title)s (%(ref)s)") if reminder else _("Our proposal: %(title)s (%(ref)s)")
    words = " ".join((subject % {"title": offer.title, "ref": offer.reference}).split())
    body = render_to_string("email/proposal.txt", context)
    return EmailMessage(words, body, mail.sender(), [link.sent_to], reply_to=[revision.proposal.owner.email])
