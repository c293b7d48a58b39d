"""Every credential that was planted is found once, with where it is and since when; nothing else is."""

import io
import json
import tarfile
import zipfile

import pytest

from infra_audit.collectors.repo import secrets


def test_a_secret_in_the_current_files_tells_line_commit_date_and_author(repo, mint, collect):
    repo.commit({"README.md": "Shop"})
    first = repo.commit({"deploy.sh": f"#!/bin/sh\nTOKEN={mint.github_token()}\n"})
    repo.commit({"deploy.sh": (repo.folder / "deploy.sh").read_text().replace("#!/bin/sh", "#!/bin/sh\nset -e\n")})

    (row,) = collect(repo).secrets

    assert (row["path"], row["line"], row["at_head"]) == ("deploy.sh", 4, True)
    assert (row["commit"], row["date"]) == (first, "2026-01-03T09:00:00+00:00")
    assert row["author"] == "ada <ada@practice.example>"
    assert (row["rule"], row["preview"]) == ("github-pat", "ghp_… (32 to 63 characters)")


def test_a_deleted_secret_is_found_in_history(repo, mint, collect):
    first = repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})
    repo.commit({"app.env": "DB_PASSWORD=${DB_PASSWORD}\n"})

    (row,) = collect(repo).secrets

    assert (row["path"], row["line"], row["at_head"], row["commit"]) == ("app.env", 1, False, first)
    assert row["reachable"] is True


def test_of_a_deleted_secret_is_told_when_it_was_taken_out(repo, mint, collect):
    line = f"DB_PASSWORD={mint.password()}\n"
    repo.commit({"app.env": f"# of the shop\n{line}"})
    repo.commit({"app.env": f"{line}# of the shop\n"})  # only moved
    repo.commit({"b/app.env": line, "app.env": "x=1\n"})  # to another file
    gone = repo.commit({"b/app.env": None})
    repo.commit({"app.env": "x=2\n"})

    (row,) = collect(repo).secrets

    assert (row["gone_commit"], row["gone_date"]) == (gone, "2026-01-05T09:00:00+00:00")
    assert row["date"] == "2026-01-02T09:00:00+00:00"


def test_a_secret_that_came_back_is_gone_since_the_last_time(repo, mint, collect):
    line = f"DB_PASSWORD={mint.password()}\n"
    repo.commit({"app.env": line})
    repo.commit({"app.env": "x=1\n"})
    repo.git("revert", "--no-edit", "HEAD")  # to content that was there before
    gone = repo.commit({"app.env": "x=1\n"})

    (row,) = collect(repo).secrets

    assert row["gone_commit"] == gone


@pytest.mark.parametrize("window", [1, 100])
def test_what_is_still_somewhere_is_not_gone(repo, mint, collect, monkeypatch, window):
    monkeypatch.setattr("infra_audit.collectors.repo.secrets.WINDOW", window)
    here, branch = f"A_PASSWORD={mint.password()}\n", f"B_PASSWORD={mint.password()}\n"
    repo.commit({"app.env": here})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"side.env": branch})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"app.env": "x=1\n"})
    repo.commit({"app.env": here})

    side, main = sorted(collect(repo).secrets, key=lambda row: row["at_head"])

    assert (side["path"], side["gone_commit"], side["gone_date"]) == ("side.env", None, None)
    assert (main["path"], main["at_head"], main["gone_commit"]) == ("app.env", True, None)


def test_a_deleted_archive_takes_its_secrets_along(repo, mint, collect):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.env", f"DB_PASSWORD={mint.password()}\n")
    repo.commit({"backup.zip": packed.getvalue()})
    gone = repo.commit({"backup.zip": None})

    (row,) = collect(repo).secrets

    assert (row["path"], row["gone_commit"]) == ("backup.zip!app.env", gone)


def test_a_copy_in_history_is_a_place_of_its_own(repo, mint, collect):
    line = f"DB_PASSWORD={mint.password()}\n"
    first = repo.commit({"app.env": line})
    second = repo.commit({"copy.env": line})
    repo.commit({"app.env": None, "copy.env": None})

    (row,) = collect(repo).secrets

    assert [(place["path"], place["commit"]) for place in row["places"]] == [("app.env", first), ("copy.env", second)]


