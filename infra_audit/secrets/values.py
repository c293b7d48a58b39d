"""What a value looks like: random or a word, a placeholder or real; and how to speak of it without repeating it."""

import base64
import math
import re
from collections import Counter
from itertools import pairwise


def word_set(text: str) -> frozenset[str]:
    """The words of a text; for the lists of words below."""
    return frozenset(text.split())


# Prefixes that providers publish: they tell what a credential is for, not what it is.
PREFIXES = (
    *("AKIA", "ASIA", "AIza", "ya29.", "eyJ", "SG.", "GOCSPX-", "dckr_pat_", "hvs.", "hvb.", "age-secret-key-1"),
    *("github_pat_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "gldt-", "glrt-", "glptt-"),
    *("xoxb-", "xoxp-", "xoxa-", "xoxe.", "xoxe-", "xapp-", "https://hooks.slack.com/"),
    *("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "sk-ant-", "sk-proj-", "sk-", "hf_", "r8_"),
    *("npm_", "pypi-", "rubygems_", "cio", "dop_v1_", "doo_v1_", "dor_v1_", "shpat_", "shpss_", "shpca_", "sq0"),
    *("NRAK-", "lin_api_", "dapi", "PMAK-", "pul-", "glsa_", "glc_", "sntrys_", "dp.pt.", "tskey-", "EAAC", "AGE-"),
    *("-----BEGIN",),
)
UUID = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)
REFERENCE = re.compile(
    r"""^(?:
        \$\w+(?:\{[\w.:/ -]+\})?              # $NAME, Grafana's $__env{NAME}
      | \$\w+[/\\].* | \$\.[\w.]+             # $NAME/below, a path into JSON
      | .*\$[\{(].*                           # a text with ${name} or $(command) in it
      | .*\{\{.*                              # a template's {{ name }}
      | .*<%.*                                # ERB, EJS
      | .*[#%]\{.*                            # #{ruby}, %{format}
      | .*\{[\w.!\[\]:]*\}.*                  # {name} of a format string
      | .*%\(\w+\)s.* | .*%s.* | %[dvr]               # %(name)s, %s
      | %\w+% | @\w+@                         # Windows, Maven
      | &\#?\w+;                               # an entity of XML
      | !(?:Ref|Sub|GetAtt|ImportValue|Join|Select|Base64|vault|secret|env|encrypted)\b.*  # CloudFormation, Ansible
      | <.*> | \[.*\] | \(.*\)                # <your password>
      | (?:var|local|data|module|each|self|env|process|secrets|config|settings|os|vault|ssm|params?)\.[\w.\[\]"']+
      | (?:vault|ssm|secretsmanager|keyvault|op|sops|akv|gcpsm|awssm)[:/].*
      | \{?resolve:.*
      | .*\)[.\[].* | \+\w+(?:\.\w+)*[(\[+].*    # a piece of code between two texts
      | \{.*\} | .*\{[^{}]*\(.*               # {token:x}, a{make()}b of a Python f-string
      | [A-Za-z_][\w.]*\(.*                   # make_password(
      | [A-Za-z_][\w.]*\[(?:["'].*)?          # form["password"], up to its quote
      | ENC\[.* | .*getenv.*
    )$""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
PLACEHOLDER_WORDS = re.compile(
    r"example|sample|change.?(?:me|this|it)|changeit|place.?holder|your[-_ .]?|dummy|redacted|removed|insert|replace|"
    r"(?:\b|_)(?:todo|fixme)(?:\b|_)|foo.?bar|lorem|not.?(?:a.?)?(?:real|secret|used|set)|masked|hidden|secret.?here|token.?here|key.?here|"
    r"xxxx|\*\*\*|\.\.\.|_here\b|abcdef|qwerty|12345678|123e4567|deadbeef|anonymous@|fill.?(?:me|in)|enter.?your|…",
    re.IGNORECASE,
)
NOTHING = frozenset(
    {"none", "null", "nil", "undefined", "true", "false", "yes", "no", "on", "off", "n/a", "na", "auto"}
)
# Words that stand for a password instead of being one worth reporting.
STAND_INS = word_set(
    """
    password passwd passwort pass pw pwd secret secrets token tokens key keys user username admin root guest login
    auth test testing tester default string str int text value postgres mysql mariadb redis mongo rabbitmq db
    database required optional hunter2 letmein api app appid client private public access master s3cret s3cr3t pa55word
    passw0rd p@ssw0rd p@ssword input field form name credential credentials my the new old current confirm repeat
    basic bearer dev local localhost demo anonymous empty blank unset internal external service account server
    """
)
# Which letters often follow each letter, a to z, in English and in the names of programs (counted in 15,000 of them).
FOLLOWERS = (
    *("bcdgilmnprstuvy", "aeilorsu", "acehiklorstu", "adeiorsu", "abcdefgilmnpqrstvwx", "aefiloru", "aeinors"),
    *("aeio", "abcdefglmnoprstvz", "", "eis", "adeilostuy", "abeimopsu", "acdefginostuv", "bcdgilmnoprstuvw"),
    *("aehiloprstu", "u", "acdegiklmnorstuvy", "acehilopstuy", "acehilorstuy", "abceilmnprst", "aei", "aeios"),
    *("pt", "mps", "e"),
)
NOISE = 0.45  # of the neighbours: 9 in 10 random texts reach it, one name in a hundred does
MIGRATION = re.compile(r"^\d{4}_[a-z]\w+$")
CHOICE = re.compile(r"^[a-z_]+(?::[\w,]+)?(?:\|[a-z_]+(?::[\w,]+)?)+$")  # required|string|min:8
OPTIONS = re.compile(r"^[\w.-]+=[^=,]*(?:,[\w.-]+=[^=,]*)+$")  # source=a,target=b
# What a signature of AWS holds for: id/20260101/eu-west-1/s3/aws4_request.
SCOPE = re.compile(r"^\w+/\d{8}/|/aws4_request")
MODULE = re.compile(r"^[a-z_]\w*(?:\.[a-z_]\w*)+:[a-z_]\w*$")  # shop.accounts.tokens:make
CONSTANT = re.compile(r"^[A-Z]+(?:[_-][A-Z]+)+$")
ALGORITHM = re.compile(
    r"^(?:hmac|rsa|aes|sha|md|[hrep]s|pbkdf|[bs]?crypt|argon|ecdsa|ed|x|curve)\d{0,5}(?:[-_/+](?:[a-z]{1,6}\d{0,4}|\d{1,4})){0,4}$",
    re.IGNORECASE,
)  # HMAC-SHA1, RS256, AES-256-GCM
WORD_SHAPED = re.compile(r"^[A-Za-z]+\d{0,2}(?:[-_. /:][A-Za-z]+\d{0,2})*$")
PATH_OR_ADDRESS = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*://|(?:arn|urn):|[~.]{0,2}/|[A-Za-z]:\\|\\\\|[\w.+-]+@[\w-]+\.[\w.]+$|[\w.-]+\.(?:com|net|org|io|local|"
    r"internal|pem|key|crt|txt|json|ya?ml|env|conf|cfg|ini|php|py|js|ts|html|tf|sh|md)$)",
    re.IGNORECASE,
)
NAME_PATH = re.compile(r"^(?:[A-Za-z_.-]*\d{0,3}/)+[A-Za-z_.-]*\d{0,3}$")  # prod/orders/db-1
DATE_OR_VERSION = re.compile(r"^[v+-]?\d+(?:[.:/-]\d+)+(?:[T ].*)?$")
LENGTHS = (
    (8, "under 8 characters"),
    (16, "8 to 15 characters"),
    (32, "16 to 31 characters"),
    (64, "32 to 63 characters"),
)


def entropy(value: str) -> float:
    """Shannon entropy in bits a character, rounded to two places; 0.0 for an empty value."""
    total = len(value)
    if not total:
        return 0.0
    return round(-sum(n / total * math.log2(n / total) for n in Counter(value).values()), 2)


def length_class(value: str) -> str:
    """How long, roughly: the exact length would help whoever guesses."""
    return next((words for limit, words in LENGTHS if len(value) < limit), "64 characters or more")


def preview(value: str, kind: str) -> str:
    """A provider's published prefix, or what kind of thing it is; then the length class. Never part of the secret."""
    prefix = next((known for known in PREFIXES if value.startswith(known)), "")
    return f"{prefix}… ({length_class(value)})" if prefix else f"{kind}, {length_class(value)}"


def classes(value: str) -> int:
    """How many of lower case, upper case, digits and other signs it mixes: 0 to 4."""
    tests = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    return sum(any(test(sign) for sign in value) for test in tests)


def is_mixed(value: str) -> bool:
    """True for what has both letters and digits."""
    return any(map(str.isalpha, value)) and any(map(str.isdigit, value))


def is_placeholder(value: str) -> bool:
    """True for what stands where a secret will be: references, templates, `changeme`, `xxxx`, `<password>`."""
    bare = value.strip()
    return stands_for_another(bare) or len(set(bare)) <= 2 or bool(PLACEHOLDER_WORDS.search(bare))


def stands_for_another(value: str) -> bool:
    """True where another value will come to stand: `${name}`, `{{ name }}`, `<your password>`, nothing at all."""
    bare = value.strip()
    return not bare or bare.lower() in NOTHING or bool(REFERENCE.match(bare))


def is_stand_in(value: str) -> bool:
    """True for words that say "password" in place of one: `password`, `my-secret-token`, `admin1`, `SHOP_DBPASS`."""
    if value.lower() in STAND_INS or (CONSTANT.match(value) and not is_noise(value)):
        return True
    if not WORD_SHAPED.match(value):
        return False
    words = [word.rstrip("0123456789") for word in split_words(value)]
    return bool(words) and any(word in STAND_INS for word in words)


def is_plain_word(value: str) -> bool:
    """True for letters alone that read like words or identifiers, not like something random."""
    value = value.rstrip("?").strip("_")  # a type that may be missing; a name kept to itself
    if not WORD_SHAPED.match(value) or any(sign.isdigit() for sign in value) or is_noise(value):
        return False
    words = split_words(value)
    return max(map(len, words)) >= 3 and len(value) / len(words) >= 3


def is_noise(value: str) -> bool:
    """True for letters that no word has next to each other: `qxvhzkbt`. Other signs are passed over."""
    letters = [sign for sign in value.lower() if "a" <= sign <= "z"]
    if len(letters) < 6:
        return False
    odd = sum(after not in FOLLOWERS[ord(sign) - 97] for sign, after in pairwise(letters))
    return odd >= NOISE * (len(letters) - 1)


def is_foreign(value: str) -> bool:
    """True for a word that ASCII cannot write: a translation. Passwords have a digit, and few such letters.

    The text is UTF-8 read as Latin-1.
    """
    beyond = sum(not sign.isascii() for sign in value)
    return beyond > len(value) / 2 or (beyond > 0 and not any(map(str.isdecimal, value)))


def is_address(value: str) -> bool:
    """True for paths, URLs, ARNs, host and file names, mail addresses, dates, versions, lists, names of algorithms."""
    patterns = (PATH_OR_ADDRESS, NAME_PATH, DATE_OR_VERSION, CHOICE, OPTIONS, SCOPE, MODULE, MIGRATION, ALGORITHM)
    return any(pattern.match(value) for pattern in patterns) or "::" in value


def split_words(name: str) -> list[str]:
    """The words of an identifier in lower case: `dbPassword`, `DB_PASSWORD` and `db-password` give db, password."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def aws_account_of(key_id: str) -> str:
    """The account number inside an AWS access key id (new format), or "" where it holds none. Works offline.

    Source: the first 6 bytes of the base32 part hold the account, shifted by 7 bits.
    """
    body = key_id[4:]
    if len(body) != 16 or body[0] not in "QRSTUVWXYZ234567":  # older ids carry no account
        return ""
    try:
        number = int.from_bytes(base64.b32decode(body)[:6], "big")
    except ValueError:
        return ""
    account = (number & 0x7FFFFFFFFF80) >> 7
    return f"{account:012d}" if 0 < account < 10**12 else ""
