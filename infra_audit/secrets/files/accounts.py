"""Lists of accounts, one a line: what programs that sign in by themselves read, and what servers check against."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from infra_audit.secrets.files.kinds import Hit, decoded_at, hash_at, password_at
from infra_audit.secrets.files.reading import ESCAPED, lines, without_comments
from infra_audit.secrets.generic import Text
from infra_audit.secrets.judges import judge_key

MOST_HASHES = 100  # of one file: they stand for the rest
# git escapes what it writes, people do not: the first colon ends the user, and the last @ the password.
URL = re.compile(r"^\s*[a-z][a-z0-9+.\-]*://[^\s:/]*:(?!x-oauth-basic@)(?P<value>[^\s/]+)@[^\s/@]+", re.IGNORECASE)
URL_OF_TOKEN = re.compile(r"^\s*https?://(?P<value>[^\s:/@]+)(?::(?:x-oauth-basic)?)?@[^\s/@]+", re.IGNORECASE)
PGPASS = re.compile(r"(?:(?:\\.|[^:\\])*:){4}(?P<value>(?:\\.|[^:\\])+)")
# A password, or a macro, which is what follows up to an empty line.
NETRC = re.compile(
    r"""(?<!\S)(?:macdef[ \t]+\S+[^\n]*(?:\n(?![ \t\r]*(?:\n|\Z))[^\n]*)*|(?<!anonymous[ ])password\s+
    (?!(?:machine|default|login|account|macdef)\s)(?:"(?P<quoted>(?:[^"\\\n]|\\.)+)"|(?P<bare>\S+)))""",
    re.IGNORECASE | re.VERBOSE,
)
NETRC_LOGIN = re.compile(r"(?<!\S)(?:machine|login|default|account)(?!\S)", re.IGNORECASE)
# argon2's, of which Django says the name twice; crypt's and its kin's: $1$…, $2y$…, $5$…, $6$…, $y$…, $7$…, $apr1$…,
# $P$…; LDAP's {SSHA}…
CRYPT = (
    r"(?:argon2)?\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+(?:,\w+=[\w+/]+)*(?:\$[A-Za-z0-9+/]{8,200}){2}"
    r"|\$(?:2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|[PH]\$[./A-Za-z0-9]{31}|S\$[./A-Za-z0-9]{52}"
    r"|(?:1|5|6|7|y|gy|apr1|md5|sha1|scrypt|pbkdf2[\w\-]*)\$"
    r"(?:[\w=,.+/\-]{1,80}\$)+[./A-Za-z0-9+=]{16,200})"
    r"|\{(?:S?SHA(?:256|512)?|S?MD5|CRYPT)\}[./A-Za-z0-9+=$]{10,200}"
    r"|(?:pbkdf2|bcrypt|scrypt)_?[a-z0-9]*\$+[^\s:,'\"()]{20,250}|SCRAM-SHA-256\$[^\s'\",]{20,250}"
    r"|(?:pbkdf2:sha(?:1|256|512)(?::\d+)?|scrypt:\d+:\d+:\d+)\$[A-Za-z0-9]{8,32}\$[0-9a-f]{40,128}"  # Werkzeug's
)
HASH_FIELD = re.compile(
    rf"(?:!{{1,2}}|\{{[A-Za-z0-9.\-]+\}})?(?P<value>{CRYPT}|[./0-9A-Za-z]{{13}}|[0-9a-fA-F]{{32}}|[0-9a-fA-F]{{40}}|md5[0-9a-f]{{32}})"
)
PLAIN_FIELD = re.compile(r"\{(?:PLAIN(?:-TRUNC)?|CLEAR(?:TEXT)?)\}(?P<value>.+)", re.IGNORECASE)
CRYPT_ANYWHERE = re.compile(rf"(?<![\w$])(?:{CRYPT})(?![\w$])")
NAME_FIELD = re.compile(r"^\s*[\w.@+\-\\]{1,64}\$?$", re.ASCII)
NO_LM_HASH = "aad3b435b51404ee" * 2  # of the empty password, in place of one that is not kept


