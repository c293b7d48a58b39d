"""What a consultant fills in while courting. Each form hands on what the services take."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from core.markdown import MAX_CHARACTERS
from core.models import User
from outreach.addresses import normalise
from outreach.cards.reading import MOST_BYTES
from outreach.models import Contact, Lead, Occasion, Touch
from outreach.services.contacts import ContactParticulars, Meeting
from outreach.services.follow_ups import NextStep, Said
from outreach.services.leads import LeadParticulars
from outreach.services.occasions import OccasionParticulars

LONGEST_SAID = 5_000


def _day(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def _text(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _line(**kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=kwargs.pop("max_length", 200), required=False, **kwargs)


def split_addresses(text: str) -> tuple[str, ...]:
    """One a line, or with commas between. Raises ValidationError for the first that is none."""
    addresses = tuple(filter(None, re.split(r"[\s,;]+", text)))
    for address in addresses:
        normalise(address)
    return addresses


def split_tags(text: str) -> tuple[str, ...]:
    """With commas between; of two spellings the last stays. Raises ValidationError for one that is too long."""
    tags = {tag.lower(): tag for part in text.split(",") if (tag := " ".join(part.split()))}
    if any(len(tag) > 50 for tag in tags):
        raise ValidationError(_("A tag has 50 characters at most."))
    return tuple(tags.values())


class QuickForm(forms.Form):
    """A card from an event, on a phone: six inputs."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = _line(
        label=_("E-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocapitalize": "none", "autocomplete": "off"}),
    )
    company = _line(label=_("Company"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    met_at = _line(label=_("Where you met"), widget=forms.TextInput(attrs={"list": "occasions", "autocomplete": "off"}))
    said = _line(label=_("What they said"), max_length=LONGEST_SAID, widget=_text(2))
    step_on = _day(
        label=_("Next step on"), required=False, help_text=_("With a day, a lead is opened. Clear it for a contact.")
    )

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"]).strip()
        if address:
            normalise(address)
        return address

    def particulars(self) -> ContactParticulars:
        values = self.cleaned_data
        return ContactParticulars(
            name=values["name"],
            company=values["company"],
            emails=tuple(filter(None, [values["email"]])),
            where_met=values["met_at"],
        )

    def meeting(self) -> Meeting:
        met_at = self.cleaned_data["met_at"]
        return Meeting(occasion=met_at, card_received=bool(met_at), said=self.cleaned_data["said"])


class ContactForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    emails = _line(label=_("E-mail"), max_length=2_000, widget=_text(2), help_text=_("One a line; write to the first."))
    phone = _line(label=_("Phone"), max_length=60, widget=forms.TextInput(attrs={"type": "tel"}))
    company = _line(label=_("Company"))
    job = _line(label=_("Job"))
    where_met = _line(label=_("Where you met"))
    is_peer = forms.NullBooleanField(
        label=_("Peer"),
        required=False,
        widget=forms.Select(choices=[("", _("Not known yet")), ("true", _("A peer")), ("false", _("Not a peer"))]),
    )
    economic_buyer = forms.BooleanField(label=_("Decides about money"), required=False)
    tags = _line(label=_("Tags"), max_length=500, help_text=_("With commas between."))
    notes = _line(label=_("Notes"), max_length=MAX_CHARACTERS, widget=_text(5), help_text=_("Markdown."))

    @staticmethod
    def values_of(contact: Contact) -> dict[str, Any]:
        fields = ("name", "phone", "company", "job", "where_met", "is_peer", "economic_buyer", "notes")
        return {name: getattr(contact, name) for name in fields} | {
            "emails": "\n".join(email.address for email in contact.emails.all()),
            "tags": ", ".join(tag.name for tag in contact.tags.all()),
        }

    def clean_emails(self) -> tuple[str, ...]:
        return split_addresses(self.cleaned_data["emails"])

    def clean_tags(self) -> tuple[str, ...]:
        return split_tags(self.cleaned_data["tags"])

    def particulars(self) -> ContactParticulars:
        return ContactParticulars(**self.cleaned_data)


class MeetingForm(forms.Form):
    occasion = _line(
        label=_("At which event"), widget=forms.TextInput(attrs={"list": "occasions", "autocomplete": "off"})
    )
    on = _day(label=_("Day"))
    card_received = forms.BooleanField(label=_("They gave me their card"), required=False)
    said = _line(label=_("What they said"), max_length=LONGEST_SAID, widget=_text())
    goes_to = _line(label=_("Where else they go"), max_length=300)

    def meeting(self) -> Meeting:
        return Meeting(**self.cleaned_data)


class TagForm(forms.Form):
    tags = forms.CharField(
        label=_("Add a tag"),
        max_length=500,
        widget=forms.TextInput(attrs={"list": "tags", "autocomplete": "off"}),
    )

    def clean_tags(self) -> tuple[str, ...]:
        return split_tags(self.cleaned_data["tags"])


class OccasionForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    on = _day(label=_("Day"))
    place = _line(label=_("Place"))
    kind = forms.ChoiceField(
        label=_("Who goes there"),
        choices=Occasion.Kind.choices,
        help_text=_("Peers refer you; buyers hire you."),
    )

    @staticmethod
    def values_of(occasion: Occasion) -> dict[str, Any]:
        return {name: getattr(occasion, name) for name in ("name", "on", "place", "kind")}

    def particulars(self) -> OccasionParticulars:
        return OccasionParticulars(**self.cleaned_data)


class LeadForm(forms.Form):
    """What is known of a lead; `owners` is who may own it, given only for one that is there already."""

    company = _line(label=_("Company"))
    title = _line(label=_("What it is about"))
    channel = forms.ChoiceField(label=_("Channel"), choices=Lead.Channel.choices)
    came_through = _line(label=_("Through whom"), help_text=_("Who referred you; the platform; the recruiter."))
    size = forms.ChoiceField(label=_("Size"), choices=Lead.Size.choices, required=False)
    work = forms.ChoiceField(label=_("Kind of work"), choices=Lead.Work.choices, required=False)
    is_defence = forms.BooleanField(label=_("Defence"), required=False)
    fit_note = _line(label=_("Why it fits, or does not"), max_length=500)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_consultant=True, is_active=True),
        label=_("Owner"),
        to_field_name="public_id",
        empty_label=None,
    )

    def __init__(self, *args: Any, new: bool, needs_company: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if new:
            del self.fields["owner"]
            self.fields["step_on"] = _day(label=_("Next step on"), required=False)
        self.fields["company"].required = needs_company

    @staticmethod
    def values_of(lead: Lead) -> dict[str, Any]:
        fields = ("company", "title", "channel", "came_through", "size", "work", "is_defence", "fit_note")
        return {name: getattr(lead, name) for name in fields} | {"owner": lead.owner.public_id}

    def particulars(self) -> LeadParticulars:
        values = {name: value for name, value in self.cleaned_data.items() if name not in {"owner", "step_on"}}
        return LeadParticulars(**values)


class TouchForm(forms.Form):
    how = forms.ChoiceField(label=_("How"), choices=Touch.How.choices)
    said = _line(label=_("What was said"), max_length=LONGEST_SAID, widget=_text(2))
    on = _day(label=_("Day"))

    def what_was_said(self) -> Said:
        return Said(how=Touch.How(self.cleaned_data["how"]), said=self.cleaned_data["said"], on=self.cleaned_data["on"])


class DoneForm(forms.Form):
    """How it went, and what comes next. Everything has a default: one click is enough."""

    how = forms.ChoiceField(label=_("How"), choices=Touch.How.choices, required=False)
    said = _line(label=_("What was said"), max_length=LONGEST_SAID, widget=_text(2))
    next_what = _line(label=_("Next step"))
    next_on = _day(label=_("on"), required=False)
    none_because = _line(label=_("Or none, because"), max_length=500)

    def what_was_said(self) -> Said:
        return Said(how=Touch.How(self.cleaned_data["how"] or Touch.How.CALL), said=self.cleaned_data["said"])

    def step(self) -> NextStep:
        values = self.cleaned_data
        return NextStep(what=values["next_what"], on=values["next_on"], none_because=values["none_because"])


class StepForm(forms.Form):
    what = _line(label=_("Next step"))
    on = _day(label=_("on"), required=False)
    none_because = _line(label=_("Or none, because"), max_length=500)

    def step(self) -> NextStep:
        return NextStep(**self.cleaned_data)


class SnoozeForm(forms.Form):
    """`until` comes from a button as well as from the field."""

    until = _day(label=_("Until"))
    reason = _line(label=_("Why"), max_length=500)


class DropForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=500)


class LoseForm(forms.Form):
    reason = forms.CharField(label=_("Why was it lost?"), max_length=500)


class RestForm(forms.Form):
    until = _day(label=_("Wake it up on"))


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("CSV or vCard file"),
        max_length=200,
        help_text=_("As your address book, spreadsheet or network exports it, 25 MB at most."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.vcf,text/csv,text/vcard"}),
        error_messages={"empty": _("The file is empty.")},
    )

    def clean_file(self) -> UploadedFile:
        """Refused before a byte of it is read into memory."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > MOST_BYTES:
            raise ValidationError(_("The file may have 25 MB at most. Split it."))
        return file
