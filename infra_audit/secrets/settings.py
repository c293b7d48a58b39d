"""Named settings (environments, parameters, outputs): each value is judged whole by its name, then searched inside."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from infra_audit.secrets import generic, provider
from infra_audit.secrets.detection import Match
from infra_audit.secrets.judges import Verdict, judge_value
from infra_audit.secrets.names import Promise, promise_of
from infra_audit.secrets.values import is_plain_word

RULE = "assigned-secret"
RANK = 4  # as the rule of that id has it for files


class Settings:
    """The settings as one text, a `name=value` after the other, so that a key's id and its secret are seen together."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        pairs = sorted((name, value) for name, value in settings.items() if value)
        self.names = [name for name, _value in pairs]
        self._values = [value.encode(errors="replace") for _name, value in pairs]
        self.starts: list[int] = []
        text = b""
        for name, value in zip(self.names, self._values, strict=True):
            self.starts.append(len(text) + len(name.encode()) + 1)
            text += name.encode() + b"=" + value + b"\n"
        self.data = text

    def matches(self, text: generic.Text) -> Iterator[Match]:
        """Every hit, with offsets into the whole text."""
        spans = set()
        for name, start, value in zip(self.names, self.starts, self._values, strict=True):
            spans.add((start, start + len(value)))
            yield from _named(name, start, value.decode("latin-1"))  # as the text is decoded: equal fingerprints
            before = name.encode() + b"="
            for match in provider.matches(before + value):  # alone: a neighbour's name would lend it a meaning
                shift = start - len(before)
                yield replace(match, start=match.start + shift, end=match.end + shift)
        for match in generic.matches(text):
            if match.rule != RULE or (match.start, match.end) not in spans:  # those were judged above
                yield match


def _named(name: str, start: int, value: str) -> Iterator[Match]:
    telling = telling_part(name)
    if verdict := judge_setting(telling, value):
        promise = promise_of(telling).value
        yield Match(
            rule=RULE,
            title=f"{promise.capitalize()} in plain text",
            value=value,
            start=start,
            end=start + len(value.encode("latin-1")),
            engine=generic.ENGINE,
            rank=RANK,
            confidence=verdict[0],
            reason=verdict[1],
            kind=promise,
        )


def telling_part(name: str) -> str:
    """What of a name says what the value is: its last word; of `/shop/prod/password/db` its last two steps."""
    word = (name.split() or [name])[-1]
    steps = [step for step in word.split("/") if step] or [word]
    alone = promise_of(steps[-1]) not in {Promise.NOTHING, Promise.KEY}
    return steps[-1] if alone else "_".join(steps[-2:])


def judge_setting(name: str, value: str) -> Verdict | None:
    """As in files, but words under a name like DB_SECRET are taken for the name of a secret kept elsewhere."""
    if promise_of(name) is Promise.SECRET and is_plain_word(value):
        return None
    return judge_value(name, value)
