"""Reads for the pages of occasions: whom one met where, and what came of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from outreach.models import Encounter, Lead, Occasion
from outreach.queries import Rate, followed_on, rate_of, touch_days


@dataclass(frozen=True)
class Met:
    """Somebody met at an occasion, and the first touch within the week after, or None."""

    encounter: Encounter
    followed_on: dt.date | None


@dataclass(frozen=True)
class OccasionLine:
    """An occasion with what came of it. `people` counts each person once, `rate` each meeting."""

    occasion: Occasion
    met: Sequence[Met]
    leads: Sequence[Lead]
    rate: Rate

    @property
    def people(self) -> int:
        return len({one.encounter.contact_id for one in self.met})

    @property
    def cards(self) -> int:
        return sum(1 for one in self.met if one.encounter.card_received)


def occasions(words: str = "", *, kind: str = "") -> QuerySet[Occasion]:
    """The latest first."""
    rows = Occasion.objects.all()
    for word in words.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(place__icontains=word))
    return rows.filter(kind=kind) if kind else rows


def occasion_lines(shown: Sequence[Occasion], day: dt.date) -> list[OccasionLine]:
    """For a page of them; three queries. A lead came of an occasion if it was opened on the day its contact was met
    there or later, so one may count for two."""
    rows = Encounter.objects.filter(occasion__in=[one.pk for one in shown])
    touched = touch_days(rows)
    leads = _leads_by_contact(rows)
    met = defaultdict(list)
    for one in rows.select_related("contact__organisation").order_by("contact__name", "on", "id"):
        met[one.occasion_id].append(Met(one, followed_on(touched[one.contact_id], one.on)))
    return [_line(one, met[one.pk], leads, day) for one in shown]


def _line(occasion: Occasion, met: list[Met], leads: dict[int, list[Lead]], day: dt.date) -> OccasionLine:
    came = {
        lead.pk: lead for one in met for lead in leads[one.encounter.contact_id] if _opened_on(lead) >= one.encounter.on
    }
    rate = rate_of([(one.encounter.on, one.followed_on) for one in met], day)
    return OccasionLine(occasion, met, sorted(came.values(), key=lambda lead: lead.pk, reverse=True), rate)


def _leads_by_contact(encounters: QuerySet[Encounter]) -> dict[int, list[Lead]]:
    leads: dict[int, list[Lead]] = defaultdict(list)
    rows = Lead.objects.filter(contact__in=encounters.order_by().values("contact"))
    for lead in rows.select_related("contact", "organisation", "owner"):
        if lead.contact_id:
            leads[lead.contact_id].append(lead)
    return leads


def _opened_on(lead: Lead) -> dt.date:
    return timezone.localdate(lead.created_at)
