"""Our own rules: what providers' patterns cannot know, because only the name or the place gives the secret away.

Each rule is tried only on lines that hold one of its keywords (lower case), then its judge decides whether a hit is
real. The table at the end is the whole list.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from infra_audit.secrets.judges import (
    Verdict,
    judge_argument,
    judge_basic,
    judge_bearer,
    judge_call,
    judge_command_line,
    judge_long,
    judge_named,
    judge_password,
    judge_url,
    judge_value,
)

__all__ = ["KEYWORDS", "NAMES", "RULES", "Rule", "judge_value"]

Judge = Callable[[re.Match[str]], Verdict | None]


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

    @cached_property
    def is_named(self) -> bool:
        """Whether a name before the value promises it."""
        return "name" in self.pattern.groupindex


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII | re.VERBOSE)


WORDS = "pass|pwd|secret|token|credential|api.?key|access.?key|auth.?key|private.?key|[a-z]{2,12}[_-]?key"
NAME = rf"(?<![\w.\-])(?<!::)(?P<name>[\w.\-]{{0,60}}?(?:{WORDS})[\w.\-]{{0,40}})"
NAMES = re.compile(NAME, re.IGNORECASE | re.ASCII)
NAME_KEYWORDS = ("pass", "pwd", "secret", "token", "credential", "key")
UNQUOTED = r"""(?P<value>[^\s"'`,;<>(){}\[\]|&\\][^\s"'`<>(){}|&\\]{3,200})"""

SIGN_IN_KEYWORDS = (
    *("login(", "log_in(", "signin(", "sign_in(", "authenticate(", "auth(", "auth=(", "auth = (", "credential"),
    *("connect(", "connection(", "authentication(", "pdo("),
)

RULES = (
    # name = "value", "name": "value", name => 'value'
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(
            NAME
            + r"""\\?["'`]?\]?(?:\s?:\s?&?[a-z]{1,12}|\s?\{\s?get;[^{}\n]{0,30}\})?\s{0,20}
            (?:=>|:=|==?=?|\?=|:|\|\||\?\?)\s{0,20}[rbfu@]{0,2}(?:["']\\)?
            \\?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{4,300})\\?(?P=quote)"""
        ),
        judge=judge_named,
        rank=4,
    ),
    # setProperty("name", "value"), define('NAME', 'value')
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(
            r"""\\?["']"""
            + NAME
            + r"""\\?["']\s{0,20},\s{0,20}[rbfu@]{0,2}(?:["']\\)?
            \\?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{4,300})\\?(?P=quote)"""
        ),
        judge=judge_argument,
        rank=4,
    ),
    # setPassword("value"), with_api_key('value'), #define WIFI_PASSWORD "value", <string name="api_key">value</string>
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(
            rf"""(?:\b(?:set|with|use)_?(?P<name>\w{{0,30}}(?:{WORDS})\w{{0,20}})\(\s?(?P<quote>["'])
            (?P<value>[^"'\s\\]{{4,300}})(?P=quote)\s?\))"""
        ),
        judge=judge_named,
        rank=4,
    ),
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=("define",),
        pattern=_compiled(r"\#\s?define\s{1,5}" + NAME + r"""\s{1,20}"(?P<value>[^"\s\\]{4,300})\""""),
        judge=judge_named,
        rank=4,
    ),
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=("name=",),
        pattern=_compiled(r"""\bname=["']""" + NAME + r"""["'][^<>\n]{0,80}>(?P<value>[^<\s]{4,200})</"""),
        judge=judge_named,
        rank=4,
    ),
    # ${NAME:-value}
    Rule(
        id="assigned-secret",
        title="{kind} in plain text",
        kind="secret",
        keywords=("${",),
        pattern=_compiled(r"\$\{" + NAME + r""":?[\-=](?P<value>[^\s"'{}$]{4,200})\}"""),
        judge=judge_named,
        rank=3,
    ),
    # ?api_key=value&password=value
    Rule(
        id="assigned-secret",
        title="{kind} in an address",
        kind="secret",
        keywords=NAME_KEYWORDS,
        pattern=_compiled(r"(?<=[?&])" + NAME + r"""=(?P<value>[^\s"'`&<>\#;{}$]{4,200})"""),
        judge=judge_named,
        rank=3,
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
    # SET PASSWORD FOR app = PASSWORD('value')
    Rule(
        id="sql-password",
        title="Password in an SQL statement",
        kind="password",
        keywords=("set password",),
        pattern=_compiled(
            r"""\bset\s{1,5}password\b[^\n;=]{0,80}=\s?(?:password\s?\()?\s?(?P<quote>["'])(?P<value>[^"'\s\\]{4,200})(?P=quote)"""
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
        keywords=("--pass", "-p", "storepass", "keypass", "redis-cli"),
        pattern=_compiled(
            r"""(?:--(?:[a-z]+-)?pass(?:word|wd|phrase)?\s{1,5}|\b(?:mysql|mysqldump|mysqladmin|mariadb)\s[^\n|;]{0,200}?\s-p
            |\bsshpass\s+-p\s?|\b(?:(?:docker|podman|az|oc|helm\s+registry)\s+login|mongo(?:sh|dump|restore)?)\s
            [^\n|;]{0,200}?\s-p\s{1,5}|\s-(?:store|key)pass\s{1,5}|\s-pass(?:in|out)?\s{1,5}pass:
            |\bredis-cli\s[^\n|;]{0,200}?-a\s{1,5})["']?(?P<value>[^\s"'`|;&<>\-][^\s"'`|;&<>]{3,200})"""
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
        keywords=("password", "pwd", "accesskey", "accountkey"),
        pattern=_compiled(
            r"""[;"']\s{0,3}(?:password|pwd|accountkey|sharedaccesskey)\s{0,3}=\s{0,3}(?P<value>[^;"'\s]{4,200})\s{0,3}(?=[;"'])"""
        ),
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
            r"""(?:(?:log_?in|sign_?in|authenticate|basic_?auth|credentials?|[a-z0-9]{2,8}_p?connect|getconnection
            |passwordauthentication|\bpdo)
            |\bauth\s?=\s?)\(\s?
            (?:new\s)?(?P<first>["'])(?P<user>[^"'\r\n]{1,100})(?P=first)\s?,\s?
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
        pattern=_compiled(r"\blogin\s{1,10}(?!anonymous\b|ftp\b)\S{1,100}\s{1,10}password\s{1,10}(?P<value>\S{4,200})"),
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
    # jdbc:oracle:thin:user/password@host
    Rule(
        id="url-credentials",
        title="Password in a URL",
        kind="password",
        keywords=("jdbc:oracle",),
        pattern=_compiled(r"""\bjdbc:oracle:\w{1,10}:[^\s/@"']{1,60}/(?P<value>[^\s@"'/]{4,200})@"""),
        judge=judge_password,
        rank=2,
    ),
    # jwt.sign(payload, "value")
    Rule(
        id="signing-key",
        title="Key that signs tokens",
        kind="secret",
        keywords=("jwt.",),
        pattern=_compiled(
            r"""\bjwt\.(?:sign|verify|encode|decode)\([^,\n]{1,80},\s?(?P<quote>["'])(?P<value>[^"'\s]{6,300})(?P=quote)"""
        ),
        judge=judge_command_line,
        rank=3,
    ),
    # ConvertTo-SecureString "value" -AsPlainText
    Rule(
        id="command-line-password",
        title="Password on a command line",
        kind="password",
        keywords=("convertto-securestring",),
        pattern=_compiled(
            r"""convertto-securestring\s{1,5}(?:-string\s{1,5})?(?P<quote>["'])(?P<value>[^"'\s$]{4,200})(?P=quote)"""
        ),
        judge=judge_password,
        rank=2,
    ),
    # Authorization: Token …
    Rule(
        id="authorization-token",
        title="Token in an authorization header",
        kind="token",
        keywords=("authorization",),
        pattern=_compiled(
            r"""\bauthorization\\?["']?\s?[:=,]\s{0,3}\\?["']?(?:token|api-?key)\s{1,3}(?P<value>[a-z0-9\-._~+/]{16,400}=*)"""
        ),
        judge=judge_long,
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
