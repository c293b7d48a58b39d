"""Repositories made to keep a reader busy for ever, to fill its memory, or to lead it astray."""

import gzip
import io
import tarfile
import zipfile

import pytest

from infra_audit.collectors.repo.sandbox import MIB
from infra_audit.repositories import planned_repository

ALL_WELL = dict.fromkeys(planned_repository(), "ok")


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(data):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("zeros")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


ZEROS = bytes(100 * MIB)


@pytest.mark.parametrize("name", ["bomb.zip", "nested.zip", "bomb.tar.gz", "bomb.gz"])
def test_an_archive_that_grows_a_thousandfold_is_named_and_the_rest_is_read(name, repo, mint, collect):
    bombs = {
        "bomb.zip": lambda: zipped(zeros=ZEROS),
        "nested.zip": lambda: zipped(**{"one.zip": zipped(**{"two.zip": zipped(zeros=ZEROS)})}),
        "bomb.tar.gz": lambda: tarred(ZEROS),
        "bomb.gz": lambda: gzip.compress(ZEROS),
    }
    repo.commit({name: bombs[name](), "app.env": f"DB_PASSWORD={mint.password()}\n"})

    unit = collect(repo)["repo.secrets"]

    assert [row["path"] for row in unit.rows] == ["app.env"]
    assert [(one.resource, one.reason.value) for one in unit.unread] == [(name, "unsupported")]


def test_an_archive_in_an_archive_is_opened_and_one_too_deep_is_named(repo, mint, collect):
    deep = inner = zipped(**{"app.env": f"DB_PASSWORD={mint.password()}\n"})
    for _layer in range(5):
        deep = zipped(**{"in.zip": deep})
    repo.commit({"a.zip": zipped(**{"b.zip": inner}), "deep.zip": deep})

    unit = collect(repo)["repo.secrets"]

    assert [row["path"] for row in unit.rows] == ["a.zip!b.zip!app.env"]
    assert [one.resource for one in unit.unread] == ["deep.zip!in.zip!in.zip!in.zip!in.zip"]


def layered(repo, levels, blob):
    """A commit with 10 ** levels files, of few objects: every folder holds ten times the folder below."""
    tree, mode, kind = blob, "100644", "blob"
    for _level in range(levels):
        listing = "".join(f"{mode} {kind} {tree}\tf{number}.env\n" for number in range(10))
        tree, mode, kind = repo.git("mktree", stdin=listing.encode()), "040000", "tree"
    return repo.git("commit-tree", "-m", "Many files", tree)


def test_a_commit_of_ten_thousand_million_files_is_read_up_to_the_limit(repo, mint, collect):
    """A few dozen small objects can stand for any number of files."""
    blob = repo.git("hash-object", "-w", "--stdin", stdin=f"DB_PASSWORD={mint.password()}\n".encode())
    repo.git("update-ref", "refs/heads/bomb", layered(repo, 10, blob))
    repo.commit({"other.env": f"DB_PASSWORD={mint.password()}\n"})
    beside = collect(repo, tree=5_000)

    repo.git("checkout", "--quiet", "--detach")
    repo.git("update-ref", "refs/heads/main", "refs/heads/bomb")
    repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    at_head = collect(repo, tree=5_000)

    unit = beside["repo.secrets"]
    assert {row["path"] for row in unit.rows} == {"other.env", None}  # of the bomb as a loose object
    assert [one.resource[:7] for one in unit.unread] == ["commit "]
    assert at_head["repo.files"].ending.value == "ok"  # as many are listed as the limit allows
    unit = at_head["repo.secrets"]
    assert (unit.ending.value, unit.rows[0]["at_head"]) == ("truncated", True)
    assert "more than 5,000 files" in unit.message


def test_of_a_million_files_as_many_are_listed_as_the_limits_allow(repo, mint, collect):
    blob = repo.git("hash-object", "-w", "--stdin", stdin=f"DB_PASSWORD={mint.password()}\n".encode())
    repo.git("update-ref", "refs/heads/main", layered(repo, 6, blob))

    unit = collect(repo, done=planned_repository()[1:], tree=60_000)["repo.files"]

    assert unit.ending.value == "truncated"
    assert unit.message == "It has more than 60,000 files; the first 50,000 are listed."


