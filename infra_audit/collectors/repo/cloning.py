"""Mirrors a repository from a URL: https and ssh only, within limits of size and time, without following redirects."""

import base64
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit, urlunsplit

from infra_audit.collectors.repo.hosts import pinned, refuse_inner_name
from infra_audit.collectors.repo.importing import Mirror, import_folder
from infra_audit.collectors.repo.sandbox import CONFIG, FOR_SSH, FROM_OUTSIDE, MIB, Limits, RepositoryError, environment

PROTOCOLS = ("https", "ssh")
SCP_LIKE = re.compile(r"^(?P<user>[A-Za-z0-9_][\w.-]*)@(?P<host>[A-Za-z0-9][\w.-]*):(?P<path>[^\s:][^\s]*)$")
URL_LIKE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:(?://|:)|^[\w.-]+@[\w.-]+:")
HOST = re.compile(r"^[A-Za-z0-9:][\w.:-]*$")  # of IPv6 without its brackets
POLL_S = 0.2
FROM_A_URL = (
    "From a URL: stashes that the host keeps to itself, reflogs, unreachable objects, hooks and configuration never"
    " travel, so they could not be searched."
)
SSH = "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oConnectTimeout=20"
REASONS = (
    (r"could not resolve host|name or service not known", "its host was not found"),
    (r"redirect|returned error: 30\d", "it moved to another address; give the new one"),
    (r"authentication failed|could not read username|permission denied|access denied", "access was refused"),
    (
        r"not found|does not appear to be a git repository|repository .* not exist",
        "there is no such repository, or no access to it",
    ),
    (r"host key verification failed", "its host key is unknown; connect once by hand"),
    (r"certificate", "its certificate was not accepted"),
    (r"timed out|connection refused|failed to connect|unreachable", "its host did not answer"),
)


@dataclass(frozen=True)
class Login:
    """What git signs in with over https."""

    user: str
    password: str = field(repr=False)


def is_url(location: str) -> bool:
    """True for anything with a scheme, and for git's `user@host:path`."""
    return bool(URL_LIKE.match(location))


def name_of(url: str) -> str:
    """`owner/name`, or the last part of the path: without user, password, host and `.git`."""
    scp = SCP_LIKE.match(url)
    path = scp["path"] if scp else urlsplit(url).path
    pieces = [piece for piece in path.removesuffix("/").removesuffix(".git").split("/") if piece]
    return "/".join(pieces[-2:]) or "repository"


def import_url(url: str, folder: Path, limits: Limits, stop: Callable[[], bool], login: Login | None = None) -> Mirror:
    """Clone with every ref, then take the objects over as from any untrusted folder. Raises RepositoryError.

    `login` is for an https URL that brings none of its own.
    """
    refuse_url(url)
    config = {**pinned(url, host_of(url)), **(sent_to(url, login) if login else {})}
    return clone_and_import(url, folder, limits, stop, PROTOCOLS, config)


def clone_and_import(
    url: str,
    folder: Path,
    limits: Limits,
    stop: Callable[[], bool],
    protocols: Sequence[str],
    config: Mapping[str, str] = MappingProxyType({}),
) -> Mirror:
    """The work of `import_url`, over the protocols named and with git told this besides."""
    clone = folder / "clone.git"
    url, header = without_credentials(url)
    command = ["git", "clone", "--mirror", "--quiet", "--template=", "--no-recurse-submodules", "--", url, str(clone)]
    process = subprocess.Popen(
        command,
        env=_environment(protocols, {**config, **header}),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _watch(process, clone, limits, stop)
    finally:
        if process.poll() is None:
            process.kill()
        _out, said = process.communicate()
    if process.returncode:
        raise RepositoryError(f"{name_of(url)} could not be cloned: {reason_in(said)}.")
    mirror = import_folder(clone, folder / "mirror.git", limits)
    shutil.rmtree(clone, ignore_errors=True)  # its configuration names the URL, which may hold a token
    return replace(mirror, remarks=(*mirror.remarks, FROM_A_URL), lacks=(*mirror.lacks, FROM_A_URL))


def refuse_url(url: str) -> None:
    """Raise RepositoryError unless it is https or ssh with a plain host, which is not written as one of ours."""
    try:
        host, scheme = host_of(url), "ssh" if SCP_LIKE.match(url) else urlsplit(url).scheme
    except ValueError:
        host, scheme = "", ""
    if scheme not in PROTOCOLS or not HOST.match(host):
        raise RepositoryError("Only https and ssh addresses of repositories are read, or a folder on this machine.")
    refuse_inner_name(host)


def host_of(url: str) -> str:
    """Raises ValueError for what is no URL."""
    scp = SCP_LIKE.match(url)
    return scp["host"] if scp else urlsplit(url).hostname or ""


def without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """An https URL without user and password, and git's setting that sends them to that host alone.

    So they stand neither in the list of processes nor in the clone's configuration.
    """
    parsed = urlsplit(url)
    if parsed.scheme != "https" or parsed.username is None:
        return url, {}
    bare = urlunsplit(parsed._replace(netloc=parsed.netloc.rpartition("@")[2]))
    return bare, sent_to(bare, Login(unquote(parsed.username), unquote(parsed.password or "")))


def sent_to(url: str, login: Login) -> dict[str, str]:
    """Git's setting that sends a login to the URL's host alone, and over https alone."""
    parsed = urlsplit(url)
    if parsed.scheme != "https":
        return {}
    secret = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    host = parsed.netloc.rpartition("@")[2]
    return {f"http.https://{host}/.extraHeader": f"Authorization: Basic {secret}"}


def _environment(protocols: Sequence[str], more: Mapping[str, str]) -> dict[str, str]:
    allowed = {f"protocol.{name}.allow": "always" for name in protocols}
    env = environment(outside=(*FROM_OUTSIDE, *FOR_SSH), config={**CONFIG, **allowed, **more})
    return {**env, "GIT_ALLOW_PROTOCOL": ":".join(protocols), "GIT_SSH_COMMAND": SSH}


def _watch(process: "subprocess.Popen[bytes]", clone: Path, limits: Limits, stop: Callable[[], bool]) -> None:
    """Wait for the clone; end it when it grows too large, takes too long, or somebody says stop."""
    deadline = time.monotonic() + limits.clone_seconds
    while True:
        ended = process.poll() is not None
        if time.monotonic() > deadline:
            raise RepositoryError(f"Cloning took longer than {limits.clone_seconds:.0f} seconds and was given up.")
        if size_of(clone) > limits.repository_bytes:
            allowed = limits.repository_bytes // MIB
            raise RepositoryError(f"This repository is larger than the {allowed} MB that are read; nothing of it was.")
        if stop():
            raise RepositoryError("Stopped while cloning.")
        if ended:
            return
        time.sleep(POLL_S)


def size_of(folder: Path) -> int:
    """Bytes in a folder that may be changing."""
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return size


def reason_in(said: bytes) -> str:
    """Git's own words are not passed on: they repeat the URL, which may hold a token."""
    text = said.decode("utf-8", "replace").lower()
    return next((reason for pattern, reason in REASONS if re.search(pattern, text)), "git gave up")
