"""Git repositories made at run time, with fixed dates and invented authors: the same seed makes the same commits."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from demo.truth import Planted, Truth

PEOPLE = {name: f"{name.title()} <{name}@harbourandpine.example>" for name in ("ada", "ben", "cleo")}
MAIN = "main"


@dataclass(frozen=True)
class Commit:
    """Files written (None: removed) by one person at one time; a branch of its own starts from main's tip then."""

    when: datetime
    author: str
    message: str
    files: Mapping[str, str | None]
    branch: str = MAIN
    tag: str = ""


@dataclass
class Sample:
    """One repository: what was committed, and what is wrong with it."""

    name: str
    commits: list[Commit] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    tolerated: list[Planted] = field(default_factory=list)

    def plant(self, check: str, path: str, content: str = "", needle: str = "") -> None:
        """Write down that a check must point at the line of `content` that holds `needle`; without one, at the path."""
        self.planted.append(self._at(check, path, content, needle))

    def tolerate(self, check: str, path: str, content: str, needle: str) -> None:
        """Write down that a check may point there: a second true way to see what another check finds."""
        self.tolerated.append(self._at(check, path, content, needle))

    def _at(self, check: str, path: str, content: str, needle: str) -> Planted:
        resource = f"{path}:{line_of(content, needle)}" if needle else path
        return Planted(check, resource, repository=self.name)

    @property
    def truth(self) -> Truth:
        return Truth(tuple(self.planted), tolerated=tuple(self.tolerated))


def line_of(content: str, needle: str) -> int:
    """The first line, counted from 1, that holds the needle."""
    return content[: content.index(needle)].count("\n") + 1


def build(sample: Sample, folder: Path) -> Path:
    """Make the repository in `folder`/name with main checked out; returns its path. Needs the git program."""
    target = folder / sample.name
    target.mkdir(parents=True)
    _git(target, "init", "--quiet", f"--initial-branch={MAIN}")
    _git(target, "fast-import", "--quiet", stdin=_stream(sample.commits))
    _git(target, "reset", "--quiet", "--hard", MAIN)
    return target


def _git(target: Path, *arguments: str, stdin: bytes = b"") -> None:
    """Git without anybody's own configuration."""
    alone = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "-C", str(target), *arguments], input=stdin, env={**kept, **alone}, check=True)


def _stream(commits: Sequence[Commit]) -> bytes:
    """What `git fast-import` reads: https://git-scm.com/docs/git-fast-import"""
    lines: list[bytes] = []
    begun: set[str] = set()
    for one in commits:
        stamp = f"{PEOPLE[one.author]} {int(one.when.timestamp())} +0000"
        lines.append(f"commit refs/heads/{one.branch}\nauthor {stamp}\ncommitter {stamp}\n".encode())
        lines.append(_data(one.message + "\n"))
        if one.branch not in begun and one.branch != MAIN:
            lines.append(f"from refs/heads/{MAIN}\n".encode())
        begun.add(one.branch)
        for path, content in one.files.items():
            lines.append(f"D {path}\n".encode() if content is None else f"M 100644 inline {path}\n".encode())
            lines.append(b"" if content is None else _data(content))
        lines.append(b"\n")
        if one.tag:
            lines.append(f"reset refs/tags/{one.tag}\nfrom refs/heads/{one.branch}\n\n".encode())
    return b"".join(lines)


def _data(text: str) -> bytes:
    content = text.encode()
    return f"data {len(content)}\n".encode() + content + b"\n"