def test_a_message_past_the_limit_is_named(repo, mint, collect):
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    long = repo.git("commit-tree", "-F", "-", "HEAD^{tree}", stdin=b"x" * 300_000)

    unit = collect(repo, blob_bytes=200_000)["repo.secrets"]

    assert [one.resource for one in unit.unread] == [f"commit {long[:12]}"]


@pytest.fixture
def packed_repo(repo, mint):
    """Five commits in one pack; gives the pack's file, writable."""
    for number in range(5):
        repo.commit({f"app{number}.env": f"DB_PASSWORD={mint.password()}\n"})
    repo.git("gc", "--quiet")
    (pack,) = (repo.folder / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o600)
    return pack


def test_a_pack_that_is_damaged_in_the_middle_is_read_as_far_as_it_can_be(packed_repo, repo, collect):
    data = bytearray(packed_repo.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = b"x" * 40
    packed_repo.write_bytes(bytes(data))

    unit = collect(repo)["repo.secrets"]

    assert unit.ending.value == "partial"
    assert unit.rows
    assert {one.reason.value for one in unit.unread} == {"error"}


@pytest.mark.parametrize("broken", ["cut", "text"])
def test_a_pack_that_cannot_be_read_is_one_sentence(broken, packed_repo, repo, collect):
    packed_repo.write_bytes(packed_repo.read_bytes()[:100] if broken == "cut" else b"not a pack")

    collected = collect(repo)

    assert collected.endings == dict.fromkeys(planned_repository(), "error")
    assert [one.message for one in collected.units if not one.message.startswith("Git could not read all of")] == []


def test_refs_that_lead_nowhere_change_nothing(repo, mint, collect, tmp_path):
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    outside = tmp_path / "outside"
    outside.write_text("1" * 40)
    repo.write(".git/refs/heads/zombie", "1" * 40 + "\n")
    repo.write(".git/refs/heads/climbing", "ref: refs/heads/../../../../outside\n")
    repo.write(".git/refs/heads/odd", b"\xff\xfe")
    (repo.folder / ".git/refs/heads/link").symlink_to(outside)
    repo.write(".git/packed-refs", b"\xff\xff refs/heads/a\n" + b"2" * 40 + b" ../../x\nno sense\n")

    collected = collect(repo)

    assert collected.endings == ALL_WELL
    assert len(collected.secrets) == 1


def test_a_head_on_a_commit_that_is_not_there_falls_back_to_a_branch_and_says_so(repo, collect):
    repo.commit({"README.md": "Shop"})
    (repo.folder / ".git/HEAD").write_text("1" * 40 + "\n")

    unit = collect(repo)["repo.files"]

    assert (unit.ending.value, unit.rows[0]["branch"]) == ("ok", "main")
    assert unit.message == "HEAD names a commit that is missing or damaged, so main was read."


def test_a_head_and_branches_on_commits_that_are_not_there_are_errors(repo, collect):
    repo.commit({"README.md": "Shop"})
    (repo.folder / ".git/HEAD").write_text("1" * 40 + "\n")
    (repo.folder / ".git/refs/heads/main").write_text("2" * 40 + "\n")

    assert set(collect(repo).endings.values()) == {"error"}


def test_what_replaces_or_grafts_history_hides_nothing(repo, mint, collect):
    first = repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    last = repo.commit({"app.env": "x=1\n"})
    clean = repo.git("commit-tree", "-m", "Clean", f"{last}^{{tree}}")
    repo.git("replace", first, clean)
    repo.git("replace", last, clean)
    repo.write(".git/info/grafts", f"{last}\n")

    (row,) = collect(repo).secrets

    assert (row["path"], row["commit"], row["reachable"]) == ("app.env", first, True)


def test_a_git_dir_that_is_named_in_a_file_is_not_followed(repo, new_repo, mint, collect):
    elsewhere = new_repo("elsewhere")
    elsewhere.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    (repo.folder / ".git").rename(repo.folder / "moved")
    repo.write(".git", f"gitdir: {elsewhere.folder}/.git\n")

    assert set(collect(repo).endings.values()) == {"error"}


def test_another_repositorys_objects_are_not_borrowed(repo, new_repo, mint, collect):
    """By no way that git knows: alternates of the store, of HTTP, or a link in place of a folder of objects."""
    elsewhere = new_repo("elsewhere")
    elsewhere.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    blob = elsewhere.git("rev-parse", "HEAD:app.env")
    repo.commit({"README.md": "Shop"})
    (repo.folder / ".git/objects" / blob[:2]).symlink_to(elsewhere.folder / ".git/objects" / blob[:2])
    assert collect(repo).secrets == []

    repo.write(".git/objects/info/http-alternates", f"{elsewhere.folder}/.git/objects\n")
    assert set(collect(repo).endings.values()) == {"error"}


def test_an_include_in_the_configuration_is_not_read(repo, mint, collect, tmp_path):
    trap, included = tmp_path / "ran", tmp_path / "included"
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    included.write_text(f"[core]\n\tfsmonitor = {program}\n\tgitProxy = {program}\n[gpg]\n\tprogram = {program}\n")
    repo.git("config", "include.path", str(included))
    repo.git("config", "uploadpack.packObjectsHook", str(program))
    repo.git("config", "credential.helper", f"!{program}")

    assert len(collect(repo).secrets) == 1
    assert not trap.exists()


def test_files_made_to_exhaust_a_parser_leave_the_others_to_be_read(repo, mint, collect):
    """Nested deeper than any stack, entities and anchors that multiply, and one line without end."""
    aliases = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 9}">' for n in range(1, 12))
    repo.commit(
        {
            "deep.tf": "a {" * 20_000 + "}" * 20_000,
            "lists.tf": "x = " + "[" * 100_000 + "]" * 100_000 + "\n",
            "good.tf": 'resource "aws_db_instance" "a" {\n  skip_final_snapshot = true\n}\n',
            "deep.json": "[" * 200_000,
            "deep.template": '{"Resources":' * 50_000,
            "deep.yaml": "a: " + "[" * 100_000,
            "bomb.yaml": f"AWSTemplateFormatVersion: '2010-09-09'\n{aliases}",
            "bomb.xml": f'<!DOCTYPE a [<!ENTITY e0 "x">{entities}]><sites><name>&e11;</name></sites>',
            "sitemanager.xml": f'<!DOCTYPE a [<!ENTITY e0 "x">{entities}]><sites><Pass>&e11;</Pass></sites>',
            "long.js": "password='x" * (50 * MIB // 11),
            "shorter.js": "var password='abc" * (4 * MIB // 17),
            "app.env": f"DB_PASSWORD={mint.password()}\n",
        }
    )

    collected = collect(repo)

    assert {row["path"] for row in collected.secrets} == {"app.env"}
    assert [one.resource for one in collected["repo.secrets"].unread] == ["long.js"]
    assert "aws_db_instance.a" in [row["address"] for row in collected["repo.terraform"].rows]
    assert "deep.tf" in [one.resource for one in collected["repo.terraform"].unread]
    assert [unit.message for unit in collected.units if "mistake of its own" in unit.message] == []


def test_bytes_that_are_no_text_hide_nothing(repo, mint, collect):
    repo.write(".git/message", b"Caf\xe9 \xff\xfe TOKEN=" + mint.github_token().encode() + b"\n")
    repo.commit({"broken.env": b"\xff\xe9 \xc3\nDB_PASSWORD=" + mint.password().encode() + b"\n\xff\xff"})
    repo.git("-c", "i18n.commitEncoding=no-such", "commit", "--quiet", "--allow-empty", "--file", ".git/message")

    assert {row["where"]: row["path"] for row in collect(repo).secrets} == {
        "file": "broken.env",
        "commit message": None,
    }
