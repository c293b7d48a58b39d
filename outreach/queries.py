"""Reads for the pages of courting: a fixed number of queries however much there is."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import (
    Case,
    Count,
    Exists,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from core.models import Event, User
from outreach import hooks
from outreach.addresses import normalise
from outreach.models import Contact, ContactEmail, Encounter, FollowUp, ImportBatch, Lead, Occasion, Tag, Touch

CARDS_A_COLUMN = 50
LINES_OF_TIME = 100
RATE_DAYS = 90  # how far back the follow-up rate looks
FOLLOWED_WITHIN_DAYS = 7
MOST_ALIKE = 5
MOST_TAGS = 200  # to choose from
COLD_DAYS = 14  # compared with as many before
FEW_LEADS = 3


# Follow-ups


def follow_ups_due(day: dt.date, owner: User | None = None) -> QuerySet[FollowUp]:
    """Due that day and overdue, the oldest first; of one consultant, or of all."""
    rows = FollowUp.objects.due_by(day).select_related(
        "lead__contact", "lead__organisation", "contact__organisation", "owner"
    )
    return rows.filter(owner=owner) if owner else rows


def todays_follow_ups(day: dt.date, owner: User | None = None) -> QuerySet[FollowUp]:
    """Due that very day."""
    return follow_ups_due(day, owner).filter(due_on=day)


def overdue_follow_ups(day: dt.date, owner: User | None = None) -> QuerySet[FollowUp]:
    """Due before that day, and still open."""
    return follow_ups_due(day, owner).filter(due_on__lt=day)


def leads_without_step(owner: User | None = None) -> QuerySet[Lead]:
    """Open leads with neither a next step nor a reason: there should be none."""
    planned = FollowUp.objects.open().filter(lead=OuterRef("pk"))
    rows = Lead.objects.open().filter(~Exists(planned), no_step_reason="")
    return rows.filter(owner=owner) if owner else rows


@dataclass(frozen=True)
class Rate:
    """Of the people met in a time, how many were followed up."""

    met: int
    followed: int

    @property
    def percent(self) -> int | None:
        """Rounded; None where nobody was met."""
        return round(100 * self.followed / self.met) if self.met else None


def follow_up_rate(day: dt.date) -> Rate:
    """Of the encounters of the last 90 days, those followed by a touch within a week; one query. One younger than a
    week counts only once it was followed: there is time yet."""
    since = day - dt.timedelta(days=RATE_DAYS)
    rows = Encounter.objects.filter(on__gt=since, on__lte=day).order_by()
    met: dict[int, dt.date] = {}
    touched: dict[int, list[dt.date]] = defaultdict(list)
    for encounter, on, *then in rows.values_list("pk", "on", "contact__touches__on"):
        met[encounter] = on
        touched[encounter] += filter(None, then)  # None where one was never in touch
    return rate_of([(on, followed_on(touched[one], on)) for one, on in met.items()], day)


def touch_days(encounters: QuerySet[Encounter]) -> dict[int, list[dt.date]]:
    """When one was in touch with the people of these encounters: the days by contact, in one query."""
    days: dict[int, list[dt.date]] = defaultdict(list)
    touches = Touch.objects.filter(contact__in=encounters.order_by().values("contact")).order_by("on")
    for contact, on in touches.values_list("contact", "on").distinct():
        days[contact].append(on)
    return days


def followed_on(touched: Iterable[dt.date], met_on: dt.date) -> dt.date | None:
    """The first touch within a week of meeting, or None."""
    last = met_on + dt.timedelta(days=FOLLOWED_WITHIN_DAYS)
    return next((then for then in sorted(touched) if met_on <= then <= last), None)


def rate_of(met: Iterable[tuple[dt.date, dt.date | None]], day: dt.date) -> Rate:
    """Of (met on, followed on) as of a day; who was met within the week counts only once followed."""
    before = day - dt.timedelta(days=FOLLOWED_WITHIN_DAYS)
    counted = [then for on, then in met if then or on <= before]
    return Rate(met=len(counted), followed=sum(1 for then in counted if then))


@dataclass(frozen=True)
class Cold:
    """That one is in touch less than half as often as before: touches of the last 14 days and of the 14 before."""

    recent: int
    before: int
    open_leads: int
    is_busy: bool


def pipeline_cold(day: dt.date) -> Cold | None:
    """Said where touches dropped below half while few leads are open, or delivery takes the time; one query."""
    span = dt.timedelta(days=COLD_DAYS)
    open_leads = Lead.objects.open().order_by().annotate(same=Value(1)).values("same").annotate(n=Count("pk"))
    busy = Case(When(hooks.is_delivery_busy(), then=1), default=0)
    said = (
        Touch.objects.filter(on__gt=day - 2 * span, on__lte=day)
        .order_by()
        .aggregate(
            recent=Count("pk", filter=Q(on__gt=day - span)),
            both=Count("pk"),
            open_leads=Max(Subquery(open_leads.values("n"))),
            busy=Max(busy),
        )
    )
    cold = Cold(said["recent"], said["both"] - said["recent"], said["open_leads"] or 0, bool(said["busy"]))
    told = 2 * cold.recent < cold.before and (cold.is_busy or cold.open_leads < FEW_LEADS)
    return cold if told else None


# Contacts


def contacts(words: str = "", *, tag: str = "", kind: str = "") -> QuerySet[Contact]:
    """For the list: with client, addresses, tags and the day of the last touch (`touched_on`), three queries a page.
    `kind` is buyer, peer or non_peer."""
    last = Touch.objects.filter(contact=OuterRef("pk")).order_by("-on").values("on")
    rows = Contact.objects.matching(words)
    if tag:
        rows = rows.filter(tags__name=tag)
    if wanted := {"buyer": Q(economic_buyer=True), "peer": Q(is_peer=True), "non_peer": Q(is_peer=False)}.get(kind):
        rows = rows.filter(wanted)
    rows = rows.annotate(touched_on=Subquery(last[:1])).select_related("organisation")
    return rows.prefetch_related("emails", "tags")


@dataclass(frozen=True)
class Alike:
    """Somebody who may be the same person; `sure` where an address is the same."""

    contact: Contact
    sure: bool


def contacts_alike(*, name: str, email: str, but: Contact | None = None) -> list[Alike]:
    """Who is known by that address, or by that name; two queries at most."""
    try:
        by_address = Q(emails__normalised=normalise(email))
    except ValidationError:  # not written to its end yet
        by_address = None
    rows = Contact.objects.exclude(pk=but.pk) if but else Contact.objects.all()
    rows = rows.select_related("organisation")
    same = list(rows.filter(by_address)[:1]) if by_address else []
    plain = " ".join(name.split())
    named = rows.filter(name__iexact=plain).exclude(pk__in=[one.pk for one in same])[:MOST_ALIKE] if plain else []
    return [*(Alike(one, True) for one in same), *(Alike(one, False) for one in named)]


@dataclass(frozen=True)
class ContactPage:
    """All that a contact's page shows."""

    emails: Sequence[ContactEmail]
    encounters: Sequence[Encounter]
    leads: Sequence[Lead]
    touches: Sequence[Touch]
    tags: Sequence[str]
    other_tags: Sequence[str]  # to choose from
    step: FollowUp | None


