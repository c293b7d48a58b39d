"""Runs our own rules over a text, line by line, and finds AWS access keys: ids alone, secrets alone, pairs."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from functools import cache, cached_property
from itertools import accumulate, count, groupby
from operator import add, itemgetter

from infra_audit.secrets.detection import Confidence, Match
from infra_audit.secrets.documented import docstrings, is_documentation
from infra_audit.secrets.judges import decoded_basic, judge_basic, judge_named, judge_word
from infra_audit.secrets.names import promise_of
from infra_audit.secrets.rules import KEYWORDS, NAMES, RULES, Rule, line_keywords
from infra_audit.secrets.values import aws_account_of, classes, entropy, is_placeholder

ENGINE = "own rules"
LONGEST_LINE = 20_000  # characters; a longer line is data or minified code, left to the provider rules
PAIR_LINES = 5  # how far from its id an AWS secret is looked for,
PAIR_REACH = 2_000  # and how many characters
WORD_REACH = 120  # characters before and after a line in which a user's name makes a word a password
SHORTEST_KEYWORDS = tuple(
    one for one in KEYWORDS if not any(other != one and other in one for other in KEYWORDS)
)  # a line with "password" has "pass" already
AWS_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])")
AWS_NAMED_SECRET = re.compile(
    r"""aws.{0,20}?(?:secret|sk\b|key).{0,30}?["'\s:=>]{1,6}(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])""",
    re.IGNORECASE,
)
AWS_BARE_SECRET = re.compile(r"(?<![A-Za-z0-9/+])(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
# In these an unquoted value is an expression, not a text.
CODE = re.compile(
    r"\.(?:pyi?|jsx?|mjs|cjs|tsx?|java|kts?|go|rb|php|cs|c|cc|cpp|h|hpp|rs|swift|scala|pl|pm|lua|m|vue|svelte|groovy|dart|"
    r"exs?|clj|fs|vb|r|jl|tf|hcl|css|scss|less|sql|proto|graphql|flow|t|rake|gemspec|erb|cxx|hxx|mm|zig|nim|sol|erl|hs|elm)$",
    re.IGNORECASE,
)


class Text:
    """One text. Offsets are those of the bytes: the text is decoded as Latin-1.

    `is_whole`: False for a part of a file, which may begin anywhere.
    """

    def __init__(self, data: bytes, path: str = "", *, is_whole: bool = True) -> None:
        self.text = data.decode("latin-1")
        self.is_code = bool(CODE.search(path))
        self._path = path
        self._is_whole = is_whole

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins, and at last where one more would."""
        lengths = map(len, self.text.split("\n"))
        return list(map(add, accumulate(lengths, initial=0), count()))  # a line break for each line before

    def line_of(self, offset: int) -> int:
        """The line number, from 1."""
        return bisect_right(self.starts, offset)

    def documents(self, offset: int) -> bool:
        """Whether what stands there documents the code: in a docstring, or a documentation comment."""
        start = self.text.rfind("\n", 0, offset) + 1
        if is_documentation(self.text[start:offset], self._path):
            return True
        place = bisect_right(self._docstrings, offset, key=itemgetter(0)) - 1
        return place >= 0 and offset < self._docstrings[place][1]

    @cached_property
    def _docstrings(self) -> list[tuple[int, int]]:
        return list(docstrings(self.text, self._path)) if self._is_whole else []

    def around(self, start: int) -> str:
        """The line that starts there, and what stands before and after it, as far as a user's name may be."""
        return self.text[max(0, start - WORD_REACH) : self.end_of(start) + WORD_REACH]

    def end_of(self, offset: int, after: int = 0) -> int:
        """Where the line at the offset ends, or one so many lines `after`; the line break is left out."""
        end = offset - 1
        for _line in range(after + 1):
            end = self.text.find("\n", end + 1)
            if end < 0:
                return len(self.text)
        return end


def matches(text: Text, only_lines: Collection[int] | None = None) -> Iterator[Match]:
    """Every hit of our own rules. With `only_lines` (numbers from 1) what stands on other lines is left out."""
    for start, end in regions(text, only_lines):
        for match in _in_region(text, start, end):
            if only_lines is None or text.line_of(match.start) in only_lines:
                yield match


def regions(text: Text, only_lines: Collection[int] | None) -> Iterator[tuple[int, int]]:
    """Runs of the lines asked for, each with the line before it: a name may stand above its value. None: all of it."""
    if only_lines is None:
        yield 0, len(text.text)
        return
    starts = text.starts
    wanted = sorted({number - ahead for number in only_lines for ahead in (0, 1) if 0 < number - ahead < len(starts)})
    for _key, run in groupby(enumerate(wanted), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _index, number in run]
        yield starts[numbers[0] - 1], starts[numbers[-1]] - 1


def _in_region(text: Text, start: int, end: int) -> Iterator[Match]:
    lowered = text.text[start:end].lower()
    for line, keywords in _lines_with_keywords(lowered):
        yield from _in_line(text, start + line, frozenset(keywords))
    yield from _aws(text, lowered, start, end)


def _lines_with_keywords(lowered: str) -> list[tuple[int, set[str]]]:
    """Where the lines begin that hold a keyword, and which of the shortest they hold.

    A plain search for each is twice as fast as one pattern.
    """
    found: dict[int, set[str]] = {}
    for keyword in SHORTEST_KEYWORDS:
        at = lowered.find(keyword)
        while at >= 0:
            found.setdefault(lowered.rfind("\n", 0, at) + 1, set()).add(keyword)
            end = lowered.find("\n", at)
            at = lowered.find(keyword, end) if end >= 0 else -1
    return sorted(found.items())


def _in_line(text: Text, start: int, keywords: frozenset[str]) -> Iterator[Match]:
    end = text.end_of(start)
    if end - start > LONGEST_LINE:
        return
    lowered = ""
    promising: bool | None = None
    for rule, is_sure in _candidates(keywords, text.is_code):
        if rule.is_named and promising is None:
            promising = any(promise_of(hit["name"]) for hit in NAMES.finditer(text.text, start, end))
        if rule.is_named and not promising:
            continue
        lowered = lowered or text.text[start:end].lower()
        if is_sure or any(keyword in lowered for keyword in rule.keywords):
            yield from _of_rule(rule, text, start)


@cache
def _candidates(keywords: frozenset[str], is_code: bool) -> tuple[tuple[Rule, bool], ...]:
    """The rules that lines with these of the shortest keywords may break; surely, where one is the rule's own.

    A few hundred sets of keywords occur at all: to ask each rule at each line was half of a search.
    """
    return tuple(
        (rule, not keywords.isdisjoint(rule.keywords))
        for rule in RULES
        if (rule.in_code or not is_code) and any(short in one for one in line_keywords(rule) for short in keywords)
    )


def _of_rule(rule: Rule, text: Text, start: int) -> Iterator[Match]:
    end = min(text.end_of(start, rule.lines - 1), start + LONGEST_LINE)
    for hit in rule.pattern.finditer(text.text[start:end]):
        verdict = rule.judge(hit)
        if not verdict and rule.judge is judge_named:
            verdict = judge_word(hit, text.around(start))
        if verdict:
            promise = promise_of(hit["name"]).value if rule.is_named else ""
            value = _password_of(hit["value"]) if rule.judge is judge_basic else hit["value"]
            yield Match(
                rule=rule.id,
                title=rule.title.format(kind=promise.capitalize()),
                value=value,
                start=start + hit.start("value"),
                end=start + hit.end("value"),
                engine=ENGINE,
                rank=rule.rank,
                confidence=verdict[0],
                reason=verdict[1],
                kind=promise or rule.kind,
            )


def _password_of(encoded: str) -> str:
    """Of a Basic authorization; all of it where it does not decode."""
    return decoded_basic(encoded).partition(":")[2] or encoded


def _aws(text: Text, lowered: str, start: int, end: int) -> Iterator[Match]:
    """Pairs first, as the secret with its id; then secrets under a telling name; then ids that stand alone."""
    ids = []
    if "akia" in lowered or "asia" in lowered:
        ids = [hit for hit in AWS_ID.finditer(text.text, start, end) if _real_id(hit.group())]
    secrets: dict[int, Match] = {}
    paired = set()
    for key_id in ids:
        if secret := _secret_near(text, key_id):
            paired.add(key_id.group())
            secrets[secret.start("value")] = _aws_secret(secret, key_id.group())
    if "aws" in lowered:
        for hit in AWS_NAMED_SECRET.finditer(text.text, start, end):
            if _real_secret(hit["value"]):
                secrets.setdefault(hit.start("value"), _aws_secret(hit, ""))
    yield from secrets.values()
    yield from (_aws_id(hit) for hit in ids if hit.group() not in paired)


def _secret_near(text: Text, key_id: re.Match[str]) -> re.Match[str] | None:
    """What could be the id's secret: on its own line, else the nearest after it, else the nearest before."""
    id_line = text.line_of(key_id.start())
    first, last = max(0, key_id.start() - PAIR_REACH), key_id.end() + PAIR_REACH
    around = [
        (text.line_of(hit.start()) - id_line, hit)
        for hit in AWS_BARE_SECRET.finditer(text.text, first, last)
        if _real_secret(hit["value"])
    ]
    near = [(lines, hit) for lines, hit in around if abs(lines) <= PAIR_LINES]
    # False sorts first: the same line, then what follows, then the nearest of them.
    best = min(near, key=lambda pair: (pair[0] != 0, pair[0] < 0, abs(pair[1].start() - key_id.start())), default=None)
    return best[1] if best else None


def _real_id(value: str) -> bool:
    return not value.endswith("EXAMPLE") and entropy(value[4:]) >= 2


def _real_secret(value: str) -> bool:
    """A hash in hexadecimal or a path is not one: secrets mix cases and digits."""
    return classes(value.replace("/", "").replace("+", "")) == 3 and entropy(value) >= 4 and not is_placeholder(value)


def _aws_secret(hit: re.Match[str], key_id: str) -> Match:
    title = "AWS access key, id and secret" if key_id else "AWS secret access key"
    return _match("aws-access-key", title, hit["value"], hit.start("value"), Confidence.HIGH, "", key_id)


def _aws_id(hit: re.Match[str]) -> Match:
    reason = "an id without its secret opens nothing by itself"
    return _match("aws-access-key-id", "AWS access key id", hit.group(), hit.start(), Confidence.MEDIUM, reason, "")


def _match(rule: str, title: str, value: str, start: int, confidence: Confidence, reason: str, key_id: str) -> Match:
    return Match(
        rule=rule,
        title=title,
        value=value,
        start=start,
        end=start + len(value),
        engine=ENGINE,
        rank=1,
        confidence=confidence,
        reason=reason,
        kind="AWS secret access key",
        key_id=key_id,
    )


def account_in(match: Match) -> str:
    """The AWS account that an access key's id names, or ""."""
    key_id = match.key_id or (match.value if AWS_ID.fullmatch(match.value) else "")
    return aws_account_of(key_id) if key_id else ""
