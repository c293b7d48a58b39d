import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.exact import not_negative, nothing_left
from billing.models.settings import TaxRate
from core import clock, triggers
from core.errors import TransitionError
from core.models import Membership, Organisation, PublicIdModel, StoredFile, User
from core.models.staff_only import StaffOnlyQuerySet
from core.money import Money, money_field
from engagements.models import Engagement

SEES_MONEY = (Membership.Role.OWNER, Membership.Role.PAYER)


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def visible_to(self, user: User) -> Self:
        """A client's owners and payers see what was issued to them."""
        if user.is_consultant:
            return self
        theirs = Membership.objects.filter(user=user, role__in=SEES_MONEY).values("organisation")
        return self.issued().filter(organisation__in=theirs)

    def issued(self) -> Self:
        """Numbered and frozen."""
        return self.exclude(status__in=Invoice.UNISSUED)

    def open(self) -> Self:
        """Issued, and something of it is owed; a credit note asks for nothing."""
        return self.filter(status__in=Invoice.OWED).exclude(kind=Invoice.Kind.CREDIT)

    def counted(self) -> Self:
        """Everything that asks for money now or did: no draft that was thrown away, nothing credited in full."""
        return self.exclude(status__in=[Invoice.Status.DISCARDED, Invoice.Status.CREDITED])


class Invoice(PublicIdModel):
    """What a client owes, or a credit note, whose amounts are negative.

    `net` + `tax` = `total`; less what earlier invoices asked for (`deducted`) is `due`. Of that `paid` has cleared and
    `credited` was taken back. A draft has no number: it is drawn when it is issued, and then the row is frozen.
    """

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

    UNISSUED = (Status.DRAFT, Status.ISSUING, Status.DISCARDED)
    OWED = (Status.ISSUED, Status.PART_PAID)
    MOVES = {
        Status.DRAFT: {Status.ISSUING, Status.DISCARDED},
        Status.ISSUING: {Status.ISSUED, Status.PART_PAID, Status.PAID, Status.DRAFT},
        Status.ISSUED: {Status.PART_PAID, Status.PAID, Status.CREDITED, Status.WRITTEN_OFF},
        Status.PART_PAID: {Status.PAID, Status.ISSUED, Status.CREDITED, Status.WRITTEN_OFF},
        Status.PAID: {Status.PART_PAID, Status.ISSUED, Status.CREDITED},
        # A payment that is reversed after all makes it owed again.
        Status.CREDITED: {Status.ISSUED, Status.PART_PAID, Status.PAID},
    }

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices")
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    title = models.CharField(max_length=200)
    po_number = models.CharField(max_length=100, blank=True)
    service_from = models.DateField(null=True, blank=True)
    service_to = models.DateField(null=True, blank=True)
    due_days = models.PositiveSmallIntegerField(default=14)
    note = models.TextField(blank=True)  # plain text, printed
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="credit_notes")
    reason = models.CharField(max_length=500, blank=True)  # of a credit note
    net = money_field()
    tax = money_field()
    total = money_field()
    deducted = money_field()
    due = money_field()
    # From issuing on.
    number = models.PositiveIntegerField(null=True)
    reference = models.CharField(max_length=40, blank=True)  # as people quote it: INV-2026-0007
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    snapshot = models.JSONField(null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    pdf = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    is_to_be_mailed = models.BooleanField(default=False)  # once it is issued
    failure = models.CharField(max_length=500, blank=True)  # why issuing it came to nothing
    # What goes on afterwards.
    paid = money_field()
    credited = money_field()
    mailed_at = models.DateTimeField(null=True)
    closing_reason = models.CharField(max_length=500, blank=True)  # written off because
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "due_on"], name="invoice_owed")]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement"],
                condition=Q(kind="deposit") & ~Q(status__in=["credited", "discarded"]),
                name="one_deposit_invoice",
            ),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="invoice_reference_once"),
            models.CheckConstraint(name="invoice_total", condition=Q(total__gte=0) | Q(kind="credit")),
            models.CheckConstraint(name="invoice_adds_up", condition=nothing_left(F("net") + F("tax") - F("total"))),
            models.CheckConstraint(name="invoice_due", condition=nothing_left(F("total") - F("deducted") - F("due"))),
            models.CheckConstraint(
                name="invoice_never_overpaid",
                condition=Q(kind="credit")
                | Q(paid__gte=0, credited__gte=0) & Q(not_negative(F("due") - F("paid") - F("credited"))),
            ),
            models.CheckConstraint(
                name="invoice_numbered_once_issued",
                condition=Q(status__in=["draft", "issuing", "discarded"], number=None, reference="")
                | ~Q(status__in=["draft", "issuing", "discarded"]) & Q(number__isnull=False) & ~Q(reference=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.title}" if self.reference else self.title

    @property
    def is_issued(self) -> bool:
        return self.status not in self.UNISSUED

    @property
    def is_owed(self) -> bool:
        return self.status in self.OWED and self.kind != self.Kind.CREDIT

    @property
    def balance(self) -> Money:
        """What is still owed; of a draft, what would be."""
        left: Money = self.due - self.paid - self.credited
        return left

    def is_overdue(self, today: dt.date) -> bool:
        return self.is_owed and self.due_on is not None and self.due_on < today

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status != now and status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This invoice is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        self.status = status


triggers.frozen(
    Invoice,
    when="OLD.status NOT IN ('draft', 'issuing', 'discarded')",
    mutable=("status", "paid", "credited", "mailed_at", "closing_reason"),
)


class InvoiceLine(models.Model):
    """A line with its price, tax excluded: quantity × unit price, rounded.

    Below zero only on a credit note, or where scope was taken out of a final one. `source` names what it bills, so
    that nothing is billed twice: "deposit", "instalment:2", "change:12", "item:34", "hours:2026-11".
    """

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)  # plain text
    quantity = models.DecimalField(max_digits=9, decimal_places=2, default=1)
    unit = models.CharField(max_length=20, blank=True)
    unit_price = money_field()
    net = money_field()
    source = models.CharField(max_length=64, blank=True)
    agreed_in = models.CharField(max_length=64, blank=True)  # what it was agreed in: P-1, CO-2
    is_reduction = models.BooleanField(default=False)
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects: StaffOnlyQuerySet["InvoiceLine"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(name="invoice_line_sign", condition=Q(net__gte=0) | Q(is_reduction=True)),
        ]

    def __str__(self) -> str:
        return self.title


