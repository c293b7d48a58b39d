"""Fourteen places where history keeps a credential: all are found in a folder, and a clone says what it lacks."""

import base64
from dataclasses import dataclass

import pytest

from infra_audit.collectors.repo.cloning import clone_and_import
from infra_audit.document import document
from infra_audit.inventory import Inventory
from tests.infra_audit.repo.conftest import NOW
from tests.infra_audit.repo.test_bombs import zipped

DAY = "2026-01-{:02d}T09:00:00+00:00"


@dataclass
class Planted:
    """Where a credential is, and what must be told of it."""

    name: str
    where: str
    path: str | None
    commit: str | None
    at_head: bool = False
    travels: bool = True


def packed(word):
    return base64.b64encode(word.encode()).decode()


class Planter:
    """Plants one credential in each place; `planted` says by its word what must be told of it."""

    def __init__(self, repo, mint):
        self.repo, self.mint, self.planted = repo, mint, {}

    def line(self):
        self.word = self.mint.password(12 + len(self.planted))
        return f"DB_PASSWORD={self.word}\n"

    def note(self, name, path, commit, where="file", **more):
        self.planted[self.word] = Planted(name, where, path, commit, **more)

    def git(self, *arguments, **more):
        self.repo.day += 1
        return self.repo.git(*arguments, **more)

    def on_branches(self):
        repo = self.repo
        repo.commit({"README.md": "Shop", "kept.txt": "1\n", "other.env": "x=1\n"})
        self.note("removed", "removed.env", repo.commit({"removed.env": self.line()}))
        repo.commit({"removed.env": None})
        repo.git("checkout", "--quiet", "-b", "merged")
        self.note("merged branch", "merged.env", repo.commit({"merged.env": self.line()}))
        repo.commit({"merged.env": None})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"kept.txt": "2\n"})
        self.git("merge", "--quiet", "--no-ff", "--message", "Merge", "merged")
        repo.git("branch", "--quiet", "-D", "merged")
        repo.git("checkout", "--quiet", "-b", "open")
        self.note("unmerged branch", "open.env", repo.commit({"open.env": self.line()}))
        repo.git("checkout", "--quiet", "main")
        self.note("tag only", "tagged.env", repo.commit({"tagged.env": self.line()}))
        repo.git("tag", "v1")
        repo.git("reset", "--quiet", "--hard", "HEAD~1")

    def beside_branches(self):
        repo = self.repo
        self.repo.write("other.env", self.line())
        self.git("stash", "--quiet")
        self.note("stash", "other.env", repo.git("rev-parse", "refs/stash"), travels=False)
        line = self.line()
        self.git("notes", "add", "--message", line)
        noted = repo.git("rev-parse", "HEAD")
        self.note("note", noted, repo.git("rev-parse", "refs/notes/commits"))
        self.note("unreachable", "lost.env", repo.commit({"lost.env": self.line()}), travels=False)
        repo.git("reset", "--quiet", "--hard", "HEAD~1")

    def in_files(self):
        repo = self.repo
        line = self.line()
        first = repo.commit({"before.env": line})
        repo.git("mv", "before.env", "after.env")
        repo.commit()
        self.note("renamed", "after.env", first, at_head=True)
        self.line()
        secret = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\ndata:\n  password: {packed(self.word)}\n"
        self.note("base64 in YAML", "secret.yaml", repo.commit({"secret.yaml": secret}), at_head=True)
        archive = zipped(**{"conf/app.env": self.line()})
        self.note("zip", "backup.zip!conf/app.env", repo.commit({"backup.zip": archive}), at_head=True)
        wide = "\ufeff" + self.line()
        self.note("UTF-16", "wide.txt", repo.commit({"wide.txt": wide.encode("utf-16-le")}), at_head=True)

    def in_messages(self):
        repo = self.repo
        repo.git("checkout", "--quiet", "-b", "side")
        repo.commit({"b": "1"})
        repo.git("checkout", "--quiet", "main")
        repo.commit({"c": "1"})
        repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
        self.note("merge only", "evil.env", repo.commit({"evil.env": self.line()}, "Merge side"))
        repo.commit({"evil.env": None})
        line = self.line()
        self.note("commit message", None, repo.commit({}, f"Roll out\n\n{line}"), where="commit message")
        line = self.line()
        self.git("tag", "--annotate", "v2", "--message", f"Second\n\n{line}")
        self.note("annotated tag", None, None, where="tag message")


@pytest.fixture
def planted(repo, mint):
    planter = Planter(repo, mint)
    planter.on_branches()
    planter.beside_branches()
    planter.in_files()
    planter.in_messages()
    assert len(planter.planted) == 14
    return planter.planted


def told(rows, planted, engine):
    """{name of the place: row}, of the rows that are of a planted credential."""
    names = {engine.fingerprint(text): one.name for word, one in planted.items() for text in (word, packed(word))}
    return {names[row["fingerprint"]]: row for row in rows}


def test_all_fourteen_places_of_a_folder_are_found(planted, repo, collect, engine):
    found = told(collect(repo).secrets, planted, engine)

    assert found.keys() == {one.name for one in planted.values()}
    dates = dict(line.split(" ") for line in repo.git("log", "--all", "--reflog", "--format=%H %cI").splitlines())
    for one in planted.values():
        row = found[one.name]
        assert (one.name, row["where"], row["path"], row["at_head"], row["commit"]) == (
            one.name,
            one.where,
            one.path,
            one.at_head,
            one.commit,
        )
        assert row["date"] == (dates[one.commit].replace("Z", "+00:00") if one.commit else None)
        assert row["reachable"] is (one.name != "unreachable")


@pytest.fixture
def over_a_wire(monkeypatch):
    """Lets a URL be cloned from this machine: git serves and fetches it as it would any other."""

    def fetched(url, folder, limits, stop, login):
        return clone_and_import(f"file://{url.removeprefix('https://git.example')}", folder, limits, stop, ["file"])

    monkeypatch.setattr("infra_audit.repositories.import_url", fetched)


def test_of_a_clone_what_travels_is_found_and_the_rest_is_not_assessed(planted, repo, collect, engine, over_a_wire):
    repo.git("config", "transfer.hideRefs", "refs/stash")  # as hosts do
    collected = collect(f"https://git.example{repo.folder}")

    found = told(collected.secrets, planted, engine)
    assert found.keys() == {one.name for one in planted.values() if one.travels}
    assert found["tag only"]["commit"] == next(one.commit for one in planted.values() if one.name == "tag only")
    evaluation = collected.evaluation("secret_in_history")
    whole = document(
        evaluation, Inventory(), client="", started_at=NOW, duration_s=1, accounts=[], regions=[], left_out=[]
    )
    (gap,) = whole["not_assessed"]
    assert (gap["check"], gap["reason"], gap["unit"]) == ("secret_in_history", "not_applicable", "repo.secrets")
    for word in ("stashes", "reflogs", "unreachable objects", "hooks"):
        assert word in gap["message"]
    assert evaluation.passed == {"secret_in_history": 0}


def test_of_a_folder_nothing_is_left_unassessed(planted, collect, repo):
    assert collect(repo).evaluation("secret_in_history").gaps == []
