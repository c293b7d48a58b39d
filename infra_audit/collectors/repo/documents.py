"""repo.documents: what a newcomer can find out from what is written down, and the place that proves it.

Rows, one a question of `answers.QUESTIONS` and one of the runbook: question, is_answered, kind, path, line, text (the
heading, sentence or target; "" where it would show a credential or a person's name), places (how many proofs there
are).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from infra_audit.collectors.repo.answers import OWNER, QUESTIONS, RUNBOOK, Proof, in_build_file, in_document, shown
from infra_audit.collectors.repo.history import history_of
from infra_audit.collectors.repo.reading import OpenRepository, Reading
from infra_audit.collectors.repo.sandbox import RepositoryError
from infra_audit.inventory import Row, Unread
from infra_audit.secrets.paths import PathClass, path_class

MOST_BYTES = 512 * 1024
MOST_DOCUMENTS = 400
CODEOWNERS = re.compile(r"^(?:\.github/|\.gitlab/|docs/)?codeowners$", re.IGNORECASE)
DOCUMENT = re.compile(
    r"^(?:(?:readme|contributing|development|developing|hacking|install|deploy(?:ing|ment)?|releas(?:e|ing)"
    r"|operations|run-?book"
    r"|play-?book|architecture|design|maintainers|owners|support)(?:\.\w+)?"
    r"|(?:\.github/)?(?:readme|contributing|support)\.\w+"
    r"|(?:docs?|documentation|wiki|run-?books?|ops|adrs?)/.+\.(?:md|mdx|rst|adoc|asciidoc|txt))$",
    re.IGNORECASE,
)
BUILD_FILE = re.compile(r"^(?:(?:gnu)?makefile|justfile|taskfile\.ya?ml|package\.json)$", re.IGNORECASE)
ORDER = (re.compile(r"^readme", re.I), re.compile(r"^[^/]+$"), re.compile(r"."))  # where people look first
SHORTEST_NAME = 3
ANYTHING = re.compile(r"")


def read(repository: OpenRepository) -> Reading:
    unread: list[Unread] = []
    texts = dict(_texts(repository, unread))
    proofs = sorted((proof for path, data in texts.items() for proof in _proofs(path, data)), key=_rank)
    told = _Telling(repository, texts)
    rows = tuple(
        told.row(question, [one for one in proofs if one.question == question]) for question in (*QUESTIONS, RUNBOOK)
    )
    return Reading(rows, tuple(unread))


def _texts(repository: OpenRepository, unread: list[Unread]) -> Iterator[tuple[str, bytes]]:
    left = MOST_DOCUMENTS

    def is_wanted(path: str) -> bool:
        nonlocal left
        is_one = bool(DOCUMENT.match(path) or BUILD_FILE.match(path) or CODEOWNERS.match(path))
        if not is_one or path_class(path) is PathClass.VENDORED or left <= 0:
            return False
        left -= 1
        return True

    yield from repository.text_files(is_wanted, most_bytes=MOST_BYTES, unread=unread)


def _rank(proof: Proof) -> tuple[int, bool, str, int]:
    """Where people look first, and there what says so in a heading or a name before what a sentence hints at."""
    place = next(number for number, pattern in enumerate(ORDER) if pattern.search(proof.path))
    return place, proof.kind == "sentence", proof.path, proof.line


def _proofs(path: str, data: bytes) -> Iterable[Proof]:
    text = data.decode("utf-8-sig", "replace")
    if CODEOWNERS.match(path):
        return _owners(path, text)
    return in_build_file(path, text) if BUILD_FILE.match(path) else in_document(path, text)


def _owners(path: str, text: str) -> Iterator[Proof]:
    """One rule is enough; whom it names is not told."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith(("#", "[")):
            yield Proof(OWNER, "codeowners", path, number, path.rpartition("/")[2])
            return


class _Telling:
    """Makes rows of proofs, without credentials and without names of those who wrote the code."""

    def __init__(self, repository: OpenRepository, texts: Mapping[str, bytes]) -> None:
        self._repository = repository
        self._texts = texts
        try:
            self._names = _pattern_of(history_of(repository).names)
        except RepositoryError:  # a damaged history: nobody knows whose names to keep back
            self._names = ANYTHING

    def row(self, question: str, proofs: list[Proof]) -> Row:
        best = next((one for one in proofs if one.kind == "codeowners"), proofs[0] if proofs else None)
        return {
            "question": question,
            "is_answered": best is not None,
            "kind": best.kind if best else None,
            "path": best.path if best else None,
            "line": best.line if best else None,
            "text": self._text(best) if best else "",
            "places": len(proofs),
        }

    def _text(self, proof: Proof) -> str:
        data = self._texts[proof.path]
        lines = {one.line for one in self._repository.engine.scan(data, path=proof.path)}
        hidden = (
            proof.line in lines or self._repository.engine.scan(proof.text.encode()) or self._names_somebody(proof.text)
        )
        return "" if hidden else shown(proof.text)

    def _names_somebody(self, text: str) -> bool:
        return bool(self._names and self._names.search(text))


def _pattern_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the names, or a capitalised part of one, as a word of its own."""
    words = {name.strip() for name in names} | {
        part for name in names for part in name.split() if part[:1].isupper() and len(part) >= SHORTEST_NAME
    }
    told = sorted(re.escape(one) for one in words if len(one) >= SHORTEST_NAME)
    return re.compile(rf"(?<!\w)(?:{'|'.join(told)})(?!\w)") if told else None
