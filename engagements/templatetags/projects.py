"""{% load projects %}{% project_tabs engagement request.user "board" as tabs %}: the pages about an engagement."""

from django import template

from core.models import User
from core.navigation import TabItem
from engagements import project_tabs as registry
from engagements.models import Engagement

register = template.Library()


@register.simple_tag
def project_tabs(engagement: Engagement, user: User, here: str) -> list[TabItem]:
    return registry.tabs_of(engagement, user, here)
