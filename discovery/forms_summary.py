"""What staff write on the triage page."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from discovery.models import Summary, SummaryAction, SummaryEntry
from discovery.models.finding import SeverityChoices
from discovery.wording import MOST_VERDICT_WORDS
from infra_audit.registry import Effort

EFFORTS = [("", _("Not said")), *((effort.value, effort.value.title()) for effort in Effort)]
MOST_GOOD_NEWS = 300
ACTIONS = 3


class VerdictForm(forms.Form):
    verdict = forms.CharField(
        label=_("Verdict"),
        max_length=400,
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "class": "verdict",
                "data-key": "v",
                "data-key-label": _("Write the verdict"),
                "data-most-words": MOST_VERDICT_WORDS,
            }
        ),
        help_text=_("Consequence, count, way out."),
    )

    @staticmethod
    def values_of(summary: Summary) -> dict[str, Any]:
        return {"verdict": summary.verdict}


class PageOneForm(forms.Form):
    """The rest of page 1, besides verdict and actions, and the consultant's own words after it."""

    good_1 = forms.CharField(label=_("What is good, first"), max_length=MOST_GOOD_NEWS, required=False)
    good_2 = forms.CharField(label=_("What is good, second"), max_length=MOST_GOOD_NEWS, required=False)
    not_seen_extra = forms.CharField(
        label=_("What else we did not see"),
        max_length=500,
        required=False,
        help_text=_("Besides what the run could not read: “Four people not interviewed.”"),
    )
    next_date = forms.DateField(
        label=_("Next: one date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    next_decision = forms.CharField(label=_("One decision"), max_length=200, required=False)
    next_person = forms.CharField(label=_("One named person"), max_length=200, required=False)
    words = forms.CharField(
        label=_("In your own words"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands before the findings. Markdown: **bold**, lists, links."),
    )

    @staticmethod
    def values_of(summary: Summary) -> dict[str, Any]:
        good = [*summary.good_news, "", ""]
        names = ("not_seen_extra", "next_date", "next_decision", "next_person", "words")
        return {"good_1": good[0], "good_2": good[1]} | {name: getattr(summary, name) for name in names}

    def words_said(self) -> dict[str, Any]:
        """As the service takes them: the good news as one list, without the empty."""
        said = dict(self.cleaned_data)
        good = [said.pop("good_1"), said.pop("good_2")]
        return said | {"good_news": [one for one in good if one]}


class ActionForm(forms.Form):
    """One of the three rows of "do first"; all of it or nothing."""

    use_required_attribute = False

    action = forms.CharField(label=_("What"), max_length=120)
    consequence = forms.CharField(label=_("Why"), max_length=200)
    calendar_time = forms.CharField(label=_("Time"), max_length=60)
    check_id = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def has_changed(self) -> bool:
        """A row is empty once its words are: where it came from does not count."""
        return any(name != "check_id" for name in self.changed_data)

    @staticmethod
    def values_of(action: SummaryAction) -> dict[str, str]:
        return {name: getattr(action, name) for name in ("action", "consequence", "calendar_time", "check_id")}


class ActionForms:
    """The three rows together; a row that is emptied is left out."""

    def __init__(self, data: Any = None, *, summary: Summary | None = None) -> None:
        actions = list(summary.actions.all()) if summary else []
        values = [ActionForm.values_of(action) for action in actions] + [{}] * ACTIONS
        self.rows = [
            ActionForm(data, initial=values[place], prefix=f"action-{place}", empty_permitted=True)
            for place in range(ACTIONS)
        ]

    def __iter__(self) -> Iterator[ActionForm]:
        return iter(self.rows)

    def is_valid(self) -> bool:
        return all(row.is_valid() for row in self.rows)

    def actions(self) -> list[dict[str, str]]:
        """Those that were filled in, in their order. Ask only once they are valid."""
        return [row.cleaned_data for row in self.rows if row.cleaned_data.get("action")]


class RewordForm(forms.Form):
    """An entry in staff's words. Empty means the tool's own."""

    title = forms.CharField(
        label=_("In your words"), max_length=300, required=False, widget=forms.TextInput(attrs={"autofocus": True})
    )
    detail = forms.CharField(
        label=_("More to say"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Markdown. Stands above why it matters and where it was found."),
    )

    @staticmethod
    def values_of(entry: SummaryEntry, told: str) -> dict[str, Any]:
        """What the tool tells stands there to be changed."""
        return {"title": entry.title or told, "detail": entry.detail}

    def words_said(self, told: str) -> dict[str, Any]:
        """The tool's own words left as they were are no rewording: their numbers go on with the findings."""
        said = dict(self.cleaned_data)
        return said | {"title": "" if said["title"] == told else said["title"]}


class HandForm(RewordForm):
    """A finding that no check could make: from an interview, a walk through the code, a look at how work goes."""

    title = forms.CharField(
        label=_("What you found"), max_length=300, widget=forms.TextInput(attrs={"autofocus": True})
    )
    topic = forms.ChoiceField(label=_("Kind"), choices=SummaryEntry.Topic)
    severity = forms.ChoiceField(label=_("Severity"), choices=SeverityChoices, initial="medium")
    effort = forms.ChoiceField(label=_("Effort to mend"), choices=EFFORTS, required=False)

    field_order = ("topic", "severity", "effort", "title", "detail")

    @staticmethod
    def values_of(entry: SummaryEntry, told: str) -> dict[str, Any]:
        return {name: getattr(entry, name) for name in ("topic", "severity", "effort", "title", "detail")}


class FalseForm(forms.Form):
    """Which findings are none, and why. `all` takes the whole group, also what the page does not show."""

    reason = forms.CharField(
        label=_("Why is it no finding?"),
        max_length=500,
        help_text=_("Later runs remember it, with this reason."),
    )
    every = forms.BooleanField(required=False)

    def __init__(self, *args: Any, public_ids: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["findings"] = forms.MultipleChoiceField(required=False, choices=[(one, one) for one in public_ids])
