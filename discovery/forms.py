"""What staff fill in for a client: its name and people, what may be audited, and an audit itself."""

import re
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.forms import currencies, locales
from core.models import Membership, Organisation
from discovery.models import AwsAccount, Repository
from discovery.models.target import validate_role_arn
from discovery.services.sent import MOST_BYTES as MOST_SENT_BYTES
from discovery.services.targets import MOST_UPLOADED_BYTES, WayIn
from infra_audit.collectors.repo.cloning import is_url
from infra_audit.errors import BadArgumentError
from infra_audit.state_objects import MOST, StateObject, parse_objects

REGION = RegexValidator(r"^[a-z]{2,3}(-[a-z]+)+-\d{1,2}$", _("“%(value)s” is no region. Write it like eu-west-1."))


class RegionsField(forms.CharField):
    """Regions, which `regions_in` reads."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Regions"),
            required=False,
            max_length=1000,
            help_text=_("As eu-west-1 us-east-1. Empty: every one."),
        )


class TargetsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # Django's own takes no parameter
    """Boxes for some of a client's accounts or repositories; the form says which there are."""

    def __init__(self, model: type[AwsAccount | Repository], label: Any) -> None:
        super().__init__(
            model._default_manager.none(),
            label=label,
            required=False,
            to_field_name="public_id",
            widget=forms.CheckboxSelectMultiple,
        )


class StateObjectsField(forms.CharField):
    """Some lines of text, which `states_in` reads."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Terraform states in buckets"),
            required=False,
            max_length=MOST * 1_100,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
            help_text=_(
                "One a line, as s3://bucket/path/terraform.tfstate. Exactly these are read, and only ids are kept."
            ),
        )


def regions_in(text: str) -> list[str]:
    """Each once; none for every one. Raises ValidationError for what is no region."""
    regions = [one for one in re.split(r"[\s,;]+", text.lower()) if one and one != "all"]
    for region in regions:
        REGION(region)
    return list(dict.fromkeys(regions))


def states_in(text: str) -> tuple[StateObject, ...]:
    """One `s3://bucket/key` a line. Raises ValidationError for what does not name exactly one object."""
    try:
        return parse_objects(filter(str.strip, text.splitlines()))
    except BadArgumentError as refusal:
        raise forms.ValidationError(str(refusal)) from refusal


class ClientForm(forms.Form):
    """Two clients of one name could not be told apart, here or by a command that names one."""

    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )

    def __init__(self, *args: Any, client: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Organisation.objects.filter(name__iexact=name)
        if self.client:
            others = others.exclude(pk=self.client.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a client of that name already. Add what tells them apart."))
        return name


class ClientChangeForm(ClientForm):
    """Name, and how this client's documents write money, numbers and dates."""

    locale = forms.ChoiceField(label=_("Numbers and dates as in"), choices=locales)
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=currencies,
        help_text=_("For what is written from now on. What was sent keeps its own."),
    )

    def __init__(self, *args: Any, client: Organisation, **kwargs: Any) -> None:
        initial = {name: getattr(client, name) for name in ("name", "locale", "currency")}
        super().__init__(*args, client=client, initial=initial, **kwargs)


class PersonForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Membership.Role.choices,
        initial=Membership.Role.OWNER,
        help_text=_("Owners see everything and sign; payers see prices and invoices; readers see no money."),
    )


