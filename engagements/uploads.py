"""Files that come in with a form: read and judged while the form is, stored only for what they are needed for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.errors import DomainError
from core.models import Organisation, StoredFile
from core.uploads import DOCUMENTS, read_upload


@dataclass(frozen=True)
class Upload:
    """A file that was read and is of a kind we take; not stored yet."""

    name: str
    content: bytes
    kind: str


class UploadField(forms.FileField):
    """Cleans to an `Upload`, or None where none was sent. A bad file is an error of the form."""

    def __init__(self, *, kinds: frozenset[str] = DOCUMENTS, **options: Any) -> None:
        self.kinds = kinds
        super().__init__(**options)

    def clean(self, data: Any, initial: Any = None) -> Upload | None:
        sent = super().clean(data, initial)
        if not sent:
            return None
        try:
            content, kind = read_upload(sent, kinds=self.kinds)
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from refusal
        return Upload(name=sent.name[:200], content=content, kind=kind)


@contextmanager
def stored(upload: Upload | None, *, organisation: Organisation) -> Iterator[StoredFile | None]:
    """The file, kept for what is done inside; where that is refused or breaks, row and bytes go again.

    It stands around the service and not in it, because a bucket is the network, and that is for no transaction."""
    if upload is None:
        yield None
        return
    kept = StoredFile.store(
        name=upload.name, content_type=upload.kind, content=upload.content, organisation=organisation
    )
    try:
        yield kept
    except BaseException:
        kept.file.delete(save=False)
        kept.delete()
        raise
