"""Credential files: every credential on its line, and nothing else."""

import base64
from textwrap import wrap
from urllib.parse import quote

import pytest

from infra_audit.secrets.files import kind_of, kinds_of
from infra_audit.secrets.files.kinds import NAMED_SO
from tests.infra_audit.mint import Mint
from tests.infra_audit.secrets.credential_files import FILES, MARK, filled, putty_sample, samples

SAMPLES = [*samples(), putty_sample()]
# What stands in a password's place until somebody fills it in.
STAND_INS = ("${DB_PASSWORD}", "changeme", "your_password_here", "xxxxxxxx", "{{ lookup('vault', 'db') }}", "")
PARTLY = {  # a mark is but a part of a value there
    *("db/.pgpass", "AppData/postgresql/pgpass.conf", "ada/.git-credentials", "ada/.esmtprc"),
    *("proftpdpasswd", ".bash_profile", "db/dump.sql", "dovecot/users", "backup/shadow", "argon2.sql"),
    *(
        "core.internal-running-config.cfg",
        "ada/shop.remmina",
        "named.conf",
        "edge.conf",
        "fortigate.conf",
        "etc/realm.properties",
        ".3T/robo-3t/1.4.3/robo3t.json",
        "wg0.conf",
    ),
}


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.path for sample in SAMPLES])
def test_every_credential_is_found_on_its_line_and_nothing_else_is(sample, engine):
    found = engine.scan(sample.text.encode(), path=sample.path)

    assert {one.line for one in found} == sample.truth


def test_a_file_is_known_however_deep_it_lies():
    kinds = {one.path: [kind.id for kind in kinds_of(one.path, one.text)] for one in SAMPLES}

    deep = {one.path: [kind.id for kind in kinds_of(f"srv/a/b/c/{one.path}", one.text)] for one in SAMPLES}

    assert deep == kinds


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


SENT = [
    (".pgpass", "db.internal:5432:orders:shop:{}"),
    (".netrc", "machine git.internal login ada password {}"),
    (".git-credentials", "https://ada:{}@git.internal"),
    (".esmtprc", 'password "{}"'),
    (".bash_profile", "export DB_PASSWORD='{}'"),
    ("sitemanager.xml", "<Server><Pass>{}</Pass></Server>"),
    (".idea/webServers.xml", '<fileTransfer host="h" password="{}" username="ada">'),
    ("data-sources.xml", '<connection host="localhost" user="ada" password="{}"/>'),
    ("robo3t.json", '{{"userPassword" : "{}"}}'),
]


@pytest.mark.parametrize(("path", "line"), SENT, ids=[path for path, _line in SENT])
@pytest.mark.parametrize("value", ["password", "ExamplePass1", "qwerty12"])
def test_what_a_program_would_send_as_it_is_counts_though_it_reads_like_an_example(path, line, value, engine):
    (one,) = engine.scan(line.format(value).encode(), path=path)

    assert (one.confidence.value, one.confidence_reason) == ("low", NAMED_SO)


@pytest.mark.parametrize(("path", "line"), SENT, ids=[path for path, _line in SENT])
@pytest.mark.parametrize("stand_in", STAND_INS)
def test_what_asks_for_a_password_is_none_there_either(path, line, stand_in, found):
    assert found(line.format(stand_in), path) == []


@pytest.mark.parametrize("path", [".netrc.example", "shop.sql", "database.yml", ".env"])
def test_elsewhere_a_word_for_a_password_is_none(path, found):
    assert found("machine git.internal login ada password password\npassword: password\n", path) == []


def test_escapes_are_no_part_of_a_password(engine):
    password = Mint(5).password(12)
    plain = engine.fingerprint(f"{password}:@")

    (pgpass,) = engine.scan(f"h:1:d:u:{password}\\:@\n".encode(), path=".pgpass")
    (git,) = engine.scan(f"https://ada:{quote(password)}%3A%40@git.internal\n".encode(), path=".git-credentials")

    assert (pgpass.fingerprint, git.fingerprint) == (plain, plain)


