"""Of a credential in history it is told when it was taken out of the last branch that held it, and only then."""

import io
import zipfile

import pytest

from infra_audit.collectors.repo import branches

WINDOWS = pytest.mark.parametrize("window", [1, 2, 100])


@pytest.fixture
def windows_of(monkeypatch):
    return lambda changes: monkeypatch.setattr("infra_audit.collectors.repo.secrets.WINDOW", changes)


@pytest.fixture
def line(mint):
    return f"DB_PASSWORD={mint.password()}\n"


@WINDOWS
def test_a_branch_that_still_has_it_keeps_it(repo, line, collect, windows_of, window):
    windows_of(window)
    repo.commit({"app.env": line})
    repo.git("branch", "side")
    repo.commit({"app.env": "x=1\n"})

    (row,) = collect(repo).secrets

    assert (row["at_head"], row["gone_commit"]) == (False, None)


@WINDOWS
def test_it_is_gone_with_the_last_branch_that_had_it(repo, line, collect, windows_of, window):
    windows_of(window)
    repo.commit({"app.env": line})
    repo.git("branch", "side")
    repo.commit({"app.env": "x=1\n"})
    repo.git("checkout", "--quiet", "side")
    gone = repo.commit({"app.env": None})
    repo.git("checkout", "--quiet", "main")

    (row,) = collect(repo).secrets

    assert row["gone_commit"] == gone


def test_a_merge_that_leaves_it_out_takes_it_from_the_branch_merged(repo, line, collect):
    repo.commit({"app.env": line})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"side.txt": "1\n"})
    repo.git("checkout", "--quiet", "main")
    gone = repo.commit({"app.env": "x=1\n"})
    repo.git("merge", "--quiet", "--no-edit", "side")
    repo.git("branch", "--delete", "side")

    (row,) = collect(repo).secrets

    assert row["gone_commit"] in {gone, repo.git("rev-parse", "HEAD")}


def test_a_merge_that_brings_it_back_holds_it(repo, line, collect):
    repo.commit({"app.env": line})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"app.env": "x=1\n"})
    repo.git("merge", "--quiet", "--no-edit", "--strategy=ours", "main")
    repo.git("checkout", "--quiet", "main")
    repo.commit({"other.txt": "1\n"})
    repo.git("merge", "--quiet", "--no-edit", "--strategy=ours", "side")  # keeps main's, with the password
    repo.git("branch", "keeps")
    repo.git("checkout", "--quiet", "side")

    (row,) = collect(repo).secrets

    assert (row["at_head"], row["gone_commit"]) == (False, None)


def test_a_dropped_stash_or_an_amended_commit_says_nothing(repo, line, collect):
    repo.commit({"app.env": line})
    gone = repo.commit({"app.env": "x=1\n"})
    repo.write("app.env", f"x=1\n{line}")
    repo.git("stash")
    repo.git("stash", "drop")
    repo.commit({"app.env": "x=2\n"})
    repo.git("commit", "--amend", "--quiet", "--message", "Again")

    (row,) = collect(repo).secrets

    assert row["gone_commit"] == gone


def test_a_tag_is_no_branch(repo, line, collect):
    repo.commit({"app.env": line})
    repo.git("tag", "v1")
    gone = repo.commit({"app.env": "x=1\n"})

    (row,) = collect(repo).secrets

    assert row["gone_commit"] == gone


@WINDOWS
@pytest.mark.parametrize(("old", "new"), [("a.env", "b.env"), ("b.env", "a.env")])
def test_a_file_that_was_renamed_after_an_edit_still_holds_it(repo, line, collect, windows_of, window, old, new):
    windows_of(window)
    repo.commit({old: line})
    repo.commit({old: f"{line}# of the shop\n"})
    repo.git("mv", old, new)
    repo.commit()
    gone = repo.commit({new: None, "README.md": "Shop\n"})

    (row,) = collect(repo).secrets

    assert row["gone_commit"] == gone
    assert {place["path"] for place in row["places"]} == {old, new}


@WINDOWS
def test_a_copy_is_a_place_whatever_its_name(repo, line, collect, windows_of, window):
    windows_of(window)
    first = repo.commit({"z.env": line})
    second = repo.commit({"a.env": line})
    repo.commit({"z.env": None})
    gone = repo.commit({"a.env": None, "README.md": "Shop\n"})

    (row,) = collect(repo).secrets

    assert [(place["path"], place["commit"]) for place in row["places"]] == [("z.env", first), ("a.env", second)]
    assert row["gone_commit"] == gone


