"""The hooks, run by git itself: what they stop, whom they tell, and what they leave as it was."""

import io
import os
import socket
import subprocess
import sys
import zipfile
from contextlib import chdir
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from infra_audit.cli import main
from infra_audit.hook import installing
from tests.infra_audit.mint import Mint

TEAM = "team@practice.example"
GIT_ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in {"NAME": "ada", "EMAIL": "ada@practice.example"}.items()}  # fmt: skip


class Shop:
    """A repository of somebody who has the hooks."""

    def __init__(self, folder, home):
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "INFRA_"))}
        self.env = {**inherited, **GIT_ALONE, **WHO, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".xdg")}
        folder.mkdir(exist_ok=True)

    def git(self, *arguments, check=True, **environment):
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**self.env, **environment}, capture_output=True, text=True
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def commit(self, *options, files=None, **environment):
        for path, content in (files or {}).items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        return self.git("commit", "--quiet", "--message", "A change", *options, check=False, **environment)

    def hook(self, *arguments, check=True):
        """`python -m infra_audit hook …`, as somebody in this folder types it; gives its exit status."""
        with pytest.MonkeyPatch.context() as patch, chdir(self.folder):
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in self.env.items():
                patch.setenv(name, value)
            status = main(["hook", *arguments])
        assert status == 0 or not check
        return status

    @property
    def commits(self):
        return len(self.git("log", "--all", "--format=%h", check=False).stdout.split())


