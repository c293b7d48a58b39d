"""Reads for the pages about proposals."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Event, Membership, Organisation
from core.money import Money
from core.queries import practice_or_blank
from engagements.differences import Difference, differences
from engagements.models import (
    Acceptance,
    Proposal,
    ProposalOpening,
    ProposalRevision,
    ScopeItem,
)
from engagements.offer import Offer, snapshot_of

Status = ProposalRevision.Status

# What is told of an event, by its name; what stands not here is not shown.
TOLD = {
    "proposal.sent": (gettext_lazy("Sent to %(to)s"), "good"),
    "proposal.superseded": (gettext_lazy("A newer version took its place"), ""),
    "proposal.withdrawn": (gettext_lazy("Withdrawn: %(reason)s"), "warn"),
    "proposal.expired": (gettext_lazy("Ran out unsigned"), "warn"),
    "proposal.reminded": (gettext_lazy("Reminder sent to %(to)s"), ""),
    "proposal.declined": (gettext_lazy("Declined: %(reason)s"), "bad"),
    "proposal.accepted": (gettext_lazy("Signed"), "good"),
    "proposal.revised": (gettext_lazy("Copied from %(copied)s"), ""),
    "proposal.link_given": (gettext_lazy("Link sent to %(to)s"), ""),
    "proposal.link_revoked": (gettext_lazy("Link of %(to)s revoked"), "warn"),
    "proposal.picked": (gettext_lazy("Options picked"), ""),
    "proposal.rescinded": (gettext_lazy("Rescinded by both sides"), "bad"),
}


@dataclass(frozen=True)
class Row:
    """A proposal in the list, as its newest revision tells it."""

    revision: ProposalRevision
    title: str
    price: Money | None
    opened_at: dt.datetime | None


@dataclass(frozen=True)
class Happening:
    """An entry of the timeline component."""

    when: dt.datetime
    text: str
    who: str = ""
    tone: str = ""


def newest_revisions(words: str = "", status: str = "", client: str = "") -> QuerySet[ProposalRevision]:
    """Of each proposal the newest; narrowed by words in title and client, by status and client."""
    newest = ProposalRevision.objects.filter(proposal=OuterRef("proposal")).order_by("-number").values("pk")[:1]
    rows = ProposalRevision.objects.filter(pk=Subquery(newest)).select_related("proposal__organisation", "terms")
    if words:
        named = Q(proposal__title__icontains=words) | Q(proposal__organisation__name__icontains=words)
        number = words.upper().removeprefix("P-")
        rows = rows.filter(named | Q(proposal__number=int(number)) if number.isascii() and number.isdigit() else named)
    if status in Status.values:
        rows = rows.filter(status=status)
    if client:
        rows = rows.filter(proposal__organisation__public_id=client)
    opened = ProposalOpening.objects.filter(revision=OuterRef("pk")).order_by("-pk").values("at")[:1]
    return rows.annotate(opened=Subquery(opened)).prefetch_related("lines").order_by("-proposal_id")


def rows_of(revisions: Iterable[ProposalRevision]) -> list[Row]:
    """No query for each: revisions come with lines, terms and proposal."""
    practice = practice_or_blank()
    rows = []
    for one in revisions:
        offer = Offer.from_snapshot(one.snapshot or snapshot_of(one, practice))
        price = offer.price if offer.lines else None
        rows.append(Row(one, offer.title, price, getattr(one, "opened", None)))
    return rows


def clients_with_proposals() -> list[tuple[str, str]]:
    rows = Organisation.objects.filter(proposals__isnull=False).distinct()
    return list(rows.values_list("public_id", "name"))


def successes() -> list[tuple[str, str]]:
    """Accepted proposals whose last day could be told to others: public id and title, newest first."""
    rows = Acceptance.objects.live().select_related("revision__proposal").order_by("-signed_at")[:30]
    return [(one.revision.public_id, one.revision.snapshot["title"]) for one in rows if one.revision.snapshot]


def success_text(public_id: str) -> str:
    """What was true on its last day, without the client's name. "" where there is no such accepted proposal."""
    rows = Acceptance.objects.live().select_related("revision")
    found = rows.filter(revision__public_id=public_id).first()
    if found is None or not found.revision.snapshot:
        return ""
    offer = Offer.of(found.revision)
    told = f"**{offer.title}**\n\n{offer.last_day or offer.problem}".strip()
    return told.replace(offer.client, _("a client"))


def difference_to_former(revision: ProposalRevision) -> tuple[ProposalRevision | None, list[Difference]]:
    """The newest revision before it that was sent, and what changed since."""
    before = ProposalRevision.objects.filter(proposal=revision.proposal_id, number__lt=revision.number)
    former = before.exclude(status=Status.DRAFT).select_related("proposal").order_by("-number").first()
    if former is None:
        return None, []
    return former, differences(Offer.of(former), Offer.of(revision))


def first_recipient(proposal: Proposal) -> dict[str, str]:
    """Whom it would go to: who got the last version, else an owner of the client, else the lead's contact."""
    last = ProposalRevision.objects.filter(proposal=proposal, links__forwarded_by=None).exclude(links=None)
    link = last.order_by("-number").values_list("links__sent_to_name", "links__sent_to").first()
    if link:
        return {"name": link[0], "email": link[1]}
    owners = Membership.objects.filter(organisation=proposal.organisation_id, role=Membership.Role.OWNER)
    owner = owners.select_related("user").order_by("pk").first()
    if owner:
        return {"name": owner.user.name, "email": owner.user.email}
    contact = proposal.lead.contact if proposal.lead else None
    if contact is None:
        return {}
    address = contact.emails.first()
    return {"name": contact.name, "email": address.address if address else ""}


def happenings(revision: ProposalRevision) -> list[Happening]:
    """Sent, opened, picked, asked, signed: newest first."""
    events = Event.objects.filter(
        subject_type=ProposalRevision._meta.label_lower, subject_id=revision.pk, what__in=TOLD
    ).select_related("actor")
    told = [_event(one) for one in events]
    for opening in revision.openings.select_related("user", "link"):
        what = _("Terms opened") if opening.what == ProposalOpening.What.TERMS else _("Opened")
        link = opening.link
        who = str(opening.user) if opening.user else (link.sent_to_name or link.sent_to if link else "")
        told.append(Happening(opening.at, what, who, "good"))
    for remark in revision.remarks.select_related("author"):
        what = _("Answered: %(words)s") if remark.author.is_consultant else _("Asked: %(words)s")
        told.append(Happening(remark.created_at, what % {"words": remark.body[:300]}, str(remark.author)))
    return sorted(told, key=lambda one: one.when, reverse=True)


def _event(event: Event) -> Happening:
    text, tone = TOLD[event.what]
    data = {"to": "", "reason": "", "copied": "", **event.data}
    return Happening(event.at, str(text) % data, str(event.actor or ""), tone)


def hours_taken(topics: Iterable[str]) -> dict[str, list[Decimal]]:
    """What accepted items of a topic really took, in hours, from the work log; newest first."""
    accepted = ScopeItem.objects.filter(topic__in=list(topics), status=ScopeItem.Status.ACCEPTED)
    rows = accepted.annotate(minutes=Sum("work_logs__minutes")).filter(minutes__gt=0).order_by("-accepted_at", "-pk")
    taken: dict[str, list[Decimal]] = {}
    for topic, minutes in rows.values_list("topic", "minutes"):
        taken.setdefault(topic, []).append((Decimal(minutes) / 60).quantize(Decimal("0.1")))
    return taken
