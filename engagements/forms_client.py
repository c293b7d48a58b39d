"""What a client fills in on a proposal."""

from django import forms
from django.utils.translation import gettext_lazy as _

from engagements.uploads import UploadField


class SignForm(forms.Form):
    name = forms.CharField(
        label=_("Your full name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Typing it is your signature."),
    )
    po_number = forms.CharField(
        label=_("Purchase order number"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    consent = forms.BooleanField(label="")

    def __init__(self, *args: object, consent: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["consent"].label = consent


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("What speaks against it?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


class ForwardForm(forms.Form):
    email = forms.EmailField(label=_("E-mail of your colleague"))
    name = forms.CharField(label=_("Name"), max_length=200, required=False)


class OfflineForm(forms.Form):
    """Staff record an acceptance that came another way."""

    name = forms.CharField(label=_("Who accepted"), max_length=200)
    email = forms.EmailField(label=_("Their e-mail"), required=False)
    how = forms.CharField(
        label=_("How it reached you"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("“Signed on paper at our meeting”, “by mail to me”: the certificate says so."),
    )
    on = forms.DateField(label=_("On"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    po_number = forms.CharField(label=_("Purchase order number"), max_length=100, required=False)
    file = UploadField(
        label=_("The signed paper or mail"), required=False, help_text=_("PDF, PNG, JPEG or plain mail, up to 10 MB.")
    )


class RescissionForm(forms.Form):
    reason = forms.CharField(label=_("What was wrong"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
