"""Words that stand for a client's own: always the same for the same, and nobody without the key can tell for which.

A name is taken apart as checks take it apart, into runs of letters and digits. Each keeps its place, what stands around
it, and its capitals: what was spelled alike, named in another's policy or told apart by a capital still is. Numbers
stay, and so does what is AWS's, a tool's, or a word that checks read in names (`STAYS`).
"""

import hashlib
import hmac
import ipaddress
import json
import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from infra_audit.buckets import KEEPS, WITH_STATE
from infra_audit.environments import NAMES as ENVIRONMENTS
from infra_audit.errors import BadArgumentError
from infra_audit.iac import TOOLS
from infra_audit.oidc_trust import SHARED
from infra_audit.tags import SAME_ENVIRONMENTS

LETTERS = "abcdefghijklmnopqrstuvwxyz"
OTHER_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"  # for words that are not in ours, so that both still end where they did
LENGTH = 10  # letters of a pseudonym: among 20,000 words two fall together once in 700,000 times
KEY_BYTES = 32

# In this order: of tools, and what switches them off; of AWS, in names and ARNs that it makes or that tell how a thing
# is meant; of those who make images of operating systems; of identity providers, in what their tokens claim.
WORDS_OF_OTHERS = """
tf sam serverless serverlessdeploymentbucket managed by true false yes no none
aws amazon awsbackup rds default root account service role reserved local arn app net gwy autoscalinggroupname
bastion jump dbinstanceidentifier dbclusteridentifier
al2023 ami amzn2 amzn eks node arm64 gpu ubuntu debian rhel centos stream ec2 linux rocky almalinux os windows server
repo repository owner id job workflow ref refs heads tags pull request enterprise environment project path branch type
organization system serviceaccount not shown
"""
STAYS = frozenset(
    {
        *ENVIRONMENTS,
        *SAME_ENVIRONMENTS,
        *WITH_STATE,
        *(word for words in KEEPS.values() for word in words),
        *TOOLS,
        *WORDS_OF_OTHERS.split(),
    }
)

REGION = r"[a-z]{2}-(?:gov-|iso[a-z]?-)?(?:(?:north|south)?(?:east|west)|north|south|central)-\d[a-z]?(?![\w-])"
KINDLESS = r"arn:[\w*?-]*:(?:s3|sns|sqs):[\w*?-]*:[\w*?-]*:"  # what follows is the name itself
OF_AWS = (
    r"arn:[\w-]+:iam::aws:[\w+=,.@/*?-]+",
    KINDLESS,
    r"arn:[\w*?-]*:[\w*?-]+:[\w*?-]*:[\w*?-]*:(?:[A-Za-z-]+[:/])?",
    r"\$\{[a-z0-9-]+:[\w/.-]+\}",
    rf"(?:{'|'.join(map(re.escape, SHARED))})(?![\w-])",
    r"oidc\.eks(?=\.)",
    r"com\.amazonaws\.[\w.-]+",
    r"[a-z0-9-]+(?:\.[a-z]{2}-[a-z-]+-\d)?\.amazonaws\.com(?:\.cn)?(?![\w-])",
    # the ids of what has no name of its own
    r"(?:acl|ami|cagw|eice|eigw|eipalloc|eni|fl|fs|i|igw|key|lgw|lt|nat|pcx|pl|rtb|sg|snap|subnet|tgw|vgw|vol|vpc|vpce"
    r"|vpn)-[0-9a-f]{1,32}(?![\w-])",
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])",
    r"[0-9a-f]{16,64}(?![\w-])",
    r"o-[a-z0-9]{10,32}(?![\w-])",
    REGION,
    r"AWS/[A-Za-z0-9]+",
)
PIECES = re.compile("|".join((*OF_AWS, r"(?P<word>[A-Za-z0-9]+|[^\x00-\x7f]+)")))


class Pseudonyms:
    """Made with one key, and remembered with what they stand for. Raises nothing."""

    def __init__(self, key: bytes, names: dict[str, str] | None = None) -> None:
        self.key = key
        self.names = dict(names or {})  # pseudonym → what it stands for: single words, and whole names
        self._made: dict[str, str] = {}

    def of(self, text: str) -> str:
        """A text with each word of the client's own replaced."""
        made = self._made.get(text)
        if made is None:
            made = text if _is_address(text) or _is_moment(text) else PIECES.sub(self._piece, text)
            self._made[text] = made
            if made != text:
                self.names[made] = text
        return made

    def of_whole(self, text: str) -> str:
        """One word for all of a text, where room is short; "" stays."""
        if not text:
            return text
        made = self._word(text)
        self.names[made] = text
        return made

    def of_condition(self, key: str) -> str:
        """A condition key of a policy: AWS's own, or what a token of some identity provider claims."""
        whose, colon, claim = key.rpartition(":")
        return f"{self.of(whose)}{colon}{claim}" if "." in whose else key

    def _piece(self, found: re.Match[str]) -> str:
        word = found["word"]
        if word is None or word.isdecimal() or word.casefold() in STAYS:
            return found[0]
        made = self._word(word)
        self.names[made] = word
        return made

    def _word(self, word: str) -> str:
        alphabet = LETTERS if word.isascii() else OTHER_LETTERS
        letters = "".join(alphabet[one % len(alphabet)] for one in self._hash(word.casefold())[:LENGTH])
        if word == word.lower():
            return letters
        if word == word.upper():
            return letters.upper()
        if word == word.capitalize():
            return letters.capitalize()
        # small, then capital: like none of the above; the others tell apart what is spelled with other capitals
        bits = self._hash(f"capitals of {word}")
        rest = (one.upper() if bit & 1 else one for one, bit in zip(letters[2:], bits, strict=False))
        return f"{letters[0]}{letters[1].upper()}{''.join(rest)}"

    def _hash(self, text: str) -> bytes:
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _is_address(text: str) -> bool:
    """An IP address or network: its letters are digits."""
    if ":" not in text or text.startswith("arn:"):
        return False  # of IPv4 all are numbers, which stay anyhow
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    if not text[:4].isdecimal():
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def open_names(path: Path) -> Pseudonyms:
    """The pseudonyms of an earlier reading, to be used again; new ones where there is no such file.

    Raises BadArgumentError.
    """
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        return Pseudonyms(bytes.fromhex(told["key"]), dict(_texts(told["names"])))
    except FileNotFoundError:
        return Pseudonyms(secrets.token_bytes(KEY_BYTES))
    except OSError as error:
        raise BadArgumentError(f"{path} could not be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadArgumentError(f"{path} holds no names that an earlier reading kept: name another file.") from None


def _texts(names: Any) -> Iterator[tuple[str, str]]:
    for made, name in names.items():
        yield str(made), str(name)


def keep_names(path: Path, names: Pseudonyms) -> None:
    """Write what each pseudonym stands for, with the key, readable to its owner alone. Raises BadArgumentError."""
    told = {"key": names.key.hex(), "names": dict(sorted(names.names.items()))}
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(told, file, indent=1, ensure_ascii=False)
            file.write("\n")
    except OSError as error:
        raise BadArgumentError(f"{path} could not be written: {error.strerror}.") from error
