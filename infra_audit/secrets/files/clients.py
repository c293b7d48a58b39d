"""Programs that sign in by themselves and write what they need for it in a way of their own."""

import re
from collections.abc import Iterator

from infra_audit.secrets.detection import Confidence
from infra_audit.secrets.files.accounts import HASH_FIELD
from infra_audit.secrets.files.kinds import HASH, Hit, Parse, decoded_at, hash_at, password_at
from infra_audit.secrets.files.reading import ESCAPED, by_name, by_pattern, lines
from infra_audit.secrets.generic import Text

QUOTED = r"""(?:"(?P<double>(?:[^"\\\n]|\\.)+)"|'(?P<single>(?:[^'\\\n]|\\.)+)'|(?P<bare>[^\s"'][^\s;,]*))"""
# user ada is here password value, in any order: https://www.fetchmail.info/fetchmail-man.html
FETCHMAIL = re.compile(rf"(?<!\S)pass(?:word)?\s+(?:is\s+)?{QUOTED}", re.IGNORECASE)
# -u ada:value, user = "ada:value": https://everything.curl.dev/cmdline/configfile.html
CURL = re.compile(
    r"""^\s*-{0,2}(?:(?:proxy-)?user|[uU])(?:\s*[=:]\s*|\s+)
    (?:"[^\s":]+:(?P<double>(?:[^"\\\n]|\\.)+)"|[^\s":]+:(?P<bare>\S+))\s*$""",
    re.VERBOSE,
)
# K and the length of a key, V and that of its value: https://svnbook.red-bean.com/en/1.8/svn.serverconfig.netmodel.html
SUBVERSION = re.compile(r"^K \d+\r?\n(?:password|passphrase)\r?\nV \d+\r?\n(?P<value>[^\r\n]+)", re.MULTILINE)
SECTION = re.compile(r"^\s*\[(?P<name>[^\]]+)\]")
SETTING = re.compile(r"""^\s*[^\s=#;][^=]*=\s*(?P<mark>["']?)(?P<value>\S(?:.*\S)?)(?P=mark)\s*$""")
PROPERTY = re.compile(r"^\s*[\w.@\-]+\s*[=:]\s*(?P<value>[^\s,]+)")
# https://leiningen.org/deploy.html
leiningen = by_pattern(r':(?:password|passphrase|token|secret)\s+"(?P<value>[^"\n]+)"', "password")
# BUNDLE_HOST: user:value: https://bundler.io/man/bundle-config.1.html
bundler = by_pattern(r"""^BUNDLE_\w+:\s*["']?[^\s"':]+:(?!/)(?P<value>[^\s"']+)""", "password")
# https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/settings.html
conda = by_pattern(r"https?://[^\s/]+/t/(?P<value>[\w\-]{12,200})(?:/|\s)", "token")
# P=value of a network: https://hexchat.readthedocs.io/en/latest/settings.html
hexchat = by_pattern(r"^P=(?P<value>\S+)", "password")
znc = by_pattern(r"^[ \t]*Hash\s*=\s*(?P<value>[0-9a-f]{32,64})\s*$", HASH)
# https://support.mozilla.org/en-US/kb/profiles-where-firefox-stores-user-data
FIREFOX = re.compile(r""""encrypted(?P<what>Username|Password)"\s*:\s*"(?P<value>[A-Za-z0-9+/]{16,}={0,2})\"""")
IN_KEY4 = "it is encrypted, with a key in key4.db, which opens it unless a primary password was set"
HASHED = ("MD5:", "CRYPT:")  # Jetty's; what stands behind its OBF: can be turned back


def firefox(text: Text) -> Iterator[Hit]:
    """Both halves of each sign-in that a browser saved, as it encrypted them."""
    for hit in FIREFOX.finditer(text.text):
        if hit["what"] == "Password":
            yield Hit(*hit.span("value"), hit["value"], "encrypted password", Confidence.MEDIUM, IN_KEY4)
        else:
            yield Hit(*hit.span("value"), hit["value"], "encrypted user name", Confidence.LOW, IN_KEY4)


def fetchmail(text: Text) -> Iterator[Hit]:
    """Passwords of a .fetchmailrc, quoted or not."""
    for start, line in lines(text):
        for hit in FETCHMAIL.finditer(line):
            yield from _sent(hit, start)


def curl(text: Text) -> Iterator[Hit]:
    """Passwords behind a user, and those that an option of their own names."""
    for start, line in lines(text):
        if hit := CURL.match(line):
            yield from _sent(hit, start)
    yield from by_name("oauth2-bearer|pass|proxy-pass", blanks=True, is_sent=True)(text)


def _sent(hit: re.Match[str], start: int) -> Iterator[Hit]:
    """The last group that matched; in quotes some signs are escaped."""
    part = hit.lastgroup or ""
    value = hit[part] if part == "bare" else ESCAPED.sub(r"\1", hit[part])
    yield from decoded_at(start + hit.start(part), start + hit.end(part), value, is_sent=True)


def subversion(text: Text) -> Iterator[Hit]:
    """What a client keeps of a server that it signed in to."""
    for hit in SUBVERSION.finditer(text.text):
        yield from password_at(text, *hit.span("value"), is_sent=True)


def third_field(text: Text) -> Iterator[Hit]:
    """host:user:password, as in Exim's passwd.client."""
    for start, line in lines(text):
        if hit := re.match(r"\s*[^:\s]*:[^:\s]+:(?P<value>\S(?:.*\S)?)\s*$", line):
            yield from password_at(text, start + hit.start("value"), start + hit.end("value"))


def in_section(names: str) -> Parse:
    """A parser of name = value, where each value in the sections of these names (lower case) is a password."""
    wanted = frozenset(names.split())

    def parse(text: Text) -> Iterator[Hit]:
        section = ""
        for start, line in lines(text):
            if opened := SECTION.match(line):
                section = opened["name"].lower()
            elif section in wanted and (hit := SETTING.match(line)):
                yield from password_at(text, start + hit.start("value"), start + hit.end("value"))

    return parse


def properties(text: Text) -> Iterator[Hit]:
    """user=password or user: password,role, plain or as a hash: users of WildFly, Jetty, ActiveMQ."""
    for start, line in lines(text):
        if hit := PROPERTY.match(line):
            first, last = start + hit.start("value"), start + hit.end("value")
            if HASH_FIELD.fullmatch(hit["value"]) or hit["value"].startswith(HASHED):
                yield hash_at(first, last, hit["value"])
            else:
                yield from password_at(text, first, last)
