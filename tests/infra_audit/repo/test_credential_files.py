"""Files that should not be in a repository, and what tells scanners to look away."""

import json

import pytest

from tests.infra_audit.mint import Mint


def found(collected):
    return {row["path"]: row for row in collected["repo.credential_files"].rows}


def test_a_credential_file_is_told_with_what_it_holds_and_since_when(repo, mint, collect):
    repo.commit({"README.md": "Shop"})
    first = repo.commit({"db/.pgpass": f"db:1:orders:shop:{mint.password()}\ndb:1:stock:shop:{mint.password()}\n"})
    repo.commit({"app.py": "x = 1\n"})
    collected = collect(repo)

    (finding,) = collected.findings("credential_file_committed")

    assert (finding.path, finding.at_head, finding.commit, finding.severity) == ("db/.pgpass", True, first, "high")
    assert finding.detail == "db/.pgpass is a .pgpass file with 2 credentials (password). First committed 2026-01-03."
    assert "ada" not in finding.detail + str(finding.evidence)


def test_one_that_was_deleted_is_told_as_such_and_milder(repo, mint, collect):
    repo.commit({".netrc": f"machine git.internal login ada password {mint.password()}\n"})
    repo.commit({".netrc": None})

    (finding,) = collect(repo).findings("credential_file_committed")

    assert (finding.path, finding.at_head, finding.severity) == (".netrc", False, "medium")
    assert "deleted since but still in the history" in finding.detail


def test_a_moved_file_is_told_where_it_lies_and_where_it_lay(repo, mint, collect):
    text = f"h:1:d:u:{mint.password()}\n"
    repo.commit({"old/.pgpass": text})
    repo.commit({"old/.pgpass": None, "new/.pgpass": text})

    assert [(path, row["at_head"]) for path, row in found(collect(repo)).items()] == [("new/.pgpass", True)]


def test_kinds_weigh_differently_and_tests_less(repo, mint, collect):
    repo.commit(
        {
            "deploy/id_rsa": mint.rsa_key(),
            "web/.htpasswd": f"ada:{mint.bcrypt()}\n",
            "tests/fixtures/.pgpass": f"h:1:d:u:{mint.text(7)}\n",
            "certs/shop.p12": b"\x30\x82\x0a\x00\x02\x01\x03",
        }
    )

    told = {one.path: (one.severity, one.confidence) for one in collect(repo).findings("credential_file_committed")}

    assert told == {
        "deploy/id_rsa": ("high", "high"),
        "certs/shop.p12": ("high", "medium"),
        "web/.htpasswd": ("medium", "medium"),
        "tests/fixtures/.pgpass": ("medium", "low"),
    }


def test_placeholders_examples_and_ordinary_settings_are_no_such_files(repo, mint, collect):
    repo.commit(
        {
            ".env": "DB_PASSWORD=${DB_PASSWORD}\n",
            ".env.example": "DB_PASSWORD=changeme\n",
            ".npmrc": "registry=https://npm.internal/\n//npm.internal/:_authToken=${NPM_TOKEN}\n",
            "settings.py": f'PASSWORD = "{mint.password()}"\n',
        }
    )
    collected = collect(repo)

    assert found(collected) == {}
    assert collected.evaluation("credential_file_committed").passed == {"credential_file_committed": 1}
    assert len(collected.secrets) == 1


MARK = {
    "gitleaks": "# gitleaks" + ":allow",
    "detect-secrets": "# pragma" + ": allowlist secret",
    "trufflehog": "# trufflehog" + ":ignore",
    "GitGuardian": "# gg" + "ignore",
    "Ruff or flake8": "# noqa" + ": S105",
    "Bandit": "# nosec" + " B105",
}


@pytest.mark.parametrize("scanner", MARK)
def test_a_marker_is_told_with_what_it_hides_and_not_obeyed(scanner, repo, mint, collect):
    repo.commit({"app.py": f'x = 1\nPASSWORD = "{mint.password()}"  {MARK[scanner]}\n'})
    collected = collect(repo)

    (finding,) = collected.findings("secret_suppressed_in_repo")

    assert (finding.path, finding.line, finding.severity) == ("app.py", 2, "medium")
    assert finding.detail == (
        f"{scanner} is told once to pass something over: in app.py, line 2. On such lines we found 1 credential."
    )
    assert len(collected.findings("secret_at_head")) == 1


