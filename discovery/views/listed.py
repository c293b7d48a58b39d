"""Adding many accounts of a client at once: typed as a list of roles, or listed by its organisation."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.http import AuthedRequest, staff_required
from core.models import Organisation
from discovery.forms_listed import ListForm
from discovery.services import listed, targets
from discovery.views.clients import READ_OR_WRITE, client_or_404
from infra_audit.accounts import Listing, read_roles
from infra_audit.errors import NothingAssessableError


@staff_required
@require_http_methods(READ_OR_WRITE)
def accounts_list(request: AuthedRequest, public_id: str) -> HttpResponse:
    """`list` asks the organisation and fills in the list, `check` shows what adding it would do, `add` does it."""
    client = client_or_404(request, public_id)
    form = ListForm(request.POST if request.method == "POST" else None, client=client)
    if not form.is_valid():
        return _page(request, client, form, status=422 if form.errors else 200)
    if form.act == ListForm.LIST:
        return _listed(request, client, form)
    listing = read_roles(
        form.cleaned_data["roles"], external_id=targets.external_id_for(client), needs_external_id=True
    )
    if form.act == ListForm.ADD:
        return _added(request, client, form, listing)
    return _page(request, client, form, listing=listing)


def _listed(request: AuthedRequest, client: Organisation, form: ListForm) -> HttpResponse:
    through = form.cleaned_data["through"]
    try:
        listing = listed.members_through(
            through, role_name=form.cleaned_data["role_name"], external_id=targets.external_id_for(client)
        )
    except NothingAssessableError as refusal:
        form.add_error("through", str(refusal))
        return _page(request, client, form, status=422)
    typed = {name: form[name].value() for name in form.fields}
    filled = ListForm(initial={**typed, "roles": listed.as_text(listing)}, client=client)
    return _page(request, client, filled, listing=listing)


def _added(request: AuthedRequest, client: Organisation, form: ListForm, listing: Listing) -> HttpResponse:
    told = listed.add_new(organisation=client, listing=listing, through=form.reached, actor=request.user)
    if not told.new:
        messages.info(request, _("There was nothing to add."))
    else:
        text = ngettext("%(n)d account is added.", "%(n)d accounts are added.", len(told.new))
        messages.success(request, text % {"n": len(told.new)})
    return redirect("discovery:client", public_id=client.public_id)


def _page(
    request: AuthedRequest, client: Organisation, form: ListForm, *, listing: Listing | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "client": client,
        "form": form,
        "external_id": targets.external_id_for(client),
        "preview": listing and listed.preview_of(client, listing),
    }
    return render(request, "discovery/target_list.html", context, status=status)
