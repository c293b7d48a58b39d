"""What must be known to write the role that a client makes."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from discovery.models import AwsAccount
from infra_audit.collectors.registry import Consent
from infra_audit.role import Role


class RoleForm(forms.Form):
    principal = forms.CharField(
        label=_("Who comes in"),
        max_length=300,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}),
        help_text=_(
            "The ARN of the one user or role of yours that signs in, like arn:aws:iam::123456789012:user/ada."
            " “aws sts get-caller-identity” says it."
        ),
    )
    until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From this day on, in UTC, nobody comes in, and sessions under way may do nothing."),
    )
    tier = forms.ChoiceField(
        label=_("What the client agrees to have read"), choices=AwsAccount.Consent.choices, widget=forms.RadioSelect
    )

    def role(self, *, external_id: str, today: date) -> Role:
        """Raises BadArgumentError for a principal that is not exactly one, or a day that is past."""
        values = self.cleaned_data
        return Role(
            principal=values["principal"],
            until=values["until"],
            today=today,
            external_id=external_id,
            tier=Consent(values["tier"]),
        )
