"""What a rule of ours is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from infra_audit.secrets.judges import Verdict

Judge = Callable[[re.Match[str]], Verdict | None]


@dataclass(frozen=True)
class Rule:
    """`pattern` has a group `value` (and `name` where the judge wants it). `rank` settles overlaps: lowest wins.

    `{kind}` in the title becomes what the name promises: password, secret, token.
    `lines` is how many lines the pattern may span, from the one that holds the keyword.
    """

    id: str
    title: str
    kind: str
    keywords: tuple[str, ...]
    pattern: re.Pattern[str]
    judge: Judge
    rank: int = 1
    lines: int = 1
    in_code: bool = True  # False: unquoted values, which are expressions in a programming language

    @cached_property
    def is_named(self) -> bool:
        """Whether a name before the value promises it."""
        return "name" in self.pattern.groupindex


def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII | re.VERBOSE)
