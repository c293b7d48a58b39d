from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import TransitionError
from core.markdown import validate_length
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet


class Tag(models.Model):
    """A word of the practice's own to find contacts by."""

    name = models.CharField(max_length=50)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_any_case")]

    def __str__(self) -> str:
        return self.name


class ImportBatchQuerySet(StaffOnlyQuerySet["ImportBatch"]):
    def light(self) -> Self:
        """Without what may be many megabytes."""
        return self.defer("cards", "content")


class ImportBatch(PublicIdModel):
    """One file of contacts: looked at first, then brought in, and as a whole taken back.

    `content` is the file while a worker reads it. `cards` are the rows to bring in, as `outreach.cards.Card` writes
    them, `sample` the first of them for the page; all are dropped once it is decided. `taken` is how many cards a
    worker has brought in so far, `beat_at` its last sign of life. `remarks` say what in the file was left out and why,
    `told` is how many there were of each outcome.
    """

    class Status(models.TextChoices):
        READING = "reading", _("Being looked at")
        FAILED = "failed", _("Cannot be read")
        CHECKED = "checked", _("Looked at")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        UNDONE = "undone", _("Taken back")

    MOVES = {
        Status.READING: {Status.CHECKED, Status.FAILED},
        Status.CHECKED: {Status.RUNNING, Status.DONE},
        Status.RUNNING: {Status.DONE},
        Status.DONE: {Status.UNDONE},
    }
    WORKED_ON = (Status.READING, Status.RUNNING)  # by a worker
    UNDECIDED = (Status.READING, Status.FAILED, Status.CHECKED)  # nothing came of it yet

    name = models.CharField(max_length=200)  # of the file
    status = models.CharField(max_length=8, choices=Status, default=Status.CHECKED)
    content = models.BinaryField(null=True)
    cards = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    taken = models.PositiveIntegerField(default=0)
    beat_at = models.DateTimeField(null=True, editable=False)
    remarks = models.JSONField(default=list)
    told = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_worked_on(self) -> bool:
        return self.status in self.WORKED_ON

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(_("This import is “%(now)s” already."), now=now.label)
        self.status = status


class ContactQuerySet(StaffOnlyQuerySet["Contact"]):
    def matching(self, words: str) -> Self:
        """Those in whose name, company or address every word stands."""
        found = self
        for word in words.split()[:8]:
            addresses = ContactEmail.objects.filter(address__icontains=word)
            found = found.filter(
                Q(name__icontains=word) | Q(company__icontains=word) | Q(pk__in=addresses.values("contact"))
            )
        return found


class Contact(PublicIdModel):
    """Somebody met, of a client or not. `company` is what they said; `organisation` is set once it is a client."""

    name = models.CharField(max_length=200)
    company = models.CharField(max_length=200, blank=True)
    job = models.CharField(max_length=200, blank=True)
    organisation = models.ForeignKey(Organisation, models.SET_NULL, null=True, blank=True, related_name="contacts")
    phone = models.CharField(max_length=60, blank=True)
    where_met = models.CharField(max_length=200, blank=True)
    is_peer = models.BooleanField(null=True, blank=True)  # None: not known yet
    economic_buyer = models.BooleanField(default=False)
    notes = models.TextField(blank=True, validators=[validate_length])  # Markdown
    tags = models.ManyToManyField(Tag, blank=True, related_name="contacts")
    batch = models.ForeignKey(ImportBatch, models.SET_NULL, null=True, related_name="contacts", editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)  # by a person

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["name", "id"], name="contact_by_name")]
        constraints = [models.CheckConstraint(name="contact_has_a_name", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name

    @property
    def at(self) -> str:
        """Where they work, as far as it is known."""
        return self.organisation.name if self.organisation else self.company


class ContactEmail(models.Model):
    """One mailbox, of one contact; the first is the one to write to."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="emails")
    address = models.CharField(max_length=254)  # as they write it
    normalised = models.CharField(max_length=254, unique=True)  # outreach.addresses

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.address