@pytest.mark.parametrize(
    ("path", "text", "entries"),
    [
        (".gitleaksignore", "# old ones\n" + "a" * 40 + ":app.py:generic:3\n" + "b" * 40 + ":app.py:generic:9\n", 2),
        (".gitleaks.toml", "title = 'x'\n[allowlist]\npaths = ['''vendor''']\n", 1),
        (".secrets.baseline", json.dumps({"results": {"a.py": [{"hashed_secret": "x"}, {"hashed_secret": "y"}]}}), 2),
        (".gitguardian.yaml", "version: 2\nsecret:\n  ignored_paths:\n    - tests/**\n", 2),
        (".talismanrc", "fileignoreconfig:\n- filename: app.py\n  checksum: abc\n", 2),
        (".github/secret_scanning.yml", "paths-ignore:\n  - docs/**\n", 1),
    ],
)
def test_a_list_of_what_is_left_out_is_told_once(path, text, entries, repo, collect):
    repo.commit({path: text})

    (finding,) = collect(repo).findings("secret_suppressed_in_repo")

    assert (finding.path, finding.evidence["entries"], finding.severity) == (path, entries, "low")


def test_many_markers_of_one_scanner_are_one_finding(repo, collect):
    repo.commit({f"src/{number}.py": f"x = 1  {MARK['gitleaks']}\n" for number in range(8)})

    (finding,) = collect(repo).findings("secret_suppressed_in_repo")

    assert (finding.evidence["files"], len(finding.evidence["places"])) == (8, 5)
    assert "in src/0.py, line 1 and in 7 more files" in finding.detail


def test_what_silences_nothing_of_ours_is_not_told(repo, collect):
    repo.commit(
        {
            ".gitleaksignore": "# nothing yet\n",
            ".gitleaks.toml": "[extend]\nuseDefault = true\n",
            "app.py": "x = eval(y)  # nosec\nz = 1  # noqa" + ": E501\n",
        }
    )
    collected = collect(repo)

    assert collected.findings("secret_suppressed_in_repo") == []
    assert collected.evaluation("secret_suppressed_in_repo").passed == {"secret_suppressed_in_repo": 1}


KINDS = {
    "pgpass": (".pgpass", lambda mint, value: f"h:1:d:u:{value}\n"),
    "netrc": (".netrc", lambda mint, value: f"machine h.internal login ada password {value}\n"),
    "env": ("prod.env", lambda mint, value: f"DB_PASSWORD={value}\n"),
    "url": ("a.txt", lambda mint, value: f"postgres://ada:{value}@db.internal/orders\n"),
    "call": ("a.java", lambda mint, value: f'source.setPassword("{value}");\n'),
    "command": ("a.sh", lambda mint, value: f"mysql -u ada -p{value} orders\n"),
    "xml": ("sitemanager.xml", lambda mint, value: f"<Server><Pass>{value}</Pass></Server>\n"),
    "sql": ("a.sql", lambda mint, value: f"CREATE USER a IDENTIFIED BY '{value}';\n"),
    "php": ("wp-config.php", lambda mint, value: f"define('DB_PASSWORD', '{value}');\n"),
    "state": ("a.tfstate", lambda mint, value: f'{{"serial": 1, "resources": [{{"password": "{value}"}}]}}\n'),
    "marked": ("m.py", lambda mint, value: f'PASSWORD = "{value}"  {MARK["gitleaks"]}\n'),
    "message": (None, lambda mint, value: f"Use password={value}"),
}


def test_none_of_what_is_planted_stands_in_any_row(repo, mint, collect):
    """Nor in what the findings say; whatever else could repeat one is walled in by tests/wall/test_secrets.py."""
    values = {kind: Mint(kind).password(24) for kind in KINDS}
    values |= {"github": mint.github_token(), "aws": mint.aws_secret(), "bcrypt": mint.bcrypt(), "key": mint.rsa_key()}
    files = {path: make(mint, values[kind]) for kind, (path, make) in KINDS.items() if path}
    files |= {
        "t.yaml": f"token: {values['github']}\n",
        ".aws/credentials": f"aws_secret_access_key = {values['aws']}\n",
        ".htpasswd": f"ada:{values['bcrypt']}\n",
        "id_rsa": values["key"],
    }
    repo.commit(files, KINDS["message"][1](mint, values["message"]))
    collected = collect(repo)
    stored = json.dumps([unit.as_json() for unit in collected.units])
    checks = ("secret_at_head", "secret_in_history", "credential_file_committed", "secret_suppressed_in_repo")
    said = stored + "".join(repr(collected.findings(check)) for check in checks)

    assert len(collected.secrets) == len(values)
    assert len(found(collected)) >= 7
    for kind, value in values.items():
        lines = [line for line in value.splitlines() if "-----" not in line]
        assert not [kind for line in lines if line[:12] in said or line[-12:] in said]
