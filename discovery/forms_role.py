"""What must be known to write the role that a client makes."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from discovery.forms import StateObjectsField, states_in
from discovery.models import AwsAccount
from infra_audit.collectors.aws.throttle import Limits
from infra_audit.collectors.registry import Consent
from infra_audit.role import Role
from infra_audit.state_objects import StateObject


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
    state_objects = StateObjectsField()
    lists_organisation = forms.BooleanField(
        label=_("It is the management account of an organisation, and lists the other accounts"),
        required=False,
        help_text=_("Their numbers, names and states. No other account needs it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state_objects"].required = self.is_bound and self.data.get("tier") == AwsAccount.Consent.STATES

    def clean_state_objects(self) -> tuple[StateObject, ...]:
        """What belongs to the tier that was not chosen is not judged."""
        chosen = self.data.get("tier") == AwsAccount.Consent.STATES
        return states_in(self.cleaned_data["state_objects"]) if chosen else ()

    def role(self, *, external_id: str, today: date, limits: Limits) -> Role:
        """Raises BadArgumentError for a principal that is not exactly one, or a day that is past."""
        values = self.cleaned_data
        return Role(
            principal=values["principal"],
            until=values["until"],
            today=today,
            external_id=external_id,
            tier=Consent(values["tier"]),
            states=values["state_objects"],
            lists_organisation=values["lists_organisation"],
            limits=limits,
        )