@pytest.fixture
def shop(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    made = Shop(tmp_path / "shop", home)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@pytest.fixture
def mint(request):
    return Mint(request.node.name)


@pytest.fixture
def sendmail(tmp_path):
    """A program that keeps what it is told to send, and where that ends up."""
    kept, program = tmp_path / "mail", tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" >"{kept}"\ncat >>"{kept}"\n')
    program.chmod(0o755)
    return program, kept


def test_a_credential_is_not_committed_and_never_repeated(shop, mint):
    shop.hook("install")
    word, token = mint.password(), mint.github_token()

    done = shop.commit(
        files={"README.md": "Shop\n", "conf/app.env": f"X=1\nDB_PASSWORD={word}\n", "a.sh": f"T={token}"}
    )

    assert (done.returncode, shop.commits) == (1, 0)
    assert (
        "conf/app.env:2  Password in an environment file (password, 8 to 15 characters), rule environment-file"
        in done.stderr
    )
    assert "a.sh:1  GitHub personal access token (ghp_…" in done.stderr
    assert "git commit --no-verify" in done.stderr
    assert word not in done.stderr
    assert token not in done.stderr


def test_what_is_staged_counts_and_not_what_lies_there(shop, mint):
    shop.hook("install")
    shop.commit(files={"app.env": "X=1\n", "run.sh": "#!/bin/sh\n"})
    (shop.folder / "app.env").write_text(f"DB_PASSWORD={mint.password()}\n")

    (shop.folder / "run.sh").write_text("#!/bin/sh\nset -e\n")
    shop.git("add", "run.sh")
    assert shop.git("commit", "--quiet", "--message", "Only the script").returncode == 0
    assert shop.git("commit", "--quiet", "--all", "--message", "All of it", check=False).returncode == 1


def test_a_credential_that_was_there_before_does_not_stop_other_changes(shop, mint):
    old = f"DB_PASSWORD={mint.password()}\nTOKEN={mint.github_token()}\n"
    shop.commit(files={"app.env": old})
    shop.hook("install")

    assert shop.commit(files={"app.env": f"# a note\n{old}"}).returncode == 0
    assert shop.commit(files={"app.env": f"# a note\n{old}OTHER_PASSWORD={mint.password()}\n"}).returncode == 1


@pytest.mark.parametrize("path", ["two\nlines.env", "größe.env", "-v.env"])
def test_odd_names_and_encodings_are_searched(path, shop, mint):
    shop.hook("install")

    done = shop.commit(files={path: ("\ufeff" + f"DB_PASSWORD={mint.password()}\r\n").encode("utf-16-le")})

    assert done.returncode == 1
    assert f"{path.replace(chr(10), '?')}:1  Password" in done.stderr


def test_a_file_too_large_is_named_and_lets_the_commit_through(shop):
    shop.hook("install")

    done = shop.commit(files={"dump.bin": bytes(11 * 1024 * 1024)})

    assert done.returncode == 0
    assert "dump.bin is too large" in done.stderr


def test_an_archive_is_opened(shop, mint):
    shop.hook("install")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("conf/app.env", f"DB_PASSWORD={mint.password(16)}\n")

    done = shop.commit(files={"backup.zip": packed.getvalue()})

    assert done.returncode == 1
    assert "backup.zip!conf/app.env:1  Password" in done.stderr


def test_an_archive_that_does_not_open_is_named_and_lets_the_commit_through(shop):
    shop.hook("install")

    done = shop.commit(files={"backup.zip": b"PK\x03\x04 is no archive"})

    assert done.returncode == 0
    assert "backup.zip could not be opened and was not searched" in done.stderr


def test_a_commit_past_the_hook_is_mailed_to_the_team(shop, mint, sendmail):
    program, kept = sendmail
    shop.hook("install", "--mail", f"{TEAM},ada@practice.example")
    word = mint.password()
    shop.commit(files={"README.md": "Shop\n"}, INFRA_AUDIT_HOOK_SENDMAIL=str(program))
    assert not kept.exists()

    files = {"app.env": f"DB_PASSWORD={word}\n"}
    done = shop.commit("--no-verify", files=files, INFRA_AUDIT_HOOK_SENDMAIL=str(program))

    assert (done.returncode, shop.commits) == (0, 2)
    mail = kept.read_text()
    identifier = shop.git("log", "-1", "--format=%h").stdout.strip()
    assert mail.startswith("-i -t\n")
    for told in (
        f"Subject: A credential was committed to shop in {identifier}",
        f"To: {TEAM}, ada@practice.example",
        "Author: ada <ada@practice.example>",
        f"Commit: {identifier} on main",
        "- app.env:1  Password in an environment file",
    ):
        assert told in mail
    assert word not in mail + done.stderr


def test_a_mail_goes_by_smtp_where_a_server_is_named(shop, mint):
    taken = []

    class Sink:
        async def handle_DATA(self, server, session, envelope):
            taken.append(envelope)
            return "250 OK"

    shop.hook("install", "--mail", TEAM)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings = shop.folder / ".git/hooks/infra-audit.ini"
        settings.write_text(settings.read_text() + f"from = hooks@practice.example\nsmtp = smtp://127.0.0.1:{port}\n")
        shop.commit("--no-verify", files={"app.env": f"DB_PASSWORD={mint.password()}\n"})
    finally:
        server.stop()

    (envelope,) = taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hooks@practice.example", [TEAM])
    assert b"- app.env:1" in envelope.content


@pytest.mark.parametrize("smtp", ["smtp://127.0.0.1:1", "ftp://127.0.0.1", ""])
def test_a_mail_that_cannot_be_sent_says_so_and_the_commit_stands(smtp, shop, mint):
    shop.hook("install", "--mail", TEAM)
    broken = {"INFRA_AUDIT_HOOK_SMTP": smtp, "INFRA_AUDIT_HOOK_SENDMAIL": "/no/such/program"}

    done = shop.commit("--no-verify", files={"app.env": f"DB_PASSWORD={mint.password()}\n"}, **broken)

    assert done.returncode == 0
    assert "the team could not be told" in done.stderr


def test_hooks_that_were_there_run_first_and_come_back(shop, mint):
    for name, status in (("pre-commit", 0), ("post-commit", 0)):
        hook = shop.folder / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho {name} >>ran\nexit {status}\n")
        hook.chmod(0o755)
    shop.hook("install")
    shop.hook("install")  # again changes nothing
    (shop.folder / ".gitignore").write_text("ran\n")

    assert shop.commit().returncode == 0
    assert (shop.folder / "ran").read_text().split() == ["pre-commit", "post-commit"]
    before = shop.folder / ".git/hooks/pre-commit.before"
    before.write_text("#!/bin/sh\nexit 3\n")
    assert shop.commit("--allow-empty").returncode == 1  # it still may refuse

    shop.hook("uninstall")
    assert (shop.folder / ".git/hooks/pre-commit").read_text() == "#!/bin/sh\nexit 3\n"
    assert sorted(one.name for one in (shop.folder / ".git/hooks").iterdir() if "sample" not in one.name) == [
        "post-commit",
        "pre-commit",
    ]
    assert shop.hook("uninstall", check=False) == 2


def test_worktrees_and_a_folder_of_hooks_elsewhere_are_served(shop, mint, tmp_path):
    shop.commit(files={"README.md": "Shop\n"})
    shop.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Shop(tmp_path / "linked", tmp_path / "home")
    linked.hook("install")
    secret = {"app.env": f"DB_PASSWORD={mint.password()}\n"}
    assert linked.commit(files=secret).returncode == 1
    assert shop.commit(files=secret).returncode == 1
    linked.hook("uninstall")

    shop.git("config", "core.hooksPath", "my hooks")
    shop.hook("install")
    assert (shop.folder / "my hooks/pre-commit").exists()
    shop.git("config", "--add", "core.excludesFile", str(tmp_path / "none"))
    assert shop.commit(files=secret).returncode == 1


def test_for_all_repositories_of_a_user_each_keeps_its_own_hooks(shop, mint, tmp_path):
    own = shop.folder / ".git/hooks/pre-commit"
    own.parent.mkdir(exist_ok=True)
    own.write_text("#!/bin/sh\necho own >>.git/ran\n")
    own.chmod(0o755)
    shop.hook("install", "--global")

    done = shop.commit(files={"app.env": f"DB_PASSWORD={mint.password()}\n"})

    assert (done.returncode, (shop.folder / ".git/ran").read_text()) == (1, "own\n")
    assert own.read_text() == "#!/bin/sh\necho own >>.git/ran\n"
    shop.hook("uninstall", "--global")
    assert shop.git("config", "--global", "core.hooksPath", check=False).stdout == ""
    assert shop.commit().returncode == 0


def test_a_hook_whose_program_is_gone_stops_the_commit_and_says_how_to_mend_it(shop):
    shop.hook("install")
    for name in installing.HOOKS:
        hook = shop.folder / ".git/hooks" / name
        hook.write_text(hook.read_text().replace(str(installing.ROOT), "/nowhere", 1))

    refused = shop.commit(files={"README.md": "Shop\n"})
    passed = shop.commit("--no-verify")

    for done, status in ((refused, 1), (passed, 0)):
        (sentence,) = (line for line in done.stderr.splitlines() if line.startswith("infra_audit:"))
        assert (done.returncode, "make setup" in sentence, "hook install" in sentence) == (status, True, True)


def test_a_repository_cannot_slip_its_own_code_into_the_hook(shop, mint):
    shop.hook("install")
    trap = f"import pathlib\npathlib.Path({str(shop.folder / 'ran')!r}).touch()\n"
    files = {"infra_audit/__init__.py": trap, "smtplib.py": trap, "sitecustomize.py": trap, "configparser.py": trap}

    assert shop.commit(files=files).returncode == 0
    assert not (shop.folder / "ran").exists()


def test_a_hook_can_be_tried_by_hand(shop, mint):
    shop.commit(files={"README.md": "Shop\n"})
    (shop.folder / "app.env").write_text(f"DB_PASSWORD={mint.password()}\n")
    assert shop.hook("run", "pre-commit", check=False) == 0
    shop.git("add", "--all")
    assert shop.hook("run", "pre-commit", check=False) == 1


@pytest.mark.parametrize("arguments", [["install", "--mail", "nobody"], ["uninstall"], ["install"]])
def test_what_makes_no_sense_is_one_sentence(arguments, tmp_path, monkeypatch, capsys):
    if "--mail" in arguments:
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert main(["hook", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_hook_loads_nothing_that_takes_long():
    told = "import sys, infra_audit.hook.running; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], cwd=installing.ROOT, capture_output=True, text=True, check=True)

    heavy = {"boto3", "botocore", "rich", "django", "tree_sitter", "yaml", "infra_audit.cli", "infra_audit.registry"}
    assert heavy & set(done.stdout.split()) == set()
    assert Path(installing.__file__).is_relative_to(installing.ROOT)