def pgpass(text: Text) -> Iterator[Hit]:
    """host:port:database:user:password; a colon or backslash inside a field is escaped."""
    for start, line in lines(text):
        if hit := PGPASS.match(line):
            value = ESCAPED.sub(r"\1", hit["value"])
            yield from decoded_at(start + hit.start("value"), start + hit.end("value"), value, is_sent=True)


def netrc(text: Text) -> Iterator[Hit]:
    """machine, login and password as words, on one line or on several; macros (`macdef`) are passed over."""
    if not NETRC_LOGIN.search(text.text):
        return
    for hit in NETRC.finditer(without_comments(text)):
        if part := hit.lastgroup:
            value = ESCAPED.sub(r"\1", hit[part]) if part == "quoted" else hit[part]
            yield from decoded_at(*hit.span(part), value, is_sent=True)


def urls(text: Text) -> Iterator[Hit]:
    """scheme://user:password@host, one a line, with escapes; or a token in the user's place.

    https://git-scm.com/docs/git-credential-store#_storage_format
    """
    for start, line in lines(text):
        if hit := URL.match(line):
            value = unquote(hit["value"], encoding="latin-1")  # as the text is decoded
            yield from decoded_at(start + hit.start("value"), start + hit.end("value"), value, is_sent=True)
        elif (hit := URL_OF_TOKEN.match(line)) and (verdict := judge_key(hit["value"])):
            yield Hit(start + hit.start("value"), start + hit.end("value"), hit["value"], "token", *verdict)


def hashes(text: Text) -> Iterator[Hit]:
    """name:hash, with more fields behind it or none: .htpasswd, shadow, passwd of FTP, mail and MQTT servers.

    A scheme in braces may stand before it (https://doc.dovecot.org/2.3/configuration_manual/authentication/password_schemes/);
    what a lock of shadow's hides behind its mark is a hash still.
    """
    found = 0
    for start, line in lines(text):
        fields = line.split(":")
        if len(fields) < 2 or not NAME_FIELD.match(fields[0]) or found >= MOST_HASHES:
            continue
        place = start + len(fields[0]) + 1
        for one in fields[1:4]:  # .htdigest has the realm between, Samba a number and an older hash
            if one.lower() != NO_LM_HASH and (hit := HASH_FIELD.fullmatch(one.strip())):
                found += 1
                begin = place + one.index(hit["value"])
                yield hash_at(begin, begin + len(hit["value"]), hit["value"])
                break
            if hit := PLAIN_FIELD.fullmatch(one):
                yield from password_at(text, place + hit.start("value"), place + hit.end("value"))
                break
            place += len(one) + 1


def quoted_users(text: Text) -> Iterator[Hit]:
    """PgBouncer's "user" "password or hash"."""
    for start, line in lines(text):
        if hit := re.match(r'\s*"[^"]+"\s+"(?P<value>[^"]+)"', line):
            first, last = start + hit.start("value"), start + hit.end("value")
            if HASH_FIELD.fullmatch(hit["value"]):
                yield hash_at(first, last, hit["value"])
            else:
                yield from password_at(text, first, last, is_sent=True)


def last_word(text: Text) -> Iterator[Hit]:
    """The last word of each line of three or more, in quotes or not: chap-secrets, ipsec.secrets, davfs2."""
    for start, line in lines(text):
        hit = re.match(r"""\s*\S+\s+(?:\S+\s+)+?["']?(?P<value>[^\s"']+)["']?(?:\s+[\d.*]+)?\s*$""", line)
        if hit:
            yield from password_at(text, start + hit.start("value"), start + hit.end("value"))


def relay(text: Text) -> Iterator[Hit]:
    """Postfix's sasl_passwd: host, then user:password."""
    for start, line in lines(text):
        if hit := re.match(r"\s*\S+\s+[^\s:]+:(?P<value>\S+)\s*$", line):
            yield from password_at(text, start + hit.start("value"), start + hit.end("value"))
