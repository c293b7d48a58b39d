"""Settings written as source code: PHP's `define`, Django's SECRET_KEY."""

import re
from collections.abc import Iterator

from infra_audit.secrets.files.kinds import Hit, decoded_at
from infra_audit.secrets.files.reading import ESCAPED, kind_by, lines
from infra_audit.secrets.generic import Text
from infra_audit.secrets.judges import SURE

DEFINE = re.compile(
    r"""\bdefine\(\s*["'](?P<name>\w+)["']\s*,\s*(?P<quote>["'])(?P<value>(?:(?!(?P=quote))[^\\\n]|\\.)+)(?P=quote)\s*\)""",
    re.IGNORECASE,
)
ASSIGNED = re.compile(
    r"""(?:["'$>\s]|^)(?P<name>[A-Za-z_]\w*)["']?\]?\s*(?:=>?|:)\s*(?P<quote>["'])
    (?P<value>(?:(?!(?P=quote))[^\\\n]|\\.)+)(?P=quote)""",
    re.VERBOSE,
)
SALTS = re.compile(
    r"(?:secure_|logged_in_)?auth_(?:key|salt)|(?:logged_in|nonce)_(?:key|salt)|secret_?key|hash_salt|salt"
)
UNTOUCHED = re.compile(r"unique phrase|generate|^django-insecure-$", re.IGNORECASE)


def php(text: Text) -> Iterator[Hit]:
    """define('NAME', 'value') and $name = 'value', 'name' => 'value'; WordPress' keys and salts hold any sign."""
    yield from _settings(text, (DEFINE, ASSIGNED))


def django(text: Text) -> Iterator[Hit]:
    """NAME = 'value' and 'NAME': 'value'."""
    yield from _settings(text, (ASSIGNED,))


def _settings(text: Text, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Hit]:
    for start, line in lines(text):
        for hit in (hit for pattern in patterns for hit in pattern.finditer(line)):
            salt = bool(SALTS.fullmatch(hit["name"].lower()))
            if not (salt or kind_by(hit["name"])) or UNTOUCHED.search(hit["value"]):
                continue
            value = ESCAPED.sub(r"\1", hit["value"])
            first, last = start + hit.start("value"), start + hit.end("value")
            if salt and len(value) >= 32:  # random signs, of which some look like a reference
                yield Hit(first, last, value, "secret", *SURE)
            else:
                yield from decoded_at(first, last, value, kind=kind_by(hit["name"]) or "secret")