def test_one_secret_in_many_places_and_versions_is_one_row(repo, mint, collect):
    password = mint.password()
    first = repo.commit({"a.env": f"DB_PASSWORD={password}\n"})
    repo.commit(
        {"a.env": f"# moved\n\nDB_PASSWORD={password}\n", "url.txt": f"postgres://app:{password}@db.internal/x"}
    )
    repo.commit({"a.env": None, "b/c.yaml": f"password: {password}\n"})

    (row,) = collect(repo).secrets

    assert (row["path"], row["line"], row["at_head"], row["commit"]) == ("b/c.yaml", 1, True, first)
    assert [place["path"] for place in row["places"]] == ["b/c.yaml", "url.txt", "a.env"]
    assert row["place_count"] == 3


@pytest.mark.parametrize("window", [1, 2, 100])
def test_the_oldest_commit_is_told_in_whatever_order_files_are_read(repo, mint, collect, monkeypatch, window):
    monkeypatch.setattr("infra_audit.collectors.repo.secrets.WINDOW", window)
    line = f"DB_PASSWORD={mint.password()}\n"
    first = repo.commit({"z.env": line})
    repo.commit({"a.env": line + "\n", "z.env": None})
    repo.commit({"a.env": f"{line}MAIL_PASSWORD={mint.password()}\n"})
    repo.commit({"a.env": None})

    mail, database = collect(repo).secrets

    assert (database["path"], database["commit"]) == ("z.env", first)
    assert [place["path"] for place in database["places"]] == ["z.env", "a.env"]
    assert (mail["path"], mail["line"]) == ("a.env", 2)


def test_a_history_full_of_credentials_is_told_bit_by_bit(repo, mint, collect, monkeypatch):
    monkeypatch.setattr("infra_audit.collectors.repo.secrets.MOST_HELD", 1)
    for name in "abc":
        repo.commit({f"{name}.env": "".join(f"P{n}_PASSWORD={mint.password()}\n" for n in range(3))})
        repo.commit({f"{name}.env": None})

    unit = collect(repo, secrets=8)["repo.secrets"]

    assert (unit.ending.value, len(unit.rows)) == ("truncated", 8)
    assert len(collect(repo).secrets) == 9


def test_what_was_found_before_a_search_was_cut_short_is_told(repo, mint, collect, monkeypatch):
    for name in ("a.env", "b.env"):
        repo.commit({name: f"{name[0].upper()}_PASSWORD={mint.password()}\n"})
        repo.commit({name: None})
    search = secrets._Search._check_bounds
    left = iter([True] * 5)  # four messages and a file

    def bounded(self):
        if not next(left, False):
            raise secrets._BoundReachedError("Enough.")
        search(self)

    monkeypatch.setattr(secrets._Search, "_check_bounds", bounded)

    unit = collect(repo)["repo.secrets"]

    assert (unit.ending.value, [row["path"] for row in unit.rows]) == ("truncated", ["a.env"])


def test_a_line_that_only_moved_is_not_read_again_but_a_changed_one_is(repo, mint, collect):
    repo.commit({"app.env": f"OLD_PASSWORD={mint.password()}\n"})
    second = repo.commit(
        {"app.env": f"# note\n{(repo.folder / 'app.env').read_text()}NEW_PASSWORD={mint.password()}\n"}
    )
    repo.commit({"app.env": ""})

    rows = collect(repo).secrets

    assert [(row["line"], row["commit"] == second) for row in rows] == [(1, False), (3, True)]


def test_what_only_a_merge_brought_is_found(repo, mint, collect):
    repo.commit({"a": "1"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"b": "1"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"c": "1"})
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    merge = repo.commit({"evil.env": f"DB_PASSWORD={mint.password()}\n"}, "Merge side")
    repo.commit({"evil.env": None})

    (row,) = collect(repo).secrets

    assert (row["path"], row["commit"]) == ("evil.env", merge)


