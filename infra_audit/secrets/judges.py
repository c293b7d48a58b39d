"""Judges: what a rule's pattern hits is not yet a credential; these say whether it is one, and how surely."""

import base64
import binascii
import re

from infra_audit.secrets.detection import Confidence
from infra_audit.secrets.names import Promise, last_word_promises, promise_of
from infra_audit.secrets.values import (
    PLACEHOLDER_WORDS,
    classes,
    entropy,
    is_address,
    is_noise,
    is_placeholder,
    is_plain_word,
    is_stand_in,
    stands_for_another,
)

Verdict = tuple[Confidence, str]

SURE = (Confidence.HIGH, "")
LOCAL = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|host|hostname|db|server)(?::\d+)?$", re.IGNORECASE)
RANDOM = (Confidence.MEDIUM, "the value is random, but its name does not say that it is secret")
SIMPLE = (Confidence.MEDIUM, "the value is short or simple")


def judge_named(hit: re.Match[str]) -> Verdict | None:
    """A value under a name that promises a secret."""
    return judge_value(hit["name"], hit["value"])


def judge_argument(hit: re.Match[str]) -> Verdict | None:
    """As `judge_named` for what stands behind a name and a comma: in lists of names too, so the name must end in it."""
    return judge_named(hit) if last_word_promises(hit["name"]) else None


def judge_value(name: str, value: str) -> Verdict | None:
    """Whether `value` under `name` is a secret, and how surely; None where it is not."""
    promise = promise_of(name)
    if promise is Promise.NOTHING or not _could_be_secret(name, value):
        return None
    if promise is Promise.TOKEN:
        return _token(value)
    if promise is Promise.KEY:
        return _key(value)
    if promise is Promise.SECRET and len(value) < 8:
        return None
    return _password(value)


def _could_be_secret(name: str, value: str) -> bool:
    if len(value) < 5 or any(sign.isspace() for sign in value) or _same(name, value):
        return False
    return not (is_placeholder(value) or is_stand_in(value) or is_address(value))


def _same(name: str, value: str) -> bool:
    """`db_password = "db-password"`, `password: password1`."""
    bare_name, bare_value = (re.sub(r"[^a-z]", "", text.lower()) for text in (name, value))
    return bool(bare_value) and (bare_value == bare_name or bare_name.endswith(bare_value))


def _password(value: str) -> Verdict | None:
    if is_plain_word(value) or (len(value) < 6 and classes(value) < 2):
        return None
    if value.isdigit() and len(value) < 6:
        return None
    return SURE if len(value) >= 10 and classes(value) >= 3 and entropy(value) >= 3 else SIMPLE


def _token(value: str) -> Verdict | None:
    if len(value) < 16 or not re.fullmatch(r"[\w.+/=:~\-]+", value, re.ASCII) or value.count("/") > 5:
        return None
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if not (mixed or (len(value) >= 20 and is_noise(value))) or entropy(value) < 2.8:
        return None
    return SURE if len(value) >= 20 and entropy(value) >= 3 else SIMPLE


def _key(value: str) -> Verdict | None:
    """A key of whatever: random beyond doubt, with both cases and digits, which hashes and ids have not."""
    plain = re.sub(r"[+/=_\-]", "", value)
    if len(value) < 20 or not plain.isalnum() or classes(plain) < 3 or entropy(value) < 4:
        return None
    return RANDOM if is_noise(value) else None


def judge_url(hit: re.Match[str]) -> Verdict | None:
    """A password between user and host of a URL. Words that everybody uses on their own machine are not reported."""
    user, value, host = hit["user"], hit["value"], hit["host"]
    if value.lower() == user.lower() or is_placeholder(value) or is_stand_in(value) or _is_nowhere(host):
        return None
    if is_plain_word(value) and LOCAL.match(host):
        return None
    return SURE if classes(value) >= 2 and len(value) >= 8 else SIMPLE


def _is_nowhere(host: str) -> bool:
    """`<host>`, `${HOST}`, `example.com`; a short name as `db` is a real one."""
    return stands_for_another(host) or bool(PLACEHOLDER_WORDS.search(host))


def judge_basic(hit: re.Match[str]) -> Verdict | None:
    """`Authorization: Basic …` decodes to user and password."""
    _user, _, password = decoded_basic(hit["value"]).partition(":")
    if len(password) < 4 or is_placeholder(password) or is_stand_in(password):
        return None
    return SURE if len(password) >= 8 else SIMPLE


def decoded_basic(value: str) -> str:
    """`user:password`, or "" where it is not that."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text if ":" in text and text.isprintable() else ""


def judge_bearer(hit: re.Match[str]) -> Verdict | None:
    """A token in an `Authorization: Bearer …` header."""
    value = hit["value"]
    return None if is_placeholder(value) or is_address(value) else _token(value)


def judge_password(hit: re.Match[str]) -> Verdict | None:
    """The pattern itself says that a password stands there."""
    value = hit["value"]
    if len(value) < 4 or is_placeholder(value) or is_stand_in(value) or is_address(value):
        return None
    return SURE if len(value) >= 10 and classes(value) >= 3 else SIMPLE


def judge_command_line(hit: re.Match[str]) -> Verdict | None:
    """As `judge_password`, but a plain word after `--password` is prose."""
    return None if is_plain_word(hit["value"]) else judge_password(hit)


def judge_call(hit: re.Match[str]) -> Verdict | None:
    """The last of two or three texts given to a function that signs in; words are scopes, names, messages."""
    value = hit["value"]
    if "@" in hit["user"]:  # an address is a person's, and what follows is the person's password
        return judge_password(hit)
    if is_plain_word(value.strip("_")) or "/" in value or "." in value or entropy(value) < 2.5:
        return None
    return judge_password(hit) if classes(value) >= 2 or is_noise(value) else None


def judge_long(hit: re.Match[str]) -> Verdict | None:
    """A token that only its place gives away."""
    return judge_key(hit["value"])


def judge_key(value: str) -> Verdict | None:
    """A long value that looks like a token and stands for no other."""
    return None if len(value) < 16 or is_placeholder(value) or is_address(value) else _token(value)
