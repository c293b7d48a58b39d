"""Forms of sign-in and of the practice's own pages.

Staff come in by password and second factor, clients by an e-mailed code, and never crosswise.
"""

from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context, ratelimit
from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_name
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from core.models import Membership, Organisation, Practice, User
from core.money import is_known
from core.services.practice import LOGO_MAX_BYTES, Particulars

LOCALES = (
    *("en_US", "en_GB", "en_IE", "en_CA", "en_AU", "en_NZ", "en_IN", "en_ZA", "en_SG", "de_DE", "de_AT", "de_CH"),
    *("fr_FR", "fr_CH", "fr_BE", "nl_NL", "nl_BE", "es_ES", "es_MX", "pt_PT", "pt_BR", "it_IT", "da_DK", "sv_SE"),
    *("nb_NO", "fi_FI", "pl_PL", "cs_CZ", "ja_JP", "ar_KW", "he_IL", "tr_TR"),
)


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


def locales() -> list[tuple[str, str]]:
    """How numbers, money and dates are written, by the country's name; English where a country has it."""
    known = (Locale.parse(name) for name in LOCALES)
    return sorted(((str(one), one.get_display_name("en") or str(one)) for one in known), key=lambda pair: pair[1])


def currencies() -> list[tuple[str, str]]:
    """Every currency that is legal tender somewhere today and that an amount can be of."""
    uses = (use for territory in get_global("territory_currencies").values() for use in territory)
    codes = {code for code, _begun, ended, tender in uses if tender and ended is None and is_known(code)}
    return [(code, f"{code} – {get_currency_name(code, locale='en')}") for code in sorted(codes)]


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["password"].help_text = ""  # the page has its own way to a new password
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class RequestLoginCodeForm(allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]
    _user: User | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        """Staff get no code: it would pass by their password. The page answers them as it does an unknown address."""
        email: str = super().clean_email()
        if self._user and self._user.is_consultant:
            self._user = None
        return email


class ConfirmLoginCodeForm(allauth_forms.ConfirmLoginCodeForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.pop("placeholder", None)

    def clean_code(self) -> str:
        """Tries are counted in the cache too: those sent all at once would share one try in the session's count."""
        one_code = f"{context.request.session.session_key}:{self.expected_code}"
        if not ratelimit.consume(context.request, action="confirm_login_code", key=one_code):
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()
        return code


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        """Clients have no password, so none can be set anew: they hear what an unknown address hears."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if user.is_consultant]
        return email


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class PracticeForm(forms.Form):
    """Its `particulars` are what the service takes."""

    name = forms.CharField(label=_("Name"), max_length=200)
    address = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("As it stands on reports and invoices."),
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    currency = forms.ChoiceField(label=_("Currency"), choices=currencies)
    accent = forms.RegexField(
        "^#[0-9a-fA-F]{6}$",
        label=_("Colour"),
        required=False,
        help_text=_("As #0b5f79; shades that can be read by day and by night are made from it. Empty: ours."),
    )
    tag_policy = forms.CharField(
        label=_("Tags that every resource should carry"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One key a line."),
    )

    @staticmethod
    def values_of(practice: Practice) -> dict[str, Any]:
        fields = ("name", "address", "zone", "currency", "accent")
        return {name: getattr(practice, name) for name in fields} | {"tag_policy": "\n".join(practice.tag_policy)}

    def clean_accent(self) -> str:
        return str(self.cleaned_data["accent"]).lower()

    def clean_tag_policy(self) -> list[str]:
        """AWS allows 128 characters a key; the order is kept, twice is once."""
        keys = [line.strip() for line in self.cleaned_data["tag_policy"].splitlines() if line.strip()]
        if any(len(key) > 128 for key in keys):
            raise forms.ValidationError(_("A tag key has 128 characters at most."))
        return list(dict.fromkeys(keys))

    def particulars(self) -> Particulars:
        return Particulars(**self.cleaned_data)


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=_("Picture"),
        max_length=200,
        help_text=_("PNG, JPEG, WebP or GIF, 2 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )

    def clean_logo(self) -> UploadedFile:
        """Refused before a byte of it is read into memory."""
        logo: UploadedFile = self.cleaned_data["logo"]
        if logo.size is None or logo.size > LOGO_MAX_BYTES:
            raise forms.ValidationError(_("The logo may have 2 MB at most."))
        return logo


class AddConsultantForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Name"), max_length=200)
    password = forms.CharField(
        label=_("First password"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "At least 12 characters. Hand it over in person; a second factor is asked for at the first sign-in."
        ),
    )

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if "password" in fields:
            try:
                validate_password(fields["password"], User(email=fields.get("email", ""), name=fields.get("name", "")))
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return fields


class InviteClientForm(forms.Form):
    organisation = forms.ModelChoiceField(Organisation.objects.all(), label=_("Organisation"))
    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Name"), max_length=200)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Membership.Role.choices,
        help_text=_("Owners see everything and sign; payers see prices and invoices; readers see no money."),
    )
