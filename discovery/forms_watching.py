"""How a client is watched: when, what, and who is told."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundWidget
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.models import Organisation, User
from discovery import choosing
from discovery.forms import TargetsField
from discovery.models import AwsAccount, Repository, Schedule
from discovery.models.finding import SeverityChoices
from discovery.models.schedule import AT_NIGHT
from discovery.services.schedules import Plan
from infra_audit.registry import Severity, catalogue


def _checks() -> list[tuple[str, str]]:
    """Ids and titles, the gravest first."""
    ranked = sorted(catalogue().values(), key=lambda one: (one.severity.rank, one.title))
    return [(one.id, one.title) for one in ranked]


def _severities() -> list[tuple[str, str]]:
    """Each stands for itself and what is worse; nothing is worse than the first."""
    first, *others = SeverityChoices
    return [first, *((value, gettext("%(severity)s or worse") % {"severity": label}) for value, label in others)]


def _severity_of(box: BoundWidget) -> Severity:
    return catalogue()[box.data["value"]].severity


class ScheduleForm(forms.Form):
    """What belongs to a choice that was not made is dropped, whatever was ticked in it."""

    EVERYTHING, CHOSEN = "everything", "chosen"
    ALL, SOME = "all", "some"

    every = forms.ChoiceField(label=_("How often"), choices=Schedule.Every.choices, widget=forms.RadioSelect)
    at_hour = forms.TypedChoiceField(
        label=_("At"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)], initial=AT_NIGHT
    )
    targets = forms.ChoiceField(
        label=_("What is audited"),
        choices=[(EVERYTHING, _("Everything, and what is added later")), (CHOSEN, _("Only what is ticked here"))],
        widget=forms.RadioSelect,
        help_text=_("Each account is read as deep as the client agreed for it."),
    )
    accounts = TargetsField(AwsAccount, _("AWS accounts"))
    repositories = TargetsField(Repository, _("Repositories"))
    checks = forms.ChoiceField(
        label=_("Which checks"),
        choices=[(ALL, _("All of them")), (SOME, _("Only some: nothing else is read, and nothing else is said"))],
        widget=forms.RadioSelect,
    )
    only_checks = forms.MultipleChoiceField(
        label=_("Checks"), choices=_checks, required=False, widget=forms.CheckboxSelectMultiple
    )
    tells_from = forms.ChoiceField(
        label=_("Mail what is"),
        choices=_severities,
        help_text=_("Each finding once, as long as it stays."),
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("To whom"),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one person who is told.")},
    )

    def __init__(self, *args: Any, client: Organisation, schedule: Schedule | None, actor: User, **kwargs: Any) -> None:
        kwargs["initial"] = _values_of(schedule) if schedule else self._values_at_first(actor)
        super().__init__(*args, **kwargs)
        self.fields["at_hour"].help_text = gettext("In the practice's zone, %s.") % get_current_timezone_name()
        self._offer("accounts", client.aws_accounts.filter(handed_over=False))
        self._offer("repositories", client.repositories.all())
        self._offer("people", User.objects.filter(is_consultant=True, is_active=True).order_by("name", "pk"))

    def _values_at_first(self, actor: User) -> dict[str, Any]:
        return {
            "every": Schedule.Every.DAY,
            "targets": self.EVERYTHING,
            "checks": self.ALL,
            "tells_from": Severity.HIGH.value,
            "people": [actor],
        }

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = rows

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("targets") == self.CHOSEN and not (values.get("accounts") or values.get("repositories")):
            self.add_error("targets", _("Tick at least one AWS account or repository."))
        if values.get("checks") == self.SOME and not values.get("only_checks"):
            self.add_error("checks", _("Tick at least one check."))
        return values

    def checks_by_severity(self) -> Iterator[tuple[Severity, list[BoundWidget], int]]:
        """The boxes, the gravest first, and how many of them are ticked."""
        for severity, some in groupby(self["only_checks"].subwidgets, key=_severity_of):
            boxes = list(some)
            yield severity, boxes, sum(box.data["selected"] for box in boxes)

    def plan(self) -> Plan:
        """As the service takes it."""
        values = self.cleaned_data
        some = values["checks"] == self.SOME
        return Plan(
            every=values["every"],
            at_hour=values["at_hour"],
            everything=values["targets"] == self.EVERYTHING,
            accounts=list(values["accounts"]),
            repositories=list(values["repositories"]),
            only_checks=values["only_checks"] if some else (),
            tells_from=values["tells_from"],
            people=list(values["people"]),
        )


def _values_of(schedule: Schedule) -> dict[str, Any]:
    return {
        "every": schedule.every,
        "at_hour": schedule.at_hour,
        "targets": ScheduleForm.EVERYTHING if schedule.everything else ScheduleForm.CHOSEN,
        "accounts": list(schedule.accounts.all()),
        "repositories": list(schedule.repositories.all()),
        "checks": ScheduleForm.SOME if schedule.only_checks else ScheduleForm.ALL,
        "only_checks": choosing.known(schedule.only_checks),
        "tells_from": schedule.tells_from,
        "people": list(schedule.people.all()),
    }
