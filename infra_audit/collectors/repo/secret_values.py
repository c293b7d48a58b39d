"""Whether a value in a definition of infrastructure is a password, and all that may be said of it.

What is said: {line, preview, confidence, fingerprint}. The value itself stays here.
"""

from infra_audit.inventory import Row
from infra_audit.secrets import SecretEngine
from infra_audit.secrets.names import SPOILING_LAST, Promise, promise_of
from infra_audit.secrets.rules import judge_value
from infra_audit.secrets.values import is_address, preview, split_words, stands_for_another

SHORTEST = 4  # signs that a password has at least


def seen_under(name: str, value: str, line: int, engine: SecretEngine) -> Row | None:
    """The value under its name. A guessable password (`changeme`) is one all the same; `24` is none."""
    mark = engine.fingerprint(value)
    if verdict := judge_value(name, value):
        return _said(line, preview(value, "password"), verdict[0].value, mark)
    if stands_for_another(value):
        return None
    if found := engine.scan(f"default: {value}\n".encode()):
        return _said(line, preview(value, "password"), found[0].confidence.value, mark)
    if promise_of(name) is Promise.PASSWORD and len(value) >= SHORTEST and not is_address(value):
        return _said(line, preview(value, "password"), "medium", mark)
    return None


def called(name: str, *, stands_as_password: bool) -> str:
    """What to judge a value by: where it is used as a password it is one, unless its own name says what else it is."""
    words = split_words(name)
    says_else = promise_of(name) is not Promise.NOTHING or (bool(words) and words[-1] in SPOILING_LAST)
    return "password" if stands_as_password and not says_else else name


def seen_in(text: bytes, line: int, engine: SecretEngine) -> Row | None:
    """The first password inside a larger value that begins on this line.

    In code what stands without quotes is an expression; in a text of several lines, such as a script, it is a value.
    """
    found = engine.scan(text, path="" if text.startswith(b"<<") else "default.tf")
    if not found:
        return None
    first = found[0]
    return _said(line + first.line - 1, "inside a larger value", first.confidence.value, first.fingerprint)


def _said(line: int, what: str, confidence: str, fingerprint: str) -> Row:
    return {"line": line, "preview": what, "confidence": confidence, "fingerprint": fingerprint}
