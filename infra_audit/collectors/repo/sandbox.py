"""Git under our own configuration, in a bare repository of our own.

A client's repository is never opened by git where it lies: its configuration could run programs, and its alternates
read other repositories. Only object files are taken over (see `importing`).
"""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from infra_audit.errors import AuditError

MIB = 1024 * 1024
DIFF_BYTES = 384 * MIB  # git lists all that a commit changed before it says a word: half a million files
CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.deltaBaseCacheLimit": "16m",  # enough where a file's versions are read one after another
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "64m",
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "transfer.bundleURI": "false",
    "http.followRedirects": "false",
    "credential.helper": "",
}
FROM_OUTSIDE = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
FOR_SSH = ("HOME", "SSH_AUTH_SOCK")  # to clone over ssh with the consultant's own key


class RepositoryError(AuditError):
    """A repository cannot be read; the text is one sentence that says why."""


@dataclass(frozen=True)
class Limits:
    """How much of one repository is read. Whatever is beyond is listed as not assessed.

    `repository_bytes` counts git's compressed objects; `blob_bytes` is one file; `tree`: files of one commit, which a
    few small objects can make as many as they like; `seconds` covers the search for secrets; `clone_seconds` fetching
    from a URL.
    """

    repository_bytes: int = 6 * 1024 * MIB
    object_files: int = 1_000_000
    blob_bytes: int = 10 * MIB
    files: int = 50_000
    tree: int = 250_000
    commits: int = 300_000
    secrets: int = 5_000
    places: int = 50
    seconds: float = 1_800
    clone_seconds: float = 900
    workdir: Path | None = field(default=None)


def environment(*, outside: Sequence[str] = FROM_OUTSIDE, config: Mapping[str, str] = CONFIG) -> dict[str, str]:
    """Everything that git gets to know: our configuration, and nothing of the machine's, the user's or a client's."""
    env = {name: os.environ[name] for name in outside if name in os.environ}
    for number, (key, value) in enumerate(config.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        "HOME": os.devnull,
        "LC_ALL": "C",
        "TZ": "UTC",
        **env,
        "GIT_CONFIG_COUNT": str(len(config)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


@dataclass(frozen=True)
class Git:
    """Runs git on one bare repository of ours."""

    directory: Path

    def start(
        self, *arguments: str, stdin: int | IO[bytes] = subprocess.PIPE, most_bytes: int = 0
    ) -> "subprocess.Popen[bytes]":
        """A running git; the caller talks to it and ends it. With `most_bytes` of memory it gives up, on Linux."""
        process = subprocess.Popen(
            self._command(arguments),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd=self.directory,
        )
        if most_bytes and hasattr(resource, "prlimit"):
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_DATA, (most_bytes, most_bytes))
        return process

    def lines(self, *arguments: str, separator: bytes = b"\n") -> Iterator[bytes]:
        """The parts of git's output as they come. Raises RepositoryError if git gives up."""
        process = self.start(*arguments, stdin=subprocess.DEVNULL)
        with ended(process):
            yield from parts(process, separator)
            if process.wait():
                raise RepositoryError("Git could not read all of this repository: an object is missing or damaged.")

    def holds_commit(self, object_id: str) -> bool:
        """Whether a commit of this id, or a tag of one, is there and can be read."""
        done = subprocess.run(
            self._command(("rev-parse", "--quiet", "--verify", "--end-of-options", f"{object_id}^{{commit}}")),
            env=environment(),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["git", "--no-pager", f"--git-dir={self.directory}", *arguments]


def parts(process: "subprocess.Popen[bytes]", separator: bytes) -> Iterator[bytes]:
    """A process's output cut at a separator, in bounded memory. The last part is given only if not empty."""
    rest = b""
    while process.stdout and (chunk := process.stdout.read1(MIB)):  # type: ignore[attr-defined]
        *whole, rest = (rest + chunk).split(separator)
        yield from whole
    if rest:
        yield rest


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leaves no process behind, however the block ends."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


@contextmanager
def working_folder(limits: Limits) -> Iterator[Path]:
    """A private folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="infra-audit-", dir=limits.workdir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fresh_repository(folder: Path, *, sha256: bool = False) -> Git:
    """An empty bare repository, made from no template."""
    kind = "sha256" if sha256 else "sha1"
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--template=", f"--object-format={kind}", str(folder)],
        check=True,
        env=environment(),
        capture_output=True,
    )
    return Git(folder)
