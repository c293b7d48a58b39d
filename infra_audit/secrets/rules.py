"""Our own rules: what providers' patterns cannot know, because only the name or the place gives the secret away.

Each rule is tried only on lines that hold one of its keywords (lower case), then its judge decides whether a hit is
real. The table at the end is the whole list.
"""

from functools import partial

from infra_audit.secrets.judges import (
    judge_basic,
    judge_bearer,
    judge_call,
    judge_command_line,
    judge_long,
    judge_password,
    judge_url,
    judge_value,
)
from infra_audit.secrets.named_rules import NAME_KEYWORDS, NAMED_RULES, NAMES
from infra_audit.secrets.rule import Rule, compiled

__all__ = ["KEYWORDS", "NAMES", "RULES", "Rule", "judge_value", "line_keywords"]

SIGN_IN_KEYWORDS = (
    *("login", "log_in", "signin(", "sign_in(", "authenticate(", "auth(", "auth=(", "auth = (", "credential"),
    *("connect(", "connection(", "authentication(", "pdo("),
)

# Families: what their rules say is the same, each finds it written in another way.
on_command_line = partial(Rule, id="command-line-password", title="Password on a command line", kind="password")
in_sql = partial(Rule, id="sql-password", title="Password in an SQL statement", kind="password")
in_address = partial(Rule, id="url-credentials", title="Password in a URL", kind="password")
in_call = partial(Rule, id="sign-in-call", title="Password in a call that signs in", kind="password")

