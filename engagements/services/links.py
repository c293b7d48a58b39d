"""Links that open a sent proposal for reading: given, forwarded, revoked."""

import datetime as dt
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, events, mail
from core.errors import DomainError, NotAllowedError, TransitionError
from core.models import Event, User
from core.queries import practice_name
from engagements.models import ProposalLink, ProposalRevision
from engagements.offer import Offer
from engagements.roles import is_owner, sees_money

LIVES = dt.timedelta(days=30)
MOST_LINKS = 20


@transaction.atomic
def give_link(
    *, revision: ProposalRevision, email: str, name: str, actor: User, forwarded: bool = False
) -> ProposalLink:
    """A link of their own for a person, which opens the revision for reading for 30 days; a mail brings it.

    Raises DomainError for an address that is none, TransitionError where the revision is not open for answers.
    """
    address = email.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise DomainError(_("“%(address)s” is not an e-mail address."), address=address) from error
    if not revision.is_open:
        raise TransitionError(
            _("This proposal is “%(now)s”: there is nothing left to read it for."), now=revision.get_status_display()
        )
    ProposalRevision.objects.select_for_update().get(pk=revision.pk)  # two who forward at once are counted both
    if sum(1 for link in revision.links.all() if link.is_live) >= MOST_LINKS:
        raise DomainError(_("%(n)d links are open already. Revoke one first."), n=MOST_LINKS)
    link = ProposalLink.objects.create(
        revision=revision,
        sent_to=address,
        sent_to_name=name.strip()[:200],
        forwarded_by=actor if forwarded else None,
        expires_at=clock.now() + LIVES,
    )
    events.record(revision, "proposal.link_given", actor=actor, audience=Event.Audience.CLIENT, to=address)
    transaction.on_commit(partial(mail.send_soon, _mail(link, actor)))
    return link


def forward(*, revision: ProposalRevision, email: str, name: str, actor: User) -> ProposalLink:
    """A client's person sends it on. Raises NotAllowedError for whoever may not see it themselves."""
    if not sees_money(actor, revision.organisation):
        raise NotAllowedError(_("Only an owner or payer of the client may do this."))
    return give_link(revision=revision, email=email, name=name, actor=actor, forwarded=not actor.is_consultant)


@transaction.atomic
def revoke_link(*, link: ProposalLink, actor: User) -> ProposalLink:
    """It opens nothing from now on."""
    link = ProposalLink.objects.select_for_update().get(pk=link.pk)
    if link.revoked_at is None:
        link.revoked_at = clock.now()
        link.save(update_fields=["revoked_at"])
        events.record(link.revision, "proposal.link_revoked", actor=actor, to=link.sent_to)
    return link


def shown_to(revision: ProposalRevision, user: User) -> list[ProposalLink]:
    """Staff and owners see to whom it was sent."""
    if not (user.is_consultant or is_owner(user, revision.organisation)):
        return []
    return list(revision.links.select_related("forwarded_by"))


def url_of(link: ProposalLink) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{reverse('engagements:offer', args=[link.token])}"


def _mail(link: ProposalLink, actor: User) -> EmailMessage:
    offer = Offer.of(link.revision)
    context = {"link": link, "offer": offer, "url": url_of(link), "actor": actor, "practice": practice_name()}
    subject = _("Proposal %(reference)s: %(title)s") % {"reference": offer.reference, "title": offer.title}
    body = render_to_string("email/proposal_link.txt", context)
    return EmailMessage(" ".join(subject.split()), body, mail.sender(), [link.sent_to])
