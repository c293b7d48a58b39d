from django import template
from django.contrib.staticfiles.storage import staticfiles_storage

from core.static_storage import JoinedStorage

register = template.Library()


@register.simple_tag
def joined_sheet() -> str:
    """The address of the style sheets as one, where this site serves them so; else empty, and each is loaded."""
    # The name stands for the storage that is configured.
    storage = staticfiles_storage
    return storage.joined_url() if isinstance(storage, JoinedStorage) else ""
