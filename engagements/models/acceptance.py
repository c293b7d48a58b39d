from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock, triggers
from core.models import Membership, Organisation, PublicIdModel, StoredFile, User
from core.money import money_field
from engagements.models.proposal import SEES_MONEY, Proposal, ProposalRevision


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    def visible_to(self, user: User) -> Self:
        if user.is_consultant:
            return self
        theirs = Membership.objects.filter(user=user, role__in=SEES_MONEY).values("organisation")
        return self.filter(proposal__organisation__in=theirs)

    def live(self) -> Self:
        return self.filter(rescinded_at=None)


class Acceptance(PublicIdModel):
    """A signed agreement, with what proves it. Never edited: an error is ended by a countersigned rescission."""

    class Method(models.TextChoices):
        ONLINE = "online", _("Signed in the portal")
        OFFLINE = "offline", _("Accepted offline")

    revision = models.OneToOneField(ProposalRevision, models.PROTECT, related_name="acceptance")
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="acceptances")
    method = models.CharField(max_length=8, choices=Method, default=Method.ONLINE)
    signer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # who was signed in
    signer_name = models.CharField(max_length=200)  # as typed
    signer_email = models.EmailField(blank=True)
    po_number = models.CharField(max_length=100, blank=True)
    picked = models.JSONField(default=list)  # keys of the options and alternatives that were chosen
    price = money_field()  # the total with what was picked
    deposit = money_field()
    seen_sha256 = models.CharField(max_length=64)
    consent_version = models.CharField(max_length=16)
    consent_text = models.TextField()
    terms_opened_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    # An offline acceptance says who recorded it, how it came and with which file.
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    offline_how = models.CharField(max_length=500, blank=True)
    offline_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    certificate = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    rescinded_at = models.DateTimeField(null=True)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal"], condition=Q(rescinded_at=None), name="one_live_acceptance"),
            models.CheckConstraint(
                name="acceptance_has_evidence",
                condition=Q(method="online", signer__isnull=False, terms_opened_at__isnull=False)
                | Q(method="offline", recorded_by__isnull=False) & ~Q(offline_how=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision} accepted by {self.signer_name}"

    @property
    def organisation(self) -> Organisation:
        return self.proposal.organisation


triggers.frozen(Acceptance, when="TRUE", mutable=("certificate_id", "rescinded_at"))


class Rescission(PublicIdModel):
    """A rescission proposed by one side: it ends the acceptance only once the other side has countersigned it."""

    acceptance = models.ForeignKey(Acceptance, models.PROTECT, related_name="rescissions")
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now, editable=False)
    countersigned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    countersigned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.reason


triggers.frozen(Rescission, when="OLD.countersigned_at IS NOT NULL")
