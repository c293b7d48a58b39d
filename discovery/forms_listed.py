"""Naming many accounts at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.models import Organisation
from discovery.forms import RegionsField, regions_in
from discovery.models import AwsAccount
from discovery.services.listed import Through
from infra_audit.accounts import ROLE_NAME
from infra_audit.proof import ROLE_NAME as USUAL_ROLE

LONGEST_LIST = 1_000_000  # characters


class ListForm(forms.Form):
    """A list of roles, typed or told by an organisation. What the act at hand does not need is not judged."""

    LIST, CHECK, ADD = "list", "check", "add"

    through = forms.ModelChoiceField(
        AwsAccount.objects.none(),
        label=_("Signs in as"),
        required=False,
        to_field_name="public_id",
        empty_label=_("This machine's default credentials"),
        help_text=_("What takes the roles on. To list an organisation: its management account, added before."),
    )
    role_name = forms.CharField(
        label=_("Role in each account"),
        required=False,
        max_length=512,
        initial=USUAL_ROLE,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}),
    )
    roles = forms.CharField(
        label=_("Roles"),
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}),
        help_text=_(
            "One a line: ARN, external ID, name, with commas between them. Without an external ID it is this client's."
        ),
        error_messages={"required": _("Give at least one role.")},
    )
    regions = RegionsField()

    def __init__(self, *args: Any, client: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].required = self.act != self.LIST
        through = self.fields["through"]
        if isinstance(through, forms.ModelChoiceField):
            through.queryset = client.aws_accounts.filter(handed_over=False)

    @property
    def act(self) -> str:
        return str(self.data.get("act", self.CHECK))

    def clean_regions(self) -> list[str]:
        return regions_in(self.cleaned_data["regions"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.act == self.LIST:
            if "through" in values and values["through"] is None:
                self.add_error("through", _("Choose the account that lists the others. Add it first by itself."))
            if not ROLE_NAME.fullmatch(values.get("role_name", "")):
                self.add_error("role_name", _("This is no role's name. Write it like infra-audit."))
        return values

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """What the button that adds sends along: exactly what the preview was made of."""
        return [(name, self[name].value() or "") for name in self.fields]

    @property
    def reached(self) -> Through:
        """How each account of the list is reached."""
        through: AwsAccount | None = self.cleaned_data["through"]
        return Through(
            profile=through.profile if through else "",
            endpoint_url=through.endpoint_url if through else "",
            regions=self.cleaned_data["regions"],
        )
