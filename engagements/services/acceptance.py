"""What a client does with a proposal: opens it, picks, asks, declines, signs. And how a signature is undone."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock, events, origin
from core.errors import DomainError, NotAllowedError, StaleError, TransitionError
from core.models import Event, StoredFile, User
from core.queries import practice_or_blank
from engagements import tasks
from engagements.models import (
    Acceptance,
    Engagement,
    ProposalLink,
    ProposalOpening,
    ProposalPick,
    ProposalRemark,
    ProposalRevision,
    Rescission,
)
from engagements.offer import Offer
from engagements.roles import require_owner, sees_money
from engagements.services import engagements
from engagements.signals import acceptance_rescinded, proposal_accepted
from outreach import dates
from outreach.models import Lead
from outreach.services.leads import move_lead

CONSENT_VERSION = "1"
ONE_OPENING = dt.timedelta(hours=1)
LONGEST_REMARK = 5_000


@dataclass(frozen=True)
class Signature:
    """What the signer typed."""

    name: str
    po_number: str = ""


@dataclass(frozen=True)
class Offline:
    """How an acceptance came that was not made in the portal: by whom, how, when and with which file."""

    name: str
    how: str
    on: dt.date
    email: str = ""
    po_number: str = ""
    file: StoredFile | None = None


def consent_text(revision: ProposalRevision) -> str:
    """What a signer agrees to, word for word; kept with the acceptance."""
    return _(
        "I have read proposal %(reference)s and its terms, I may sign for %(client)s, and I accept both as shown here."
    ) % {"reference": revision.reference, "client": revision.organisation.name}


@transaction.atomic
def record_opening(
    *,
    revision: ProposalRevision,
    what: ProposalOpening.What,
    link: ProposalLink | None = None,
    user: User | None = None,
) -> ProposalOpening | None:
    """Someone had it before their eyes; once an hour for each reader, and never for staff, who wrote it.

    The row is locked: of a double click one is written."""
    if user and user.is_consultant:
        return None
    _locked(revision)
    seen = ProposalOpening.objects.filter(revision=revision, what=what, link=link, user=user)
    latest = seen.filter(at__gt=clock.now() - ONE_OPENING).first()
    if latest:
        return latest
    where = origin.current()
    return ProposalOpening.objects.create(
        revision=revision, what=what, link=link, user=user, ip=where.ip or None, user_agent=where.user_agent[:300]
    )


@transaction.atomic
def pick(*, revision: ProposalRevision, keys: Iterable[str], actor: User) -> ProposalPick:
    """Keep what the client would take. Raises DomainError for a choice that cannot be, TransitionError once closed."""
    revision = _locked(revision)
    _require_sees(actor, revision)
    _require_open(revision)
    picked = sorted(Offer.of(revision).check_picks(keys))
    values = {"keys": picked, "picked_by": actor, "picked_at": clock.now()}
    kept, _made = ProposalPick.objects.update_or_create(revision=revision, defaults=values)
    events.record(revision, "proposal.picked", actor=actor, audience=Event.Audience.CLIENT, picked=picked)
    return kept


@transaction.atomic
def remark(*, revision: ProposalRevision, body: str, line_key: UUID | None, actor: User) -> ProposalRemark:
    """Ask for a change beside a line, or answer. Raises DomainError where nothing is said or the line is no part."""
    _require_sees(actor, revision)
    if not body.strip():
        raise DomainError(_("Write what should be different."))
    if len(body) > LONGEST_REMARK:
        raise DomainError(_("Keep it under %(n)d characters."), n=LONGEST_REMARK)
    if line_key and str(line_key) not in {line.key for line in Offer.of(revision).lines}:
        raise DomainError(_("That line is not part of this proposal."))
    said = ProposalRemark.objects.create(revision=revision, line_key=line_key, author=actor, body=body.strip())
    events.record(revision, "proposal.remarked", actor=actor, audience=Event.Audience.CLIENT)
    transaction.on_commit(partial(tasks.tell_of_remark.delay, said.pk))
    return said


@transaction.atomic
def decline_revision(*, revision: ProposalRevision, reason: str, actor: User) -> ProposalRevision:
    """The client's no. Raises NotAllowedError for everyone but an owner, DomainError without a reason."""
    revision = _locked(revision)
    require_owner(actor, revision.organisation)
    if not reason.strip():
        raise DomainError(_("Say in a few words why: the next offer learns from it."))
    revision.move_to(ProposalRevision.Status.DECLINED)
    revision.closing_reason = reason.strip()[:500]
    revision.save(update_fields=["status", "closed_at", "closing_reason"])
    events.record(
        revision, "proposal.declined", actor=actor, audience=Event.Audience.CLIENT, reason=revision.closing_reason
    )
    transaction.on_commit(partial(tasks.tell_of_answer.delay, revision.pk))
    return revision


