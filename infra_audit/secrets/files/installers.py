"""Answers that an operating system is installed with when nobody sits in front of it."""

import base64
import binascii
import re
from collections.abc import Iterator

from infra_audit.secrets.files.accounts import CRYPT_ANYWHERE
from infra_audit.secrets.files.kinds import Hit, decoded_at, hash_at, password_at
from infra_audit.secrets.files.reading import lines
from infra_audit.secrets.generic import Text

# d-i passwd/user-password password value: https://wiki.debian.org/DebianInstaller/Preseed
PRESEED = re.compile(
    r"^\s*\S+\s+[\w.\-]{1,80}/[\w\-]{0,80}?pass(?:word|phrase)(?:-again)?\s+password\s+(?P<value>\S(?:.*\S)?)\s*$"
)
# https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/9/html/automatically_installing_rhel
KICKSTART = re.compile(
    r"""^\s*(?:rootpw\s+(?:--(?:plaintext|lock|allow-ssh)\s+)*(?P<root>[^\s\-]\S*)
    |(?:user|rdp|vnc|bootloader|part|logvol|raid|autopart)\s.*?--(?:password|passphrase)[=\s](?P<option>\S+))""",
    re.VERBOSE,
)
# https://learn.microsoft.com/en-us/windows-hardware/customize/desktop/unattend
UNATTEND = re.compile(
    r"<(?P<element>\w*Password)>\s*<Value>(?P<value>[^<>\n]+)</Value>(?:\s*<PlainText>(?P<plain>\w+)</PlainText>)?",
    re.IGNORECASE,
)


def linux(text: Text) -> Iterator[Hit]:
    """Debian's preseed and Red Hat's kickstart files: passwords, plain or as hashes."""
    for start, line in lines(text):
        for hit in filter(None, (PRESEED.match(line), KICKSTART.match(line))):
            part = hit.lastgroup or ""
            first, last = start + hit.start(part), start + hit.end(part)
            if not CRYPT_ANYWHERE.search(hit[part]):
                yield from password_at(text, first, last)
        for hit in CRYPT_ANYWHERE.finditer(line):
            yield hash_at(start + hit.start(), start + hit.end(), hit[0])


def windows(text: Text) -> Iterator[Hit]:
    """An answer file; what it hides is UTF-16 in base64, with the element's own name behind the password."""
    for hit in UNATTEND.finditer(text.text):
        hidden = (hit["plain"] or "").lower() == "false"
        yield from decoded_at(*hit.span("value"), _shown(hit["value"], hit["element"]) if hidden else hit["value"])


def _shown(value: str, element: str) -> str:
    try:
        shown = base64.b64decode(value, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return value
    return shown.removesuffix(element) if shown.endswith(element) else value
