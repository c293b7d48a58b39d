import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, triggers
from core.errors import TransitionError
from core.models import Membership, Organisation, PublicIdModel, StoredFile, User
from core.models.base import make_public_id
from core.models.staff_only import StaffOnlyQuerySet
from core.money import Money, money_field, percent_of
from engagements.models.cost_base import CostBase
from engagements.models.terms import Terms
from outreach.models import Lead

SEES_MONEY = (Membership.Role.OWNER, Membership.Role.PAYER)


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: User) -> Self:
        """Staff see all; a client's people those that were sent, unless they only read: a proposal is money."""
        if user.is_consultant:
            return self
        theirs = Membership.objects.filter(user=user, role__in=SEES_MONEY).values("organisation")
        sent = ProposalRevision.objects.exclude(status=ProposalRevision.Status.DRAFT).values("proposal")
        return self.filter(organisation__in=theirs, pk__in=sent)


class Proposal(PublicIdModel):
    """An offer to a client, in all its versions."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="proposals")
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="proposals")
    number = models.PositiveIntegerField(unique=True)  # people say P-1
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reference} · {self.title}"

    @property
    def reference(self) -> str:
        return f"P-{self.number}"


class ProposalRevisionQuerySet(models.QuerySet["ProposalRevision"]):
    def visible_to(self, user: User) -> Self:
        if user.is_consultant:
            return self
        drafts = Q(status=ProposalRevision.Status.DRAFT)
        return self.filter(~drafts, proposal__in=Proposal.objects.visible_to(user))


class ProposalRevision(PublicIdModel):
    """One version of an offer. Money is exact and carries its currency; tax excluded. Frozen by trigger once sent.

    A reader is shown the snapshot of a sent one, never these columns.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Kind(models.TextChoices):
        FIXED_BID = "fixed_bid", _("Fixed bid")
        PAID_DISCOVERY = "paid_discovery", _("Paid discovery")
        CAPPED_TIME = "capped_time", _("Capped time and materials")

    MOVES = {
        Status.DRAFT: {Status.SENT},
        Status.SENT: {Status.ACCEPTED, Status.DECLINED, Status.EXPIRED, Status.SUPERSEDED, Status.WITHDRAWN},
        Status.EXPIRED: {Status.SUPERSEDED},
        Status.DECLINED: {Status.SUPERSEDED},
        Status.WITHDRAWN: {Status.SUPERSEDED},
    }

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.FIXED_BID)
    currency = models.CharField(max_length=3)
    locale = models.CharField(max_length=16, default="en_US")
    # What it says, in the order of the document. Markdown where not said otherwise.
    problem = models.TextField(blank=True)  # in the client's words
    verdict = models.TextField(blank=True)  # quoted from an executive summary
    last_day = models.TextField(blank=True)  # what is true on the last day
    cover_letter = models.TextField(blank=True)
    timeline = models.TextField(blank=True)
    needs = models.TextField(blank=True)  # what we need from them, by when
    exclusions = models.JSONField(default=list)  # sentences
    assumptions = models.JSONField(default=list)  # sentences, numbered from 1
    successes = models.TextField(blank=True)  # comparable work, names changed
    who = models.TextField(blank=True)  # who does it, confidentiality, access revoked at closing
    next_morning = models.TextField(blank=True)  # what happens the day after signing
    starts_on = models.DateField(null=True, blank=True)
    finishes_on = models.DateField(null=True, blank=True)
    trade_rule = models.TextField(blank=True)  # how change works, by example
    trade_tolerance = money_field()  # a trade may be off level by so much
    deposit_percent = models.PositiveSmallIntegerField(default=30)
    payment_plan = models.JSONField(default=list)  # after the deposit: [{"when": "On delivery", "percent": "40"}]
    cap = money_field(null=True, blank=True)  # of time and materials
    rate = money_field(null=True, blank=True)  # of time and materials: the one place where a client sees a rate
    credited_until_days = models.PositiveSmallIntegerField(default=60)  # a discovery's fee counts towards a later bid
    terms = models.ForeignKey(Terms, models.PROTECT, null=True, blank=True, related_name="+")
    valid_until = models.DateField(null=True, blank=True)
    # For staff alone.
    contingency_percent = models.PositiveSmallIntegerField(default=15)
    cost_base = models.ForeignKey(CostBase, models.PROTECT, null=True, blank=True, related_name="+")
    underbid_reason = models.CharField(max_length=500, blank=True)
    guard = models.JSONField(default=dict)  # what the guard reckoned when it was sent
    # From sending on.
    snapshot = models.JSONField(null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)  # when it was accepted, declined, withdrawn, superseded or ran out
    closing_reason = models.CharField(max_length=500, blank=True)
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ProposalRevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="revision_number_once"),
            models.UniqueConstraint(fields=["proposal"], condition=Q(status="draft"), name="one_draft_revision"),
            models.UniqueConstraint(fields=["proposal"], condition=Q(status="sent"), name="one_sent_revision"),
            models.CheckConstraint(name="revision_deposit_percent", condition=Q(deposit_percent__lte=100)),
            models.CheckConstraint(
                name="revision_hashed_once_sent",
                condition=Q(status="draft", snapshot_sha256="") | (~Q(status="draft") & ~Q(snapshot_sha256="")),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """As people quote it: the first is P-1, the next P-1.2."""
        return self.proposal.reference + (f".{self.number}" if self.number > 1 else "")

    @property
    def organisation(self) -> Organisation:
        return self.proposal.organisation

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.SENT

    def deposit_of(self, price: Money) -> Money:
        """Due on acceptance, rounded half up to the currency's smallest coin."""
        return percent_of(price, self.deposit_percent)

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This proposal is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status
        if status != self.Status.SENT:
            self.closed_at = clock.now()


triggers.frozen(
    ProposalRevision,
    when="OLD.status <> 'draft'",
    mutable=("status", "pdf_id", "closed_at", "closing_reason", "reminded_at"),
)


class ProposalLine(models.Model):
    """What is promised for a price. `key` survives revisions. The hours are for staff alone."""

    class Kind(models.TextChoices):
        INCLUDED = "included", _("Included")
        OPTION = "option", _("Option to pick")
        ALTERNATIVE = "alternative", _("One of several")

    revision = models.ForeignKey(ProposalRevision, models.CASCADE, related_name="lines")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INCLUDED)
    choice = models.CharField(max_length=100, blank=True)  # of which group an alternative is one: "Package"
    is_recommended = models.BooleanField(default=False)  # an option picked, or the alternative chosen, to begin with
    recommendation = models.CharField(max_length=300, blank=True)  # why
    title = models.CharField(max_length=200)
    outcome = models.TextField(blank=True)
    done_when = models.TextField(blank=True)
    price = money_field()
    topic = models.CharField(max_length=64, blank=True)  # the check it came from
    # For staff alone.
    low_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    likely_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    high_hours = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)
    is_reserve = models.BooleanField(default=False)  # kept back for work that turns up
    depends_on = models.JSONField(default=list)  # keys of lines that must be done before
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects: StaffOnlyQuerySet["ProposalLine"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "key"], name="line_key_once"),
            models.CheckConstraint(name="line_price_not_negative", condition=Q(price__gte=0)),
            models.CheckConstraint(
                name="line_alternative_has_choice", condition=~Q(kind="alternative") | ~Q(choice="")
            ),
        ]

    def __str__(self) -> str:
        return self.title


