"""An engagement that a client signed, made through the services that a signature calls."""

from decimal import Decimal

from core import clock
from core.models import Membership, Organisation
from core.money import Money
from core.snapshots import sha256_of
from engagements.models import Acceptance, ChangeSet, Proposal, ProposalLine, ProposalRevision, Terms
from engagements.offer import Offer, snapshot_of
from engagements.services import changes
from engagements.services.changes import Change, NewWork
from engagements.services.deposits import set_deposit_cleared
from engagements.services.engagements import open_engagement

PRICES = ("4000", "3000", "2000", "1000")


def make_terms(**fields):
    values = {"name": "Fixed bid", "version": Terms.objects.count() + 1, "plain_words": "Plain.", "body": "Terms."}
    return Terms.objects.create(**{**values, **fields})


def usd(amount):
    return Money(str(amount), "USD")


def make_revision(
    client_of=None, *, owner, organisation=None, prices=PRICES, currency="USD", title="Safe backups", **fields
):
    """A draft with one included line for each price, each with hours."""
    organisation = organisation or Organisation.objects.visible_to(client_of).get()
    proposal = Proposal.objects.create(
        organisation=organisation, number=Proposal.objects.count() + 1, title=title, owner=owner
    )
    values = {"number": 1, "currency": currency, "trade_tolerance": Money(0, currency), "terms": make_terms()}
    revision = ProposalRevision.objects.create(proposal=proposal, **{**values, **fields})
    for position, price in enumerate(prices, start=1):
        make_line(revision, f"Item {position}", price, position=position)
    return revision


def make_line(revision, title, price, *, position=50, **fields):
    values = {"low_hours": Decimal(5), "likely_hours": Decimal(8), "high_hours": Decimal(13), "done_when": "It works."}
    price = Money(str(price), revision.currency)
    return ProposalLine.objects.create(
        revision=revision, position=position, title=title, price=price, **{**values, **fields}
    )


def make_sent(revision):
    """Frozen as sending freezes it."""
    revision.snapshot = snapshot_of(revision)
    revision.snapshot_sha256 = sha256_of(revision.snapshot)
    revision.move_to(ProposalRevision.Status.SENT)
    revision.sent_at = clock.now()
    revision.save()
    revision.lines.update(frozen_at=revision.sent_at)
    return revision


def make_acceptance(revision, signer):
    offer = Offer.of(revision)
    revision.move_to(ProposalRevision.Status.ACCEPTED)
    revision.save(update_fields=["status", "closed_at"])
    return Acceptance.objects.create(
        revision=revision,
        proposal=revision.proposal,
        signer=signer,
        signer_name=signer.name,
        signer_email=signer.email,
        picked=sorted(offer.default_picks),
        price=offer.price,
        deposit=offer.deposit,
        seen_sha256=revision.snapshot_sha256,
        consent_version="1",
        consent_text="I agree.",
        terms_opened_at=clock.now(),
        signed_at=clock.now(),
    )


def make_engagement(client_of, *, owner, cleared=True, **fields):
    """Signed by `client_of`; the deposit has cleared if not said otherwise."""
    revision = make_sent(make_revision(client_of, owner=owner, **fields))
    engagement = open_engagement(acceptance=make_acceptance(revision, client_of), actor=client_of)
    if cleared:
        engagement = set_deposit_cleared(engagement=engagement, cleared=engagement.deposit_required, actor=owner)
    return engagement


def work(title, value, *, currency="USD", likely=8):
    return NewWork(title=title, value=Money(str(value), currency), likely_hours=Decimal(likely), done_when="It works.")


def make_trade(engagement, *, actor, out, incoming, offered=True, kind=ChangeSet.Kind.HORSE_TRADE, **fields):
    change = Change(**{"title": "A swap", "out": out, "incoming": incoming, **fields})
    change_set = changes.draft_change(engagement=engagement, kind=kind, change=change, actor=actor)
    return changes.offer_change(change_set=change_set, actor=actor) if offered else change_set


def make_order(engagement, *, actor, incoming=(), out=(), **fields):
    return make_trade(
        engagement,
        actor=actor,
        out=out,
        incoming=incoming,
        kind=ChangeSet.Kind.CHANGE_ORDER,
        **{"title": "An order", **fields},
    )


def signature(name="Ben"):
    return changes.ChangeSignature(name=name, email="ben@client.example", consent_text="I agree.")


def approve(change_set, *, actor, signed=None):
    return changes.approve_change(
        change_set=change_set,
        seen_sha256=change_set.snapshot_sha256,
        signature=signed or signature(),
        actor=actor,
    )


def make_member(organisation, name, role=Membership.Role.READER):
    from tests.factories import make_client

    return make_client(name, organisation=organisation, role=role)
