"""Credential files: every credential on its line, and nothing else."""

import base64
from textwrap import wrap

import pytest

from infra_audit.secrets.files import kind_of
from tests.infra_audit.mint import Mint
from tests.infra_audit.secrets.credential_files import FILES, MARK, filled, putty_sample, samples

SAMPLES = [*samples(), putty_sample()]
# What stands in a password's place until somebody fills it in.
STAND_INS = ("${DB_PASSWORD}", "changeme", "your_password_here", "xxxxxxxx", "{{ lookup('vault', 'db') }}", "")
PARTLY = {"db/.pgpass", "proftpdpasswd", ".bash_profile", "db/dump.sql"}  # a mark is but a part of a value there


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.path for sample in SAMPLES])
def test_every_credential_is_found_on_its_line_and_nothing_else_is(sample, engine):
    found = engine.scan(sample.text.encode(), path=sample.path)

    assert {one.line for one in found} == sample.truth


@pytest.mark.parametrize("stand_in", STAND_INS)
def test_what_stands_for_a_credential_is_none(stand_in, engine):
    texts = {path: MARK.sub(stand_in, template) for _family, path, template in FILES if path not in PARTLY}

    told = {path: [one.rule for one in engine.scan(text.encode(), path=path)] for path, text in texts.items()}

    assert {path: rules for path, rules in told.items() if rules} == {}


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("values.yaml", "app:\n  env: {}\n  replicas: 2\n"),
        ("pipeline.yml", "kind: ConfigMap\ndata:\n  setup: |\n    {}\n  next: value\n"),
        ("task.json", '{{\n "shape": "one",\n "user_data": "{}"\n}}\n'),
    ],
)
@pytest.mark.parametrize("width", [76, 4096])
def test_a_text_in_base64_is_searched(path, template, width, mint, engine):
    script = f"#!/bin/sh\nset -e\nexport DB_PASSWORD={mint.password()}\nsystemctl start shop --no-block\n"
    packed = base64.b64encode(script.encode()).decode()
    folded = "\n    ".join(wrap(packed, width)) if path.endswith("yml") else packed
    text = template.format(folded)

    (one,) = engine.scan(text.encode(), path=path)

    assert (one.title, one.fingerprint) == (
        "Password in a text in base64",
        engine.fingerprint(script.split("=")[1].split("\n")[0]),
    )
    assert packed[:20] in text.split("\n")[one.line - 1]


def test_a_harmless_text_in_base64_is_none(engine):
    packed = base64.b64encode(b"log_level=info\npassword_file=/run/secrets/db\n").decode()

    assert engine.scan(f"data:\n  app.ini: {packed}\n".encode(), path="config.yaml") == []


def test_a_windows_file_is_read_alike(mint, engine):
    text = f"machine git.internal\r\n  login ada\r\n  password {mint.password()}\r\n"

    assert [one.line for one in engine.scan(text.encode(), path=".netrc")] == [3]


@pytest.mark.parametrize(
    ("path", "template", "title", "preview", "confidence"),
    [
        (".pgpass", "h:1:d:u:<<password>>", "Password in a .pgpass file", "password, 8 to 15 characters", "high"),
        (".pgpass", "h:1:d:u:<<short>>", "Password in a .pgpass file", "password, under 8 characters", "medium"),
        (".htpasswd", "ada:<<bcrypt>>", "Password hash in a server's list of password hashes",
         "password hash, 32 to 63 characters", "medium"),
        ("id_rsa", "<<openssh protected>>", "Private key under a passphrase in a key file",
         "private key under a passphrase, 64 characters or more", "medium"),
        ("hub", "oauth_token: <<hex64>>", "Token in a cloud client's settings", "token, 64 characters or more", "high"),
        ("a/tests/.pgpass", "h:1:d:u:<<password>>", "Password in a .pgpass file", "password, 8 to 15 characters",
         "medium"),
    ],
)  # fmt: skip
def test_what_is_said_tells_the_file_the_kind_and_how_sure_we_are(
    path, template, title, preview, confidence, mint, engine
):
    text, _truth = filled(template, mint)

    (one,) = engine.scan(text.encode(), path=path)

    assert (one.title, one.preview, one.confidence.value) == (title, preview, confidence)
    assert one.confidence.value == "high" or one.confidence_reason


def test_the_same_password_is_the_same_secret_however_its_file_writes_it(engine):
    password = Mint(5).password()
    packed = Mint(5).basic()

    plain = engine.scan(f"h:1:d:u:{password}\n".encode(), path=".pgpass")
    docker = engine.scan(f'{{"auths": {{"r": {{"auth": "{packed}"}}}}}}'.encode(), path=".docker/config.json")

    assert plain[0].fingerprint == docker[0].fingerprint


def test_a_dump_of_many_people_is_told_by_its_first_hundred(mint, engine):
    rows = "\n".join(f"INSERT INTO users VALUES ({n}, '{mint.bcrypt()}');" for n in range(300))

    assert len(engine.scan(rows.encode(), path="dump.sql")) == 100


def test_only_the_lines_asked_for_are_read(mint, engine):
    text = f"a:1:d:u:{mint.password()}\nb:1:d:u:{mint.password()}\n"

    assert [one.line for one in engine.scan(text.encode(), path=".pgpass", only_lines={2})] == [2]


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("db/.pgpass", b"", "pgpass"),
        ("certs/shop.p12", b"\x30\x82\x00", "key-store"),
        ("prod.tfstate", b'{"version": 4, "terraform_version": "1.9"}', "terraform-state"),
        (".env", b"A=1", "environment-file"),
        (".env.example", b"A=1", None),
        ("settings.py", b"A = 1", None),
        ("config", b"[core]\nbare = false\n", None),
        ("schema.sql", b"CREATE TABLE users (id int);", None),
    ],
)
def test_a_file_is_known_by_its_path_and_what_stands_in_it(path, data, kind):
    known = kind_of(path, data)

    assert (known.id if known else None) == kind


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("a.yaml", "\n"),
        ("a.yaml", "kind: Secret\ndata:\n  a: b\n---\n"),
        ("a.sql", "insert into users values\n"),
        ("sitemanager.xml", "<!--"),
        ("sitemanager.xml", '<Pass a="'),
        ("a.ppk", "PuTTY-User-Key-File-2: x\nEncryption: none\n"),
        (".htpasswd", "$6$aaaa$"),
        (".npmrc", "_authToken="),
        ("a.tfstate", '"serial": 1, "a_password": {"sensitive": true, '),
        ("id_rsa", "-----BEGIN PRIVATE" + " KEY-----\n"),
    ],
)
def test_a_file_made_to_hold_the_search_up_does_not(path, piece, engine):
    """Half a megabyte each; a pattern that goes back over what it read would take minutes."""
    engine.scan((piece * (500_000 // len(piece))).encode(), path=path)