@transaction.atomic
def accept_revision(
    *, revision: ProposalRevision, seen_sha256: str, picked: Iterable[str], signature: Signature, actor: User
) -> Acceptance:
    """Sign a sent revision: agreement, engagement and baseline ledger come to be, or nothing does.

    Of two people who click at once, one signs and the other gets the same certificate: the row is locked. Raises
    NotAllowedError for everyone but an owner, TransitionError where it is no longer open or the terms were not
    opened, StaleError where what the signer read is not what is stored, DomainError without a name.
    """
    revision = _locked(revision)
    require_owner(actor, revision.organisation)
    earlier = Acceptance.objects.filter(revision=revision).first()
    if earlier:
        return earlier
    _require_open(revision)
    if seen_sha256 != revision.snapshot_sha256:
        raise StaleError(_("A newer version of this proposal exists. Read it before you sign."))
    if not signature.name.strip():
        raise DomainError(_("Type your name to sign."))
    offer = Offer.of(revision)
    opened = _terms_opened_at(revision, actor)
    if opened is None and offer.terms:
        raise TransitionError(_("Open the terms before you sign."))
    picks = offer.check_picks(picked)
    where = origin.current()
    return _agree(
        Acceptance(
            revision=revision,
            proposal=revision.proposal,
            signer=actor,
            signer_name=signature.name.strip()[:200],
            signer_email=actor.email,
            po_number=signature.po_number.strip()[:100],
            picked=sorted(picks),
            price=offer.price_with(picks),
            deposit=offer.deposit_with(picks),
            seen_sha256=seen_sha256,
            consent_version=CONSENT_VERSION,
            consent_text=consent_text(revision),
            terms_opened_at=opened or clock.now(),
            signed_at=clock.now(),
            ip=where.ip or None,
            user_agent=where.user_agent[:300],
        ),
        actor=actor,
    )


@transaction.atomic
def record_offline_acceptance(
    *, revision: ProposalRevision, offline: Offline, picked: Iterable[str], actor: User
) -> Acceptance:
    """An acceptance on paper or by mail, recorded by staff; the certificate says so.

    Raises DomainError where it is not said who accepted, how, or on a day still to come; TransitionError where the
    revision is not open.
    """
    revision = _locked(revision)
    _require_open(revision, expiry=False)
    if not (offline.name.strip() and offline.how.strip()):
        raise DomainError(_("Say who accepted, and how it reached you."))
    zone = ZoneInfo(practice_or_blank().zone)
    if offline.on > dates.today():
        raise DomainError(_("The day of acceptance has not come yet."))
    if revision.sent_at and offline.on < revision.sent_at.astimezone(zone).date():
        raise DomainError(_("It was accepted before it was sent: look at the day again."))
    offer = Offer.of(revision)
    picks = offer.check_picks(picked)
    return _agree(
        Acceptance(
            revision=revision,
            proposal=revision.proposal,
            method=Acceptance.Method.OFFLINE,
            signer_name=offline.name.strip()[:200],
            signer_email=offline.email,
            po_number=offline.po_number.strip()[:100],
            picked=sorted(picks),
            price=offer.price_with(picks),
            deposit=offer.deposit_with(picks),
            seen_sha256=revision.snapshot_sha256,
            consent_version=CONSENT_VERSION,
            consent_text=consent_text(revision),
            signed_at=min(dt.datetime.combine(offline.on, dt.time(12), tzinfo=zone), clock.now()),
            recorded_by=actor,
            offline_how=offline.how.strip()[:500],
            offline_file=offline.file,
        ),
        actor=actor,
    )


