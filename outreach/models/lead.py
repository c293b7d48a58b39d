from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import TransitionError
from core.models import Organisation, PublicIdModel, User
from core.models.staff_only import StaffOnlyQuerySet
from outreach.models.contact import Contact


@dataclass(frozen=True)
class Fit:
    """How well a client suits a small practice, and why. `verdict` is good, poor or unknown."""

    verdict: str
    reasons: tuple[str, ...]

    @property
    def label(self) -> str:
        return {"good": gettext("Good fit"), "poor": gettext("Poor fit")}.get(self.verdict, gettext("Fit not known"))


class LeadQuerySet(StaffOnlyQuerySet["Lead"]):
    def open(self) -> "LeadQuerySet":
        return self.filter(status__in=Lead.OPEN)


class Lead(PublicIdModel):
    """Work that may come of a contact or a client."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        CONTACTED = "contacted", _("Contacted")
        QUALIFIED = "qualified", _("Qualified")
        DISCOVERY = "discovery", _("Discovery")
        PROPOSED = "proposed", _("Proposed")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        DORMANT = "dormant", _("Dormant")

    class Channel(models.TextChoices):
        DIRECT = "direct", _("Direct")
        REFERRAL = "referral", _("Referral")
        PLATFORM = "platform", _("Platform")
        RECRUITER = "recruiter", _("Recruiter")

    class Size(models.TextChoices):
        UNKNOWN = "", _("Not known yet")
        SMALL = "small", _("Small start-up")
        MID = "mid", _("Mid-size start-up")
        LARGE = "large", _("Large company")

    class Work(models.TextChoices):
        UNKNOWN = "", _("Not known yet")
        GREENFIELD = "greenfield", _("Greenfield")
        SECOND_GENERATION = "second_generation", _("Second-generation legacy")
        OTHER = "other", _("Something else")

    STAGES = (Status.NEW, Status.CONTACTED, Status.QUALIFIED, Status.DISCOVERY, Status.PROPOSED)
    OPEN = frozenset(STAGES)
    MOVES = {
        Status.NEW: {Status.CONTACTED, Status.LOST, Status.DORMANT},
        Status.CONTACTED: {Status.QUALIFIED, Status.LOST, Status.DORMANT},
        Status.QUALIFIED: {Status.DISCOVERY, Status.LOST, Status.DORMANT},
        Status.DISCOVERY: {Status.PROPOSED, Status.LOST, Status.DORMANT},
        Status.PROPOSED: {Status.WON, Status.LOST, Status.DORMANT},
        Status.LOST: set(STAGES),  # reopened where it was
        Status.DORMANT: set(STAGES),
    }

    title = models.CharField(max_length=200, blank=True)  # what it is about
    company = models.CharField(max_length=200, blank=True)  # until there is an organisation
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="leads")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="leads")
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    stage_left = models.CharField(max_length=12, blank=True, editable=False)  # where lost or put to rest
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.DIRECT)
    came_through = models.CharField(max_length=200, blank=True)  # the platform, the recruiter, who referred
    size = models.CharField(max_length=8, choices=Size, blank=True, default=Size.UNKNOWN)
    work = models.CharField(max_length=20, choices=Work, blank=True, default=Work.UNKNOWN)
    is_defence = models.BooleanField(default=False)
    fit_note = models.CharField(max_length=500, blank=True)
    lost_reason = models.CharField(max_length=500, blank=True)
    dormant_until = models.DateField(null=True, blank=True)
    no_step_reason = models.CharField(max_length=500, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, related_name="leads")
    last_touch_on = models.DateField(null=True, editable=False)
    moved_at = models.DateTimeField(default=clock.now, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="lead_is_somebodys",
                condition=Q(contact__isnull=False) | Q(organisation__isnull=False) | ~Q(company=""),
            ),
            models.CheckConstraint(name="lead_lost_has_reason", condition=~Q(status="lost") | ~Q(lost_reason="")),
            models.CheckConstraint(
                name="lead_dormant_has_date", condition=~Q(status="dormant") | Q(dormant_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.who, self.title)))

    @property
    def who(self) -> str:
        """Whose work it would be."""
        if self.organisation:
            return self.organisation.name
        return self.company or (str(self.contact) if self.contact else "")

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_their_customer(self) -> bool:
        """A platform's or a recruiter's client: they may be taken away, and may not be yours to keep."""
        return self.channel in {self.Channel.PLATFORM, self.Channel.RECRUITER}

    @property
    def next_stages(self) -> list[Status]:
        """The stages still ahead on the board; each step between is recorded."""
        return list(self.STAGES[self.STAGES.index(self.Status(self.status)) + 1 :]) if self.is_open else []

    @property
    def next_stage(self) -> Status | None:
        """The nearest of them."""
        return next(iter(self.next_stages), None)

    @property
    def fit(self) -> Fit:
        """Poor as soon as one reason speaks against it: a large company or defence."""
        poor = [gettext("Large company")] if self.size == self.Size.LARGE else []
        poor += [gettext("Defence")] if self.is_defence else []
        small = self.size in {self.Size.SMALL, self.Size.MID}
        young = self.work in {self.Work.GREENFIELD, self.Work.SECOND_GENERATION}
        good = [self.get_size_display()] if small else []
        good += [self.get_work_display()] if young else []
        note = [self.fit_note] if self.fit_note else []
        if poor:
            return Fit("poor", (*poor, *note))
        return Fit("good" if good else "unknown", (*good, *note))

    def move_to(self, status: Status) -> None:
        """Change the status in memory, or raise TransitionError. A status that is no key of MOVES is final."""
        now = self.Status(self.status)
        if status not in self.MOVES.get(now, ()):
            raise TransitionError(
                _("This lead is “%(now)s”, so it cannot become “%(then)s”."), now=now.label, then=status.label
            )
        if self.is_open:
            self.stage_left = "" if status in self.OPEN else now
        self.status, self.moved_at = status, clock.now()