class AccountForm(forms.Form):
    """A way into an AWS account, and what may be read there. Never keys."""

    ROLE, PROFILE = "role", "profile"

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As you and the client call it: production, shared services.")
    )
    way = forms.ChoiceField(
        label=_("Way in"),
        choices=[(ROLE, _("A role that the client made for us")), (PROFILE, _("A profile of this machine"))],
        initial=ROLE,
        widget=forms.RadioSelect,
    )
    role_arn = forms.CharField(
        label=_("ARN of the role"),
        max_length=300,
        validators=[validate_role_arn],
        error_messages={"required": _("Give the ARN of the role, or choose a profile of this machine.")},
    )
    profile = forms.CharField(
        label=_("Profile"),
        required=False,
        max_length=100,
        help_text=_("As in the AWS configuration of the machine that audits. Empty: its default credentials."),
    )
    regions = RegionsField()
    consent = forms.ChoiceField(
        label=_("What the client agreed to have read"),
        choices=AwsAccount.Consent.choices,
        initial=AwsAccount.Consent.METADATA,
        widget=forms.RadioSelect,
    )
    state_objects = StateObjectsField()
    agreed_by = forms.CharField(
        label=_("Who of the client agreed"),
        max_length=200,
        help_text=_("Your name and the time are kept beside it."),
        error_messages={"required": _("Name who of the client agreed, or choose metadata only.")},
    )
    paid_calls = forms.BooleanField(
        label=_("The client agreed to what AWS charges for"),
        required=False,
        help_text=_("A cent for each audit, to ask for the monitors of jumps in cost. All else is free."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What belongs to the choice that was not made is neither needed nor judged."""
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            return
        if self.data.get("way") == self.PROFILE:
            self.fields["role_arn"] = forms.CharField(label=_("ARN of the role"), required=False)
        if self.data.get("consent") == AwsAccount.Consent.STATES:
            self.fields["state_objects"].required = True
        if self.data.get("consent") not in {AwsAccount.Consent.CONFIGURATION, AwsAccount.Consent.STATES}:
            self.fields["agreed_by"].required = False

    @classmethod
    def values_of(cls, account: AwsAccount) -> dict[str, Any]:
        return {
            "name": account.name,
            "way": cls.ROLE if account.role_arn else cls.PROFILE,
            "role_arn": account.role_arn,
            "profile": account.profile,
            "regions": " ".join(account.regions),
            "consent": account.consent,
            "agreed_by": account.consent_given_by,
            "state_objects": "\n".join(account.state_objects),
            "paid_calls": account.paid_calls,
        }

    def clean_state_objects(self) -> tuple[StateObject, ...]:
        if self.data.get("consent") != AwsAccount.Consent.STATES:
            return ()
        return states_in(self.cleaned_data["state_objects"])

    def clean_regions(self) -> list[str]:
        return regions_in(self.cleaned_data["regions"])

    def way_in(self, *, external_id: str, roles_profile: str = "") -> WayIn:
        """What belongs to the other way in is dropped. `roles_profile` is the one that takes on the role."""
        values = self.cleaned_data
        by_role = values["way"] == self.ROLE
        return WayIn(
            name=values["name"],
            role_arn=values["role_arn"] if by_role else "",
            external_id=external_id if by_role else "",
            profile=roles_profile if by_role else values["profile"],
            regions=values["regions"],
        )


class RepositoryForm(forms.Form):
    location = forms.CharField(
        label=_("Where it is"),
        max_length=1000,
        widget=forms.TextInput(attrs={"autofocus": True, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_(
            "A folder, a git bundle or an archive on this machine, or an https or ssh address. A private one is read"
            " with the keys of this machine."
        ),
    )
    name = forms.CharField(
        label=_("Name"), required=False, max_length=200, help_text=_("Empty: the last part of where it is.")
    )

    def clean_location(self) -> str:
        location: str = self.cleaned_data["location"]
        if is_url(location):
            return location
        folder = Path(location).expanduser()
        if not folder.is_absolute():
            raise forms.ValidationError(_("Give the whole path, from / on, or an https or ssh address."))
        if not folder.exists():
            raise forms.ValidationError(_("There is no such folder on this machine."))
        return str(folder)


class SentRepositoryForm(forms.Form):
    file = forms.FileField(
        label=_("Bundle or archive"),
        max_length=200,
        help_text=_("A git bundle, or a .zip or .tar.gz of the repository's folder, 200 MB at most."),
    )
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=190,
        help_text=_("Empty: the file's own. What was sent before under this name is replaced."),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > MOST_SENT_BYTES:
            raise forms.ValidationError(
                _("This file has %(size)d MB, and 200 MB is the most that is taken here: name a folder or an address."),
                params={"size": (file.size or 0) // 1_000_000},
            )
        return file

    @property
    def wanted_name(self) -> str:
        return str(self.cleaned_data["name"] or self.cleaned_data["file"].name)


class StateForm(forms.Form):
    state = forms.FileField(
        label=_("State"),
        max_length=200,
        help_text=_(
            "What “terraform state pull” prints, 50 MB at most. Only ids are kept; the file is read and thrown away."
        ),
    )
    name = forms.CharField(label=_("Name"), required=False, max_length=200, help_text=_("Empty: the file's own."))
    replace = forms.BooleanField(label=_("It replaces the one of the same name"), required=False)

    def __init__(self, *args: Any, client: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client

    def clean(self) -> dict[str, Any]:
        """Most states are called terraform.tfstate: one must not take another's place unseen."""
        values = super().clean() or {}
        taken = not self.errors and self.client.state_files.filter(name=self.wanted_name).exists()
        if taken and not values.get("replace"):
            self.add_error(
                "name",
                forms.ValidationError(
                    _("There is a state called %(name)s already. Name this one, or say that it replaces that one."),
                    params={"name": self.wanted_name},
                ),
            )
        return values

    def clean_state(self) -> UploadedFile:
        state: UploadedFile = self.cleaned_data["state"]
        if state.size is None or state.size > MOST_UPLOADED_BYTES:
            raise forms.ValidationError(
                _(
                    "This file has %(size)d MB, and 50 MB is the most that is taken here."
                    " Let “python -m infra_audit strip-state” make it small first."
                ),
                params={"size": (state.size or 0) // 1_000_000},
            )
        return state

    @property
    def wanted_name(self) -> str:
        return str(self.cleaned_data["name"] or self.cleaned_data["state"].name)


class StartForm(forms.Form):
    """Which targets, and how deep. Consent that is missing is recorded by who starts the audit."""

    METADATA, CONFIGURATION = "metadata", "configuration"

    accounts = TargetsField(AwsAccount, _("AWS accounts"))
    repositories = TargetsField(Repository, _("Repositories"))
    depth = forms.ChoiceField(
        label=_("What to read"),
        choices=[
            (METADATA, _("Metadata only: what there is and how it is set")),
            (CONFIGURATION, _("Configuration too: start-up scripts and settings, which may hold secrets")),
        ],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label=_("The client agreed that configuration is read"), required=False)
    agreed_by = forms.CharField(
        label=_("Who of the client agreed"),
        required=False,
        max_length=200,
        help_text=_("Kept with your name and the time, for each account chosen that has no consent yet."),
    )

    def __init__(self, *args: Any, client: Organisation, **kwargs: Any) -> None:
        accounts, repositories = list(client.aws_accounts.all()), list(client.repositories.all())
        self.anything = bool(accounts or repositories)
        self.needs_consent = not all(account.reads_configuration for account in accounts)
        kwargs["initial"] = {
            "accounts": accounts,
            "repositories": [one for one in repositories if not one.was_read],
            "depth": self.METADATA if self.needs_consent else self.CONFIGURATION,
        }
        super().__init__(*args, **kwargs)
        self._offer("accounts", client.aws_accounts.all())
        self._offer("repositories", client.repositories.all())

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = rows

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not values["accounts"] and not values["repositories"]:
            raise forms.ValidationError(_("Choose at least one AWS account or repository to audit."))
        missing = [account for account in values.get("accounts") or () if not account.reads_configuration]
        if values.get("depth") == self.CONFIGURATION and missing:
            if not values.get("agreed"):
                self.add_error("agreed", _("Tick this once the client agreed, or read metadata only."))
            if not values.get("agreed_by"):
                self.add_error("agreed_by", _("Name who of the client agreed."))
        return values

    def chosen(self) -> dict[str, Any]:
        """As the service takes it."""
        values = self.cleaned_data
        return {
            "accounts": list(values["accounts"]),
            "repositories": list(values["repositories"]),
            "metadata_only": values["depth"] == self.METADATA,
            "agreed_by": values["agreed_by"],
        }


class RiskForm(forms.Form):
    """Who of the client takes a finding's risk, until when, and why."""

    accepted_by = forms.CharField(label=_("Who of the client takes it"), max_length=200)
    until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The first audit after this day brings it back."),
    )
    reason = forms.CharField(label=_("Why"), max_length=500)
