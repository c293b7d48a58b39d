"""What is filled in about late money: promises, disputes, the words of a reminder, the policy."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from billing.ladder import PLACEHOLDERS, Rung, unknown_names
from billing.models import InvoiceSettings
from billing.services.reminders import FURTHEST_DAYS, RungWords

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class PromiseForm(forms.Form):
    pays_on = forms.DateField(label=_("Paid on"), widget=DATE)
    note = forms.CharField(label=_("Anything to add"), max_length=500, required=False)

    def __init__(self, data: Any = None, *, today: dt.date, until: dt.date) -> None:
        super().__init__(data)
        self.fields["pays_on"].widget.attrs |= {"min": today.isoformat(), "max": until.isoformat()}


class DisputeForm(forms.Form):
    reason = forms.CharField(label=_("What is wrong"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))


class ResolveForm(forms.Form):
    how = forms.CharField(
        label=_("How it was settled"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The client reads this."),
    )


class StepForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(label=_("Text"), max_length=5000, widget=forms.Textarea(attrs={"rows": 14}))


class RungForm(forms.Form):
    """One step of the policy. Days are counted as its heading says: before the due date, or after it."""

    is_enabled = forms.BooleanField(label=_("This step is taken"), required=False)
    days = forms.IntegerField(min_value=1, max_value=FURTHEST_DAYS)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(label=_("Text"), max_length=5000, widget=forms.Textarea(attrs={"rows": 9}))

    def __init__(self, data: Any = None, *, rung: Rung) -> None:
        self.rung = rung
        initial = {
            "is_enabled": rung.is_enabled,
            "days": abs(rung.days),
            "subject": rung.subject,
            "body": rung.body,
        }
        super().__init__(data, prefix=rung.key, initial=initial)
        self.fields["days"].label = _("Days before the due date") if rung.days < 0 else _("Days after the due date")

    def clean_subject(self) -> str:
        return self._known("subject")

    def clean_body(self) -> str:
        return self._known("body")

    def words(self) -> RungWords:
        values = self.cleaned_data
        sign = -1 if self.rung.days < 0 else 1
        return RungWords(
            key=self.rung.key,
            days=sign * values["days"],
            subject=values["subject"],
            body=values["body"].replace("\r\n", "\n"),
            is_enabled=values["is_enabled"],
        )

    def typed(self, field: str) -> str:
        """What stands in the field now, right or wrong."""
        return str(self[field].value() or "")

    def _known(self, field: str) -> str:
        text = str(self.cleaned_data[field])
        if unknown := unknown_names(text):
            raise forms.ValidationError(
                _now("$%(name)s stands for nothing. You can use: %(names)s.")
                % {"name": unknown[0], "names": ", ".join(f"${name}" for name in PLACEHOLDERS)}
            )
        return text


class GoForm(forms.Form):
    goes = forms.BooleanField(
        label=_("Reminders go out by themselves"),
        required=False,
        help_text=_("Otherwise each waits as a draft until you send it. Drafts that wait now go on waiting."),
    )

    @classmethod
    def of(cls, settings: InvoiceSettings, data: Any = None) -> "GoForm":
        return cls(data, initial={"goes": settings.reminders_go_by_themselves})
