"""Our own rules: what providers' patterns cannot know, because only the name or the place gives the secret away.

Each rule is tried only on lines that hold one of its keywords (lower case), then its judge decides whether a hit is
real. The table at the end is the whole list.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from infra_audit.secrets.detection import Confidence
from infra_audit.secrets.names import Promise, promise_of
from infra_audit.secrets.values import (
    PLACEHOLDER_WORDS,
    classes,
    entropy,
    is_address,
    is_placeholder,
    is_plain_word,
    is_stand_in,
    stands_for_another,
)

Verdict = tuple[Confidence, str]
Judge = Callable[[re.Match[str]], Verdict | None]

SURE = (Confidence.HIGH, "")
LOCAL = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|host|hostname|db|server)(?::\d+)?$", re.IGNORECASE)
SIMPLE = (Confidence.MEDIUM, "the value is short or simple")


@dataclass(frozen=True)
class Rule:
    """`pattern` has a group `value` (and `name` where the judge wants it). `rank` settles overlaps: lowest wins.

    `{kind}` in the title becomes what the name promises: password, secret, token.
    `lines` is how many lines the pattern may span, from the one that holds the keyword.
    """

    id: str
    title: str
    kind: str
    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    judge: Judge
    rank: int = 1
    lines: int = 1
    in_code: bool = True  # False: unquoted values, which are expressions in a programming language


def judge_named(hit: re.Match[str]) -> Verdict | None:
    """A value under a name that promises a secret."""
    return judge_value(hit["name"], hit["value"])


def judge_value(name: str, value: str) -> Verdict | None:
    """Whether `value` under `name` is a secret, and how surely; None where it is not."""
    promise = promise_of(name)
    if promise is Promise.NOTHING or not _could_be_secret(name, value):
        return None
    if promise is Promise.TOKEN:
        return _token(value)
    if promise is Promise.SECRET and len(value) < 8:
        return None
    return _password(value)


def _could_be_secret(name: str, value: str) -> bool:
    if len(value) < 6 or any(sign.isspace() for sign in value) or _same(name, value):
        return False
    return not (is_placeholder(value) or is_stand_in(value) or is_address(value))


def _same(name: str, value: str) -> bool:
    """`db_password = "db-password"`, `password: password1`."""
    bare_name, bare_value = (re.sub(r"[^a-z]", "", text.lower()) for text in (name, value))
    return bool(bare_value) and (bare_value == bare_name or bare_name.endswith(bare_value))


def _password(value: str) -> Verdict | None:
    if is_plain_word(value) and not (len(value) >= 12 and classes(value) >= 2 and entropy(value) >= 3.5):
        return None
    if value.isdigit() and len(value) < 6:
        return None
    return SURE if len(value) >= 10 and classes(value) >= 3 and entropy(value) >= 3 else SIMPLE


def _token(value: str) -> Verdict | None:
    if len(value) < 16 or not re.fullmatch(r"[\w.+/=:~\-]+", value, re.ASCII) or value.count("/") > 5:
        return None
    if not (any(map(str.isdigit, value)) and any(map(str.isalpha, value))) or entropy(value) < 2.8:
        return None
    return SURE if len(value) >= 20 and entropy(value) >= 3 else SIMPLE


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
    if is_plain_word(value) or classes(value) < 2 or entropy(value) < 2.5 or "/" in value or "." in value:
        return None
    return judge_password(hit)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII | re.VERBOSE)


WORDS = "pass|pwd|secret|token|credential|api.?key|access.?key|auth.?key|private.?key|[a-z]{2,12}[_-]?key"
NAME = rf"(?<![\w.\-])(?<!::)(?P<name>[\w.\-]{{0,60}}?(?:{WORDS})[\w.\-]{{0,40}})"
NAMES = re.compile(NAME, re.IGNORECASE | re.ASCII)
NAME_KEYWORDS = ("pass", "pwd", "secret", "token", "credential", "key")
UNQUOTED = r"""(?P<value>[^\s"'`,;<>(){}\[\]|&\\][^\s"'`<>(){}|&\\]{3,200})"""

SIGN_IN_KEYWORDS = (
    "login(",
    "log_in(",
    "signin(",
    "sign_in(",
    "authenticate(",
    "auth(",
    "credential",
    "connect(",
    "authentication(",
)

RULES = (
    # name = "value", "name": "value", name => 'value', setProperty("name", "value")
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(
            NAME
            + r"""\\?["'`]?\]?(?:\s?:\s?[a-z]{1,12})?\s{0,20}(?:=>|:=|==?=?|\?=|:|,)\s{0,20}[rbfu]{0,2}
            \\?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{4,300})\\?(?P=quote)"""
        ),
        judge=judge_named,
        rank=4,
    ),
    # NAME=value, name: value, export NAME=value; to the end of the line, or up to a blank in a shell line
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(
            r"(?:^|[\s;,{(&=?\-])" + NAME + r"(?:=|\s?:\s{1,20}|\s=\s)" + UNQUOTED + r"(?=$|[\s;&|,}\"'])"
        ),
        judge=judge_named,
        rank=4,
        in_code=False,
    ),
    # ENV NAME value
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(r"^\s{0,20}(?:ENV|ARG|setx?)\s{1,10}" + NAME + r"\s{1,10}" + UNQUOTED + r"\s*$"),
        judge=judge_named,
        rank=4,
        in_code=False,
    ),
    # CREATE USER app IDENTIFIED BY 'value'; ALTER USER app WITH PASSWORD 'value'
    Rule(
        id="sql-password",
        title="Password in an SQL statement",
        kind="password",
        keywords=("identified ", "password"),
        pattern=_compiled(
            r"""\b(?:identified\s{1,5}(?:with\s{1,5}\S{1,40}\s{1,5})?by(?:\s{1,5}password)?|(?:user|role)\s[^\n;]{1,200}?\bpassword)
            \s{1,5}\\?(?P<quote>["'])(?P<value>[^"'\s\\]{4,200})\\?(?P=quote)"""
        ),
        judge=judge_password,
        rank=3,
    ),
    # curl -u user:password
    Rule(
        id="command-line-password",
        title="Password on a command line",
        kind="password",
        keywords=("curl", "wget"),
        pattern=_compiled(
            r"""\b(?:curl|wget)\s[^\n|;]{0,300}?(?:-u\s?|--user[=\ ])["']?[^\s:"']{1,100}:
            (?P<value>[^\s"'`|;&<>]{4,200})"""
        ),
        judge=judge_command_line,
        rank=2,
    ),
    # <password>value</password>
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(r"<" + NAME + r"(?:\s[^<>]{0,80})?>(?P<value>[^<\s]{4,200})</"),
        judge=judge_named,
        rank=4,
    ),
    # {"name": "DB_PASSWORD", "value": "…"}, also over two lines; <add key="Password" value="…"/>
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(
            r"""(?:name|key|parameterkey)\\?["']?\s?[=:]\s{0,10}\\?["']?"""
            + NAME
            + r"""\\?["']?\s{0,40},?\s{0,40}
            \\?["']?(?:value|parametervalue|default)\\?["']?\s?[=:]\s{0,10}\\?(?P<quote>["']?)
            (?P<value>[^"'\s<>\\,]{4,300})\\?(?P=quote)"""
        ),
        judge=judge_named,
        rank=3,
        lines=2,
    ),
    # --password value
    Rule(
        id="command-line-password",
        title="Password on a command line",
        kind="password",
        keywords=("--pass", "-p", "chpasswd"),
        pattern=_compiled(
            r"""(?:--(?:[a-z]+-)?pass(?:word|wd|phrase)?\s{1,5}|\b(?:mysql|mysqldump|mysqladmin|mariadb)\s[^\n|;]{0,200}?\s-p
            |\bsshpass\s+-p\s?|\bdocker\s+login\s[^\n|;]{0,200}?\s-p\s{1,5})["']?(?P<value>[^\s"'`|;&<>\-][^\s"'`|;&<>]{3,200})"""
        ),
        judge=judge_command_line,
        rank=3,
    ),
    # echo "user:password" | chpasswd
    Rule(
        id="command-line-password",
        title="Password on a command line",
        kind="password",
        keywords=("chpasswd",),
        pattern=_compiled(
            r"""["']?\b[a-z_][\w.\-]{0,31}:(?P<value>[^\s"'|]{4,200})["']?\s{0,5}\|\s{0,5}(?:sudo\s+)?chpasswd"""
        ),
        judge=judge_command_line,
        rank=2,
    ),
    # Server=db;User Id=app;Password=value;
    Rule(
        id="connection-string-password",
        title="Password in a connection string",
        kind="password",
        keywords=("password", "pwd"),
        pattern=_compiled(r"""[;"']\s{0,3}(?:password|pwd)\s{0,3}=\s{0,3}(?P<value>[^;"'\s]{4,200})\s{0,3}(?=[;"'])"""),
        judge=judge_password,
        rank=3,
    ),
    # login("ada@shop.example", "value"), new NetworkCredential("ada", "value"), mysqli_connect("db", "ada", "value")
    Rule(
        id="sign-in-call",
        title="Password in a call that signs in",
        kind="password",
        keywords=SIGN_IN_KEYWORDS,
        pattern=_compiled(
            r"""(?:log_?in|sign_?in|authenticate|basic_?auth|credentials?|connect|passwordauthentication)\(\s?
            (?:new\s)?(?P<first>["'])[^"'\r\n]{1,100}(?P=first)\s?,\s?
            (?:(?P<second>["'])[^"'\r\n]{1,100}(?P=second)\s?,\s?)?
            (?P<quote>["'])(?P<value>[^"'\s\\]{6,200})(?P=quote)"""
        ),
        judge=judge_call,
        rank=3,
    ),
    # machine host login user password value
    Rule(
        id="netrc-password",
        title="Password in a .netrc line",
        kind="password",
        keywords=("login",),
        pattern=_compiled(r"\blogin\s{1,10}\S{1,100}\s{1,10}password\s{1,10}(?P<value>\S{4,200})"),
        judge=judge_command_line,
        rank=2,
        lines=2,
    ),
    # scheme://user:password@host
    Rule(
        id="url-credentials",
        title="Password in a URL",
        kind="password",
        keywords=("://",),
        pattern=_compiled(
            r"""\b[a-z][a-z0-9+.\-]{1,20}://(?P<user>[^\s:/@"'<>`]{0,100}):(?P<value>[^\s/@"'<>`]{3,200})
            @(?P<host>[^\s/"'<>?\#`]{1,250})"""
        ),
        judge=judge_url,
        rank=2,
    ),
    # Authorization: Basic dXNlcjpwYXNz
    Rule(
        id="basic-auth",
        title="Password in a Basic authorization header",
        kind="password",
        keywords=("basic ",),
        pattern=_compiled(r"\bbasic\s{1,3}(?P<value>[a-z0-9+/]{8,400}={0,2})"),
        judge=judge_basic,
        rank=2,
    ),
    # Authorization: Bearer …
    Rule(
        id="bearer-token",
        title="Token in a Bearer authorization header",
        kind="token",
        keywords=("bearer ",),
        pattern=_compiled(r"\bbearer\s{1,3}(?P<value>[a-z0-9\-._~+/]{20,800}=*)"),
        judge=judge_bearer,
        rank=2,
    ),
)
KEYWORDS = tuple(sorted({keyword for rule in RULES for keyword in rule.keywords}))
