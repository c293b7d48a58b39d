"""A span of days that a statement or the books are asked for."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True)
class Period:
    """Both days are in it."""

    since: dt.date
    until: dt.date

    def __contains__(self, day: dt.date) -> bool:
        return self.since <= day <= self.until

    @property
    def query(self) -> str:
        return f"since={self.since.isoformat()}&until={self.until.isoformat()}"

    @property
    def name(self) -> str:
        """For a file."""
        return f"{self.since.isoformat()}-to-{self.until.isoformat()}"


def this_year(today: dt.date) -> Period:
    """From the first of January up to today."""
    return Period(today.replace(month=1, day=1), today)


class PeriodForm(forms.Form):
    """Which days. What is left out is this year's."""

    since = forms.DateField(label=_("From"), widget=DATE, required=False)
    until = forms.DateField(label=_("To"), widget=DATE, required=False)

    def __init__(self, data: Any, *, today: dt.date) -> None:
        self.usual = this_year(today)
        asked = data if "since" in data or "until" in data else None
        super().__init__(asked, initial={"since": self.usual.since, "until": self.usual.until})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            self.add_error("until", _("That is before the first day."))
        return values

    def period(self) -> Period:
        """The usual one where nothing, or nothing that can be read, was asked for."""
        if not self.is_bound or not self.is_valid():
            return self.usual
        until = self.cleaned_data["until"] or self.usual.until
        since = self.cleaned_data["since"] or min(self.usual.since, until)
        return Period(since, max(since, until))
