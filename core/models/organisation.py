from typing import Self

from django.db import models

from core import clock
from core.models.base import PublicIdModel
from core.models.user import User


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: User) -> Self:
        """Staff see all; a client's people those they are members of."""
        return self if user.is_consultant else self.filter(memberships__user=user).distinct()


class Organisation(PublicIdModel):
    """A client, bare: what the practice does for it hangs on it in the other apps."""

    name = models.CharField(max_length=200)
    locale = models.CharField(max_length=16, default="en_US")
    currency = models.CharField(max_length=3, default="USD")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a person may do for an organisation. Several add up."""

    class Role(models.TextChoices):
        OWNER = "owner"
        PAYER = "payer"
        READER = "reader"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.organisation}"
