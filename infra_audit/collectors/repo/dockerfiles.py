"""Reads Dockerfiles: which images they start from, and as whom the last stage runs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

DOCKERFILE = re.compile(
    r"(?:^|/)(?:(?:docker|container)file(?:\.(?!dockerignore$)[\w.-]+)?|[\w.-]+\.(?:docker|container)file)$",
    re.IGNORECASE,
)
INSTRUCTION = re.compile(r"^\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)$", re.DOTALL)
FROM = re.compile(r"^(?:--\S+\s+)*(?P<image>\S+)(?:\s+[Aa][Ss]\s+(?P<stage>\S+))?\s*$")
HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
TAKES_HEREDOC = {"RUN", "COPY", "ADD"}
VARIABLE = re.compile(r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-+?])(?P<word>[^{}]*))?\})")
IMAGE = re.compile(r"^(?P<name>[\w./-]+(?::\d+/[\w./-]+)?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[\w:+.-]+))?$")


@dataclass(frozen=True, slots=True)
class Image:
    """A reference to an image, taken apart. `is_known` is False where a variable without a value stands in it."""

    name: str
    tag: str | None
    has_digest: bool
    is_known: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what follows it. `user` is what the last USER says: None without one, "" where nobody can tell.

    `base` is the number of the earlier stage that it goes on from.
    """

    line: int
    image: Image
    name: str
    base: int | None
    user: str | None
    user_line: int


@dataclass(frozen=True, slots=True)
class _Instruction:
    name: str
    rest: str
    line: int


def image_of(text: str, values: Mapping[str, str | None]) -> Image:
    """Take a reference apart, with the variables that are known put in."""
    told = resolved(text, values)
    parts = IMAGE.match(told) if told else None
    if not parts:
        return Image("", None, has_digest=False, is_known=False)
    return Image(parts["name"], parts["tag"], has_digest=bool(parts["digest"]), is_known=True)


def resolved(text: str, values: Mapping[str, str | None]) -> str | None:
    """The text with its variables replaced; None where one has no value. `${TAG:-1.0}` has one of its own."""
    is_known = True

    def value_of(found: re.Match[str]) -> str:
        nonlocal is_known
        value = values.get(found["bare"] or found["name"])
        if found["how"] in {"-", ":-"} and not value:
            value = found["word"]
        if value is None:
            is_known = False
        return value or ""

    told = VARIABLE.sub(value_of, text.strip("\"'"))
    return told if is_known else None


def stages_of(text: str) -> list[Stage]:
    """The stages of a Dockerfile, in their order."""
    stages: list[Stage] = []
    before: dict[str, str | None] = {}
    values = before
    for one in _instructions(text):
        if one.name in {"ARG", "ENV"}:
            _assign(one, values, before)
        elif one.name == "FROM" and (found := FROM.match(one.rest)):
            stages.append(_begun(found, one.line, stages, before))
            values = dict.fromkeys(before)  # what stands before the first FROM is known in a FROM alone
        elif one.name == "USER" and stages:
            user = resolved(one.rest.strip(), values)
            stages[-1] = _with_user(stages[-1], user or "", one.line)
    return stages


def _begun(found: re.Match[str], line: int, stages: list[Stage], values: Mapping[str, str | None]) -> Stage:
    names = {stage.name: number for number, stage in enumerate(stages) if stage.name}
    base = names.get(found["image"].lower())
    user, user_line = (stages[base].user, stages[base].user_line) if base is not None else (None, 0)
    image = stages[base].image if base is not None else image_of(found["image"], values)
    return Stage(line, image, (found["stage"] or "").lower(), base, user, user_line)


def _with_user(stage: Stage, user: str, line: int) -> Stage:
    return Stage(stage.line, stage.image, stage.name, stage.base, user, line)


def _assign(one: _Instruction, values: dict[str, str | None], before: Mapping[str, str | None]) -> None:
    """`ARG A=1`, `ENV A=1 B=2`, `ENV A 1`; an ARG that is only named takes what stands before the first FROM."""
    for word in one.rest.split():
        name, sign, value = word.partition("=")
        if sign:
            values[name] = resolved(value, values)
        elif one.name == "ENV":
            values[name] = resolved(one.rest.partition(" ")[2].strip(), values)
            return
        else:
            values[name] = before.get(name)


def _instructions(text: str) -> Iterator[_Instruction]:
    """Instructions with the line that each begins on; comments and what is written to files are passed over."""
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [line]
        while parts[-1].rstrip().endswith(("\\", "`")) and (following := next(lines, None)):
            if not following[1].lstrip().startswith("#"):
                parts[-1] = parts[-1].rstrip()[:-1]
                parts.append(following[1])
        found = INSTRUCTION.match(" ".join(parts))
        if not found:
            continue
        name = found["name"].upper()
        for ending in HEREDOC.findall(found["rest"]) if name in TAKES_HEREDOC else ():
            while (following := next(lines, None)) and following[1].strip() != ending:
                pass
        yield _Instruction(name, found["rest"], number)
