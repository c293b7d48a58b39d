"""The kit's scripts, run for real in bash with tools that only write down what they were told."""

import io
import json
import os
import re
import secrets
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra_audit import kit
from infra_audit.evaluate import evaluate
from infra_audit.inventory import EXAMPLE_ACCOUNT, Ending, Inventory, Place, Unit
from infra_audit.kit.handing_over import packed, write
from infra_audit.kit.scripts import Paths
from infra_audit.registry import CheckSettings, catalogue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Place("aws", EXAMPLE_ACCOUNT, "eu-west-1")
RDS, S3 = catalogue()["rds_nothing_survives_deletion"], catalogue()["s3_no_copy_elsewhere"]
HOSTILE = """o'r$(touch pwned)`touch pwned`";touch pwned\n#\t../x & é@SECRET@"""


def database(engine="postgres", name="orders", **changes):
    (row,) = RDS.bad["rds.describe_db_instances"]
    told = {"address": "orders.example", "port": None, "master_user": "app", "master_secret": None}
    return {**row, "name": name, "engine": engine, **told, **changes}


def made(*databases, buckets=()):
    rows = {**RDS.bad, "rds.describe_db_instances": list(databases), "s3.list_buckets": list(buckets)}
    rows["s3.get_bucket_replication"] = [{"arn": one["arn"], "copied_to": []} for one in buckets]
    inventory = Inventory(tuple(Unit(operation, HERE, Ending.OK, tuple(some)) for operation, some in rows.items()))
    evaluation = evaluate(inventory, settings=CheckSettings(), now=NOW, key=b"key", checks=[RDS, S3])
    return {one.path: one.text for one in kit.files(inventory, evaluation)}


def dump_of(*databases):
    (text,) = (text for path, text in made(*databases).items() if path.endswith("-dump.sh"))
    return text


