"""A second scanner's word on a repository, where it is installed and asked for: betterleaks, in a process of its own.

It is an extra (requirements/scanners.txt), off by default. It reads the bare repository that is ours, obeys no ignore
file or marker in it, and is never let near a provider: nothing that it finds is tried. Its values live in the memory of
this process for as long as it takes to fingerprint them.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra_audit.collectors.repo.sandbox import CONFIG, Git, RepositoryError, ended, environment, parts
from infra_audit.errors import BadArgumentError
from infra_audit.secrets import Confidence, Detection, SecretEngine
from infra_audit.secrets.provider import title_of
from infra_audit.secrets.values import entropy, is_placeholder, is_stand_in, preview

ENGINE = "betterleaks"
PROGRAM = "betterleaks"
OPTIONS = (
    *("--jsonl", "--output=-", "--no-banner", "--exit-code=0", "--log-level=error"),
    *("--no-allow-signatures", "--ignore-file=/dev/null", "--include=commit-messages,tag-messages"),
    "--log-opts=--all -m --full-history",
)
REASON = "only betterleaks takes it for a credential"
DID_NOT_END = "betterleaks did not come to its end, so what only it would have found is missing."

LineAtHead = Callable[[str, bytes], int | None]


def required_program() -> Path:
    """Raises BadArgumentError that names the mend where it is not installed."""
    program = find_program()
    if program is None:
        raise BadArgumentError(
            "betterleaks is not installed: pip install --require-hashes -r requirements/scanners.txt, or leave it out."
        )
    return program


@dataclass(frozen=True)
class Told:
    """A detection and where it is: `head_line` where it still stands in the file at HEAD."""

    detection: Detection
    where: str  # "file", "commit message", "tag message"
    path: str | None
    commit: str | None
    head_line: int | None


def find_program() -> Path | None:
    """Where betterleaks is: beside this Python, or on the PATH."""
    beside = Path(sys.executable).with_name(PROGRAM)
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    return Path(found) if found else None


def detections(
    program: Path,
    git: Git,
    engine: SecretEngine,
    *,
    tips: Iterable[str],
    at_head: LineAtHead,
    seconds: float,
    stop: Callable[[], bool],
) -> Iterator[Told]:
    """What it finds in all that the `tips` lead to. Raises RepositoryError where it does not end well or in time.

    `at_head` says on which line of a file at HEAD a value stands.
    """
    # Our repository holds objects and no names: without any, git would have nothing to walk.
    (git.directory / "packed-refs").write_text("".join(f"{one} refs/tips/{one}\n" for one in sorted(tips)))
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(
        [str(program), "git", str(git.directory), *OPTIONS],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(git),
        cwd=git.directory,
    )
    with ended(process):
        for line in parts(process, b"\n"):
            if stop() or time.monotonic() > deadline:
                raise RepositoryError(DID_NOT_END)
            if told := _told(line, engine, at_head):
                yield told
        if process.wait():
            raise RepositoryError(DID_NOT_END)


def _environment(git: Git) -> dict[str, str]:
    """Git's, which it calls; no proxy, so that it has no way out even if it wanted one."""
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    return {**environment(outside=("PATH", "TMPDIR"), config=CONFIG), **proxies, "HOME": str(git.directory)}


def _told(line: bytes, engine: SecretEngine, at_head: LineAtHead) -> Told | None:
    try:
        finding: dict[str, Any] = json.loads(line).get("finding") or {}
        value, rule = str(finding["match"]["value"]), str(finding["rule_id"])
        attributes, place = finding.get("attributes") or {}, finding.get("location") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not value or is_placeholder(value) or is_stand_in(value):
        return None
    detection = Detection(
        rule=rule,
        title=title_of(rule),
        preview=preview(value, "secret"),
        fingerprint=engine.fingerprint(value),
        line=int(place.get("start_line") or 1),
        engines=(ENGINE,),
        confidence=Confidence.LOW,
        confidence_reason=REASON,
        entropy=entropy(value),
    )
    resource = str(attributes.get("resource", ""))
    if "message" in resource:
        where = "tag message" if "tag" in resource else "commit message"
        return Told(detection, where, None, attributes.get("git.sha"), None)
    path = place.get("path")
    return Told(detection, "file", path, attributes.get("git.sha"), at_head(path, value.encode()) if path else None)
