"""Repositories made at run time with git, under nobody's own configuration."""

import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra_audit.evaluate import Evaluation, evaluate
from infra_audit.inventory import Inventory, Unit
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.repositories import Limits, RepositoryTarget, collect_repository, planned_repository
from infra_audit.secrets import SecretEngine
from tests.infra_audit.mint import Mint

KEY = b"a key of the tests"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGUN = datetime(2026, 1, 1, 9, tzinfo=UTC)
ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}


@dataclass
class Repo:
    """A repository under construction; each commit is a day after the one before."""

    folder: Path
    day: int = 0

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        stamp = (BEGUN + timedelta(days=self.day)).isoformat()
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in ADA.items()}
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**env, **ALONE, **who, **dates}, input=stdin, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, path: str, content: str | bytes) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def commit(self, files: dict[str, str | bytes | None] | None = None, message: str = "A change") -> str:
        """Write (None: remove) and commit all; returns the commit's id."""
        for path, content in (files or {}).items():
            if content is None:
                (self.folder / path).unlink()
            else:
                self.write(path, content)
        self.day += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


ADA = {"NAME": "ada", "EMAIL": "ada@practice.example"}


@pytest.fixture
def new_repo(tmp_path):
    """Makes an empty repository."""

    def make(name="shop", *options):
        folder = tmp_path / name
        folder.mkdir()
        repo = Repo(folder)
        repo.git("init", "--quiet", "--initial-branch=main", *options)
        return repo

    return make


@pytest.fixture
def repo(new_repo):
    return new_repo()


@pytest.fixture
def mint(request):
    return Mint(request.node.name)


@pytest.fixture
def engine():
    return SecretEngine(KEY)


@dataclass
class Collected:
    """What one collection emitted."""

    units: list[Unit] = field(default_factory=list)

    def __getitem__(self, operation: str) -> Unit:
        return next(unit for unit in self.units if unit.operation == operation)

    @property
    def secrets(self) -> list[dict]:
        return list(self["repo.secrets"].rows)

    @property
    def endings(self) -> dict[str, str]:
        return {unit.operation: unit.ending.value for unit in self.units}

    def findings(self, check: str) -> list:
        return self.evaluation(check).findings

    def evaluation(self, check: str) -> Evaluation:
        inventory = Inventory(tuple(self.units))
        return evaluate(inventory, settings=CheckSettings(), now=NOW, key=KEY, checks=[catalogue()[check]])


@pytest.fixture
def collect():
    """Reads a repository, whole or without the operations in `done`."""

    def run(where, *, name="", done=frozenset(), stop=lambda: False, betterleaks=None, **limits):
        location = str(where.folder if isinstance(where, Repo) else where)
        collected = Collected()
        collect_repository(
            RepositoryTarget(location, name),
            key=KEY,
            now=NOW,
            emit=collected.units.append,
            stop=stop,
            done=frozenset(done),
            limits=Limits(**limits),
            betterleaks=betterleaks,
        )
        return collected

    return run


NOT_NEEDED = {*planned_repository()} - {"repo.files", "repo.infrastructure", "repo.terraform"}


@pytest.fixture
def judge(repo, collect):
    """(findings as path:line, gaps' resources, evaluation) of one check on Terraform over some files."""

    def run(check, files):
        repo.commit(files)
        evaluation = collect(repo, done=NOT_NEEDED).evaluation(check)
        found = [f"{one.path}:{one.line}" for one in evaluation.findings]
        return found, [gap.resource for gap in evaluation.gaps], evaluation

    return run
