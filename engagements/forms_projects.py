"""What staff fill in while a project runs: trades and orders, deliveries, reasons."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.forms_money import AmountField
from core.markdown import MAX_CHARACTERS
from core.uploads import DOCUMENTS
from engagements.models import Engagement, Risk, ScopeItem
from engagements.services.changes import Change, NewWork
from engagements.uploads import UploadField

ROWS = 6
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
HANDED_OVER = DOCUMENTS | {"application/zip"}


class IncomingForm(forms.Form):
    """One piece of work that comes in. Empty rows are passed over."""

    title = forms.CharField(label=_("Work"), max_length=200, required=False)
    done_when = forms.CharField(label=_("Done when"), max_length=2000, required=False)
    likely_hours = forms.DecimalField(
        label=_("Likely hours"), min_value=0, max_digits=6, decimal_places=1, required=False
    )

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = AmountField(
            label=_("Worth"), currency=engagement.currency, locale=engagement.locale, required=False
        )
        self.order_fields(["title", "value", "done_when", "likely_hours"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("title") and values.get("value") is None and "value" not in self.errors:
            self.add_error("value", _("Say what it is worth."))
        if values.get("value") is not None and not values.get("title"):
            self.add_error("title", _("Name it."))
        return values

    def work(self) -> NewWork | None:
        values = self.cleaned_data
        if not values.get("title"):
            return None
        return NewWork(
            title=values["title"],
            value=values["value"],
            done_when=values["done_when"],
            likely_hours=values["likely_hours"],
        )


class ChangeForm(forms.Form):
    """A trade or an order: why, what goes out, until when it is valid."""

    title = forms.CharField(label=_("In a line"), max_length=200)
    reason = forms.CharField(
        label=_("Why"), required=False, max_length=MAX_CHARACTERS, widget=forms.Textarea(attrs={"rows": 3})
    )
    broken_assumption = forms.ChoiceField(label=_("An assumption that turned out otherwise"), required=False)
    days_change = forms.IntegerField(
        label=_("Days that the finish moves"),
        required=False,
        min_value=-365,
        max_value=730,
        help_text=_("Calendar days; below zero: earlier."),
    )
    valid_until = forms.DateField(label=_("Valid until"), required=False, widget=DATE)

    def __init__(
        self, *args: Any, items: Sequence[ScopeItem], assumptions: Sequence[str], engagement: Engagement, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items = {item.public_id: item for item in items}
        choices = [("", _("None"))] + [(one, f"{n}. {one}"[:120]) for n, one in enumerate(assumptions, start=1)]
        self.fields["broken_assumption"].choices = choices  # type: ignore[attr-defined]
        if not assumptions:
            del self.fields["broken_assumption"]
        self.rows = [
            IncomingForm(self.data if self.is_bound else None, prefix=f"in-{n}", engagement=engagement)
            for n in range(ROWS)
        ]

    @property
    def chosen(self) -> list[str]:
        """Addresses of the items that go out."""
        data = self.data
        picked = data.getlist("out") if isinstance(data, QueryDict) else self.initial.get("out", [])
        return [one for one in picked if one in self.items]

    def is_valid(self) -> bool:
        rows = [row.is_valid() for row in self.rows] if self.is_bound else [False]
        return super().is_valid() and all(rows)

    def change(self) -> Change:
        values = self.cleaned_data
        return Change(
            title=values["title"],
            out=[self.items[one] for one in self.chosen],
            incoming=[work for row in self.rows if (work := row.work())],
            reason=values["reason"],
            days_change=values["days_change"] or 0,
            broken_assumption=values.get("broken_assumption", ""),
            valid_until=values["valid_until"],
        )


class HandoverForm(forms.Form):
    title = forms.CharField(label=_("What it is"), max_length=200, required=False)
    url = forms.URLField(label=_("Where to look at it"), required=False, max_length=500, assume_scheme="https")
    file = UploadField(
        label=_("A file"), required=False, kinds=HANDED_OVER, help_text=_("PDF, picture, text or ZIP, up to 10 MB.")
    )
    note = forms.CharField(
        label=_("What to know"), required=False, max_length=MAX_CHARACTERS, widget=forms.Textarea(attrs={"rows": 4})
    )


class ReasonForm(forms.Form):
    """One field that says why."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class PauseForm(ReasonForm):
    why = forms.ChoiceField(
        label=_("Who pauses"), choices=[(one.value, one.label) for one in Engagement.Pause], initial="client"
    )


class DecisionForm(forms.Form):
    question = forms.CharField(label=_("What is to be decided"), max_length=300)
    wanted_by = forms.DateField(label=_("By"), widget=DATE)
    waiting_costs = forms.CharField(label=_("What waiting costs"), max_length=300, required=False)
    is_clients = forms.BooleanField(label=_("The client decides"), required=False, initial=True)


class AnswerForm(forms.Form):
    answer = forms.CharField(label=_("The decision"), max_length=500)


class RiskForm(forms.Form):
    title = forms.CharField(label=_("What may go wrong"), max_length=300)
    likelihood = forms.TypedChoiceField(label=_("How likely"), choices=Risk.Level, coerce=int, initial=2)
    impact = forms.TypedChoiceField(label=_("How bad"), choices=Risk.Level, coerce=int, initial=2)
    watched_by = forms.CharField(label=_("Who watches it"), max_length=200)
    response = forms.CharField(label=_("What we do about it"), max_length=500, required=False)
    is_clients_to_see = forms.BooleanField(label=_("The client sees it"), required=False, initial=True)


class WorkForm(forms.Form):
    """A line of the work log: "1:30 wrote the module", or hours and words apart."""

    what = forms.CharField(
        label=_("Time and work"),
        max_length=520,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "1:30 wrote the module"}),
        help_text=_("“1:30 …”, “1.5h …” or “90m …”, then what you did."),
    )
    on = forms.DateField(label=_("Day"), widget=DATE)
    item = forms.ChoiceField(label=_("Item"), required=False)

    def __init__(self, *args: Any, items: Sequence[ScopeItem], today: dt.date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"on": today})
        super().__init__(*args, **kwargs)
        self.items = {item.public_id: item for item in items}
        choices = [("", _("No item"))] + [(item.public_id, item.title) for item in items]
        self.fields["item"].choices = choices  # type: ignore[attr-defined]
