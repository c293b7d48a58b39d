"""A client's organisation: its name and how it reads numbers and money."""

from django.db import transaction

from core import events
from core.models import Organisation, Practice, User


@transaction.atomic
def add_organisation(*, name: str, actor: User | None, locale: str = "en_US", currency: str = "") -> Organisation:
    """`currency` is ISO 4217; without one the practice's own is taken."""
    organisation = Organisation.objects.create(
        name=name.strip(), locale=locale, currency=currency or Practice.get().currency
    )
    events.record(organisation, "organisation.added", actor=actor, organisation=organisation)
    return organisation


@transaction.atomic
def find_or_add_organisation(*, name: str, actor: User | None) -> Organisation:
    """The oldest organisation of that name, in any case of letters; a new one where there is none."""
    found = Organisation.objects.filter(name__iexact=name.strip()).order_by("id").first()
    return found or add_organisation(name=name, actor=actor)


@transaction.atomic
def change_organisation(*, organisation: Organisation, name: str, locale: str, currency: str, actor: User) -> None:
    """What was frozen before keeps the locale and currency it was frozen with."""
    organisation.name, organisation.locale, organisation.currency = name.strip(), locale, currency
    organisation.save(update_fields=["name", "locale", "currency"])
    events.record(organisation, "organisation.changed", actor=actor, organisation=organisation)
