"""Files that people hand in: taken for what their content is, whatever their name says."""

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from core.errors import DomainError

MEGABYTE = 1024 * 1024
# What a content begins with, and what it then is.
MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}
DOCUMENTS = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


def read_upload(upload: UploadedFile, *, kinds: frozenset[str] = DOCUMENTS, megabytes: int = 10) -> tuple[bytes, str]:
    """The bytes and what they are. Raises DomainError for what is empty, too large or of another kind."""
    if (upload.size or 0) > megabytes * MEGABYTE:
        raise DomainError(_("The file is larger than %(n)d MB."), n=megabytes)
    content = upload.read()
    if not content:
        raise DomainError(_("The file is empty."))
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), _plain(content))
    if kind not in kinds:
        raise DomainError(_("This kind of file is not taken. Send a PDF, PNG, JPEG or plain text."))
    return content, kind


def _plain(content: bytes) -> str:
    if b"\0" in content[:8192]:
        return "application/octet-stream"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"
