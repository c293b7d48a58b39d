"""Private keys, those under a passphrase told apart, and files that are one single secret."""

import base64
import binascii
import re
from collections.abc import Iterator

from infra_audit.secrets.detection import Confidence
from infra_audit.secrets.files.kinds import Hit, password_at
from infra_audit.secrets.generic import Text

KEY = "private key"
SHORTEST = 48  # characters of base64; an Ed25519 key has 64
PROTECTED = "it lies under a passphrase, which must still be guessed"
# The name is put together so that no scanner takes this line for a key.
PEM = re.compile(
    r"-----BEGIN (?P<type>(?:[A-Z0-9]+ )*)PRIVATE" + r" KEY(?: BLOCK)?-----(?P<body>(?:(?!-----).){48,20000})-----END ",
    re.ASCII | re.DOTALL,
)
PUTTY = re.compile(
    r"PuTTY-User-Key-File-\d:[^\n]*\nEncryption: (?P<cipher>\S+)\s*\n(?:[^\n]*\n){0,200}?"
    r"(?P<value>Private-Lines: \d+\r?\n(?:[A-Za-z0-9+/=]+\r?\n?)+)"
)
# An object of RFC 7517 with the private part of an RSA or EC key, or the key itself of a symmetric one.
JWK = re.compile(r"\{[^{}]{20,8000}\}")
KEY_TYPE = re.compile(r'"kty"\s*:\s*"(?:RSA|EC|OKP|oct)"')
PRIVATE_PART = re.compile(r'"[dk]"\s*:\s*"(?P<value>[\w\-]{22,1400})"', re.ASCII)
# https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
WALLET = re.compile(r'"ciphertext"\s*:\s*"(?P<value>[0-9a-f]{64})"')
BODY = re.compile(r"[A-Za-z0-9+/=]+")


def pem(text: Text) -> Iterator[Hit]:
    """PKCS#1, PKCS#8, SEC1, OpenSSH; the line is that of BEGIN."""
    for hit in PEM.finditer(text.text):
        body = "".join(BODY.findall(hit["body"].replace("\\n", "").rpartition("\n\n")[2]))
        if len(body) >= SHORTEST and len(set(body)) > 20:
            protected = _is_protected(hit["type"], hit["body"], body)
            yield _key(hit.start(), hit.end(), body if protected else hit.group(), protected=protected)


def _is_protected(kind: str, head: str, body: str) -> bool:
    if "ENCRYPTED" in kind or "Proc-Type: 4,ENCRYPTED" in head:
        return True
    return "OPENSSH" in kind and not _openssh_is_open(body)


def _openssh_is_open(body: str) -> bool:
    """OpenSSH names the cipher after its mark: https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key"""
    try:
        head = base64.b64decode(body[:64])
    except binascii.Error:
        return True
    return not head.startswith(b"openssh-key-v1\0") or head[15:].startswith(b"\0\0\0\4none")


def putty(text: Text) -> Iterator[Hit]:
    """A .ppk; the line is where its private part begins."""
    if hit := PUTTY.match(text.text):
        yield _key(*hit.span("value"), hit["value"], protected=hit["cipher"] != "none")


def wallet(text: Text) -> Iterator[Hit]:
    """A key of Ethereum under its owner's passphrase."""
    for hit in WALLET.finditer(text.text):
        yield _key(*hit.span("value"), hit["value"], protected=True)


def jwk(text: Text) -> Iterator[Hit]:
    """A JSON web key; the line is that of its private part."""
    for key in JWK.finditer(text.text):
        hit = PRIVATE_PART.search(key[0]) if KEY_TYPE.search(key[0]) else None
        if hit and len(set(hit["value"])) > 10:
            first, last = hit.span("value")
            yield _key(key.start() + first, key.start() + last, hit["value"], protected=False)


def _key(start: int, end: int, value: str, *, protected: bool) -> Hit:
    if protected:  # the providers' rules take it for an open one, so it goes before them
        return Hit(start, end, value, "private key under a passphrase", Confidence.MEDIUM, PROTECTED, rank=-1)
    return Hit(start, end, value, KEY, Confidence.HIGH, "")


def whole(text: Text) -> Iterator[Hit]:
    """A file that is one secret and nothing else."""
    value = text.text.strip()
    if value and not re.search(r"\s", value):
        start = text.text.index(value)
        yield from password_at(text, start, start + len(value), kind="secret")
