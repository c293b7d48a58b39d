"""What staff fill in while a report is drafted."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models import Block, ReportCadence, ReportEntry
from portal.report_draft import LONGEST, is_about_money
from portal.services.reports import EntryWords

ALL_OR_NONE = {Block.STATUS, Block.MONEY}  # the first is read by everybody, the second by nobody who sees no money
DATED = {Block.NEEDED, Block.NEXT}
NOTES = {
    Block.NEEDED: _("What waiting costs"),
    Block.DONE: _("Its proof"),
    Block.NEXT: _("In a few words"),
    Block.RISKS: _("What we do about it"),
}
TEXTS = {
    Block.STATUS: _("How it stands"),
    Block.NEEDED: _("Question"),
    Block.DONE: _("Outcome"),
    Block.NEXT: _("What comes"),
    Block.RISKS: _("Risk"),
}
DATES = {Block.NEEDED: _("By when"), Block.NEXT: _("When")}


class EntryForm(forms.Form):
    """A line of a block: its words, and what goes with them there."""

    text = forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, block: Block, key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = TEXTS.get(block, _("In your words"))
        if block in NOTES:
            self.fields["note"] = forms.CharField(label=NOTES[block], max_length=LONGEST, required=False)
        if block in DATED:
            day = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            self.fields["on"] = forms.DateField(label=DATES[block], required=False, widget=day)
        if block not in ALL_OR_NONE and not is_about_money(key):
            self.fields["is_for_money"] = forms.BooleanField(label=_("Names money: not for readers"), required=False)

    def words(self) -> EntryWords:
        typed = self.cleaned_data
        return EntryWords(typed["text"], typed.get("note", ""), typed.get("on"), typed.get("is_for_money", False))


def entry_forms(block: Block, entries: Sequence[ReportEntry], posted: Any = None) -> dict[str, EntryForm]:
    """One a line, by its public id, filled with what is stored, or with what was just typed."""
    return {
        one.public_id: EntryForm(
            posted,
            prefix=f"line-{one.public_id}",
            block=block,
            key=one.key,
            initial={"text": one.text, "note": one.note, "on": one.on, "is_for_money": one.is_for_money},
        )
        for one in entries
    }


class CadenceForm(forms.Form):
    every = forms.ChoiceField(label=_("How often"), choices=ReportCadence.Every.choices)