def contact_page(contact: Contact) -> ContactPage:
    """Six queries."""
    theirs = Exists(Contact.tags.through.objects.filter(tag=OuterRef("pk"), contact=contact))
    tags = tags_in_use().annotate(is_theirs=theirs).order_by("-is_theirs", "name", "id")
    carried = dict(tags.values_list("name", "is_theirs")[:MOST_TAGS])
    return ContactPage(
        emails=list(contact.emails.all()),
        encounters=list(contact.encounters.select_related("occasion")[:LINES_OF_TIME]),
        leads=list(contact.leads.select_related("organisation", "contact", "owner")),
        touches=list(contact.touches.select_related("by")[:LINES_OF_TIME]),
        tags=[name for name, is_theirs in carried.items() if is_theirs],
        other_tags=[name for name, is_theirs in carried.items() if not is_theirs],
        step=FollowUp.objects.open().filter(contact=contact).select_related("owner").first(),
    )


def recent_occasions() -> QuerySet[Occasion]:
    """To choose from while writing a card down."""
    return Occasion.objects.all()[:12]


def tags_in_use() -> QuerySet[Tag]:
    """Those that somebody carries, by name."""
    carried = Contact.tags.through.objects.filter(tag=OuterRef("pk"))
    return Tag.objects.filter(Exists(carried))


def recent_imports() -> QuerySet[ImportBatch]:
    return (
        ImportBatch.objects.exclude(status__in=ImportBatch.UNDECIDED)
        .select_related("by")
        .defer("cards", "content", "sample", "remarks")[:12]
    )


# Leads


