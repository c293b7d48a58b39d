from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from core.models import PublicIdModel
from core.models.staff_only import StaffOnlyQuerySet
from outreach.models.contact import Contact


class Occasion(PublicIdModel):
    """An event one goes to."""

    class Kind(models.TextChoices):
        PEER = "peer", _("Peers")
        NON_PEER = "non_peer", _("Buyers, not peers")
        MIXED = "mixed", _("Mixed")

    name = models.CharField(max_length=200)
    place = models.CharField(max_length=200, blank=True)
    on = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.MIXED)

    objects = StaffOnlyQuerySet["Occasion"].as_manager()

    class Meta:
        ordering = ["-on", "-id"]

    def __str__(self) -> str:
        return self.name


class Encounter(models.Model):
    """Meeting a contact, at an occasion or anywhere."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="encounters")
    occasion = models.ForeignKey(Occasion, models.PROTECT, null=True, blank=True, related_name="encounters")
    on = models.DateField()
    card_received = models.BooleanField(default=False)
    said = models.TextField(blank=True)
    goes_to = models.CharField(max_length=300, blank=True)  # where else they go
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = StaffOnlyQuerySet["Encounter"].as_manager()

    class Meta:
        ordering = ["-on", "-id"]

    def __str__(self) -> str:
        return f"{self.contact} on {self.on}"