def test_a_webhook_is_its_whole_address(mint, engine):
    parts = (mint.uuid(), mint.uuid(), mint.hexadecimal(), mint.uuid())
    address = "https://shop.webhook.office.com/webhookb2/{}@{}/IncomingWebhook/{}/{}".format(*parts)

    (one,) = engine.scan(f'WEBHOOK = "{address}"\n'.encode(), path="a.py")

    assert one.fingerprint == engine.fingerprint(address)


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
        (".netrc", "macdef a\n"),
        (".netrc", "machine a login b password "),
        (".git-credentials", "https://a:"),
        (".git-credentials", "https://a:@"),
        (".esmtprc", 'password "'),
        (".esmtprc", "password" + " " * 19_000 + "\n"),
        (".fetchmailrc", "password "),
        ("a.plist", "<key>a</key>" + " " * 80),
        ("a.gradle", 'storePassword "'),
        (".condarc", "https://a/t/"),
        (".bundle/config", "BUNDLE_" + "A" * 19_000),
        ("fortigate.conf", "set " + "key" * 6_000 + "\n"),
        ("haproxy.cfg", "user a " + " " * 19_000 + "\n"),
        ("jaas.conf", "user_" + "a" * 19_000),
        ("deploy.bat", "set" + " -a" * 6_000 + "\n"),
        ("compose.yaml", '- "A_PASSWORD=' + "a" * 5_000),
        (".curlrc", "user a:" + " " * 19_000 + "b\n"),
        ("auth.json", '"bearer": {'),
        ("conf/passwd", "[users]\na" + " " * 19_000 + "\n"),
        ("conf/passwd", "[users]\na = b" + " " * 19_000 + "c\n"),
        ("passwd.client", "a:b:c" + " " * 19_000 + "d\n"),
        ("a.jwk", '{"kty":"RSA",' + '"kty":' * 1_000),
        ("tomcat-users.xml", "<a><![CDATA["),
        ("tomcat-users.xml", "<a>" + " " * 19_000),
        ("preseed.cfg", "d-i " + "a/" * 9_000 + "password\n"),
        ("preseed.cfg", "d-i passwd/password password a" + " " * 19_000 + "b\n"),
        ("running-config", "username a " + "password " * 2_000 + '"\n'),
        ("ipsec.secrets", " :" * 9_000 + "\n"),
        ("snmpd.conf", 'createUser a MD5 "'),
        ("unattend.xml", "<Password><Value>"),
        ("appsettings.json", '"Jwt": {'),
        ("a.sql", "$argon2id$v=19$m=1,t=1,p=1" + ",a=b" * 1_000),
        ("k8s.yaml", "kind: Secret\ndata:\n  a: |\n    b\n"),
        ("a.tfstate", '"serial": 1, "a_password": {"sensitive": true, '),
        ("id_rsa", "-----BEGIN PRIVATE" + " KEY-----\n"),
        *((path, "\n") for path in ("znc.conf", "haproxy.cfg", "turnserver.conf", "tac_plus.cfg")),
        ("fortigate.conf", " ENC a" + "\n" * 400_000),
        ("openwrt/wireless", "config a" + "\n" * 400_000),
    ],
)
def test_a_file_made_to_hold_the_search_up_does_not(path, piece, engine):
    """Half a megabyte each; a pattern that goes back over what it read would take minutes."""
    engine.scan((piece * (500_000 // len(piece))).encode(), path=path)


TRIPLE = '"' * 3


@pytest.mark.parametrize(
    "piece",
    ['\\"', "\\" + "'" * 3, f"{TRIPLE}a{TRIPLE}", f"{TRIPLE}a{TRIPLE}\n", f"{TRIPLE}a", '"a" ', "#" * 9_000 + "\n"],
)
def test_a_program_made_to_hold_the_search_for_docstrings_up_does_not(piece, mint, engine):
    source = f'DB_PASSWORD = "{mint.password()}"\n{piece * (500_000 // len(piece))}'

    (one,) = engine.scan(source.encode(), path="a.py")

    assert one.line == 1


def test_a_name_longer_than_any_file_system_has_does_not_hold_the_search_up(mint, engine):
    path = "kubeconfig" * 50_000 + ".ks" * 50_000

    assert [one.line for one in engine.scan(f"DB_PASSWORD={mint.password()}\n".encode(), path=path)] == [1]


@pytest.mark.parametrize(("path", "kinds"), [("kubeconfig", ["kubeconfig"]), ("kubeconfig_test.go", [])])
def test_a_program_that_quotes_a_kubeconfig_is_none(path, kinds):
    assert [kind.id for kind in kinds_of(path, "apiVersion: v1\nkind: Config\nusers: []\n")] == kinds


def test_a_message_in_a_sites_settings_is_no_password(mint, engine):
    said = "<?php\n$text['password'] = 'Please enter the password of the day!';\n"
    password = f"$db['password'] = '{mint.password()}';\n"

    assert [one.line for one in engine.scan((said + password).encode(), path="config.php")] == [3]


def test_a_name_written_as_one_word_promises_a_password_in_code_too(mint, engine):
    source = f'dbpass = "{mint.password()}"\ncompass = "{mint.password()}"\n'

    assert [one.line for one in engine.scan(source.encode(), path="app.py")] == [1]
