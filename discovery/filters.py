"""What a list of findings can be narrowed to."""

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext as _

from discovery.models import Occurrence, Run
from discovery.models.finding import OccurrenceQuerySet
from discovery.one_account import accounts_with_results
from infra_audit.registry import Severity


class OccurrenceFilter(django_filters.FilterSet):  # type: ignore[misc]  # it carries no types
    """Severity, check, change, place, and a word in the resource or the text."""

    severity = django_filters.ChoiceFilter(choices=[(one.value, one.value.title()) for one in Severity])
    check = django_filters.CharFilter(field_name="finding__check_id")
    change = django_filters.ChoiceFilter(field_name="status", choices=Occurrence.Status)
    place = django_filters.CharFilter(method="in_place")
    q = django_filters.CharFilter(method="mentioning")

    class Meta:
        model = Occurrence
        fields: list[str] = []

    def in_place(self, queryset: OccurrenceQuerySet, name: str, value: str) -> OccurrenceQuerySet:
        """A region, an account id or a repository's name."""
        return queryset.filter(Q(finding__region=value) | Q(finding__account=value) | Q(finding__repository=value))

    def mentioning(self, queryset: OccurrenceQuerySet, name: str, value: str) -> OccurrenceQuerySet:
        return queryset.filter(
            Q(finding__resource__icontains=value)
            | Q(finding__resource_name__icontains=value)
            | Q(title__icontains=value)
            | Q(detail__icontains=value)
            | Q(path__icontains=value)
        )


@dataclass(frozen=True)
class Choice:
    """A select above the list, as the filter bar shows it."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


def choices(run: Run, data: Any, checks: list[tuple[str, str]]) -> list[Choice]:
    """The selects for a run; `checks` are the (id, title) that found something."""
    places = [*accounts_with_results(run), *run.result.get("regions", []), *_repositories(run)]
    return [
        Choice(
            "severity",
            _("Any severity"),
            data.get("severity", ""),
            [(one.value, one.value.title()) for one in Severity],
        ),
        Choice("check", _("Any kind"), data.get("check", ""), checks),
        Choice(
            "change",
            _("Any change"),
            data.get("change", ""),
            [(str(v), str(label)) for v, label in Occurrence.Status.choices],
        ),
        Choice("place", _("Anywhere"), data.get("place", ""), [(one, one) for one in places]),
    ]


def _repositories(run: Run) -> list[str]:
    return list(run.shards.filter(repository__isnull=False).values_list("repository__name", flat=True))
