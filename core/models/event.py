from typing import Self

from django.db import models
from django.db.models import Q

from core import clock, triggers
from core.models.organisation import Organisation
from core.models.user import User


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User) -> Self:
        """A client's people see what was recorded for them, in their own organisations."""
        if user.is_consultant:
            return self
        return self.filter(Q(audience=Event.Audience.CLIENT), organisation__in=Organisation.objects.visible_to(user))


class Event(models.Model):
    """What happened: who, when, from where, to what. Append-only, in the database too."""

    class Audience(models.TextChoices):
        STAFF = "staff"
        CLIENT = "client"

    what = models.CharField(max_length=64)  # past tense: "run.started"
    at = models.DateTimeField(default=clock.now, editable=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="events")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    subject_type = models.CharField(max_length=64)  # "discovery.run"
    subject_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    channel = models.CharField(max_length=16)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="event_subject")]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M}"


triggers.append_only(Event)
