"""Where a repository may be, what is refused and in which words, and that nothing of it ever runs."""

import base64
import os
import shutil
import subprocess

import pytest

from infra_audit.collectors.repo.cloning import (
    clone_and_import,
    name_of,
    reason_in,
    refuse_url,
    without_credentials,
)
from infra_audit.collectors.repo.sandbox import Limits, RepositoryError
from infra_audit.inventory import Place, Unit
from infra_audit.repositories import RepositoryTarget, planned_repository

EVERY = planned_repository()


def the_only_sentence(collected):
    """Every planned unit ended in error with the same sentence; returns it."""
    assert collected.endings == dict.fromkeys(EVERY, "error")
    (message,) = {unit.message for unit in collected.units}
    assert message.endswith(".")
    return message


@pytest.mark.parametrize("shape", ["work tree", ".git", "bare", "packed", "detached", "sha256"])
def test_every_usual_shape_of_repository_is_read(shape, repo, new_repo, mint, collect, tmp_path):
    if shape == "sha256":
        repo = new_repo("other", "--object-format=sha256")
    repo.commit({"README.md": "Shop", "app.env": f"DB_PASSWORD={mint.password()}\n"})
    where = repo.folder
    if shape == ".git":
        where = repo.folder / ".git"
    elif shape == "bare":
        where = tmp_path / "bare.git"
        repo.git("clone", "--quiet", "--bare", str(repo.folder), str(where))
    elif shape == "packed":
        repo.git("gc", "--quiet")
    elif shape == "detached":
        repo.git("checkout", "--quiet", "--detach")

    collected = collect(where)

    assert collected.endings == dict.fromkeys(EVERY, "ok")
    assert [row["path"] for row in collected.secrets] == ["app.env"]


def test_a_unit_carries_the_repositorys_name_and_survives_json(repo, collect):
    repo.commit({"README.md": "Shop"})

    unit = collect(repo)["repo.files"]

    assert unit.place == Place(partition="", account="", region="", repository="shop")
    assert Unit.from_json(unit.as_json()) == unit
    assert unit.rows[0] == {
        "arn": "repo:shop",
        "type": "git:repository",
        "name": "shop",
        "tags": {},
        "head": repo.git("rev-parse", "HEAD"),
        "branch": "main",
        "is_empty": False,
        "files": 1,
        "lacks": [],
    }


def test_an_empty_repository_is_read_and_has_nothing_in_it(repo, collect):
    collected = collect(repo)

    assert collected.endings == dict.fromkeys(EVERY, "ok")
    told = {row["event"] for row in collected["repo.delivery"].rows} | {
        row["question"] for row in collected["repo.documents"].rows if row["is_answered"]
    }
    assert told == {"history"}
    assert {unit.rows for unit in collected.units[1:] if unit.operation not in {"repo.delivery", "repo.documents"}} == {
        ()
    }
    assert collected["repo.files"].rows[0]["is_empty"] is True
    assert collected.evaluation("readme_missing").examined == {"readme_missing": 0}


def no_place(repo, tmp_path):
    return tmp_path / "nowhere"


def a_file(repo, tmp_path):
    return repo.folder / "README.md"


def a_plain_folder(repo, tmp_path):
    (tmp_path / "plain").mkdir()
    return tmp_path / "plain"


def a_folder_inside(repo, tmp_path):
    return repo.folder / "sub"


def a_worktree(repo, tmp_path):
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    return tmp_path / "linked"


def a_linked_git_dir(repo, tmp_path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ".git").symlink_to(repo.folder / ".git")
    return tmp_path / "linked"


def with_commondir(repo, tmp_path):
    repo.write(".git/commondir", "../elsewhere\n")
    return repo.folder


def with_alternates(repo, tmp_path):
    repo.write(".git/objects/info/alternates", "/somewhere/else\n")
    return repo.folder


def with_a_promisor(repo, tmp_path):
    repo.write(".git/objects/pack/pack-1.promisor", "")
    return repo.folder


def with_linked_objects(repo, tmp_path):
    objects = repo.folder / ".git" / "objects"
    objects.rename(tmp_path / "moved")
    objects.symlink_to(tmp_path / "moved")
    return repo.folder


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (no_place, "does not exist"),
        (a_file, "no git bundle and no .zip or .tar archive"),
        (a_plain_folder, "holds no files"),
        (a_folder_inside, "It lies inside the repository"),
        (a_worktree, "Give the main repository"),
        (a_linked_git_dir, "Give the main repository"),
        (with_commondir, "shares its files with another worktree"),
        (with_alternates, "borrows objects from another repository"),
        (with_a_promisor, "partial clone"),
        (with_linked_objects, "its objects folder is a link"),
    ],
)
def test_what_cannot_be_read_safely_is_refused_in_one_sentence(shape, sentence, repo, tmp_path, collect):
    repo.commit({"README.md": "Shop", "sub/a": "1"})

    assert sentence in the_only_sentence(collect(shape(repo, tmp_path)))