triggers.frozen(InvoiceLine, when="OLD.frozen_at IS NOT NULL")


class LineTax(models.Model):
    """One tax of one line, as it was when the line was written: percent of the line, half up."""

    line = models.ForeignKey(InvoiceLine, models.CASCADE, related_name="taxes")
    rate = models.ForeignKey(TaxRate, models.PROTECT, related_name="+")
    name = models.CharField(max_length=64)
    percent = models.DecimalField(max_digits=6, decimal_places=3)
    note = models.CharField(max_length=300, blank=True)
    amount = money_field()
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects: StaffOnlyQuerySet["LineTax"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["line", "rate"], name="line_tax_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.amount}"


triggers.frozen(LineTax, when="OLD.frozen_at IS NOT NULL")


class Deduction(models.Model):
    """What an earlier invoice has asked for already, taken off the final one, with the tax that was in it."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="deductions")
    earlier = models.ForeignKey(Invoice, models.PROTECT, related_name="deducted_on")
    net = money_field()
    tax = money_field()
    total = money_field()
    taxes = models.JSONField(default=list)  # [{"name", "percent", "net", "tax"}], amounts as text
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects: StaffOnlyQuerySet["Deduction"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["earlier_id"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "earlier"], name="deducted_once"),
            models.CheckConstraint(name="deduction_adds_up", condition=nothing_left(F("net") + F("tax") - F("total"))),
        ]

    def __str__(self) -> str:
        return f"{self.earlier.reference}: {self.total}"


triggers.frozen(Deduction, when="OLD.frozen_at IS NOT NULL")
