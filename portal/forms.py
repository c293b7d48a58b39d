"""What a client's people fill in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.models import Membership

ROLES = [
    (Membership.Role.OWNER, _("Owner: sees everything, signs, invites")),
    (Membership.Role.PAYER, _("Payer: sees invoices and prices, does not sign")),
    (Membership.Role.READER, _("Reader: sees the work and no money")),
]


class ColleagueForm(forms.Form):
    """Someone to let in."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("What they may do"), choices=ROLES, initial=Membership.Role.READER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("What they may do"), choices=ROLES)
