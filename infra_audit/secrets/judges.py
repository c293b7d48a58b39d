"""Judges: what a rule's pattern hits is not yet a credential; these say whether it is one, and how surely."""

import base64
import binascii
import re

from infra_audit.secrets.detection import Confidence
from infra_audit.secrets.names import Promise, last_word_promises, promise_of
from infra_audit.secrets.values import (
    PLACEHOLDER_WORDS,
    UUID,
    classes,
    entropy,
    is_address,
    is_foreign,
    is_mixed,
    is_noise,
    is_placeholder,
    is_plain_word,
    is_stand_in,
    split_words,
    stands_for_another,
)

Verdict = tuple[Confidence, str]

SURE = (Confidence.HIGH, "")
SAMPLE_ACCOUNT = ("scott", "tiger")  # of Oracle's manuals, and by now of everybody's
LOCAL = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|host|hostname|db|server)(?::\d+)?$", re.IGNORECASE)
RANDOM = (Confidence.MEDIUM, "the value is random, but its name does not say that it is secret")
SIMPLE = (Confidence.MEDIUM, "the value is short or simple")
ID_SHAPED = (Confidence.MEDIUM, "the value has the shape of an id")
ENCODED = (Confidence.MEDIUM, "it does not decode to a user and a password")
SALT = (Confidence.LOW, "a salt opens nothing by itself")
WORD = (Confidence.MEDIUM, "the value is a word, but a user's name stands beside it")
USER = re.compile(
    r"""\b(?:\w{1,20}_)?(?:user(?:_?name)?|login|uid)["'\])]{0,3}\s{0,5}(?:=>|[:=])\s{0,5}(?P<quote>["'])(?P<user>[\w.@+-]{2,60})(?P=quote)""",
    re.IGNORECASE,
)
COMMENTS = ("//", "#", "<!--", "*", "/*", ";", "--")
STAND_IN_PARTS = re.compile(r"pass|secret|test|fake|dummy|mock|some|your|wrong|bad|invalid")
TURNS = re.compile(r"[0-9](?=[a-z])|[a-z](?=[0-9])", re.IGNORECASE)  # from a digit to a letter, or back
ONCE = frozenset({"client", "request", "idempotency"})  # tokens of these say that two requests are the same one


def judge_named(hit: re.Match[str]) -> Verdict | None:
    """A value under a name that promises a secret."""
    return judge_value(hit["name"], hit["value"])


def judge_argument(hit: re.Match[str]) -> Verdict | None:
    """As `judge_named` for what stands behind a name and a comma: in lists of names too, so the name must end in it.

    In `"name", "other": …` the second is the key of something else.
    """
    is_key = hit.string[hit.end() :].lstrip().startswith((":", "=>"))
    return judge_named(hit) if last_word_promises(hit["name"]) and not is_key else None


def judge_query(hit: re.Match[str]) -> Verdict | None:
    """As `judge_named`, but the token of a badge, as in a README, is there for everybody."""
    return None if "badge" in hit.string[: hit.start()].lower() else judge_named(hit)


def judge_value(name: str, value: str) -> Verdict | None:
    """Whether `value` under `name` is a secret, and how surely; None where it is not."""
    promise = promise_of(name)
    if promise is Promise.NOTHING or not _could_be_secret(name, value):
        return None
    if UUID.match(value):
        return _uuid(name, value)
    if promise is Promise.TOKEN:
        return _token(value)
    if promise is Promise.KEY:
        return _key(value)
    if promise is Promise.SALT:
        return SALT if value.isalnum() and _token(value) else None
    if promise is Promise.SECRET and len(value) < (6 if is_mixed(value) else 8):
        return None
    return _password(value)


def judge_word(hit: re.Match[str], around: str) -> Verdict | None:
    """A word under the name of a password, where the lines around it name the user that it belongs to.

    In a comment it is what somebody may put there.
    """
    name, value = hit["name"], hit["value"]
    if hit.string.lstrip().startswith(COMMENTS):
        return None
    is_password = promise_of(name) is Promise.PASSWORD and last_word_promises(name)
    is_word = value.islower() and value.isalpha() and not STAND_IN_PARTS.search(value)
    if not is_password or not is_word or not _could_be_secret(name, value):
        return None
    user = USER.search(around)
    return WORD if user and (user["user"].lower(), value) != SAMPLE_ACCOUNT else None


def _could_be_secret(name: str, value: str) -> bool:
    if len(value) < 5 or any(sign.isspace() for sign in value) or _same(name, value) or is_foreign(value):
        return False
    return not (is_placeholder(value) or is_stand_in(value) or is_address(value))


def _same(name: str, value: str) -> bool:
    """`db_password = "db-password"`, `password: password1`, `temp_url_key: temp_url_key_1`."""
    bare_name, bare_value = (re.sub(r"[\W_]|\d$", "", text.lower()) for text in (name, value))
    begins_alike = len(re.findall(r"[a-z]+", name, re.IGNORECASE)) > 1 and bare_value.startswith(bare_name)
    return bool(bare_value) and (bare_name.endswith(bare_value) or begins_alike)


def _uuid(name: str, value: str) -> Verdict | None:
    """Some programs make secrets and tokens so; elsewhere it is an id, also that of a request made only once."""
    promise = promise_of(name)
    is_once = promise is Promise.TOKEN and not ONCE.isdisjoint(split_words(name))
    promises = last_word_promises(name) and promise is not Promise.KEY
    return ID_SHAPED if promises and not is_once and entropy(value) >= 3.2 else None


def _password(value: str) -> Verdict | None:
    if is_plain_word(value) or (len(value) < 6 and classes(value) < 2 and not value.isdigit()):
        return None
    return SURE if len(value) >= 10 and classes(value) >= 3 and entropy(value) >= 3 else SIMPLE


def _token(value: str) -> Verdict | None:
    if not re.fullmatch(r"[\w.+/=:~%\-]+", value, re.ASCII) or value.count("/") > max(5, len(value) // 20):
        return None
    if len(value) < 16:  # words with a number are names: digits and letters must take turns, or be no words
        odd = len(TURNS.findall(value)) >= 3 or is_noise(value)
        return SIMPLE if len(value) >= 10 and is_mixed(value) and odd else None
    if not (is_mixed(value) or is_noise(value)) or entropy(value) < 2.8:
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
    if (user.lower(), value.lower()) == SAMPLE_ACCOUNT:
        return None
    if user.endswith("[") or value.endswith("]"):  # user[:password]: what may be left out
        return None
    if is_plain_word(value) and LOCAL.match(host):
        return None
    return SURE if classes(value) >= 2 and len(value) >= 8 else SIMPLE


def _is_nowhere(host: str) -> bool:
    """`<host>`, `${HOST}`, `example.com`; a short name as `db` is a real one."""
    return stands_for_another(host) or bool(PLACEHOLDER_WORDS.search(host))


def judge_basic(hit: re.Match[str]) -> Verdict | None:
    """`Authorization: Basic …` decodes to user and password; in that header also a random text that does not."""
    text = decoded_basic(hit["value"])
    if not text and hit.string[: hit.start()].lower().rstrip(" :=,\\\"'").endswith("authorization"):
        return ENCODED if classes(hit["value"]) >= 3 and judge_key(hit["value"]) else None
    _user, _, password = text.partition(":")
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
