from django import template
from django.utils.safestring import SafeString

from core.markdown import render_markdown

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """What a person wrote in Markdown, as HTML that is safe to show."""
    return render_markdown(text)
