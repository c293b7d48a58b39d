"""Settings written as source code: PHP's `define`, Django's SECRET_KEY."""

import re
from collections.abc import Iterator

from infra_audit.secrets.files.kinds import Hit, decoded_at, password_at
from infra_audit.secrets.files.reading import ESCAPED, kind_by, lines
from infra_audit.secrets.generic import Text
from infra_audit.secrets.judges import SURE, judge_value

DEFINE = re.compile(
    r"""\bdefine\(\s*["'](?P<name>\w+)["']\s*,\s*(?P<quote>["'])(?P<value>(?:(?!(?P=quote))[^\\\n]|\\.)+)(?P=quote)\s*\)""",
    re.IGNORECASE,
)
ASSIGNED = re.compile(
    r"""(?:["'$>\s]|^)(?P<name>[A-Za-z_]\w*)["']?\]?\s*(?:=>?|:)\s*(?P<quote>["'])
    (?P<value>(?:(?!(?P=quote))[^\\\n]|\\.)+)(?P=quote)""",
    re.VERBOSE,
)
# fish: set -gx NAME value; cmd: setx NAME value
SET = re.compile(
    r"""^\s*(?:set(?:\s+-\S+)+|setx)\s+(?P<name>\w+)\s+["']?(?P<value>[^\s"']+)["']?\s*(?:/m\s*)?$""", re.IGNORECASE
)
SALTS = re.compile(
    r"(?:secure_|logged_in_)?auth_(?:key|salt)|(?:logged_in|nonce)_(?:key|salt)|secret_?key|hash_salt|salt"
    r"|wg(?:secret|upgrade)key"  # MediaWiki's
)
# 'crypt' => ['key' => 'value']: https://experienceleague.adobe.com/en/docs/commerce-operations/configuration-guide/files/config-reference-envphp
CRYPT_KEY = re.compile(r"""["']crypt["']\s*=>\s*(?:\[|array\s*\()\s*["']key["']\s*=>\s*["'](?P<value>[^"']+)["']""")
# https://learn.microsoft.com/en-us/previous-versions/aspnet/w8h3skw9(v=vs.100)
MACHINE_KEY = re.compile(r"""\b(?:validation|decryption)Key\s*=\s*["'](?P<value>[0-9A-Fa-f]{32,128})["'&]""")
# "Jwt": {"Key": "value"}, as every guide to ASP.NET has it
TOKEN_KEY = re.compile(
    r"""["']Jwt\w*["']\s*:\s*\{[^{}]*?["'](?:Signing)?Key["']\s*:\s*["'](?P<value>[^"'\n]+)["']""", re.IGNORECASE
)
# jdbc:…?user=ada&amp;password=value, as mark-up writes it
ADDRESS = re.compile(r"""(?:[?;]|&amp;)(?:password|pwd)=(?P<value>[^&;<>"'\s]+)""", re.IGNORECASE)
UNTOUCHED = re.compile(r"unique phrase|generate|^django-insecure-$", re.IGNORECASE)


def php(text: Text) -> Iterator[Hit]:
    """define('NAME', 'value') and $name = 'value', 'name' => 'value'; WordPress' keys and salts hold any sign."""
    yield from _settings(text, (DEFINE, ASSIGNED))
    yield from _at(CRYPT_KEY, text, "secret")


def django(text: Text) -> Iterator[Hit]:
    """NAME = 'value' and 'NAME': 'value'."""
    yield from _settings(text, (ASSIGNED,))


def shell(text: Text) -> Iterator[Hit]:
    """Variables that a command sets, not a sign: https://fishshell.com/docs/current/cmds/set.html"""
    for start, line in lines(text):
        if (hit := SET.match(line)) and (verdict := judge_value(hit["name"], hit["value"])):
            yield Hit(
                start + hit.start("value"), start + hit.end("value"), hit["value"], kind_by(hit["name"]), *verdict
            )


def asp_net(text: Text) -> Iterator[Hit]:
    """What signs and encrypts cookies and tokens, in web.config and appsettings.json."""
    yield from _at(MACHINE_KEY, text, "secret")
    yield from _at(TOKEN_KEY, text, "secret")


def addresses(text: Text) -> Iterator[Hit]:
    """A password among an address's parameters in mark-up, where an entity stands for the sign between them."""
    yield from _at(ADDRESS, text, "password")


def _at(pattern: re.Pattern[str], text: Text, kind: str) -> Iterator[Hit]:
    for hit in pattern.finditer(text.text):
        yield from password_at(text, *hit.span("value"), kind=kind)


def _is_prose(value: str) -> bool:
    """Words and nothing else: a message, a label."""
    words = value.split()
    return len(words) > 1 and all(word.strip(".,:;!?()'\"").isalpha() for word in words)


def _settings(text: Text, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Hit]:
    for start, line in lines(text):
        for hit in (hit for pattern in patterns for hit in pattern.finditer(line)):
            salt = bool(SALTS.fullmatch(hit["name"].lower()))
            if not (salt or kind_by(hit["name"])) or UNTOUCHED.search(hit["value"]):
                continue
            value = ESCAPED.sub(r"\1", hit["value"])
            if _is_prose(value):
                continue
            first, last = start + hit.start("value"), start + hit.end("value")
            if salt and len(value) >= 32:  # random signs, of which some look like a reference
                yield Hit(first, last, value, "secret", *SURE)
            else:
                yield from decoded_at(first, last, value, kind=kind_by(hit["name"]) or "secret")
