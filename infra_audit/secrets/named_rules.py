"""Rules for a value under a name that promises a secret, in all the ways in which one is assigned to the other."""

import re

from infra_audit.secrets.judges import judge_argument, judge_named
from infra_audit.secrets.rule import Judge, Rule, compiled

WORDS = "pass|pwd|secret|token|credential|api.?key|access.?key|auth.?key|private.?key|[a-z]{2,12}[_-]?key"
NAME = rf"(?<![\w.\-])(?<!::)(?P<name>[\w.\-]{{0,60}}?(?:{WORDS})[\w.\-]{{0,40}})"
NAMES = re.compile(NAME, re.IGNORECASE | re.ASCII)
NAME_KEYWORDS = ("pass", "pwd", "secret", "token", "credential", "key")
UNQUOTED = r"""(?P<value>[^\s"'`,;<>(){}\[\]|&\\][^\s"'`<>(){}|&\\]{3,200})"""


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
            (?:=>|:=|==?=?|\?=|:|\|\||\?\?)\s{0,20}[rbfu@]{0,2}(?:["']\\)?
            \\?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{4,300})\\?(?P=quote)"""
        ),
    ),
    # setProperty("name", "value"), define('NAME', 'value')
    assigned(
        pattern=compiled(
            r"""\\?["']"""
            + NAME
            + r"""\\?["']\s{0,20},\s{0,20}[rbfu@]{0,2}(?:["']\\)?
            \\?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{4,300})\\?(?P=quote)"""
        ),
        judge=judge_argument,
    ),
    # setPassword("value"), with_api_key('value'), #define WIFI_PASSWORD "value", <string name="api_key">value</string>
    assigned(
        pattern=compiled(
            rf"""(?:\b(?:set|with|use)_?(?P<name>\w{{0,30}}(?:{WORDS})\w{{0,20}})\(\s?(?P<quote>["'])
            (?P<value>[^"'\s\\]{{4,300}})(?P=quote)\s?\))"""
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
    # ?api_key=value&password=value
    assigned(
        title="{kind} in an address",
        pattern=compiled(r"(?<=[?&])" + NAME + r"""=(?P<value>[^\s"'`&<>\#;{}$]{4,200})"""),
        rank=3,
    ),
    # NAME=value, name: value, export NAME=value; to the end of the line, or up to a blank in a shell line
    assigned(
        pattern=compiled(
            r"(?:^|[\s;,{(&=?\-])" + NAME + r"(?:=|\s?:\s{1,20}|\s=\s)" + UNQUOTED + r"(?=$|[\s;&|,}\"'])"
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
        pattern=compiled(r"<" + NAME + r"(?:\s[^<>]{0,80})?>(?P<value>[^<\s]{4,200})</"),
    ),
    # {"name": "DB_PASSWORD", "value": "…"}, also over two lines; <add key="Password" value="…"/>
    assigned(
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