triggers.frozen(ProposalLine, when="OLD.frozen_at IS NOT NULL")


class ProposalLink(models.Model):
    """A link that opens one frozen revision for reading, until it expires or is revoked. It signs nobody in."""

    revision = models.ForeignKey(ProposalRevision, models.CASCADE, related_name="links")
    token = models.CharField(max_length=22, unique=True, default=make_public_id, editable=False)
    sent_to = models.EmailField()
    sent_to_name = models.CharField(max_length=200, blank=True)
    forwarded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: StaffOnlyQuerySet["ProposalLink"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Link for {self.sent_to}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > clock.now()


class ProposalOpening(models.Model):
    """Someone had the proposal before their eyes: written by the page's own POST, so that no mail scanner counts."""

    class What(models.TextChoices):
        PROPOSAL = "proposal"
        TERMS = "terms"

    revision = models.ForeignKey(ProposalRevision, models.CASCADE, related_name="openings")
    what = models.CharField(max_length=8, choices=What, default=What.PROPOSAL)
    link = models.ForeignKey(ProposalLink, models.CASCADE, null=True, related_name="openings")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now, editable=False)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.what} opened at {self.at:%Y-%m-%d %H:%M}"


triggers.append_only(ProposalOpening)


class ProposalPick(models.Model):
    """What the client has picked so far of a sent revision's options and alternatives."""

    revision = models.OneToOneField(ProposalRevision, models.CASCADE, related_name="pick")
    keys = models.JSONField(default=list)  # of the lines picked
    picked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    picked_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{len(self.keys)} picked"


class ProposalRemark(PublicIdModel):
    """A change asked for beside a line, or the answer to it: a conversation that can become a revision."""

    revision = models.ForeignKey(ProposalRevision, models.CASCADE, related_name="remarks")
    line_key = models.UUIDField(null=True)  # None: about the whole
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    body = models.TextField(max_length=5000)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.body[:60]


triggers.append_only(ProposalRemark)