@pytest.fixture
def tools(tmp_path):
    """A folder of tools that write down their arguments; `aws` hands out a secret, `psql` and `mysql` two names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    password = secrets.token_hex(8) + ":\\\"'$x"
    (tmp_path / "secret").write_text(json.dumps({"username": "boss", "password": password}))
    listing = 'printf "%s\\n" shop "we ird; \\$(touch pwned)"'
    bodies = {
        "aws": f'if [[ $1 == secretsmanager ]]; then cat "{tmp_path}/secret"; fi',
        "psql": f'cp "${{PGPASSFILE:-/dev/null}}" "{tmp_path}/passfile"; {listing}',
        "mysql": f'[[ $1 != --defaults-extra-file=* ]] || cp "${{1#*=}}" "{tmp_path}/my.cnf"; {listing}',
        "pg_dump": 'printf "(%s)" "$PGDATABASE" >>"' + str(tmp_path / "dumped") + '"',
        "pg_dumpall": "true",
        "mysqldump": "if [[ $1 == --help ]]; then echo --set-gtid-purged=name; fi",
        "gzip": "true",
    }
    for name, body in bodies.items():
        tool = folder / name
        tool.write_text(f'#!/usr/bin/env bash\nprintf "%s" "{name}" "$@" | tr "\\n" " " >>"{tmp_path}/log"\n'
                        f'echo >>"{tmp_path}/log"\n{body}\n')  # fmt: skip
        tool.chmod(0o755)
    return folder, password


@pytest.fixture
def run(tmp_path, tools):
    """`run(text, *arguments, **environment)` runs a script; gives what ended, and what the tools were told."""
    folder, _ = tools

    def start(text, *arguments, **environment):
        script = tmp_path / "script.sh"
        script.write_text(text)
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        known = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(home), "TMPDIR": str(tmp_path)}
        ended = subprocess.run(
            ["bash", str(script), *arguments],
            env={**known, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        log = tmp_path / "log"
        return ended, log.read_text() if log.exists() else ""

    return start


@pytest.mark.parametrize("engine", ["postgres", "aurora-postgresql", "mysql", "mariadb", "aurora-mysql"])
def test_without_being_told_to_a_dump_only_shows_what_it_would_do(run, engine, tmp_path):
    ended, told = run(dump_of(database(engine)), BACKUP_BUCKET="safe", SECRET_ID="orders")

    assert ended.returncode == 0, ended.stderr
    assert told == ""
    assert "Nothing was done. Add --run to do it." in ended.stdout
    assert "s3://safe/database-dumps/123456789012/eu-west-1/orders/" in ended.stdout


def test_it_asks_where_to_before_anything_else(run):
    ended, told = run(dump_of(database()), "--run")

    assert (ended.returncode, told) == (2, "")
    assert "BACKUP_BUCKET=" in ended.stderr


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_database_whose_address_was_not_read_says_so(run, engine):
    ended, _ = run(dump_of(database(engine, address=None)), BACKUP_BUCKET="safe")

    assert ended.returncode == 2
    assert "The address of the database was not read" in ended.stderr


def test_postgres_is_dumped_database_by_database_and_the_password_is_on_no_command_line(run, tools, tmp_path):
    ended, told = run(dump_of(database()), "--run", BACKUP_BUCKET="safe", SECRET_ID="orders")

    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "dumped").read_text() == "(shop)(we ird; $(touch pwned))"
    password = tools[1]
    assert password not in told + ended.stdout + ended.stderr
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    assert (tmp_path / "passfile").read_text() == f"*:*:*:boss:{escaped}\n"
    assert re.search(r"awss3cp--recursive--only-show-errors\S+/outs3://safe/", told)
    assert not list(tmp_path.glob("dump.*"))  # neither dumps nor password stay behind
    assert not (tmp_path / "pwned").exists()


def test_mysql_is_dumped_database_by_database_and_the_password_is_on_no_command_line(run, tools, tmp_path):
    ended, told = run(dump_of(database("mysql")), "--run", BACKUP_BUCKET="safe", SECRET_ID="orders")

    assert ended.returncode == 0, ended.stderr
    assert "--set-gtid-purged=OFF" in told
    assert "--databases--we ird; $(touch pwned)" in told
    password = tools[1]
    assert password not in told + ended.stdout + ended.stderr
    escaped = password.replace("\\", "\\\\").replace('"', '\\"')
    assert (tmp_path / "my.cnf").read_text() == f'[client]\nuser="boss"\npassword="{escaped}"\n'
    assert not list(tmp_path.glob("dump.*"))
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(("engine", "file"), [("postgres", ".pgpass"), ("mysql", ".my.cnf")])
def test_without_a_secret_the_users_own_file_must_hold_the_password(run, engine, file, tmp_path):
    text = dump_of(database(engine))
    ended, told = run(text, "--run", BACKUP_BUCKET="safe")
    assert (ended.returncode, told) == (2, "")
    assert file in ended.stderr

    (tmp_path / "home" / file).write_text("")
    ended, told = run(text, "--run", BACKUP_BUCKET="safe")

    assert ended.returncode == 0, ended.stderr
    assert "secretsmanager" not in told


def test_the_secret_that_rds_keeps_is_used_unless_another_is_named(run):
    text = dump_of(database(master_secret="arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1"))

    assert (
        "--secret-id=arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds\\!db-1"
        in run(text, BACKUP_BUCKET="safe")[0].stdout
    )
    assert "--secret-id=mine" in run(text, BACKUP_BUCKET="safe", SECRET_ID="mine")[0].stdout


def test_a_dump_that_fails_sends_nothing_and_leaves_nothing(run, tools, tmp_path):
    (tools[0] / "pg_dump").write_text("#!/usr/bin/env bash\nexit 1\n")

    ended, told = run(dump_of(database()), "--run", BACKUP_BUCKET="safe", SECRET_ID="orders")

    assert ended.returncode != 0
    assert "awss3" not in told
    assert not list(tmp_path.glob("dump.*"))


@pytest.mark.parametrize("engine", ["postgres", "mysql", "neptune", "sqlserver-se"])
def test_a_hostile_name_stays_a_name(run, engine, tmp_path):
    hostile = database(engine, HOSTILE, address=HOSTILE, master_user=HOSTILE, master_secret=HOSTILE)

    for path, text in made(hostile).items():
        if path.endswith(".sh"):
            assert re.fullmatch(r"databases/[\w./-]+\.sh", path)
            assert ".." not in path
            ended, _ = run(text, "--run", BACKUP_BUCKET="safe")
            assert ended.returncode == 0, ended.stderr
            assert not (tmp_path / "pwned").exists()
            assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


def test_for_other_engines_a_manual_snapshot_is_taken(run):
    files = made(database("oracle-ee"))
    (text,) = (text for path, text in files.items() if path.endswith("-snapshot.sh"))

    assert run(text)[1] == ""
    ended, told = run(text, "--run")

    assert ended.returncode == 0, ended.stderr
    assert told.startswith("awsrdscreate-db-snapshot--region=eu-west-1--db-instance-identifier=orders")


def bucket(name):
    return {"arn": f"arn:aws:s3:::{name}", "type": "s3:bucket", "name": name, "tags": {}, "region": "eu-west-1"}


def test_a_bucket_without_a_copy_gets_a_sync_that_first_only_lists(run):
    (text,) = (text for path, text in made(buckets=[bucket("acme-backups")]).items() if path.endswith("-sync.sh"))

    ended, told = run(text, COPY_BUCKET="safe")
    assert "--dryrun" in told
    assert "Nothing was copied" in ended.stdout

    ended, told = run(text, "--run", COPY_BUCKET="safe")

    assert ended.returncode == 0, ended.stderr
    assert told.splitlines()[-1].endswith("s3://acme-backups/s3://safe/acme-backups/")
    assert "--delete" not in told
    assert run(text)[0].returncode == 2


def test_every_database_is_in_the_table_with_its_sentence():
    table = made(database(), database("mysql", "a|b<script>", arn="arn:aws:rds:eu-west-1:123456789012:db:b"))[
        "what-survives-deletion.md"
    ]

    assert "| eu-west-1 | orders | If it is deleted, what is left depends on a choice" in table
    assert "a\\|b\\<script\\>" in table


def test_what_has_a_copy_needs_no_script():
    assert not [path for path in made() if path.endswith(".sh")]


def test_two_names_that_look_alike_get_two_files():
    paths = Paths()

    assert [paths.of("a", one, ending=".sh") for one in ("x y", "x/y", "X-Y", "../..")] == [
        "a/x-y.sh",
        "a/x-y-2.sh",
        "a/X-Y-3.sh",
        "a/unnamed.sh",
    ]


def test_a_folder_and_a_zip_hold_the_same_and_scripts_can_be_run(tmp_path):
    files = [kit.KitFile("databases/1/orders-dump.sh", "echo\n"), kit.KitFile("notes.md", "# é\n")]

    write(files, tmp_path / "kit")
    archive = zipfile.ZipFile(io.BytesIO(packed(files, made_at=NOW)))

    names = {str(path.relative_to(tmp_path / "kit")) for path in (tmp_path / "kit").rglob("*") if path.is_file()}
    assert {f"remedy-kit/{name}" for name in names} == set(archive.namelist())
    assert names == {"README.md", "notes.md", "databases/1/orders-dump.sh"}
    assert os.access(tmp_path / "kit/databases/1/orders-dump.sh", os.X_OK)
    assert archive.getinfo("remedy-kit/databases/1/orders-dump.sh").external_attr >> 16 & 0o111
    assert archive.read("remedy-kit/notes.md").decode() == "# é\n"
    assert packed(files, made_at=NOW) == packed(files, made_at=NOW)


def test_every_template_is_bash():
    for template in Path(kit.__file__).parent.glob("*.sh.txt"):
        text = re.sub(r"@[A-Z]+@", "x", template.read_text())
        assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
        assert text.startswith("#!/usr/bin/env bash\n# ")
        assert "set -euo pipefail" in text
