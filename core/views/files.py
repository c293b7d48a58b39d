from django.contrib.auth.decorators import login_required
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.http import AuthedRequest
from core.models import StoredFile


@login_required
@require_safe
@cache_control(private=True, no_store=True)
def stored_file(request: AuthedRequest, public_id: str) -> HttpResponseBase:
    """Always as an attachment: nothing that people stored is ever drawn as a page of ours."""
    stored = get_object_or_404(StoredFile.objects.visible_to(request.user), public_id=public_id)
    response = FileResponse(
        stored.file.open("rb"), as_attachment=True, filename=stored.name, content_type=stored.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
