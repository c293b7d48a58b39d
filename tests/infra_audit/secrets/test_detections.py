"""What is said about a secret, and what is never said."""

import ast
import dataclasses
import json
from pathlib import Path

import pytest

import infra_audit
from infra_audit.secrets import Confidence, SecretEngine, generic, provider
from infra_audit.secrets.values import aws_account_of


def planted_text(mint):
    """A text with one of each kind, and the values in it."""
    values = [mint.aws_secret(), mint.github_token(), mint.password(), mint.password(16), mint.text(30)]
    key_id = mint.aws_id()
    aws_secret, github, password, url_password, token = values
    text = (
        f"aws_access_key_id = {key_id}\naws_secret_access_key = {aws_secret}\nTOKEN={github}\n"
        f"DB_PASSWORD={password}\nURL=postgres://app:{url_password}@db.internal/orders\napi_key: {token}\n"
    )
    return text, values


def test_no_value_and_no_part_of_one_is_in_anything_returned(mint, engine):
    text, values = planted_text(mint)

    said = json.dumps([one.as_row() for one in engine.scan(text.encode())]) + repr(engine.scan(text.encode()))

    for value in values:
        assert value not in said
        assert value[6:14] not in said


def test_what_the_rules_hand_over_hides_its_value_when_shown(mint):
    text, values = planted_text(mint)

    shown = repr([*generic.matches(generic.Text(text.encode())), *provider.matches(text.encode())])

    assert [value for value in values if value in shown] == []


def test_one_of_each_kind_is_found_on_its_line(mint, engine):
    text, _values = planted_text(mint)

    assert [(one.rule, one.line) for one in engine.scan(text.encode())] == [
        ("aws-access-key", 2),
        ("github-pat", 3),
        ("assigned-secret", 4),
        ("url-credentials", 5),
        ("assigned-secret", 6),
    ]


def test_a_preview_names_the_provider_or_the_kind_and_a_length_class(mint, engine):
    text, _values = planted_text(mint)

    assert [one.preview for one in engine.scan(text.encode())] == [
        "AKIA… (16 to 31 characters)",
        "ghp_… (32 to 63 characters)",
        "password, 8 to 15 characters",
        "password, 16 to 31 characters",
        "token, 16 to 31 characters",
    ]


def test_the_same_secret_has_the_same_fingerprint_under_the_same_key_alone(mint):
    password = mint.password()
    env, url = f"DB_PASSWORD={password}".encode(), f"postgres://app:{password}@db.internal/x".encode()
    ours, theirs = SecretEngine(b"ours"), SecretEngine(b"theirs")

    assert ours.scan(env)[0].fingerprint == ours.scan(url)[0].fingerprint
    assert ours.scan(env)[0].fingerprint != theirs.scan(env)[0].fingerprint


def test_a_secret_that_stands_twice_is_one_detection_on_its_first_line(mint, engine):
    password = mint.password()

    (one,) = engine.scan(f"\nA_PASSWORD={password}\nB_PASSWORD={password}\n".encode())

    assert one.line == 2


@pytest.mark.parametrize(
    "template",
    [
        "aws_access_key_id = {id}\naws_secret_access_key = {secret}",
        "export AWS_ACCESS_KEY_ID={id}\nexport AWS_SECRET_ACCESS_KEY={secret}",
        "AWS_SECRET_ACCESS_KEY='{secret}'\nregion=eu-west-1\nAWS_ACCESS_KEY_ID='{id}'",
        "Access key ID,Secret access key\n{id},{secret}",
        'provider "aws" {{\n  access_key = "{id}"\n  secret_key = "{secret}"\n}}',
        "boto3.client('s3', aws_access_key_id='{id}', aws_secret_access_key='{secret}')",
    ],
)
def test_an_aws_id_and_its_secret_are_one(template, mint, engine):
    key_id, secret = mint.aws_id(), mint.aws_secret()

    (one,) = engine.scan(template.format(id=key_id, secret=secret).encode())

    assert (one.rule, one.confidence) == ("aws-access-key", Confidence.HIGH)
    assert one.fingerprint == engine.fingerprint(secret)
    assert one.companion == engine.fingerprint(key_id)


def test_an_aws_id_alone_and_a_secret_alone_are_found(mint, engine):
    (key_id,) = engine.scan(f"key {mint.aws_id()}".encode())
    (secret,) = engine.scan(f"AWS_SECRET_ACCESS_KEY={mint.aws_secret()}".encode())

    assert (key_id.rule, key_id.confidence) == ("aws-access-key-id", Confidence.MEDIUM)
    assert (secret.rule, secret.companion) == ("aws-access-key", "")


def test_the_ids_of_the_documentation_are_left_alone(engine):
    mark = "EXAMPLE"
    key_id, secret = f"AKIAIOSFODNN7{mark}", f"wJalrXUtnFEMI/K7MDENG/bPxRfiCY{mark}KEY"

    assert engine.scan(f"aws_access_key_id={key_id}\naws_secret_access_key={secret}".encode()) == []