def test_a_file_that_became_a_link_holds_nothing(repo, line, collect):
    repo.commit({"app.env": line})
    (repo.folder / "app.env").unlink()
    (repo.folder / "app.env").symlink_to("elsewhere.env")
    gone = repo.commit()

    (row,) = collect(repo).secrets

    assert row["gone_commit"] == gone


def test_a_version_too_big_to_read_leaves_it_open_until_one_that_can_be_read(repo, line, collect):
    repo.commit({"app.txt": f"# {'-' * 50}\n{line}"})
    repo.commit({"app.txt": "x" * 5_000})
    gone = repo.commit({"app.txt": "x=1\n"})

    (row,) = collect(repo, blob_bytes=4_000).secrets

    assert row["gone_commit"] == gone


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_the_words_of_another_file_with_the_same_content_are_searched_too(new_repo, mint, collect, options):
    """What is harmless under one name is a password under another."""
    repo = new_repo("other", *options)
    content = f"db.shop.example:5432:shop:ada:{mint.password()}\n"
    repo.commit({"notes.txt": content})
    repo.commit({".pgpass": content})
    gone = repo.commit({".pgpass": None})

    (row,) = collect(repo).secrets

    assert (row["path"], row["gone_commit"]) == (".pgpass", gone)
    assert [one["path"] for one in collect(repo)["repo.credential_files"].rows] == [".pgpass"]


def test_content_that_was_seen_in_history_is_searched_under_a_telling_name(repo, mint, collect):
    content = f"db.shop.example:5432:shop:ada:{mint.password()}\n"
    repo.commit({"notes.txt": content})
    repo.commit({"notes.txt": None, ".pgpass": content})
    gone = repo.commit({".pgpass": None, "README.md": "Shop\n"})

    (row,) = collect(repo).secrets

    assert (row["path"], row["gone_commit"]) == (".pgpass", gone)


@pytest.mark.parametrize("limit", ["secrets.MOST_KNOWN", "secrets.MOST_PLACES", "credential_files.MOST_FOUND"])
def test_without_room_for_more_all_are_found_and_nothing_wrong_is_told(repo, mint, collect, monkeypatch, limit):
    monkeypatch.setattr(f"infra_audit.collectors.repo.{limit}", 1)
    lines = [f"{name}_PASSWORD={mint.password()}\n" for name in "ABC"]
    repo.commit({"old.env": "".join(lines)})
    repo.commit({"old.env": None, ".env": lines[0] + lines[1], "b/.env": lines[1]})

    rows = collect(repo).secrets

    assert sorted((row["path"], row["place_count"]) for row in rows) == [(".env", 2), (".env", 3), ("old.env", 1)]
    assert [row["gone_commit"] for row in rows if row["at_head"]] == [None, None]


def test_an_archive_that_cannot_be_opened_takes_nothing_away(repo, line, collect):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.env", line)
    repo.commit({"backup.zip": packed.getvalue()})
    repo.commit({"backup.zip": packed.getvalue()[:40]})
    gone = repo.commit({"backup.zip": None, "README.md": "Shop\n"})

    (row,) = collect(repo).secrets

    assert (row["path"], row["gone_commit"]) == ("backup.zip!app.env", gone)


def test_of_very_many_branches_those_beyond_count_as_holding_on(monkeypatch):
    monkeypatch.setattr(branches, "MOST", 1)
    monkeypatch.setattr(branches, "EACH", 1)
    parents = {"a": (), "b": ("a",), "c": ("a",), "d": ("c",)}
    found = branches.branches_to(["a", "b", "c", "d"], parents, ["b", "c", "d"])
    held = branches.HeldInFile()

    held.bring([("app.env", "mark")], found["a"], most=9)

    assert found == {"a": 3, "b": 1, "c": 2, "d": 2}
    assert [*held.take([("app.env", "mark")], found["b"])] == []
    assert [*held.take([("app.env", "mark")], found["c"])] == []


def test_where_not_all_history_was_read_nothing_is_said_to_be_gone(repo, line, mint, collect):
    repo.commit({"app.env": line})
    repo.commit({"app.env": "x=1\n"})
    repo.commit({"other.env": f"MAIL_PASSWORD={mint.password()}\n"})
    repo.commit({"other.env": "x=1\n"})

    unit = collect(repo, secrets=1)["repo.secrets"]

    assert (unit.ending.value, [row["gone_commit"] for row in unit.rows]) == ("truncated", [None])
    assert all(row["gone_commit"] for row in collect(repo).secrets)