def test_a_repository_past_the_limit_is_refused(repo, collect):
    repo.commit({"big": os.urandom(100_000)})

    assert "larger than" in the_only_sentence(collect(repo, repository_bytes=50_000))


def test_nothing_that_a_repository_configures_is_run(repo, mint, collect, tmp_path):
    trap = tmp_path / "ran"
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n", ".gitattributes": "* diff=x filter=x\n", "a": "1"})
    repo.commit({"app.env": "x=1\n"})
    for name in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "diff.external",
        "diff.x.textconv",
        "filter.x.smudge",
    ):
        repo.git("config", name, str(program))
    repo.git("config", "core.hooksPath", str(tmp_path))
    repo.git("config", "remote.origin.url", "ssh://nowhere.invalid/x")
    repo.git("config", "remote.origin.promisor", "true")
    for hook in ("post-checkout", "pre-auto-gc", "reference-transaction"):
        shutil.copy(program, repo.folder / ".git" / "hooks" / hook)
    blob = subprocess.run(["git", "hash-object", "a"], cwd=repo.folder, capture_output=True, text=True).stdout.strip()
    (repo.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()  # git would fetch it from the promisor

    collected = collect(repo)

    assert not trap.exists()
    assert len(collected.secrets) == 1
    assert [one.resource for one in collected["repo.secrets"].unread] == ["a"]


def test_the_repository_is_left_as_it_was(repo, collect):
    repo.commit({"README.md": "Shop"})

    def state():
        return {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in repo.folder.rglob("*")}

    before = state()
    collect(repo)

    assert state() == before


def test_a_link_out_of_the_tree_is_not_followed(repo, mint, collect, tmp_path):
    outside = tmp_path / "outside.env"
    outside.write_text(f"DB_PASSWORD={mint.password()}\n")
    (repo.folder / "link.env").symlink_to(outside)
    (repo.folder / "main.tf").symlink_to(outside)
    repo.commit({"README.md": "Shop"})

    collected = collect(repo)

    assert collected.secrets == []
    assert collected["repo.terraform"].rows == ()
    assert {row["path"]: row["mode"] for row in collected["repo.files"].rows[1:]}["link.env"] == "120000"


def test_an_object_file_that_is_a_link_is_not_taken_over(repo, collect, tmp_path):
    repo.commit({"a.env": "x=1\n"})
    blob = repo.git("rev-parse", "HEAD:a.env")
    stored = repo.folder / ".git" / "objects" / blob[:2] / blob[2:]
    stored.rename(tmp_path / "moved")
    stored.symlink_to(tmp_path / "moved")

    assert [one.resource for one in collect(repo)["repo.secrets"].unread] == ["a.env"]


@pytest.mark.parametrize("path", [b"caf\xe9/app.env", b"two\nlines.env", b'q"uote\t.env', "größe.env".encode()])
def test_odd_paths_are_read_and_can_be_stored(path, repo, mint, collect):
    target = os.path.join(os.fsencode(repo.folder), path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(f"DB_PASSWORD={mint.password()}\n".encode())
    repo.commit()

    (row,) = collect(repo).secrets

    assert row["path"] == path.decode("utf-8", "replace")
    assert row["path"].encode()


def test_a_head_that_leads_nowhere_falls_back_and_says_so(repo, collect):
    repo.commit({"README.md": "Shop"})
    (repo.folder / ".git" / "HEAD").write_text("ref: refs/heads/gone\n")

    unit = collect(repo)["repo.files"]

    assert unit.rows[0]["branch"] == "main"
    assert unit.message == "HEAD names a branch that does not exist, so main was read."


def test_a_shallow_clone_is_read_and_says_what_it_lacks(repo, mint, collect, tmp_path):
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    repo.commit({"app.env": ""})
    repo.commit({"b.env": f"DB_PASSWORD={mint.password()}\n"})
    shallow = tmp_path / "shallow"
    repo.git("clone", "--quiet", "--depth", "1", f"file://{repo.folder}", str(shallow))

    unit = collect(shallow)["repo.secrets"]

    assert [row["path"] for row in unit.rows] == ["b.env"]
    assert unit.ending.value == "ok"
    assert "shallow clone" in unit.message


def test_a_submodule_is_not_entered(repo, new_repo, collect):
    other = new_repo("other")
    commit = other.commit({"a": "1"})
    repo.commit({"README.md": "Shop"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    repo.git("commit", "--quiet", "--message", "Add a submodule")

    assert [row["path"] for row in collect(repo)["repo.files"].rows[1:]] == ["README.md"]


def test_what_is_done_already_is_not_read_again(repo, collect):
    repo.commit({"README.md": "Shop"})

    assert list(collect(repo, done=EVERY[:3]).endings) == EVERY[3:]
    assert collect(repo, done=EVERY).units == []


def test_a_stop_leaves_out_what_was_begun(repo, collect):
    repo.commit({"README.md": "Shop"})
    asked = []

    def after_some():
        asked.append(1)
        return len(asked) > 4

    emitted = list(collect(repo, stop=after_some).endings)

    assert 0 < len(emitted) < len(EVERY)
    assert emitted == EVERY[: len(emitted)]


def test_no_working_folder_is_left_behind(repo, collect, tmp_path):
    workdir = tmp_path / "work"
    workdir.mkdir()
    repo.commit({"README.md": "Shop"})

    collect(repo, workdir=workdir)
    collect(tmp_path / "nowhere", workdir=workdir)

    assert list(workdir.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://git.example/shop.git",
        "git://git.example/shop.git",
        "file:///etc",
        "ext::sh -c touch% /tmp/x",
        "ssh://-oProxyCommand=x/shop",
        "https://",
        "ftp://git.example/x",
    ],
)
def test_only_https_and_ssh_are_followed(url, collect):
    with pytest.raises(RepositoryError):
        refuse_url(url)

    assert "https and ssh" in the_only_sentence(collect(url))


@pytest.mark.parametrize(
    "url", ["https://git.example/a/shop.git", "ssh://git@git.example:2222/a/shop", "git@git.example:a/shop.git"]
)
def test_usual_addresses_are_not_refused(url):
    refuse_url(url)

    assert name_of(url) == "a/shop"
    assert RepositoryTarget(url).place.repository == "a/shop"


def test_a_host_that_does_not_answer_is_one_sentence_without_the_token(mint, collect):
    token = mint.text(20)

    message = the_only_sentence(collect(f"https://ada:{token}@shop.invalid/a/shop.git"))

    assert "a/shop could not be cloned" in message
    assert token not in message


def test_a_token_in_a_url_reaches_git_as_a_header_for_that_host_alone(mint):
    token = mint.text(20)

    url, setting = without_credentials(f"https://ada:{token}%21@git.example:8443/a/shop.git")

    sent = base64.b64encode(f"ada:{token}!".encode()).decode()
    assert url == "https://git.example:8443/a/shop.git"
    assert setting == {"http.https://git.example:8443/.extraHeader": f"Authorization: Basic {sent}"}
    assert token not in repr(RepositoryTarget(f"https://ada:{token}@git.example/a/shop.git"))


@pytest.mark.parametrize(
    "url", ["https://git.example/a/shop.git", "ssh://git@git.example/a/shop", "git@git.example:a/shop"]
)
def test_a_url_without_a_password_stays_as_it_is(url):
    assert without_credentials(url) == (url, {})


def test_a_clone_brings_every_ref_and_says_what_never_travels(repo, mint, tmp_path):
    repo.commit({"README.md": "Shop"})
    repo.git("checkout", "--quiet", "-b", "side")
    side = repo.commit({"a": "1"})
    repo.git("checkout", "--quiet", "main")

    mirror = clone_and_import(f"file://{repo.folder}", tmp_path, Limits(), lambda: False, ["file"])

    assert side in mirror.tips
    assert mirror.head == repo.git("rev-parse", "main")
    assert "never travel" in mirror.remarks[-1]
    assert not (tmp_path / "clone.git").exists()


@pytest.mark.parametrize(
    ("limits", "stop", "words"),
    [
        (Limits(clone_seconds=-1), False, "took longer"),
        (Limits(repository_bytes=-1), False, "larger than"),
        (Limits(), True, "Stopped"),
    ],
)
def test_a_clone_past_its_limits_is_ended(limits, stop, words, repo, tmp_path):
    repo.commit({"README.md": "Shop"})

    with pytest.raises(RepositoryError, match=words):
        clone_and_import(f"file://{repo.folder}", tmp_path, limits, lambda: stop, ["file"])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"fatal: unable to access: Could not resolve host: x", "its host was not found"),
        (b"remote: Repository not found.", "there is no such repository, or no access to it"),
        (b"fatal: unable to update url base from redirection", "it moved to another address; give the new one"),
        (b"git@x: Permission denied (publickey).", "access was refused"),
        (b"fatal: something else", "git gave up"),
    ],
)
def test_gits_own_words_are_translated(said, reason):
    assert reason_in(said) == reason
