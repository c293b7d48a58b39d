"""What a kind of credential file is, what its parser hands over, and how a value in a password's place is judged."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from infra_audit.secrets.detection import Confidence
from infra_audit.secrets.generic import Text
from infra_audit.secrets.values import PLACEHOLDER_WORDS, classes, is_stand_in, stands_for_another, word_set

HASH = "password hash"
HASH_REASON = "it is a hash, so the password must still be guessed"
SHORTEST = 3
NAMED_SO = "it reads like an example, but its program would send it as it is"
AWS_IDS = ("AKIA", "ASIA")  # ids open nothing by themselves; the rules for AWS know them
# Maven's and Jenkins' way to write what they encrypted.
SEALED = re.compile(r"\{(?:[A-Za-z0-9+/]{4}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\}")
SEALED_REASON = "it is encrypted, with a key that is often kept beside it"
# Said instead of a password, even in a file that holds nothing else.
NAMING = word_set(
    """
    password passwd passwort pass pw pwd passphrase secret token key apikey api_key api-key user username login auth
    mypassword my_password my-password yourpassword yourtoken thepassword password_here value string hidden prompt ask
    """
)
# Of these and of PLACEHOLDER_WORDS, what asks for a password instead of being one.
ASKING = re.compile(
    r"change.?(?:me|this|it)|place.?holder|your|redacted|removed|insert|replace|todo|fixme|not.?(?:a.?)?(?:real|secret|set)|"
    r"masked|^(?:hidden|prompt|ask)$|here$|xxxx|\*\*\*|\.\.\.|…|fill.?(?:me|in)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A credential in a file: `start` and `end` span what stands there, `value` may be decoded from it.

    `rank`: as in a Match.
    """

    start: int
    end: int
    value: str = field(repr=False)
    kind: str
    confidence: Confidence
    reason: str
    rank: int = 1


Parse = Callable[[Text], Iterator[Hit]]


@dataclass(frozen=True, eq=False)  # each is itself alone
class FileKind:
    """A kind of file that holds credentials. `what` ends the title "Password in …".

    A file is of the kind where its path fits `paths` (lower case) and it holds `mark`, as far as these are given.
    `itself`: the file is a finding of its own, not only what stands in it. `sealed`: nothing in it can be read as a
    text, its being there is enough.
    """

    id: str
    what: str
    parse: Parse
    paths: re.Pattern[str] | None = None
    mark: re.Pattern[str] | None = None
    itself: bool = True
    sealed: bool = False


def named(names: str) -> re.Pattern[str]:
    """Paths that end in one of these patterns, which stand apart by blanks; a slash or nothing is before them."""
    return re.compile(rf"(?:^|/)(?:{'|'.join(names.split())})$")


def nothing(_text: Text) -> Iterator[Hit]:
    """For files in which no credential has a place of its own."""
    return iter(())


def password_at(text: Text, start: int, end: int, *, kind: str = "password", is_sent: bool = False) -> Iterator[Hit]:
    """The hit at these offsets, if a credential stands there. `is_sent`: as in `judged`."""
    yield from decoded_at(start, end, text.text[start:end], kind=kind, is_sent=is_sent)


def decoded_at(start: int, end: int, value: str, *, kind: str = "password", is_sent: bool = False) -> Iterator[Hit]:
    """As `password_at`, for a value that is written in another way there."""
    if verdict := judged(value, is_sent=is_sent):
        yield Hit(start, end, value, kind, *verdict)


def hash_at(start: int, end: int, value: str) -> Hit:
    """A hit that is a password's hash."""
    return Hit(start, end, value, HASH, Confidence.MEDIUM, HASH_REASON)


def judged(value: str, *, is_sent: bool = False) -> tuple[Confidence, str] | None:
    """How surely what stands in a password's place is one. A weak one is one too; what stands for another is none.

    `is_sent`: its program wrote the file, or it lies in a person's home to sign in with: nobody fills it in later. Even
    `password` is sent as one then; what asks for another is still none.
    """
    bare = value.strip()
    if SEALED.fullmatch(bare) and classes(bare) == len("aA0{"):
        return Confidence.MEDIUM, SEALED_REASON
    if len(bare) < SHORTEST or stands_for_another(bare) or len(set(bare)) <= 2 or bare.startswith(AWS_IDS):
        return None
    if bare.lower() in NAMING or PLACEHOLDER_WORDS.search(bare):
        return (Confidence.LOW, NAMED_SO) if is_sent and not ASKING.search(bare) else None
    if is_stand_in(bare):
        return Confidence.MEDIUM, "it is a word that many use for a password"
    if len(bare) < 8:
        return Confidence.MEDIUM, "the value is short or simple"
    return Confidence.HIGH, ""
