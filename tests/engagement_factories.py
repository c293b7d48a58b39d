"""Proposals for tests: drafts made as a person makes them, sent ones as sending leaves them."""

import datetime as dt
from decimal import Decimal

from core import clock
from core.models import User
from core.money import Money
from core.snapshots import sha256_of
from engagements.models import ProposalLine, ProposalLink, ProposalRevision
from engagements.offer import snapshot_of
from engagements.services import lines, proposals
from engagements.services.lines import LineWords
from engagements.services.proposals import Beginning
from tests.factories import make_consultant, make_organisation, organisation_of
from tests.outreach_factories import day

Kind = ProposalRevision.Kind


def a_consultant():
    return User.objects.filter(is_consultant=True).first() or make_consultant("ada")


def make_draft(
    *, actor=None, client_of=None, organisation=None, title="Backups that restore", start=Kind.FIXED_BID, **values
):
    """Without lines; `values` are columns of the revision, set behind the services' back."""
    organisation = organisation or (organisation_of(client_of) if client_of else make_organisation())
    beginning = Beginning(start=start, title=title, organisation=organisation)
    draft = proposals.start_proposal(beginning=beginning, actor=actor or a_consultant())
    if values:
        ProposalRevision.objects.filter(pk=draft.pk).update(**values)
        draft.refresh_from_db()
    return draft


def make_line(draft, title="Backups are restored once a week", price="4000", **fields):
    words = LineWords(title=title, price=Money(Decimal(price), draft.currency), **fields)
    return lines.add_line(revision=draft, words=words, actor=draft.proposal.owner)


def make_alternative(draft, title, price, *, choice="Package", **fields):
    return make_line(draft, title, price, kind=ProposalLine.Kind.ALTERNATIVE, choice=choice, **fields)


def make_option(draft, title="A second region", price="1500", **fields):
    return make_line(draft, title, price, kind=ProposalLine.Kind.OPTION, **fields)


def make_sent_revision(*, client_of=None, actor=None, price="10000", draft=None, **values):
    """As sending leaves it, without mail, link or PDF. `price` may be Money; `values` are columns set before."""
    if draft is None:
        currency = {"currency": str(price.currency)} if isinstance(price, Money) else {}
        draft = make_draft(client_of=client_of, actor=actor, **currency, **values)
        make_line(draft, price=str(price.amount) if isinstance(price, Money) else price)
        draft.finishes_on = draft.finishes_on or day(60)
    draft.snapshot = snapshot_of(draft)
    draft.snapshot_sha256 = sha256_of(draft.snapshot)
    draft.sent_at, draft.sent_by = clock.now(), draft.proposal.owner
    draft.move_to(ProposalRevision.Status.SENT)
    draft.save()
    draft.lines.update(frozen_at=draft.sent_at)
    return draft


def make_proposal_link(revision, email="ben@client.example", name="Ben"):
    return ProposalLink.objects.create(
        revision=revision, sent_to=email, sent_to_name=name, expires_at=clock.now() + dt.timedelta(days=30)
    )
