"""E-mail addresses as the same person's: one spelling for each mailbox."""

import string
import unicodedata
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

_AROUND = string.whitespace + "\u00a0\u200b\ufeff"
LONGEST = 254  # RFC 5321, 4.5.3.1.3 with the errata


@lru_cache(maxsize=200_000)  # a file's addresses are asked for again and again
def normalise(address: str) -> str:
    """The spelling that duplicates are found by: trimmed, small letters, the domain in ASCII.

    A plus tag stays: with most providers it is a mailbox of its own. Raises ValidationError for what is no address.
    """
    text = unicodedata.normalize("NFC", address).strip(_AROUND).removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    plain = f"{local}{at}{ascii_domain}".lower()
    if len(plain) > LONGEST:
        raise ValidationError(_("An e-mail address has %(n)s characters at most.") % {"n": LONGEST})
    try:
        validate_email(plain)
    except ValidationError as refusal:
        raise ValidationError(_("“%(text)s” is no e-mail address.") % {"text": text[:80]}) from refusal
    return plain