RULES = (
    *NAMED_RULES,
    # CREATE USER app IDENTIFIED BY 'value'; ALTER USER app WITH PASSWORD 'value'
    in_sql(
        keywords=("identified ", "password"),
        pattern=compiled(
            r"""(?:(?:(?:create|alter|grant|to|user)\b[^\n]{1,200}?|^[^\w\n]{0,40})\bidentified\s{1,5}(?:with\s{1,5}\S{1,40}\s{1,5})?by(?:\s{1,5}password)?|\b(?:user|role)\s[^\n;]{1,200}?\bpassword)
            \s{1,5}\\?(?P<quote>["'])(?P<value>[^"'\s\\]{4,200})\\?(?P=quote)"""
        ),
        judge=judge_password,
        rank=3,
    ),
    # ALTER LOGIN app WITH PASSWORD = N'value'
    in_sql(
        keywords=("with password",),
        pattern=compiled(
            r"""\bwith\s{1,5}password\s{0,5}=\s{0,5}N?(?P<quote>["'])(?P<value>[^"'\s\\]{4,200})(?P=quote)"""
        ),
        judge=judge_password,
        rank=3,
    ),
    # Oracle's CREATE USER app IDENTIFIED BY value
    in_sql(
        keywords=("identified ",),
        pattern=compiled(
            r"""\b(?:create|alter)\s{1,5}user\s{1,5}\S{1,60}\s{1,5}identified\s{1,5}by\s{1,5}(?!values\b)
            (?P<value>[a-z][\w\#$]{3,29})\s{0,5}(?=;|$|\s(?:default|temporary|account|profile|quota|password)\b)"""
        ),
        judge=judge_command_line,
        rank=3,
    ),
    # SET PASSWORD FOR app = PASSWORD('value')
    in_sql(
        keywords=("set password",),
        pattern=compiled(
            r"""\bset\s{1,5}password\b[^\n;=]{0,80}=\s?(?:password\s?\()?\s?(?P<quote>["'])(?P<value>[^"'\s\\]{4,200})(?P=quote)"""
        ),
        judge=judge_password,
        rank=3,
    ),
    # curl -u user:password
    on_command_line(
        keywords=("curl", "wget"),
        pattern=compiled(
            r"""\b(?:curl|wget)\s[^\n|;]{0,300}?(?:-u\s?|--user[=\ ])["']?[^\s:"']{1,100}:
            (?P<value>[^\s"'`|;&<>]{4,200})"""
        ),
        judge=judge_command_line,
        rank=2,
    ),
    # --password value
    on_command_line(
        keywords=("--pass", "-p", "storepass", "keypass", "redis-cli", "--requirepass"),
        pattern=compiled(
            r"""(?:--(?:[a-z]+-)?pass(?:word|wd|phrase)?\s{1,5}|\b(?:mysql|mysqldump|mysqladmin|mariadb)\s[^\n|;]{0,200}?\s-p
            |\bsshpass\s+-p\s?|\b(?:(?:docker|podman|az|oc|helm\s+registry)\s+login|mongo(?:sh|dump|restore)?)\s
            [^\n|;]{0,200}?\s-p\s{1,5}|\s-(?:store|key)pass\s{1,5}|\s-pass(?:in|out)?\s{1,5}pass:
            |\bredis-cli\s[^\n|;]{0,200}?-a\s{1,5}|--requirepass\s{1,5})["']?(?P<value>[^\s"'`|;&<>\-][^\s"'`|;&<>]{3,200})"""
        ),
        judge=judge_command_line,
        rank=3,
    ),
    # lftp -u user,value host
    on_command_line(
        keywords=("lftp",),
        pattern=compiled(r"""\blftp\s[^\n|;]{0,200}?(?<=\s)-u\s{0,5}["']?[^\s,"']{1,60},(?P<value>[^\s"'|;]{4,100})"""),
        judge=judge_command_line,
        rank=2,
    ),
    # sqlplus user/value@db
    on_command_line(
        keywords=("sqlplus",),
        pattern=compiled(r"""\bsqlplus\s[^\n|;]{0,100}?\b\w{1,30}/(?P<value>[^\s@"'/]{4,100})@"""),
        judge=judge_command_line,
        rank=2,
    ),
    # echo "user:password" | chpasswd
    on_command_line(
        keywords=("chpasswd",),
        pattern=compiled(
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
        pattern=compiled(
            r"""[;"']\s{0,3}(?:password|pwd|accountkey|sharedaccesskey)\s{0,3}=\s{0,3}
            (?P<value>(?:(?!&amp)[^;"'\s]){4,200})\s{0,3}(?=[;"']|&amp)"""
        ),
        judge=judge_password,
        rank=3,
    ),
    # login("ada@shop.example", "value"), db.auth("ada", "value"), new NetworkCredential("ada", "value"),
    # mysqli_connect("db", "ada", "value")
    in_call(
        keywords=SIGN_IN_KEYWORDS,
        pattern=compiled(
            r"""(?:(?:log_?in\w{0,10}|sign_?in|authenticate|basic_?auth|credentials?|[a-z0-9]{2,8}_p?connect|getconnection
            |passwordauthentication|\bpdo)
            |\bauth\s?=\s?|\bdb\.auth)\(\s?
            (?:new\s)?(?P<first>["'])(?P<user>[^"'\r\n]{1,100})(?P=first)\s?,\s?
            (?:(?P<second>["'])[^"'\r\n]{1,100}(?P=second)\s?,\s?)?
            (?P<quote>["'])(?P<value>[^"'\s\\]{6,200})(?P=quote)"""
        ),
        judge=judge_call,
        rank=3,
    ),
    # sbt's Credentials("Realm", "host", "user", "value")
    in_call(
        keywords=("credentials(",),
        pattern=compiled(r"""\bcredentials\(\s?(?:"[^"\n]{1,100}",\s?){3}"(?P<value>[^"\s\\]{4,200})"\s?\)"""),
        judge=judge_password,
        rank=2,
    ),
    # /msg NickServ identify value
    Rule(
        id="chat-password",
        title="Password of a chat account",
        kind="password",
        keywords=("nickserv",),
        pattern=compiled(
            r"""\bnickserv[\ :]{1,3}identify\s{1,3}(?:[^\s;"']{1,40}\s{1,3}(?=[^\s;"']{4}))?
            (?P<value>[^\s;"']{4,100})"""
        ),
        judge=judge_command_line,
        rank=2,
    ),
    # machine host login user password value
    Rule(
        id="netrc-password",
        title="Password in a .netrc line",
        kind="password",
        keywords=("login",),
        pattern=compiled(r"\blogin\s{1,10}(?!anonymous\b|ftp\b)\S{1,100}\s{1,10}password\s{1,10}(?P<value>\S{4,200})"),
        judge=judge_command_line,
        rank=2,
        lines=2,
    ),
    # scheme://user:password@host
    in_address(
        keywords=("://",),
        pattern=compiled(
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
        pattern=compiled(r"\bbasic\s{1,3}(?P<value>[a-z0-9+/]{8,400}={0,2})"),
        judge=judge_basic,
        rank=2,
    ),
    # "auth": "dXNlcjpwYXNz" of Docker's config.json, also inside other files
    Rule(
        id="basic-auth",
        title="Password of a registry, only encoded",
        kind="password",
        keywords=('"auth',),
        pattern=compiled(r"""\"auth\\?"\s{0,5}:\s{0,5}\\?"(?P<value>[a-z0-9+/]{8,400}={0,2})\\?\""""),
        judge=judge_basic,
        rank=2,
    ),
    # jdbc:oracle:thin:user/password@host
    in_address(
        keywords=("jdbc:oracle",),
        pattern=compiled(r"""\bjdbc:oracle:\w{1,10}:[^\s/@"']{1,60}/(?P<value>[^\s@"'/]{4,200})@"""),
        judge=judge_password,
        rank=2,
    ),
    # Go's user:password@tcp(host:port)/db: https://github.com/go-sql-driver/mysql#dsn-data-source-name
    in_address(
        keywords=("@tcp(",),
        pattern=compiled(r"""(?:^|["'`=\s])[^\s:/@"'`]{1,60}:(?P<value>[^\s"'`]{3,200})@tcp\("""),
        judge=judge_password,
        rank=2,
    ),
    # jwt.sign(payload, "value")
    Rule(
        id="signing-key",
        title="Key that signs tokens",
        kind="secret",
        keywords=("jwt.",),
        pattern=compiled(
            r"""\bjwt\.(?:sign|verify|encode|decode)\([^,\n]{1,80},\s?(?P<quote>["'])(?P<value>[^"'\s]{6,300})(?P=quote)"""
        ),
        judge=judge_command_line,
        rank=3,
    ),
    # ConvertTo-SecureString "value" -AsPlainText
    on_command_line(
        keywords=("convertto-securestring",),
        pattern=compiled(
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
        pattern=compiled(
            r"""\bauthorization\\?["']?\s?(?:=>|[:=,])\s{0,3}\\?["']?(?:token|api-?key)\s{1,3}(?P<value>[a-z0-9\-._~+/]{16,400}=*)"""
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
        pattern=compiled(r"\bbearer\s{1,3}(?P<value>[a-z0-9\-._~+/]{10,800}=*)"),
        judge=judge_bearer,
        rank=2,
    ),
)


def line_keywords(rule: Rule) -> tuple[str, ...]:
    """What a line holds, one of them at least, if the rule can hold there: no name promises without such a word."""
    return NAME_KEYWORDS if rule.is_named else rule.keywords


KEYWORDS = tuple(sorted({keyword for rule in RULES for keyword in line_keywords(rule)}))
