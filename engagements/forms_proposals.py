"""What a consultant fills in to write and send a proposal. Each form hands on what the services take."""

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.forms_money import AmountField
from core.markdown import MAX_CHARACTERS
from core.models import Organisation
from core.money import Money, parse_amount
from core.queries import practice_or_blank
from engagements.models import ProposalLine, ProposalRevision, Terms
from engagements.services.lines import LineWords
from engagements.services.proposals import LAST, Beginning, ProposalWords
from engagements.services.sending import Recipient
from engagements.services.terms import TermsWords
from engagements.starters import starter
from outreach.models import Lead

MOST_LINES = 60
LONGEST_LINE = 500
MARKDOWN = gettext_lazy("Markdown.")
ONE_A_LINE = gettext_lazy("One a line.")


class LinesField(forms.CharField):
    """Sentences, one a line; blank ones are left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=MAX_CHARACTERS, widget=forms.Textarea(attrs={"rows": 4}), **kwargs)

    def clean(self, value: Any) -> list[str]:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise ValidationError(_("At most %(n)d lines.") % {"n": MOST_LINES})
        if any(len(line) > LONGEST_LINE for line in lines):
            raise ValidationError(_("A line has %(n)d characters at most.") % {"n": LONGEST_LINE})
        return lines


def _words(label: Any, help_text: Any = MARKDOWN, rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
    )


def _day(label: Any, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget, **kwargs)


def _hours(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_value=Decimal(9999), max_digits=6, decimal_places=1
    )


class StartForm(forms.Form):
    """A new proposal. `lead` is the lead it is for, whose company is the client where none is chosen."""

    start = forms.ChoiceField(label=gettext_lazy("Begin from"), widget=forms.RadioSelect)
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(),
        label=gettext_lazy("Client"),
        required=False,
        to_field_name="public_id",
        empty_label=gettext_lazy("A new one, named below"),
    )
    client_name = forms.CharField(label=gettext_lazy("New client"), max_length=200, required=False)
    lead = forms.ModelChoiceField(
        Lead.objects.open().select_related("organisation", "contact"),
        label=gettext_lazy("Lead"),
        required=False,
        to_field_name="public_id",
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("Its company is the client, where none is chosen. Sending moves the lead on."),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, required=False, help_text=gettext_lazy("What it is about.")
    )
    line_title = forms.CharField(label=gettext_lazy("First line"), max_length=200, required=False)
    line_price = forms.CharField(
        label=gettext_lazy("Its price"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("In the client's currency. You can leave it for later."),
    )

    def __init__(self, *args: Any, lead: Lead | None = None, has_last: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.for_lead = lead
        kinds = [
            (str(kind), f"{kind.label}: {starter(kind).about}")
            for kind in (
                ProposalRevision.Kind.FIXED_BID,
                ProposalRevision.Kind.PAID_DISCOVERY,
                ProposalRevision.Kind.CAPPED_TIME,
            )
        ]
        last = [(LAST, _("The last one: its words and lines, to be changed."))] if has_last else []
        start = cast(forms.ChoiceField, self.fields["start"])
        start.choices = kinds + last
        self.initial.setdefault("start", ProposalRevision.Kind.FIXED_BID)
        if lead:
            del self.fields["organisation"], self.fields["client_name"], self.fields["lead"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.for_lead = values.get("lead") or self.for_lead
        organisation = values.get("organisation") or (self.for_lead.organisation if self.for_lead else None)
        if not self.for_lead and not organisation and not (values.get("client_name") or "").strip():
            self.add_error("client_name", _("Choose a client above, or name a new one."))
        if values.get("line_price"):
            currency = organisation.currency if organisation else practice_or_blank().currency
            try:
                values["line_price"] = parse_amount(values["line_price"], currency).amount
            except DomainError as refusal:
                self.add_error("line_price", str(refusal))
        return values

    def beginning(self) -> Beginning:
        values = self.cleaned_data
        return Beginning(
            start=values["start"],
            title=values["title"],
            organisation=values.get("organisation"),
            client_name=values.get("client_name", ""),
            lead=self.for_lead,
            line_title=values["line_title"],
            line_price=values["line_price"] or None,
        )


class WordsForm(forms.Form):
    """Everything of a draft but its lines, in the order of the document."""

    SECTIONS = (
        (gettext_lazy("What it says first"), ("title", "problem", "verdict", "last_day", "cover_letter")),
        (gettext_lazy("When"), ("starts_on", "finishes_on", "valid_until", "timeline", "needs")),
        (gettext_lazy("Limits"), ("exclusions", "assumptions")),
        (gettext_lazy("How change works"), ("trade_rule", "trade_tolerance")),
        (gettext_lazy("Who we are"), ("successes", "success_of", "who", "next_morning")),
        (
            gettext_lazy("Money and terms"),
            ("kind", "deposit_percent", "payment_plan", "rate", "cap", "credited_until_days", "terms"),
        ),
        (gettext_lazy("For you alone"), ("contingency_percent",)),
    )

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    problem = _words(gettext_lazy("Their problem, in their words"))
    verdict = _words(gettext_lazy("The verdict"), gettext_lazy("Quoted from the executive summary."), rows=2)
    last_day = _words(gettext_lazy("What is true on the last day"))
    cover_letter = _words(gettext_lazy("A word before"))
    starts_on = _day(gettext_lazy("Start"))
    finishes_on = _day(gettext_lazy("Finished by"))
    valid_until = _day(gettext_lazy("Valid until"))
    timeline = _words(gettext_lazy("Timeline"))
    needs = _words(gettext_lazy("What you need from them, by when"))
    exclusions = LinesField(label=gettext_lazy("Not included"), help_text=ONE_A_LINE)
    assumptions = LinesField(
        label=gettext_lazy("Assumptions"), help_text=gettext_lazy("One a line; the client sees them numbered.")
    )
    trade_rule = _words(gettext_lazy("The rule, by example"), rows=5)
    successes = _words(gettext_lazy("Two comparable successes, names changed"))
    success_of = forms.ChoiceField(
        label=gettext_lazy("Add one from a proposal that was accepted"),
        required=False,
        help_text=gettext_lazy("Its last day is added above when you save, without the client's name. Read it again."),
    )
    who = _words(gettext_lazy("Who does it, confidentiality, access revoked"))
    next_morning = _words(gettext_lazy("What happens the morning after"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ProposalRevision.Kind.choices)
    deposit_percent = forms.IntegerField(label=gettext_lazy("Deposit, %"), min_value=0, max_value=100)
    payment_plan = LinesField(
        label=gettext_lazy("After the deposit"),
        help_text=gettext_lazy("One a line, as “On delivery of the first half: 40”. What is left is due at the end."),
    )
    credited_until_days = forms.IntegerField(
        label=gettext_lazy("Discovery: its fee counts towards a bid signed within so many days"),
        min_value=0,
        max_value=730,
    )
    terms = forms.ModelChoiceField(
        Terms.objects.none(), label=gettext_lazy("Terms"), required=False, to_field_name="public_id"
    )
    contingency_percent = forms.IntegerField(label=gettext_lazy("Contingency, %"), min_value=0, max_value=100)

    PLAIN = (
        *("problem", "verdict", "last_day", "cover_letter", "timeline", "needs", "trade_rule", "successes", "who"),
        *("next_morning", "starts_on", "finishes_on", "valid_until", "kind", "deposit_percent", "credited_until_days"),
        *("contingency_percent", "exclusions", "assumptions"),
    )

    def __init__(self, *args: Any, revision: ProposalRevision, successes: list[tuple[str, str]], **kwargs: Any) -> None:
        kwargs.setdefault("initial", self.values_of(revision))
        super().__init__(*args, **kwargs)
        self.revision = revision
        currency = revision.currency
        tolerance = gettext_lazy("A trade may be off level by")
        self.fields["trade_tolerance"] = AmountField(label=tolerance, currency=currency, required=False)
        self.fields["rate"] = AmountField(label=gettext_lazy("Rate an hour"), currency=currency, required=False)
        self.fields["cap"] = AmountField(label=gettext_lazy("Never more than"), currency=currency, required=False)
        self.fields["rate"].help_text = _("For time and materials alone.")
        terms = cast("forms.ModelChoiceField[Terms]", self.fields["terms"])
        success = cast(forms.ChoiceField, self.fields["success_of"])
        ours = Terms.objects.filter(pk=revision.terms_id) if revision.terms_id else Terms.objects.none()
        terms.queryset = Terms.objects.filter(retired_at=None) | ours
        if successes:
            success.choices = [("", _("None")), *successes]
        else:
            del self.fields["success_of"]

    @property
    def sections(self) -> list[dict[str, Any]]:
        return [
            {"title": title, "fields": [self[name] for name in names if name in self.fields]}
            for title, names in self.SECTIONS
        ]

    @classmethod
    def values_of(cls, revision: ProposalRevision) -> dict[str, Any]:
        return {name: getattr(revision, name) for name in cls.PLAIN} | {
            "title": revision.proposal.title,
            "exclusions": "\n".join(revision.exclusions),
            "assumptions": "\n".join(revision.assumptions),
            "payment_plan": "\n".join(f"{part['when']}: {part['percent']}" for part in revision.payment_plan),
            "trade_tolerance": revision.trade_tolerance,
            "rate": revision.rate,
            "cap": revision.cap,
            "terms": revision.terms.public_id if revision.terms else None,
        }

    def clean_payment_plan(self) -> list[dict[str, str]]:
        return [_part(line) for line in self.cleaned_data["payment_plan"]]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        plan, deposit = values.get("payment_plan") or [], values.get("deposit_percent")
        if deposit is not None and deposit + sum((Decimal(part["percent"]) for part in plan), Decimal(0)) > 100:
            self.add_error("payment_plan", _("With the deposit this comes to more than 100 %."))
        starts, finishes = values.get("starts_on"), values.get("finishes_on")
        if starts and finishes and finishes < starts:
            self.add_error("finishes_on", _("This is before the start."))
        return values

    def words(self, success: str = "") -> ProposalWords:
        """`success` is added to the comparable successes."""
        values = self.cleaned_data
        told = {name: values[name] for name in (*self.PLAIN, "payment_plan", "rate", "cap", "terms")}
        told["trade_tolerance"] = values["trade_tolerance"] or Money(0, self.revision.currency)
        told["successes"] = "\n\n".join(filter(None, (told["successes"], success)))
        return ProposalWords(title=values["title"], values=told)


def _part(line: str) -> dict[str, str]:
    """ "On delivery: 40" or "On delivery: 40 %"."""
    when, _colon, share = line.rpartition(":")
    try:
        percent = Decimal(share.strip().rstrip("%").strip())
    except InvalidOperation:
        percent = Decimal(0)
    if not when.strip() or not percent.is_finite() or not 0 < percent <= 100:
        raise ValidationError(_("Write “%(line)s” as “On delivery: 40”.") % {"line": line})
    if percent != percent.quantize(Decimal("0.1")):
        raise ValidationError(_("A share has one decimal at most."))
    return {"when": when.strip(), "percent": f"{percent.normalize():f}"}


class LineForm(forms.Form):
    """One line. Without a price, hours and the selling rate fill it in."""

    title = forms.CharField(label=gettext_lazy("Line"), max_length=200)
    outcome = _words(gettext_lazy("What they get of it"), rows=3)
    done_when = _words(gettext_lazy("Done when"), rows=2)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=ProposalLine.Kind.choices, initial=ProposalLine.Kind.INCLUDED
    )
    choice = forms.CharField(
        label=gettext_lazy("One of several: of which choice"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("As “Package”: all lines that name it stand side by side, and one of them is taken."),
    )
    is_recommended = forms.BooleanField(label=gettext_lazy("We recommend it"), required=False)
    recommendation = forms.CharField(label=gettext_lazy("Why"), max_length=300, required=False)
    low_hours = _hours(gettext_lazy("Low"))
    likely_hours = _hours(gettext_lazy("Likely"))
    high_hours = _hours(gettext_lazy("High"))
    is_reserve = forms.BooleanField(label=gettext_lazy("A reserve for work that turns up"), required=False)
    depends_on = forms.MultipleChoiceField(
        label=gettext_lazy("Waits for"), required=False, widget=forms.CheckboxSelectMultiple
    )

    FOR_CLIENT = ("title", "outcome", "done_when", "price", "kind", "choice", "is_recommended", "recommendation")
    FOR_STAFF = ("low_hours", "likely_hours", "high_hours")

    def __init__(self, *args: Any, revision: ProposalRevision, line: ProposalLine | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", self.values_of(line) if line else None)
        super().__init__(*args, **kwargs)
        self.revision, self.line = revision, line
        self.fields["price"] = AmountField(
            label=gettext_lazy("Price"),
            currency=revision.currency,
            required=False,
            help_text=gettext_lazy("Left empty, hours and your selling rate fill it in."),
        )
        others = revision.lines.exclude(pk=line.pk) if line else revision.lines.all()
        waits = cast(forms.MultipleChoiceField, self.fields["depends_on"])
        waits.choices = [(str(one.key), one.title) for one in others]
        if not waits.choices:
            del self.fields["depends_on"]

    @property
    def for_client(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FOR_CLIENT]

    @property
    def hours(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FOR_STAFF]

    @staticmethod
    def values_of(line: ProposalLine) -> dict[str, Any]:
        fields = ("title", "outcome", "done_when", "kind", "choice", "is_recommended", "recommendation", "low_hours")
        more = ("likely_hours", "high_hours", "is_reserve", "depends_on")
        return {name: getattr(line, name) for name in (*fields, *more)} | {"price": line.price}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        hours = [values.get(name) for name in self.FOR_STAFF]
        given = [one for one in hours if one is not None]
        if given != sorted(given):
            self.add_error("high_hours", _("Low, likely and high hours go up in this order."))
        if values.get("kind") == ProposalLine.Kind.ALTERNATIVE and not (values.get("choice") or "").strip():
            self.add_error("choice", _("Name the choice, as “Package”."))
        return values

    def words(self, suggested: Money | None) -> LineWords | None:
        """None, with an error at the price, where there is neither a price nor anything to fill it in from."""
        values = dict(self.cleaned_data)
        price = values.pop("price")
        if price is None:
            price = suggested
        if price is None:
            self.add_error("price", _("Enter a price, or hours and a selling rate in the settings."))
            return None
        values.setdefault("depends_on", [])
        return LineWords(price=price, topic=self.line.topic if self.line else "", **values)


class SendForm(forms.Form):
    """Whom it goes to; `reason` is asked where the price is below the floor."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    reason = forms.CharField(
        label=gettext_lazy("Why below what it costs you"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("For you alone; you will see it again when the work is done."),
    )

    def __init__(self, *args: Any, asks_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_reason:
            del self.fields["reason"]

    def recipient(self) -> Recipient:
        return Recipient(email=self.cleaned_data["email"], name=self.cleaned_data["name"].strip())


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why is it withdrawn?"), max_length=500)


class TermsForm(forms.Form):
    """A new version of terms; `name` is fixed where there is one to follow."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    plain_words = _words(
        gettext_lazy("In plain words"), gettext_lazy("Markdown. What it means, before what it says."), 6
    )
    body = _words(gettext_lazy("The terms"), rows=16)
    acceptance_days = forms.IntegerField(
        label=gettext_lazy("A delivery counts as accepted after so many days"), min_value=1, max_value=60, initial=5
    )
    late_fee = forms.CharField(
        label=gettext_lazy("Late fee, in words"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Without one, none may be asked for."),
    )
    cancellation_fee = forms.CharField(label=gettext_lazy("Cancellation fee, in words"), max_length=300, required=False)

    def __init__(self, *args: Any, follows: Terms | None = None, **kwargs: Any) -> None:
        if follows:
            kwargs.setdefault("initial", {name: getattr(follows, name) for name in self.base_fields})
        super().__init__(*args, **kwargs)
        for name in ("plain_words", "body"):
            self.fields[name].required = True
        if follows:
            del self.fields["name"]

    def words(self) -> TermsWords:
        return TermsWords(**{name: value for name, value in self.cleaned_data.items() if name != "name"})