@pytest.mark.parametrize("where", ["branch", "stash", "amended", "note", "tag"])
def test_what_the_main_branch_does_not_show_is_found(where, repo, mint, collect):
    repo.commit({"README.md": "Shop", "app.env": "x=1\n"})
    secret = f"DB_PASSWORD={mint.password()}\n"
    if where == "branch":
        repo.git("checkout", "--quiet", "-b", "old")
        repo.commit({"app.env": secret})
        repo.git("checkout", "--quiet", "main")
    elif where == "stash":
        repo.write("app.env", secret)
        repo.git("stash", "--quiet")
    elif where == "amended":
        repo.commit({"app.env": secret})
        repo.write("app.env", "x=2\n")
        repo.git("commit", "--quiet", "--all", "--amend", "--message", "Cleaner")
    elif where == "note":
        repo.git("notes", "add", "--message", secret)
    elif where == "tag":
        repo.commit({"app.env": secret})
        repo.git("tag", "--annotate", "v1", "--message", "First")
        repo.git("reset", "--quiet", "--hard", "HEAD~1")

    (row,) = collect(repo).secrets

    assert row["at_head"] is False
    assert row["reachable"] is (where != "amended")


@pytest.mark.parametrize("where", ["commit message", "tag message"])
def test_messages_are_searched(where, repo, mint, collect):
    text = f"Roll out\n\nwith {mint.github_token()}"
    repo.commit({"README.md": "Shop"}, text if where == "commit message" else "Begin")
    if where == "tag message":
        repo.git("tag", "--annotate", "v1", "--message", text)

    (row,) = collect(repo).secrets

    assert (row["where"], row["path"], row["line"], row["at_head"]) == (where, None, 3, False)


def test_what_was_added_and_never_committed_is_found_among_the_loose_objects(repo, mint, collect):
    repo.commit({"README.md": "Shop"})
    repo.write("app.env", f"DB_PASSWORD={mint.password()}\n")
    repo.git("add", "app.env")

    (row,) = collect(repo).secrets

    assert (row["where"], row["commit"], row["reachable"]) == ("loose object", None, False)


def test_files_that_git_never_saw_are_not_read(repo, mint, collect):
    repo.commit({"README.md": "Shop"})
    repo.write("local.env", f"DB_PASSWORD={mint.password()}\n")

    assert collect(repo).secrets == []


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives_are_opened(kind, repo, mint, collect):
    inside = f"DB_PASSWORD={mint.password()}\n".encode()
    packed = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("conf/app.env", inside)
    else:
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            info = tarfile.TarInfo("conf/app.env")
            info.size = len(inside)
            archive.addfile(info, io.BytesIO(inside))
    repo.commit({f"backup.{kind}": packed.getvalue()})

    (row,) = collect(repo).secrets

    assert row["path"].startswith(f"backup.{kind}!")
    assert row["path"].endswith("conf/app.env")


def test_a_damaged_archive_is_listed_as_not_assessed(repo, collect):
    repo.commit({"backup.zip": b"PK\x03\x04 this is no archive", "README.md": "Shop"})

    unit = collect(repo)["repo.secrets"]

    assert (unit.ending.value, [(one.resource, one.reason.value) for one in unit.unread]) == (
        "partial",
        [("backup.zip", "unsupported")],
    )


def test_an_aws_id_that_stands_elsewhere_without_its_secret_is_no_second_secret(repo, mint, collect):
    key_id, secret = mint.aws_id(), mint.aws_secret()
    repo.commit(
        {"creds.ini": f"aws_access_key_id={key_id}\naws_secret_access_key={secret}\n", "who.txt": f"key {key_id}"}
    )

    (row,) = collect(repo).secrets

    assert row["rule"] == "aws-access-key"


def test_a_secret_in_a_test_is_less_certain_until_it_is_in_the_code_too(repo, mint, collect):
    token = mint.github_token()
    repo.commit({"tests/test_login.py": f"TOKEN = '{token}'\n"})
    (only_test,) = collect(repo).secrets
    repo.commit({"app.py": f"TOKEN = '{token}'\n"})
    (both,) = collect(repo).secrets

    assert (only_test["confidence"], only_test["confidence_reason"]) == ("medium", "it lies in a test")
    assert both["confidence"] == "high"