def leads(words: str = "", *, status: str = "", channel: str = "", owner: str = "") -> QuerySet[Lead]:
    """For list and board, with the open next step prefetched as `planned`. `status` is one, or “open”."""
    rows = Lead.objects.select_related("contact", "organisation", "owner").prefetch_related(_planned())
    for word in words.split()[:8]:
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(company__icontains=word)
            | Q(contact__name__icontains=word)
            | Q(organisation__name__icontains=word)
        )
    if status == "open":
        rows = rows.filter(status__in=Lead.OPEN)
    elif status:
        rows = rows.filter(status=status)
    if channel:
        rows = rows.filter(channel=channel)
    return rows.filter(owner__public_id=owner) if owner else rows


def _planned() -> Prefetch:  # type: ignore[type-arg]
    return Prefetch("follow_ups", FollowUp.objects.open(), to_attr="planned")


@dataclass(frozen=True)
class Column:
    """A stage of the board."""

    status: Lead.Status
    leads: Sequence[Lead]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.leads)


def board(owner: str = "") -> list[Column]:
    """Open leads by stage, what waits longest first; three queries."""
    rows = leads(status="open", owner=owner)
    counts = dict(rows.prefetch_related(None).order_by().values_list("status").annotate(Count("pk")))
    place = Window(RowNumber(), partition_by="status", order_by=["moved_at", "pk"])
    shown = list(rows.annotate(place=place).filter(place__lte=CARDS_A_COLUMN).order_by("moved_at", "pk"))
    return [
        Column(stage, [lead for lead in shown if lead.status == stage], counts.get(stage, 0)) for stage in Lead.STAGES
    ]


@dataclass(frozen=True)
class Line:
    """One thing that happened, as the timeline component shows it."""

    when: dt.datetime
    text: str
    who: str = ""
    tone: str = ""


def lead_timeline(lead: Lead) -> list[Line]:
    """Moves, touches and encounters, newest first; three queries."""
    events = Event.objects.filter(subject_type="outreach.lead", subject_id=lead.pk).select_related("actor")
    lines = [line for event in events[:LINES_OF_TIME] if (line := _line_of(event))]
    lines += [touch_line(touch) for touch in lead.touches.select_related("by")[:LINES_OF_TIME]]
    if lead.contact_id:
        met = Encounter.objects.filter(contact=lead.contact_id).select_related("occasion")
        lines += [encounter_line(one) for one in met[:LINES_OF_TIME]]
    return sorted(lines, key=lambda line: line.when, reverse=True)


def contact_timeline(page: ContactPage) -> list[Line]:
    lines = [*map(touch_line, page.touches), *map(encounter_line, page.encounters)]
    return sorted(lines, key=lambda line: line.when, reverse=True)


def touch_line(touch: Touch) -> Line:
    text = f"{touch.get_how_display()}: {touch.said}" if touch.said else touch.get_how_display()
    return Line(when=_moment(touch.on, touch.created_at), text=text, who=touch.by.name)


def encounter_line(encounter: Encounter) -> Line:
    where = _("Met at %(occasion)s") % {"occasion": encounter.occasion} if encounter.occasion else _("Met")
    parts = [where + (f": {encounter.said}" if encounter.said else "")]
    if encounter.card_received:
        parts.append(_("Card received."))
    if encounter.goes_to:
        parts.append(_("Also goes to: %(places)s") % {"places": encounter.goes_to})
    return Line(when=_moment(encounter.on, encounter.created_at), text=" · ".join(parts))


def _moment(on: dt.date, written: dt.datetime) -> dt.datetime:
    """To sort by: when it was written, or noon of the day where that was written down later."""
    if abs((written.date() - on).days) <= 1:
        return written
    return dt.datetime.combine(on, dt.time(12), dt.UTC)


def _line_of(event: Event) -> Line | None:
    """Touches stand in the timeline by themselves."""
    who = event.actor.name if event.actor else ""
    if event.what == "lead.opened":
        return Line(event.at, _("Opened"), who)
    if event.what == "lead.became_client":
        return Line(event.at, _("Became a client"), who)
    if event.what != "lead.moved":
        return None
    then = event.data["then"]
    label = str(Lead.Status(then).label)
    said = event.data.get("why") or {}
    text = " · ".join([label, *filter(None, (said.get("reason"),))])
    if said.get("until"):
        text = _("%(stage)s until %(day)s") % {"stage": label, "day": said["until"]}
    return Line(event.at, text, who, {"won": "good", "lost": "bad", "dormant": "warn"}.get(then, ""))
