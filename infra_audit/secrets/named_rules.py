"""Rules for a value under a name that promises a secret, in all the ways in which one is assigned to the other."""

import re

from infra_audit.secrets.judges import judge_argument, judge_named, judge_query
from infra_audit.secrets.rule import Judge, Rule, compiled

# Written for speed: few branches with different first letters. Any other key needs two letters before it.
WORDS = (
    r"p(?:ass|s?wd|sk|w(?<![a-z]pw)(?![a-z])|rivate[ ]key)|s(?:ecret|alt)|token|credential|a(?:pi|ccess|uth)[ ]key"
    r"|(?<=[a-z][a-z])key|(?<=[a-z][a-z][_.-])key"
)
NAME = rf"(?<![\w.\-])(?<!::)(?P<name>[\w.\-]{{0,60}}?(?:{WORDS})[\w.\-]{{0,40}})"
NAMES = re.compile(NAME, re.IGNORECASE | re.ASCII)
NAME_KEYWORDS = ("pass", "pw", "pswd", "psk", "secret", "token", "credential", "salt", "key")
# Its last sign is none that parts it from what follows.
UNQUOTED = r"""(?P<value>[^\s"'`,;<>(){}\[\]|&\\][^\s"'`<>(){}|&\\]{2,199}[^\s"'`<>(){}|&\\,;\]])"""
DECODED = r"(?:[\w.]{0,20}(?:hex|bytes|base64|b64decode|from)\w{0,12})?"  # hex2bin("value"), Buffer.from("value")
TEXT = r"""\\?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{4,1200})\\?(?P=quote)"""


def assigned(
    *,
    pattern: re.Pattern[str],
    title: str = "{kind} in plain text",
    keywords: tuple[str, ...] = NAME_KEYWORDS,
    judge: Judge = judge_named,
    rank: int = 4,
    lines: int = 1,
    in_code: bool = True,
) -> Rule:
    """A rule of this family: all of them find the same, each in another way of writing it."""
    return Rule("assigned-secret", title, "secret", keywords, pattern, judge, rank, lines, in_code)


NAMED_RULES = (
    # name = "value", "name": "value", name => 'value'
    assigned(
        pattern=compiled(
            NAME
            + r"""\\?["'`]?\]?(?:\s?:\s?&?[a-z]{1,12}|\s?\{\s?get;[^{}\n]{0,30}\})?\s{0,20}
            (?:=>|:=|==?=?|\?=|:|\|\||\?\?|\.equals\w{0,10})\s{0,20}"""
            + DECODED
            + r"""\(?[rbfu@]{0,2}(?:["']\\)?"""
            + TEXT
        ),
    ),
    # setProperty("name", "value"), define('NAME', 'value')
    assigned(
        keywords=(",",),
        pattern=compiled(r"""\\?["']""" + NAME + r"""\\?["']\s{0,20},\s{0,20}[rbfu@]{0,2}(?:["']\\)?""" + TEXT),
        judge=judge_argument,
    ),
    # setopt(handle, OPT_PASSWORD, "value"): a constant names what follows
    assigned(
        keywords=(",",),
        pattern=compiled(
            r"(?<![\w.\-])(?-i:(?P<name>[A-Z0-9]{1,20}_[A-Z0-9_]{0,30}?(?:PASS|PWD|SECRET|TOKEN|KEY)[A-Z0-9_]{0,20}))"
            r"\s{0,5},\s{0,5}" + TEXT
        ),
        judge=judge_argument,
    ),
    # set :password, "value"
    assigned(
        keywords=(" :", "\t:", "(:"),
        pattern=compiled(r"(?<=[\s(]):(?P<name>\w{0,40}?(?:pass|pwd|secret|token|key)\w{0,20})\s{0,5},\s{0,5}" + TEXT),
        judge=judge_argument,
    ),
    # setPassword("value"), with_api_key('value'), #define WIFI_PASSWORD "value", <string name="api_key">value</string>
    assigned(
        keywords=('("', "('", '( "', "( '"),
        pattern=compiled(
            rf"""(?:(?<![a-z])(?:set|with|use|is|has|check|verify|match|change)_?
            (?P<name>\w{{0,30}}(?:{WORDS})\w{{0,20}})\(\s?(?P<quote>["'])(?P<value>[^"'\s\\]{{4,300}})(?P=quote)\s?\))"""
        ),
    ),
    assigned(
        keywords=("define",),
        pattern=compiled(r"\#\s?define\s{1,5}" + NAME + r"""\s{1,20}"(?P<value>[^"\s\\]{4,300})\""""),
    ),
    assigned(
        keywords=("name=",),
        pattern=compiled(r"""\bname=["']""" + NAME + r"""["'][^<>\n]{0,80}>(?P<value>[^<\s]{4,200})</"""),
    ),
    # ${NAME:-value}
    assigned(
        keywords=("${",),
        pattern=compiled(r"\$\{" + NAME + r""":?[\-=](?P<value>[^\s"'{}$]{4,200})\}"""),
        rank=3,
    ),
    # ?api_key=value&password=value, "password=value"
    assigned(
        keywords=("=",),
        title="{kind} in an address",
        pattern=compiled(r"""(?<=[?&"'\#])""" + NAME + r"""=(?P<value>[^\s"'`&<>\#;{}()\[\]|\\$]{4,200})"""),
        judge=judge_query,
        rank=3,
    ),
    # NAME=value, name: value, export NAME=value; to the end of the line, or up to a blank in a shell line
    assigned(
        pattern=compiled(
            r"(?:^|[\s;,{(&=?\-\#])"
            + NAME
            + r"(?:=|\s?:\s{1,20}|\s{1,20}=\s{0,20})"
            + UNQUOTED
            + r"(?=[,;\]]?(?:$|[\s;&|,}\"']))"
        ),
        in_code=False,
    ),
    # ENV NAME value
    assigned(
        pattern=compiled(r"^\s{0,20}(?:ENV|ARG|setx?)\s{1,10}" + NAME + r"\s{1,10}" + UNQUOTED + r"\s*$"),
        in_code=False,
    ),
    # <password>value</password>
    assigned(
        keywords=("</",),
        pattern=compiled(r"<" + NAME + r"(?:\s[^<>]{0,80})?>(?P<value>[^<\s]{4,200})</"),
    ),
    # {"name": "DB_PASSWORD", "value": "…"}, also over two lines; <add key="Password" value="…"/>
    assigned(
        keywords=("name", "key"),
        pattern=compiled(
            r"""(?:name|key|parameterkey)\\?["']?\s?[=:]\s{0,10}\\?["']?"""
            + NAME
            + r"""\\?["']?\s{0,40},?\s{0,40}
            \\?["']?(?:value|parametervalue|default)\\?["']?\s?[=:]\s{0,10}\\?(?P<quote>["']?)
            (?P<value>[^"'\s<>\\,]{4,300})\\?(?P=quote)"""
        ),
        rank=3,
        lines=2,
    ),
)