@transaction.atomic
def propose_rescission(*, acceptance: Acceptance, reason: str, actor: User) -> Rescission:
    """Staff would undo an acceptance made in error. Raises DomainError without a reason, TransitionError where it is
    undone already or a proposal to undo it waits."""
    acceptance = Acceptance.objects.select_for_update().get(pk=acceptance.pk)
    if acceptance.rescinded_at:
        raise TransitionError(_("This acceptance was rescinded already."))
    if acceptance.rescissions.filter(countersigned_at=None).exists():
        raise TransitionError(_("A rescission waits for the client's signature already."))
    if not reason.strip():
        raise DomainError(_("Say what was wrong: the client reads it before signing."))
    rescission = Rescission.objects.create(acceptance=acceptance, reason=reason.strip()[:500], proposed_by=actor)
    events.record(
        acceptance, "rescission.proposed", actor=actor, audience=Event.Audience.CLIENT, reason=rescission.reason
    )
    transaction.on_commit(partial(tasks.tell_of_rescission.delay, rescission.pk))
    return rescission


@transaction.atomic
def countersign_rescission(*, rescission: Rescission, actor: User) -> Rescission:
    """An owner of the client agrees: the acceptance ends, the engagement is cancelled, the record of both stays.

    Raises NotAllowedError for everyone but an owner, TransitionError where it was countersigned before.
    """
    rescission = Rescission.objects.select_for_update().get(pk=rescission.pk)
    acceptance = Acceptance.objects.select_for_update(of=("self",)).get(pk=rescission.acceptance_id)
    require_owner(actor, acceptance.organisation)
    if rescission.countersigned_at:
        raise TransitionError(_("This rescission is signed already."))
    rescission.countersigned_by, rescission.countersigned_at = actor, clock.now()
    rescission.save(update_fields=["countersigned_by", "countersigned_at"])
    acceptance.rescinded_at = rescission.countersigned_at
    acceptance.save(update_fields=["rescinded_at"])
    engagement = Engagement.objects.get(acceptance=acceptance)
    if engagement.is_live:
        engagement = engagements.cancel(engagement=engagement, reason=rescission.reason, actor=actor)
    events.record(acceptance, "acceptance.rescinded", actor=actor, audience=Event.Audience.CLIENT)
    acceptance_rescinded.send(sender=Acceptance, acceptance=acceptance, engagement=engagement, actor=actor)
    transaction.on_commit(partial(tasks.tell_of_rescission.delay, rescission.pk))
    return rescission


def _agree(acceptance: Acceptance, *, actor: User) -> Acceptance:
    """Everything that an acceptance brings about; the caller holds the revision's row."""
    revision = acceptance.revision
    if Acceptance.objects.live().filter(proposal=revision.proposal).exists():
        raise TransitionError(_("Another version of this proposal is accepted already."))
    revision.move_to(ProposalRevision.Status.ACCEPTED)
    revision.save(update_fields=["status", "closed_at"])
    acceptance.save(force_insert=True)
    engagement = engagements.open_engagement(acceptance=acceptance, actor=actor)
    lead = revision.proposal.lead
    if lead and lead.is_open:
        move_lead(lead=lead, to=Lead.Status.WON, actor=actor)
    events.record(
        revision,
        "proposal.accepted",
        actor=actor,
        audience=Event.Audience.CLIENT,
        price=acceptance.price,
        sha256=acceptance.seen_sha256,
        method=acceptance.method,
    )
    proposal_accepted.send(sender=Acceptance, acceptance=acceptance, engagement=engagement, actor=actor)
    transaction.on_commit(partial(tasks.draw_certificate.delay, acceptance.pk))
    return acceptance


def _terms_opened_at(revision: ProposalRevision, actor: User) -> dt.datetime | None:
    opened = revision.openings.filter(what=ProposalOpening.What.TERMS, user=actor).order_by("id").first()
    return opened.at if opened else None


def _require_open(revision: ProposalRevision, *, expiry: bool = True) -> None:
    """Raises TransitionError with what it is now."""
    if revision.status != ProposalRevision.Status.SENT:
        raise TransitionError(
            _("This proposal is “%(now)s”, so it can no longer be answered."), now=revision.get_status_display()
        )
    if expiry and revision.valid_until and revision.valid_until < dates.today():
        raise TransitionError(_("This proposal was valid until %(day)s. Ask for a new one."), day=revision.valid_until)


def _require_sees(actor: User, revision: ProposalRevision) -> None:
    if not sees_money(actor, revision.organisation):
        raise NotAllowedError(_("Only an owner or payer of the client may do this."))


def _locked(revision: ProposalRevision) -> ProposalRevision:
    rows = ProposalRevision.objects.select_for_update(of=("self",)).select_related("proposal__organisation")
    return rows.get(pk=revision.pk)
