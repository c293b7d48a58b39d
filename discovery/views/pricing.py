"""Price it: one finding from its page, or several that were ticked in a run's list."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.errors import DomainError
from core.http import AuthedRequest, staff_required
from discovery.models import Finding, Run
from discovery.services.pricing import Priced, price_findings
from discovery.views.findings import finding_page


@staff_required
@require_POST
def price_finding(request: AuthedRequest, public_id: str) -> HttpResponse:
    rows = Finding.objects.visible_to(request.user).select_related("organisation", "ruled_by")
    one = get_object_or_404(rows, public_id=public_id)
    try:
        priced = price_findings(findings=[one], actor=request.user)
    except DomainError as refusal:
        return finding_page(request, one, error=refusal)
    return _to_the_draft(request, priced)


@staff_required
@require_POST
def price_ticked(request: AuthedRequest, public_id: str) -> HttpResponse:
    """Back to where they were ticked, with the reason, where nothing could be priced."""
    run = get_object_or_404(Run.objects.visible_to(request.user), public_id=public_id)
    ticked = Finding.objects.visible_to(request.user).filter(
        public_id__in=request.POST.getlist("finding"), organisation=run.organisation_id
    )
    try:
        priced = price_findings(findings=ticked, actor=request.user)
    except DomainError as refusal:
        messages.error(request, str(refusal))
        back = redirect("discovery:run", public_id=public_id)
        back["Location"] += "?all=1#findings"
        return back
    return _to_the_draft(request, priced)


def _to_the_draft(request: AuthedRequest, priced: Priced) -> HttpResponse:
    said = ngettext("%(n)d finding was priced.", "%(n)d findings were priced.", priced.findings) % {
        "n": priced.findings
    }
    messages.success(request, said)
    if any(not line.price.amount for line in priced.lines):
        messages.warning(request, _("Set a selling rate and prices are filled in. These lines have none yet."))
    if priced.already:
        places = ", ".join(place.words for place in priced.already)
        messages.info(request, _("Already priced in %(places)s.") % {"places": places})
    answer = redirect("engagements:revision", public_id=priced.revision.public_id)
    answer["Location"] += "#lines"
    return answer
