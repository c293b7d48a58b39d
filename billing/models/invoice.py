from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import TransitionError
from core.models import Membership, Organisation, PublicIdModel, User
from core.money import money_field
from engagements.models import Engagement

SEES_MONEY = (Membership.Role.OWNER, Membership.Role.PAYER)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: User) -> Self:
        """A client's owners and payers see what was issued to them."""
        if user.is_consultant:
            return self
        theirs = Membership.objects.filter(user=user, role__in=SEES_MONEY).values("organisation")
        unseen = [Invoice.Status.DRAFT, Invoice.Status.ISSUING, Invoice.Status.DISCARDED]
        return self.filter(organisation__in=theirs).exclude(status__in=unseen)


class Invoice(PublicIdModel):
    """What a client owes, tax excluded. A draft has no number: numbers are drawn when it is issued."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", _("Deposit")
        PROGRESS = "progress", _("Progress")
        FINAL = "final", _("Final")
        CREDIT = "credit", _("Credit note")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUING = "issuing", _("Being issued")
        ISSUED = "issued", _("Issued")
        PART_PAID = "part_paid", _("Part paid")
        PAID = "paid", _("Paid")
        CREDITED = "credited", _("Credited")
        WRITTEN_OFF = "written_off", _("Written off")
        DISCARDED = "discarded", _("Discarded")

    MOVES = {
        Status.DRAFT: {Status.ISSUING, Status.PART_PAID, Status.PAID, Status.DISCARDED},
        Status.ISSUING: {Status.ISSUED, Status.DRAFT},
        Status.ISSUED: {Status.PART_PAID, Status.PAID, Status.CREDITED, Status.WRITTEN_OFF},
        Status.PART_PAID: {Status.PAID, Status.ISSUED, Status.DRAFT, Status.CREDITED, Status.WRITTEN_OFF},
        Status.PAID: {Status.PART_PAID, Status.ISSUED, Status.DRAFT, Status.CREDITED},
    }

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices")
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    title = models.CharField(max_length=200)
    total = money_field()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement"], condition=Q(kind="deposit"), name="one_deposit_invoice"),
            models.CheckConstraint(name="invoice_total", condition=Q(total__gte=0) | Q(kind="credit")),
        ]

    def __str__(self) -> str:
        return self.title

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status != now and status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This invoice is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status
