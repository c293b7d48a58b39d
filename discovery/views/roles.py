"""The role that a client makes to let the audit in: filled in by staff, and sent to the client as one file."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from core.http import AuthedRequest, staff_required
from discovery.forms_role import RoleForm
from discovery.models import AwsAccount
from discovery.services import pace, targets
from discovery.views.clients import client_or_404
from infra_audit.errors import BadArgumentError
from infra_audit.role import TRUST_DAYS, Role
from infra_audit.role_files import Format, written


@staff_required
@require_safe
def role(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Asks for principal, day and tier by GET, since it keeps nothing; with `file` in the query it is a download."""
    client = client_or_404(request, public_id)
    today = clock.now().date()
    external_id = targets.external_id_for(client)
    initial = {"until": today + timedelta(days=TRUST_DAYS), "tier": AwsAccount.Consent.METADATA}
    form = RoleForm(request.GET if "principal" in request.GET else None, initial=initial)
    made: Role | None = None
    if form.is_valid():
        try:
            made = form.role(external_id=external_id, today=today, limits=pace.limits())
        except BadArgumentError as refusal:
            form.add_error("until" if "past" in str(refusal) else "principal", str(refusal))
    chosen = request.GET.get("file", "")
    if made and chosen in {one.value for one in Format}:
        return _file(made, Format(chosen))
    context = {
        "client": client,
        "form": form,
        "external_id": external_id,
        "query": request.GET.urlencode(),
        "cloudformation": written(made, Format.CLOUDFORMATION) if made else "",
        "terraform": written(made, Format.TERRAFORM) if made else "",
    }
    return render(request, "discovery/target_role.html", context, status=422 if form.errors else 200)


def _file(made: Role, form: Format) -> HttpResponse:
    return HttpResponse(
        written(made, form),
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{form.file_name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
