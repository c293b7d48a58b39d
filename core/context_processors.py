"""What the frame of every page needs: the practice's name and the way around."""

from typing import Any

from django.http import HttpRequest

from core import navigation
from core.models import Practice, User


def chrome(request: HttpRequest) -> dict[str, Any]:
    """`practice` (or None before the first start) and `nav`, which is empty for whoever is not signed in."""
    user = getattr(request, "user", None)
    return {
        "practice": request.practice if hasattr(request, "practice") else Practice.objects.first(),
        "nav": navigation.items_for(user, request.path) if isinstance(user, User) else [],
    }
