"""What the pages of an engagement show of other rooms."""

from django import template

from engagements import hooks
from engagements.hooks import ProjectPage

register = template.Library()


@register.simple_tag
def project_pages() -> list[ProjectPage]:
    """Pages about an engagement that other rooms have."""
    return hooks.project_pages()
