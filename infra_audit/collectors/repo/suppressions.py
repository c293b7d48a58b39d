"""repo.suppressions: what in the tree at HEAD tells scanners for secrets to look away. None of it is obeyed by us.

Rows, one a file and scanner: path, line (of the first), scanner ("gitleaks", …), form ("list" for files that name what
is left out, "marker" for words beside a line), entries (how many), hides (credentials that we found on marked lines).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.engine import is_binary

MOST_BYTES = 2 * 1024 * 1024
LINES = r"^[ \t]*(?![#;])\S"  # each line but comments


@dataclass(frozen=True)
class Silencer:
    """Files of a scanner that name what it leaves out; `entry` fits each thing left out."""

    scanner: str
    paths: re.Pattern[str]
    entry: re.Pattern[bytes]


def _silencer(scanner: str, paths: str, entry: str = LINES) -> Silencer:
    flags = re.MULTILINE | re.IGNORECASE
    return Silencer(scanner, re.compile(rf"(?:^|/)(?:{paths})$"), re.compile(entry.encode(), flags))


SILENCERS = (
    _silencer("gitleaks", r"\.gitleaksignore"),
    _silencer("gitleaks", r"\.?gitleaks[^/]*\.toml", r"^[ \t]*\[\[?(?:rules\.)?allowlists?\]\]?"),
    _silencer("betterleaks", r"\.betterleaks-?ignore"),
    _silencer(
        "betterleaks",
        r"\.?betterleaks[^/]*\.toml",
        r"^[ \t]*\[\[?(?:rules\.)?allowlists?\]\]?|^[ \t]*(?:filter|prefilter)\s*=",
    ),
    _silencer("trufflehog", r"\.?trufflehog[-_.]?(?:ignore|exclude[\w-]*)(?:\.txt)?"),
    _silencer("detect-secrets", r"\.?(?:detect-)?secrets\.baseline(?:\.json)?", r'"hashed_secret"\s*:'),
    _silencer(
        "GitGuardian",
        r"\.gitguardian\.ya?ml",
        r"^[ \t]*(?:ignored[-_](?:paths|matches|detectors)|paths-ignore|matches-ignore)\s*:|^[ \t]*-\s+\S",
    ),
    _silencer("Talisman", r"\.talismanrc", r"^[ \t]*-?\s*(?:filename|checksum|allowed_patterns)\s*:"),
    _silencer("kingfisher", r"\.?kingfisher[^/]*(?:baseline|ignore|allow)[^/]*", LINES),
    _silencer("secretlint", r"\.secretlintignore"),
    _silencer("git-secrets", r"\.gitallowed"),
    _silencer("GitHub secret scanning", r"\.github/secret_scanning\.ya?ml", r"^[ \t]*-\s+\S"),
    _silencer(
        "CredScan", r"\.?credscan(?:suppressions?)?(?:\.json)?", r'"(?:hash|file|placeholder|_justification)"\s*:'
    ),
    _silencer("whispers", r"\.?whispers\.ya?ml", r"^[ \t]*-\s+\S"),
)
# Of a marker the word alone would do; put together so that no scanner takes these lines at their word.
MARKERS = (
    ("gitleaks", rb"gitleaks" + rb":\s?allow"),
    ("betterleaks", rb"betterleaks" + rb":\s?(?:allow|ignore)"),
    ("trufflehog", rb"trufflehog" + rb":\s?ignore"),
    ("detect-secrets", rb"pragma" + rb":\s?(?:allow|white)list(?: nextline)? secret"),
    ("GitGuardian", rb"\bgg" + rb"ignore\b|ggshield" + rb":\s?ignore"),
    ("kingfisher", rb"kingfisher" + rb":\s?(?:allow|ignore)"),
    ("Talisman", rb"talisman" + rb":\s?ignore"),
    ("secretlint", rb"secretlint" + rb"-disable"),
    ("Bandit", rb"#\s?nosec" + rb"\b[^\n]*\bB10[567]\b|#\s?nosec" + rb"[ \t]*(?=\r?$)"),
    ("Ruff or flake8", rb"#\s?noqa" + rb":[^\n#]*\bS10[567]\b"),
    ("Checkov", rb"checkov" + rb":\s?skip=CKV_SECRET_\d+"),
    ("tfsec or Trivy", rb"(?:tfsec|trivy)" + rb":\s?ignore:(?:general-secrets|AVD-GEN)[\w-]*"),
    ("Semgrep", rb"nosemgrep" + rb":[^\n]*secret"),
)
# One of these is in each marker; looking for plain words first is many times faster than for patterns.
WORDS = (
    *(b"gitleaks", b"betterleaks", b"trufflehog", b"list secret", b"nextline secret", b"gg" + b"ignore", b"ggshield"),
    *(b"kingfisher", b"talisman", b"secretlint", b"nosec", b"noqa", b"ckv_secret", b"tfsec", b"trivy", b"nosemgrep"),
)
COMPILED = tuple((scanner, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for scanner, pattern in MARKERS)
UNSPECIFIC = "Bandit"  # its bare marker may be about anything, so it counts only where it hides a credential


def read(repository: OpenRepository) -> Reading:
    rows: list[Row] = []
    too_big: list[Unread] = []  # data, in which nobody marks a line
    for path, data in repository.text_files(lambda _path: True, most_bytes=MOST_BYTES, unread=too_big):
        rows += _in_lists(path, data)
        if _may_be_marked(data):
            rows += _in_text(path, data, repository)
    return Reading(tuple(rows))


def _may_be_marked(data: bytes) -> bool:
    lowered = data.lower()
    words = [word for word in WORDS if word in lowered]
    if not words or is_binary(data):
        return False
    return words != [b"noqa"] or b"s10" in lowered  # most of them are about something else


def _in_lists(path: str, data: bytes) -> Iterator[Row]:
    for one in SILENCERS:
        if one.paths.search(path.lower()):
            hits = list(one.entry.finditer(data))
            if hits:
                yield _row(path, _line_of(data, hits[0].start()), one.scanner, "list", len(hits), 0)


def _in_text(path: str, data: bytes, repository: OpenRepository) -> Iterator[Row]:
    """Markers, with what they hide; a marker may stand beside the line or on the one before it."""
    secret_lines = {one.line for one in repository.engine.scan(data, path=path)}
    for scanner, pattern in COMPILED:
        lines = [_line_of(data, hit.start()) for hit in pattern.finditer(data)]
        hides = len(secret_lines & {*lines, *(line + 1 for line in lines)})
        if lines and (hides or scanner != UNSPECIFIC):
            yield _row(path, lines[0], scanner, "marker", len(lines), hides)


def _line_of(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _row(path: str, line: int, scanner: str, form: str, entries: int, hides: int) -> Row:
    return {"path": path, "line": line, "scanner": scanner, "form": form, "entries": entries, "hides": hides}