def test_an_aws_id_tells_its_account_without_a_call():
    # An expired key that its owner published: https://awsteele.com/blog/2020/09/26/aws-access-key-format.html
    assert aws_account_of("ASIA" + "Y34FZKBOKMUTVV7A") == "609629065308"
    assert aws_account_of("AKIA" + "IOSFODNN7" + "EXAMPLE") == ""  # of the old kind, which holds no account


@pytest.mark.parametrize(
    ("path", "confidence", "reason"),
    [
        ("deploy.sh", Confidence.HIGH, ""),
        ("tests/test_login.py", Confidence.MEDIUM, "it lies in a test"),
        ("src/login.spec.ts", Confidence.MEDIUM, "it lies in a test"),
        ("tests/fixtures/users.txt", Confidence.MEDIUM, "it lies in test data"),
        ("README.md", Confidence.MEDIUM, "it lies in documentation"),
        (".env.example", Confidence.MEDIUM, "it lies in an example"),
        ("node_modules/x/index.js", Confidence.MEDIUM, "it lies in somebody else's code"),
        ("helm/templates/secret.yaml", Confidence.HIGH, ""),
    ],
)
def test_the_path_lowers_the_confidence_and_says_why(path, confidence, reason, mint, engine):
    (one,) = engine.scan(f"token: {mint.github_token()}\n".encode(), path=path)

    assert (one.confidence, one.confidence_reason) == (confidence, reason)


DOCUMENTED = "a docstring or a comment that documents"
ACTING = (
    ("app.py", 'USAGE = """\n{}\n"""\n'),
    ("app.py", 'run(\n    """\n{}\n"""\n)\n'),
    ("app.py", 'x = "\\""  # an odd quote: """\n{}\ny = """z"""\n'),
    ("app.py", "def load():\n    {}\n"),
    ("app.go", "// {}\n"),
    ("app.txt", " * {}\n"),
)
DOCUMENTING = (
    ("app.py", '"""Reads mail.\n\n{}\n"""\n'),
    ("app.py", "# of ours\n\n'''Reads mail.\n\n{}\n'''\n"),
    ("app.py", 'def load(name="a"):\n    """Reads mail.\n\n    {}\n    """\n'),
    (
        "app.py",
        'class Mail:\n    """Short."""\n\n    def load(self):\n        r"""Reads mail.\n        {}\n        """\n',
    ),
    ("app.pyi", "    >>> {}\n"),
    ("Mail.java", "/**\n * Reads mail.\n * {}\n */\n"),
    ("lib.rs", "/// {}\n"),
)


@pytest.mark.parametrize(("path", "template"), DOCUMENTING)
def test_what_documents_code_is_less_certain_and_says_why(path, template, mint, engine):
    (one,) = engine.scan(template.format(f'db_password = "{mint.password(16)}"').encode(), path=path)

    assert (one.confidence.value, DOCUMENTED in one.confidence_reason) == ("medium", True)


@pytest.mark.parametrize(("path", "template"), ACTING)
def test_what_only_looks_like_documentation_stays_certain(path, template, mint, engine):
    (one,) = engine.scan(template.format(f'db_password = "{mint.password(16)}"').encode(), path=path)

    assert (one.confidence.value, one.confidence_reason) == ("high", "")


def test_of_a_part_of_a_file_nobody_knows_where_a_docstring_begins(mint, engine):
    part = f'ends here."""\n\ndb_password = "{mint.password(16)}"\n\ndef load():\n    """Reads mail."""\n'

    (one,) = engine.scan(part.encode(), path="app.py", only_lines={3})

    assert one.confidence.value == "high"


def test_engines_that_agree_are_both_named(mint, engine):
    (one,) = engine.scan(f"GITHUB_TOKEN={mint.github_token()}".encode())

    assert one.engines == ("kingfisher", "own rules")
    assert one.engine == "kingfisher, own rules"


def test_a_detection_cannot_be_changed(mint, engine):
    (one,) = engine.scan(mint.github_token().encode())

    with pytest.raises(dataclasses.FrozenInstanceError):
        one.line = 9


def test_of_kingfisher_only_what_is_offline_is_imported():
    allowed = {"Finding", "Rules", "Scanner", "ScanInput", "expand_archives"}
    imported = set()
    for path in Path(infra_audit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kingfisher_sdk"):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                assert not [alias.name for alias in node.names if alias.name.startswith("kingfisher")], path

    assert imported
    assert imported <= allowed


def test_lines_are_told_of_every_place_also_where_a_secret_stands_again(mint, engine):
    data = f"A_PASSWORD={mint.password()}\n".encode() * 3

    assert engine.lines(data) == {1, 2, 3}
    assert [one.line for one in engine.scan(data)] == [1]
