"""Puts the two hooks where git looks for them, before whatever hooks are there, and takes them out again."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra_audit.errors import BadArgumentError
from infra_audit.hook.mailing import SETTINGS_FILE
from infra_audit.secrets.provider import scanner

HOOKS = ("pre-commit", "post-commit")
MARK = "# infra_audit hook: looks for credentials in what is committed."
BEFORE = ".before"
ROOT = Path(__file__).resolve().parents[2]
GLOBAL_FOLDER = Path("~/.config/infra-audit/hooks")
SCRIPT = """#!/bin/sh
{mark}
# Made by `python -m infra_audit hook install`; `… hook uninstall` takes it out again.
here=$(cd "$(dirname "$0")" && pwd)
{chained}
python={python}
export PYTHONPATH={root}
export INFRA_AUDIT_HOOK_FOLDER="$here"
# -P: nothing is imported from the folder that is committed in.
"$python" -P -m infra_audit.hook {name}
status=$?
if [ "$status" -eq 0 ]; then exit 0; fi
{ended}
"""
CHAINED = """if [ -x "$here/{name}.before" ]; then "$here/{name}.before" "$@"{stop}; fi"""
# A folder of hooks for all repositories makes git forget each one's own.
OWN = """own="$(git rev-parse --git-common-dir)/hooks/{name}"
if [ -x "$own" ] && ! [ "$own" -ef "$0" ]; then "$own" "$@"{stop}; fi"""
STOPS = {"pre-commit": " || exit $?", "post-commit": ""}
HOW = "cd {root} && make setup && {python} -m infra_audit hook install"
ENDED = {
    "pre-commit": """if [ "$status" -eq 10 ]; then exit 1; fi
printf '%s\\n' {sentence} >&2
exit 1""",
    "post-commit": """printf '%s\\n' {sentence} >&2
exit 0""",
}
SENTENCES = {
    "pre-commit": "infra_audit: the search for credentials does not work, so nothing was committed; mend it with: {how}"
    " (or commit without it: git commit --no-verify).",
    "post-commit": "infra_audit: the commit was not searched for credentials; mend it with: {how}.",
}


def install(*, mail: str, everywhere: bool) -> Path:
    """Install both hooks, for this repository or for all of this user's; returns their folder.

    A hook that is there already is kept as `NAME.before` and called first. Raises BadArgumentError.
    """
    if mail and (not mail.isprintable() or not all("@" in one for one in mail.split(","))):
        raise BadArgumentError(f"{mail!r} is no list of mail addresses.")
    folder = _all_repositories() if everywhere else _this_repository()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in HOOKS:
            _put(folder, name, everywhere=everywhere)
        if mail:
            (folder / SETTINGS_FILE).write_text(f"[mail]\nto = {mail}\n", encoding="utf-8")
    except OSError as error:
        raise BadArgumentError(f"{folder} cannot be written: {error.strerror}.") from error
    if everywhere:
        _git("config", "--global", "core.hooksPath", str(folder))
    scanner()  # its rules are compiled once, so that the first commit need not wait
    return folder


def uninstall(*, everywhere: bool) -> Path:
    """Take both out; what was kept as `NAME.before` is put back. Raises BadArgumentError where none is installed."""
    folder = _all_repositories() if everywhere else _this_repository()
    ours = [folder / name for name in HOOKS if is_ours(folder / name)]
    if not ours:
        raise BadArgumentError(f"there is no hook of ours in {folder}.")
    for hook in ours:
        hook.unlink()
        before = hook.with_name(hook.name + BEFORE)
        if before.exists():
            before.rename(hook)
    (folder / SETTINGS_FILE).unlink(missing_ok=True)
    if everywhere and folder == GLOBAL_FOLDER.expanduser():
        _git("config", "--global", "--unset", "core.hooksPath")
    return folder


def is_ours(hook: Path) -> bool:
    return hook.is_file() and MARK.encode() in hook.read_bytes()[:500]


def _put(folder: Path, name: str, *, everywhere: bool) -> None:
    hook, before = folder / name, folder / (name + BEFORE)
    if (hook.exists() or hook.is_symlink()) and not is_ours(hook):
        if before.exists():
            raise BadArgumentError(f"{before} is there already: move it away first.")
        hook.rename(before)
    hook.write_text(script(name, everywhere=everywhere), encoding="utf-8")
    hook.chmod(0o755)


def script(name: str, *, everywhere: bool) -> str:
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    chained = [CHAINED, OWN] if everywhere else [CHAINED]
    sentence = SENTENCES[name].format(how=HOW.format(root=root, python=python))
    return SCRIPT.format(
        mark=MARK,
        chained="\n".join(one.format(name=name, stop=STOPS[name]) for one in chained),
        python=python,
        root=root,
        name=name,
        ended=ENDED[name].format(sentence=shlex.quote(sentence)),
    )


def _this_repository() -> Path:
    """Where git looks for hooks from here: a worktree's are its repository's, and core.hooksPath may say otherwise."""
    try:
        return Path(_git("rev-parse", "--git-path", "hooks")).absolute()
    except subprocess.CalledProcessError:
        raise BadArgumentError("this folder is in no git repository: change into one, or add --global.") from None


def _all_repositories() -> Path:
    found = next(_global_folder(), None)
    return Path(found or GLOBAL_FOLDER).expanduser().absolute()


def _global_folder() -> Iterator[str]:
    try:
        yield _git("config", "--global", "--get", "core.hooksPath")
    except subprocess.CalledProcessError:
        return


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").strip()
