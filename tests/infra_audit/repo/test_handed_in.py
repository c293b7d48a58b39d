"""Repositories that come as one file, and folders that git does not know."""

import io
import os
import shutil
import tarfile
import zipfile

import pytest

from infra_audit.collectors.repo.handed_in import FROM_A_BUNDLE, WITHOUT_GIT

MIB = 1024 * 1024


@pytest.fixture
def kept(repo, mint):
    """A repository with a credential at HEAD, and one that only its history still has."""
    here, gone = mint.password(), mint.password()
    repo.commit({"app.env": f"DB_PASSWORD={gone}\n", "README.md": "Shop"})
    repo.commit({"app.env": None, "deploy/prod.env": f"DB_PASSWORD={here}\n"})
    repo.git("tag", "v1.0.0")
    return repo


def paths(collected):
    return [(row["path"], row["at_head"]) for row in collected.secrets]


WHOLE = [("deploy/prod.env", True), ("app.env", False)]


def test_a_bundle_holds_history_branches_and_tags(kept, tmp_path, collect):
    bundle = tmp_path / "shop.bundle"
    kept.git("bundle", "create", "--quiet", str(bundle), "--all")

    collected = collect(bundle)

    assert paths(collected) == WHOLE
    assert collected["repo.files"].rows[0]["branch"] == "main"
    assert collected["repo.files"].place.repository == "shop"
    assert FROM_A_BUNDLE in collected["repo.secrets"].message
    assert [row["event"] for row in collected["repo.delivery"].rows].count("release") == 1


def test_a_bundle_that_builds_on_what_it_lacks_is_refused(kept, tmp_path, collect):
    bundle = tmp_path / "part.bundle"
    kept.git("bundle", "create", "--quiet", str(bundle), "main", "^main~1")

    assert "make it anew, whole" in the_only_sentence(collect(bundle))


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_a_packed_repository_keeps_its_history(kept, tmp_path, collect, kind):
    packed = shutil.make_archive(str(tmp_path / "packed"), kind, kept.folder.parent, kept.folder.name)

    assert paths(collect(packed)) == WHOLE


def test_files_without_git_are_read_as_they_are(mint, tmp_path, collect):
    folder = tmp_path / "download"
    odd = folder / 'a "quoted"\nname\\with'
    odd.mkdir(parents=True)
    (odd / "prod.env").write_text(f"DB_PASSWORD={mint.password()}\n")
    (folder / "README.md").write_text("Shop")
    (folder / "elsewhere").symlink_to("/etc/passwd")
    (folder / "vendor" / ".git").mkdir(parents=True)
    (folder / "vendor" / ".git" / "config").write_text("[core]\n")
    os.mkfifo(folder / "pipe")

    collected = collect(folder)

    (row,) = collected.secrets
    assert row["path"].endswith("prod.env")
    assert (row["commit"], row["date"], row["author"]) == (None, None, None)
    assert WITHOUT_GIT in collected["repo.secrets"].message
    listed = {one["path"] for one in collected["repo.files"].rows[1:]}
    assert listed == {"README.md", row["path"]}


def test_files_without_git_say_nothing_of_history(tmp_path, collect):
    (tmp_path / "download").mkdir()
    (tmp_path / "download" / "main.py").write_text("print()\n")

    collected = collect(tmp_path / "download")

    for check in ("bus_factor_one", "no_release_tags"):
        assert not collected.evaluation(check).passed.get(check)
        assert not collected.evaluation(check).findings


def test_an_archive_writes_nothing_outside_of_its_folder(tmp_path, collect):
    trap = tmp_path / "trap.tar.gz"
    with tarfile.open(trap, "w:gz") as archive:
        for name in ("../outside", "/outside", "a/../../outside"):
            _add(archive, name, b"x")
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(link)
        _add(archive, "link/outside", b"x")
        _add(archive, "README.md", b"Shop")

    collected = collect(trap)

    assert not list(tmp_path.rglob("outside"))
    assert {one["path"] for one in collected["repo.files"].rows[1:]} == {"README.md", "link/outside"}


def _add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path, collect):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(40 * MIB))

    assert "larger than the 2 MB" in the_only_sentence(collect(bomb, repository_bytes=2 * MIB))


def test_what_is_no_repository_is_refused_in_one_sentence(kept, tmp_path, collect):
    text, damaged, empty = tmp_path / "notes.txt", tmp_path / "cut.zip", tmp_path / "empty"
    text.write_text("hello")
    whole = shutil.make_archive(str(tmp_path / "whole"), "zip", kept.folder)
    damaged.write_bytes(_with_a_wrong_byte(whole))
    empty.mkdir()

    assert "no git bundle and no .zip or .tar archive" in the_only_sentence(collect(text))
    assert "damaged or encrypted" in the_only_sentence(collect(damaged))
    assert "holds no files" in the_only_sentence(collect(empty))


def test_a_packed_worktree_is_refused_without_a_word_of_where_it_was_unpacked(tmp_path, collect):
    packed = tmp_path / "worktree.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("shop/.git", "gitdir: /elsewhere/.git/worktrees/shop\n")
        archive.writestr("shop/app.py", "x = 1\n")

    assert the_only_sentence(collect(packed)).startswith("What was packed is a linked worktree or a submodule")


def _with_a_wrong_byte(path):
    with zipfile.ZipFile(path) as archive:
        first = next(one for one in archive.infolist() if one.compress_size > 20)
    with open(path, "rb") as file:
        content = bytearray(file.read())
    place = first.header_offset + 30 + len(first.filename) + first.compress_size // 2
    content[place] ^= 0xFF
    return bytes(content)


def the_only_sentence(collected):
    sentences = {unit.message for unit in collected.units}
    assert len(sentences) == 1
    assert {unit.ending.value for unit in collected.units} == {"error"}
    return sentences.pop()
