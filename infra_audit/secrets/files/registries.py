"""How package and image registries' clients keep what they sign in with."""

import re
from collections.abc import Iterator

from infra_audit.secrets.encoded import from_base64
from infra_audit.secrets.files.kinds import Hit, decoded_at, password_at
from infra_audit.secrets.files.reading import by_name, lines, pairs
from infra_audit.secrets.generic import Text

# name = value; Yarn 1 puts a blank between them, and quotes around each.
NPM = re.compile(
    r"""(?:^|[:\s])_?(?P<name>authToken|auth|password)(?:\s?=\s?|["']?[ \t]+(?=["']))["']?(?P<value>[^\s"']+)"""
)
# https://getcomposer.org/doc/articles/authentication-for-private-packages.md
COMPOSER = re.compile(r'"(?:github-oauth|gitlab-oauth|gitlab-token|bearer)"\s*:\s*\{(?P<body>[^{}]*)\}')
BY_HOST = re.compile(r'"[^"\n]+"\s*:\s*"(?P<value>[^"\n]+)"')
YARN = {"npmauthtoken": "token", "npmauthident": "password"}


def npmrc(text: Text) -> Iterator[Hit]:
    """`_authToken` is plain; `_password` is base64, `_auth` is user:password in base64."""
    for start, line in lines(text, comments=True):  # a registry's address begins with //
        if line.lstrip().startswith(("#", ";")):
            continue
        for hit in NPM.finditer(line):
            first, last = start + hit.start("value"), start + hit.end("value")
            if hit["name"] == "authToken":
                yield from password_at(text, first, last, kind="token")
            else:
                inner = from_base64(hit["value"])
                password = hit["value"] if inner is None else inner.partition(":")[2] or inner
                yield from decoded_at(first, last, password)


def yarnrc(text: Text) -> Iterator[Hit]:
    """npmAuthToken, and npmAuthIdent as user:password, plain or in base64."""
    for name, start, end in pairs(text):
        if kind := YARN.get(name.lower()):
            value = text.text[start:end]
            if kind == "password":
                value = (value if ":" in value else from_base64(value) or value).rpartition(":")[2]
            yield from decoded_at(start, end, value, kind=kind)


def docker(text: Text) -> Iterator[Hit]:
    """`auth` is user:password in base64; `identitytoken` and `password` are plain."""
    for name, start, end in pairs(text):
        if name == "auth" and (inner := from_base64(text.text[start:end])) and ":" in inner:
            yield from decoded_at(start, end, inner.partition(":")[2])
    yield from by_name("identitytoken|registrytoken")(text)


def composer(text: Text) -> Iterator[Hit]:
    """Passwords and secrets by their names; in some sections a host's name stands before the token."""
    yield from by_name("token|consumer-secret")(text)
    for section in COMPOSER.finditer(text.text):
        for hit in BY_HOST.finditer(text.text, *section.span("body")):
            yield from password_at(text, *hit.span("value"), kind="token")