def test_ignore_files_of_the_repository_are_not_obeyed(repo, mint, collect):
    rules = '[allowlist]\npaths = [".*"]\n'
    repo.commit(
        {
            "app.sh": f"TOKEN={mint.github_token()} # gitleaks:allow\n",
            ".gitleaks.toml": rules,
            ".gitattributes": "* -diff binary\n",
        }
    )

    assert len(collect(repo).secrets) == 1


def test_nothing_that_is_stored_holds_a_value(repo, mint, collect):
    values = [mint.github_token(), mint.password(), mint.password(20), mint.aws_secret()]
    repo.commit(
        {
            "app.env": f"A={values[0]}\nDB_PASSWORD={values[1]}\nAWS_SECRET_ACCESS_KEY={values[3]}\n",
            "main.tf": f'variable "db_password" {{\n  default = "{values[2]}"\n}}\n',
            "db.tf": f'module "a" {{\n  password = "{values[1]}"\n  source = "{values[0]}"\n}}\n',
        },
        f"Use {values[0]}",
    )

    stored = json.dumps([unit.as_json() for unit in collect(repo).units])

    assert [value for value in values if value in stored] == []


def test_a_file_past_the_limit_is_named_and_the_rest_is_read(repo, mint, collect):
    repo.commit({"dump.sql": b"x" * 200_000, "app.env": f"DB_PASSWORD={mint.password()}\n"})

    collected = collect(repo, blob_bytes=100_000)
    unit = collected["repo.secrets"]

    assert len(unit.rows) == 1
    assert (unit.ending.value, [(one.resource, one.reason.value) for one in unit.unread]) == (
        "partial",
        [("dump.sql", "truncated")],
    )
    assert [(gap.resource, gap.reason) for gap in collected.evaluation("secret_at_head").gaps] == [
        ("dump.sql", "truncated")
    ]


def test_a_search_past_its_time_says_so(repo, mint, collect):
    repo.commit({"app.env": f"DB_PASSWORD={mint.password()}\n"})

    unit = collect(repo, seconds=-1)["repo.secrets"]

    assert unit.ending.value == "truncated"
    assert "took longer" in unit.message


def test_more_secrets_than_the_limit_end_truncated(repo, mint, collect):
    repo.commit({"app.env": "".join(f"P{n}_PASSWORD={mint.password()}\n" for n in range(5))})

    unit = collect(repo, secrets=3)["repo.secrets"]

    assert (unit.ending.value, len(unit.rows)) == ("truncated", 3)
    assert "more than 3 credentials" in unit.message


def test_a_damaged_object_is_named_and_the_rest_is_read(repo, mint, collect):
    repo.commit({"a.env": f"A_PASSWORD={mint.password()}\n", "b.env": f"B_PASSWORD={mint.password()}\n"})
    blob = repo.git("rev-parse", "HEAD:a.env")
    stored = repo.folder / ".git" / "objects" / blob[:2] / blob[2:]
    stored.chmod(0o600)
    stored.write_bytes(b"damaged")

    unit = collect(repo)["repo.secrets"]

    assert [row["path"] for row in unit.rows] == ["b.env"]
    assert ("a.env", "error") in [(one.resource, one.reason.value) for one in unit.unread]


def test_a_commit_whose_tree_is_gone_is_named_and_no_secret_is_lost(repo, mint, collect):
    repo.commit({"a.env": f"A_PASSWORD={mint.password()}\n"})
    broken = repo.commit({"a.env": "", "b/c.env": "x=1\n"})
    after = repo.commit({"b/c.env": "", "d.env": f"D_PASSWORD={mint.password()}\n"})
    repo.commit({"d.env": "", "e.env": f"E_PASSWORD={mint.password()}\n"})
    repo.commit({"e.env": ""})
    tree = repo.git("rev-parse", f"{broken}:b")
    (repo.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()

    unit = collect(repo)["repo.secrets"]

    assert [(row["where"], row["path"]) for row in unit.rows] == [
        ("loose object", None),  # of the commit that has nothing to be compared with
        ("file", "a.env"),
        ("file", "e.env"),
    ]
    assert [one.resource for one in unit.unread] == [f"commit {broken[:12]}", f"commit {after[:12]}"]
