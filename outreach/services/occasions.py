"""Occasions: the events one goes to, written down, changed, taken out."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from core import events
from core.errors import DomainError
from core.models import User
from outreach.models import Occasion


@dataclass(frozen=True)
class OccasionParticulars:
    name: str
    on: dt.date
    place: str = ""
    kind: str = Occasion.Kind.MIXED


@transaction.atomic
def add_occasion(*, particulars: OccasionParticulars, actor: User) -> Occasion:
    """Raises DomainError where an event of that name stands on that day."""
    _refuse_double(particulars)
    occasion = Occasion.objects.create(**vars(particulars))
    events.record(occasion, "occasion.added", actor=actor, name=occasion.name)
    return occasion


@transaction.atomic
def change_occasion(*, occasion: Occasion, particulars: OccasionParticulars, actor: User) -> Occasion:
    """The days on which people were met stay. Raises DomainError where another event of that name stands that day."""
    occasion = Occasion.objects.select_for_update().get(pk=occasion.pk)
    _refuse_double(particulars, but=occasion)
    for name, value in vars(particulars).items():
        setattr(occasion, name, value)
    occasion.save()
    events.record(occasion, "occasion.changed", actor=actor, name=occasion.name)
    return occasion


@transaction.atomic
def delete_occasion(*, occasion: Occasion, actor: User) -> None:
    """Raises DomainError where somebody was met there."""
    events.record(occasion, "occasion.deleted", actor=actor, name=occasion.name)
    try:
        with transaction.atomic():
            occasion.delete()
    except ProtectedError as refusal:
        raise DomainError(_("You met people at %(name)s, so it stays."), name=occasion.name) from refusal


def _refuse_double(particulars: OccasionParticulars, but: Occasion | None = None) -> None:
    same = Occasion.objects.filter(name__iexact=particulars.name, on=particulars.on)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise DomainError(_("%(name)s is on your list for that day already."), name=particulars.name)
