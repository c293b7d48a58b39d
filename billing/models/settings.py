from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Organisation, PublicIdModel
from core.models.staff_only import StaffOnlyQuerySet

INVOICE_SERIES, CREDIT_SERIES = "invoice", "credit_note"  # kinds of number series, whatever their prefixes


class InvoiceSettings(models.Model):
    """What the practice prints on every invoice. An issued one carries its own frozen copy."""

    legal_name = models.CharField(max_length=200, blank=True)  # where it differs from the practice's name
    tax_id = models.CharField(max_length=64, blank=True)
    pay_to = models.TextField(blank=True)  # as printed: IBAN, ACH, wire, where a check goes
    due_days = models.PositiveSmallIntegerField(default=14)
    prefix = models.CharField(max_length=12, default="INV")
    credit_prefix = models.CharField(max_length=12, default="CN")
    note = models.TextField(blank=True)  # under every invoice, plain text
    reminders_go_by_themselves = models.BooleanField(default=False)  # else they wait as drafts

    class Meta:
        constraints = [models.CheckConstraint(name="one_invoice_settings", condition=Q(id=1))]

    def __str__(self) -> str:
        return "Invoicing"

    @classmethod
    def get(cls) -> Self:
        """The row, or an unsaved one with the defaults: a page that is only looked at makes no row."""
        return cls.objects.filter(id=1).first() or cls(id=1)


class TaxRate(PublicIdModel):
    """A tax that lines may carry. Never edited once used: it is retired, and another takes its place."""

    class Kind(models.TextChoices):
        STANDARD = "standard", _("Charged")
        REVERSE_CHARGE = "reverse_charge", _("Reverse charge: the client accounts for it")
        EXEMPT = "exempt", _("Exempt")

    name = models.CharField(max_length=64)  # as printed: VAT 23 %
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.STANDARD)
    percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    note = models.CharField(max_length=300, blank=True)  # the sentence the law wants beside it
    is_default = models.BooleanField(default=False)  # for clients without taxes of their own
    retired_at = models.DateTimeField(null=True)

    objects: StaffOnlyQuerySet["TaxRate"] = StaffOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="tax_percent", condition=Q(percent__gte=0, percent__lte=100)),
            models.CheckConstraint(name="tax_uncharged_is_zero", condition=Q(kind="standard") | Q(percent=0)),
        ]

    def __str__(self) -> str:
        return self.name


class BillingParticulars(models.Model):
    """Whom a client's invoices are made out to."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="billing")
    legal_name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=64, blank=True)
    po_number = models.CharField(max_length=100, blank=True)  # on every invoice, unless the agreement names one
    due_days = models.PositiveSmallIntegerField(null=True, blank=True)  # else the practice's
    has_own_taxes = models.BooleanField(default=False)
    taxes = models.ManyToManyField(TaxRate, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.legal_name or str(self.organisation)
