"""Dumps of databases and directories: password hashes among the rows, accounts made with a password."""

import re
from collections.abc import Iterator
from itertools import islice

from infra_audit.secrets.files.accounts import CRYPT_ANYWHERE, MOST_HASHES
from infra_audit.secrets.files.kinds import Hit, hash_at, judged
from infra_audit.secrets.generic import Text

PEOPLE = re.compile(
    r"""^[ \t]*(?:insert\s+(?:ignore\s+)?into|replace\s+into|copy)\s+[`"\[]?(?:\w+[`"\]]?\.[`"\[]?)?
    \w*(?:user|account|member|admin|customer|login|auth|people|person|staff|employee|client)\w*""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# A digest in a row about people, which is not part of a longer one, nor a UUID.
DIGEST = re.compile(r"(?<![0-9A-Za-z\-])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9A-Za-z\-])", re.IGNORECASE)
ACCOUNT = re.compile(
    r"\b(?:identified\s+(?:with\s+\S+\s+)?(?:by(?:\s+password)?|as)|password)\s+(?P<quote>['\"])"
    r"(?P<value>\*[0-9A-F]{40}|md5[0-9a-f]{32}|SCRAM-SHA-256\$[^'\"]{20,200}|\$A\$\d+\$[^'\"]{20,100}|0x[0-9A-F]{40,})(?P=quote)",
    re.IGNORECASE,
)
# https://www.rabbitmq.com/docs/definitions
RABBIT = re.compile(r'"password_hash"\s*:\s*"(?P<value>[A-Za-z0-9+/=]{20,200})"')
LDAP = re.compile(r"^userPassword::?[ \t]*(?P<value>\S+)", re.MULTILINE | re.IGNORECASE)
END_OF_INSERT = re.compile(r";[ \t]*\r?\n")
END_OF_COPY = re.compile(r"^\\\.", re.MULTILINE)


def sql(text: Text) -> Iterator[Hit]:
    """At most a hundred hashes: they stand for the rest."""
    found: dict[int, Hit] = {}
    for hit in CRYPT_ANYWHERE.finditer(text.text):
        found[hit.start()] = hash_at(hit.start(), hit.end(), hit[0])
        if len(found) >= MOST_HASHES:
            break
    for hit in ACCOUNT.finditer(text.text):
        found.setdefault(hit.start("value"), hash_at(*hit.span("value"), hit["value"]))
    for one in _digests(text.text):
        if len(found) >= MOST_HASHES:
            break
        found.setdefault(one.start, one)
    yield from found.values()


def crypted(text: Text) -> Iterator[Hit]:
    """Hashes that say by their form what they are: users in a list, in settings, in data to begin with."""
    for hit in islice(CRYPT_ANYWHERE.finditer(text.text), MOST_HASHES):
        yield hash_at(hit.start(), hit.end(), hit[0])


def _digests(text: str) -> Iterator[Hit]:
    reached = 0
    for statement in PEOPLE.finditer(text):
        if statement.start() < reached:
            continue  # a row of the statement before
        is_copy = "copy" in statement[0][:20].lower()
        end = (END_OF_COPY if is_copy else END_OF_INSERT).search(text, statement.end())
        reached = last = end.start() if end else len(text)
        for hit in DIGEST.finditer(text, statement.end(), last):
            if len(set(hit[0])) > 4:
                yield hash_at(hit.start(), hit.end(), hit[0])


def rabbit(text: Text) -> Iterator[Hit]:
    """The users of an export of RabbitMQ's definitions."""
    for hit in islice(RABBIT.finditer(text.text), MOST_HASHES):
        yield hash_at(*hit.span("value"), hit["value"])


def ldif(text: Text) -> Iterator[Hit]:
    """userPassword of a directory's export."""
    for hit in islice(LDAP.finditer(text.text), MOST_HASHES):
        if judged(hit["value"]):
            yield hash_at(*hit.span("value"), hit["value"])
