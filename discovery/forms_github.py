"""A client's GitHub: how it is reached, and which of its repositories are added."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from discovery.models import GitHubAccess
from infra_audit.collectors.repo.hosts import refuse_inner_url
from infra_audit.collectors.repo.sandbox import RepositoryError
from infra_audit.errors import BadArgumentError
from infra_audit.github.way_in import GITHUB, OWNER, GitHubWayIn, by_app, by_token

LONGEST_LIST = 200_000  # characters
PLAIN = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class SecretTextarea(forms.Textarea):
    """Some lines that no page shows again, not even one that was filled in wrongly."""

    def format_value(self, value: Any) -> str:
        return ""


class OwnerField(forms.CharField):
    """Whose repositories they are."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Organisation on GitHub"),
            max_length=100,
            widget=forms.TextInput(attrs=PLAIN),
            help_text=_("As in its address: acme for github.com/acme. A person's name does, too."),
        )

    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        if name and not OWNER.fullmatch(name):
            raise forms.ValidationError(_("This is no name of an organisation on GitHub. Write it like acme."))
        return name


class AccessForm(forms.Form):
    """A token, or an app with its installation and key. `given` is the way in once the form is valid."""

    TOKEN, APP = "token", "app"

    owner = OwnerField()
    way = forms.ChoiceField(
        label=_("Way in"),
        choices=[
            (TOKEN, _("A fine-grained token that only reads")),
            (APP, _("A GitHub app that the client installed")),
        ],
        initial=TOKEN,
        widget=forms.RadioSelect,
    )
    token = forms.CharField(
        label=_("Token"),
        max_length=1000,
        widget=forms.PasswordInput(attrs=PLAIN),
        help_text=_("Kept encrypted, and shown never again."),
    )
    app_id = forms.CharField(label=_("ID of the app"), max_length=64)
    installation_id = forms.CharField(
        label=_("Number of the installation"),
        max_length=20,
        help_text=_("It ends the address of the installation's settings."),
    )
    private_key = forms.CharField(
        label=_("Private key"),
        max_length=20_000,
        widget=SecretTextarea(attrs={"rows": 4, **PLAIN}),
        help_text=_("The whole PEM file. Kept encrypted, and shown never again."),
    )
    base_url = forms.CharField(
        label=_("Address of the API"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Only for an Enterprise server: https://github.example.com/api/v3."),
    )
    given: GitHubWayIn
    OF_WAY = {TOKEN: ("token",), APP: ("app_id", "installation_id", "private_key")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = str(self.data.get("way", ""))
        for way, names in self.OF_WAY.items() if self.is_bound else ():
            for name in names:
                self.fields[name].required = way == chosen

    def clean_base_url(self) -> str:
        """None in the network that we run in: whoever types it would reach into it."""
        address: str = self.cleaned_data["base_url"].strip()
        if not address or address.rstrip("/") == GITHUB:
            return GITHUB
        try:
            refuse_inner_url(address)
        except ValueError as error:
            raise forms.ValidationError(_("Write it like https://github.example.com/api/v3.")) from error
        except RepositoryError as refusal:
            raise forms.ValidationError(_("This address is on this machine or in a private network.")) from refusal
        return address

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        is_app = values["way"] == self.APP
        try:
            if is_app:
                named = values["app_id"], values["installation_id"], values["private_key"]
                self.given = by_app(*named, values["base_url"])
            else:
                self.given = by_token(values["token"], values["base_url"])
        except BadArgumentError as refusal:
            sentence = str(refusal)
            self.add_error("private_key" if is_app else "token", sentence[:1].upper() + sentence[1:])
        return values

    @staticmethod
    def values_of(access: GitHubAccess | None) -> dict[str, Any]:
        """What is filled in: everything but the secret."""
        if access is None:
            return {}
        return {
            "owner": access.owner,
            "way": AccessForm.APP if access.is_app else AccessForm.TOKEN,
            "app_id": access.app_id,
            "installation_id": access.installation_id,
            "base_url": "" if access.base_url == GITHUB else access.base_url,
        }


class GitHubListForm(forms.Form):
    """Repositories, typed or told by GitHub. What the act at hand does not need is not judged."""

    LIST, CHECK, ADD = "list", "check", "add"

    owner = OwnerField()
    with_archived = forms.BooleanField(label=_("Archived ones, too"), required=False)
    with_forks = forms.BooleanField(label=_("Forks, too"), required=False)
    repositories = forms.CharField(
        label=_("Repositories"),
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 8, "wrap": "off", **PLAIN}),
        help_text=_("One a line, as acme/shop or as its address. Take out those that you do not want."),
        error_messages={"required": _("Give at least one repository.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["repositories"].required = self.act != self.LIST
        self.fields["owner"].required = not self.is_bound or self.act == self.LIST

    @property
    def act(self) -> str:
        return str(self.data.get("act", self.CHECK))

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """What the button that adds sends along: exactly what the preview was made of."""
        return [("repositories", self["repositories"].value() or "")]
