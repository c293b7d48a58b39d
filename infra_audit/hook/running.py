"""Runs a hook: searches the change, says what it found, and lets the team know.

Before a commit whatever looks like a credential stops it; a guess (low confidence) is only mentioned. After a commit,
which cannot be stopped any more (or was made by `git commit --no-verify`), the team gets a mail.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra_audit.hook import changed
from infra_audit.hook.mailing import Mail, MailError, send, settings_of
from infra_audit.secrets import Confidence, Detection, SecretEngine, archives

FINE, BROKEN, FOUND = 0, 1, 10  # the hook's script tells a credential from a Python that does not work by these
WAY_PAST = (
    "Take it out and keep it in a secret store. A false alarm: git commit --no-verify, and the team is told by the"
    " post-commit hook."
)


@dataclass(frozen=True)
class Hit:
    """A credential in a change, without its value."""

    path: str
    one: Detection

    @property
    def is_sure(self) -> bool:
        return self.one.confidence is not Confidence.LOW

    def __str__(self) -> str:
        return f"{plain(self.path)}:{self.one.line}  {self.one.title} ({self.one.preview}), rule {self.one.rule}"


def main(arguments: Sequence[str]) -> int:
    """The exit status; 10 where a commit must not be."""
    hooks: dict[str, Callable[[], int]] = {"pre-commit": before_commit, "post-commit": after_commit}
    if len(arguments) != 1 or arguments[0] not in hooks:
        _say("call it with pre-commit or post-commit.")
        return BROKEN
    try:
        return hooks[arguments[0]]()
    except subprocess.CalledProcessError as error:
        _say(f"git {error.cmd[1]} failed, so the change was not searched.")
        return BROKEN


def before_commit() -> int:
    hits = list(found_in(changed.staged()))
    sure = [hit for hit in hits if hit.is_sure]
    for hit in hits:
        if not hit.is_sure:
            _say(f"this may be a credential: {hit}")
    if not sure:
        return FINE
    _say("this change holds a credential, so nothing was committed:")
    sys.stderr.writelines(f"  {hit}\n" for hit in sure)
    _say(WAY_PAST)
    return FOUND


def after_commit() -> int:
    sure = [hit for hit in found_in(changed.last_commit()) if hit.is_sure]
    if not sure:
        return FINE
    mail = mail_about(sure)
    _say(f"{mail.subject}:")
    sys.stderr.writelines(f"  {hit}\n" for hit in sure)
    settings = settings_of(os.environ)
    if settings is None:
        _say("nobody was told: no address is set (python -m infra_audit hook install --mail TEAM).")
        return FINE
    try:
        send(mail, settings)
    except MailError as error:
        _say(f"the team could not be told: {error}")
    return FINE


def found_in(files: Iterable[changed.ChangedFile]) -> Iterator[Hit]:
    """What is new in the change; a file that is too large, and an archive that does not open, is named."""
    engine = SecretEngine(secrets.token_bytes(32))
    told = set()
    for file in files:
        if file.data is None:
            _say(f"{plain(file.path)} is too large and was not searched.")
            continue
        in_file = engine.scan(file.data, path=file.path, only_lines=file.added)
        found = [(file.path, one) for one in in_file if file.added is None or one.line in file.added]
        for path, one in (*found, *_in_archive(engine, file.path, file.data)):
            if (path, one.fingerprint) not in told:
                told.add((path, one.fingerprint))
                yield Hit(path, one)


def _in_archive(engine: SecretEngine, path: str, data: bytes) -> Iterator[tuple[str, Detection]]:
    """All that an archive's members hold: nobody sees which of them are new."""
    if not archives.is_archive(path):
        return
    with tempfile.TemporaryDirectory(prefix="hook-") as folder:
        try:
            for place, content in archives.members(path, data, Path(folder)):
                yield from ((path + place, one) for one in engine.scan(content, path=path + place))
        except archives.UnopenedError:
            _say(f"{plain(path)} could not be opened and was not searched.")


def mail_about(hits: Sequence[Hit]) -> Mail:
    identifier, author, branch = changed.told_of_head()
    repository = Path.cwd().name
    places = "".join(f"- {hit}\n" for hit in hits)
    return Mail(
        subject=plain(f"A credential was committed to {repository} in {identifier}"),
        text=(
            f"Repository: {plain(repository)}\nCommit: {identifier}{f' on {plain(branch)}' if branch else ''}\n"
            f"Author: {plain(author)}\n\n{places}\n"
            "Its value is not in this mail. Replace the credential, then take it out: whoever has the commit has it.\n"
            "If it is a false alarm, answer so that the team knows.\n"
        ),
    )


def plain(text: str) -> str:
    """One line that a terminal and a mail's head can hold, whatever a file is called."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _say(sentence: str) -> None:
    sys.stderr.write(f"infra_audit: {sentence}\n")
