"""Where code explains itself: docstrings and documentation comments, in which credentials are mostly examples."""

import re
from collections.abc import Iterator

PYTHON = re.compile(r"\.pyi?$", re.IGNORECASE)
COMMENTED = re.compile(
    r"\.(?:java|kts?|jsx?|mjs|cjs|tsx?|php|c|cc|cpp|h|hpp|cs|scala|go|rs|swift|groovy|dart)$", re.IGNORECASE
)
COMMENT_LINE = re.compile(r"\s*(?:/\*\*|\*\s|///|//!)")
PROMPT = re.compile(r"\s*>>>\s")
STRING = re.compile(
    r"""\#[^\n]* | \\.  # a sign after a backslash opens no string
    |[rbuf]{0,2}(?P<quote>\"{3}|'{3})(?:[^\\]|\\.)*?(?P=quote)
    |[rbuf]{0,2}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
EXPECTS_A_VALUE = tuple("(,=[{+|%\\")  # what stands after one of these is an argument, or part of a value


def is_documentation(line: str, path: str) -> bool:
    """Whether a line by itself shows that it documents: of a Javadoc comment, or at Python's prompt."""
    pattern = PROMPT if PYTHON.search(path) else COMMENT_LINE if COMMENTED.search(path) else None
    return bool(pattern and pattern.match(line))


def docstrings(text: str, path: str) -> Iterator[tuple[int, int]]:
    """Spans of a whole Python file's docstrings."""
    if not PYTHON.search(path):
        return
    before = ""  # the last sign of code
    reached = 0
    for string in STRING.finditer(text):
        gap = text[reached : string.start()]
        *earlier, indent = gap.rsplit("\n", 1)
        begins_a_line = not indent.strip() and (bool(earlier) or reached == 0)
        before = gap.rstrip()[-1:] or before
        reached = string.end()
        if string[0].startswith("#"):
            continue
        if string["quote"] and begins_a_line and not before.endswith(EXPECTS_A_VALUE):
            yield string.span()
        before = string[0][:1] if string[0].startswith("\\") else '"'
