"""Named settings: judged by name and value as a whole, and searched inside."""

import pytest

from infra_audit.secrets import SecretEngine
from tests.infra_audit.mint import Mint

KEY = b"a key for tests"
MINT = Mint(11)
SECRET = MINT.password(20)


@pytest.fixture
def engine():
    return SecretEngine(KEY)


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "dbPassword", "api-token", "STRIPE_SECRET_KEY", "/shop/prod/db/password", "/shop/password/prod",
     "app MYSQL_ROOT_PASSWORD", "output AdminPassword"],
)  # fmt: skip
def test_a_telling_name_makes_its_value_a_credential(engine, name):
    value = MINT.text(24)

    [(where, found)] = engine.scan_settings({name: value, "REGION": "eu-west-1"})

    assert where == name
    assert found.line == 1
    assert value not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/prod/db-AbCdEf"),
        ("DB_PASSWORD", "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db"),
        ("DB_SECRET", "shop/prod/db-AbCdEf"),
        ("DB_SECRET", "shop-production-database"),
        ("CLIENT_SECRET", "storefront-checkout-integration"),
        ("PASSWORD_FILE", "/run/secrets/db"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("TOKEN_URL", "https://auth.shop.example/oauth/token"),
        ("API_TOKEN", "https://auth.shop.example/oauth/token"),
        ("DATABASE_URL", "postgresql://db.internal:5432/orders"),
        ("USE_PASSWORD", "true"),
        ("REQUIRE_TOKEN", "false"),
        ("DB_PASSWORD", "changeme"),
        ("DB_PASSWORD", "<your password>"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:shop:SecretString:password}}"),
        ("DB_PASSWORD", "{{resolve:ssm-secure:/shop/db:1}}"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "$DB_PASSWORD"),
        ("DB_PASSWORD", "****"),
        ("DB_PASSWORD", ""),
        ("TOKEN_TTL_SECONDS", "86400000000000000000"),
        ("PASSWORD_MIN_LENGTH", "14"),
        ("KEY_NAME", "shop-production-2026"),
        ("KMS_KEY_ID", "0f1e2d3c-aaaa-4bbb-8ccc-1234567890ab"),
        ("BUILD_SHA", "9fceb02d0ae598e95dc970b74767f19372d61af8"),
    ],
)
def test_what_only_names_or_stands_for_a_credential_is_none(engine, name, value):
    assert engine.scan_settings({name: value}) == []


def test_signs_that_end_a_word_in_files_belong_to_a_value_here(engine):
    [(where, found)] = engine.scan_settings({"DB_PASSWORD": f"{SECRET}&'(;\\"})

    assert (where, found.rule) == ("DB_PASSWORD", "assigned-secret")


def test_an_access_key_is_seen_together_with_its_secret_in_another_setting(engine):
    key_id, secret = MINT.aws_id(), MINT.aws_secret()

    found = engine.scan_settings({"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret})

    assert [(where, one.rule) for where, one in found] == [("AWS_SECRET_ACCESS_KEY", "aws-access-key")]
    assert found[0][1].companion == engine.fingerprint(key_id)


def test_a_credential_inside_a_value_of_several_lines_tells_its_line(engine):
    value = f'{{\n "user": "shop",\n "password": "{SECRET}"\n}}'

    [(where, found)] = engine.scan_settings({"A": "x", "CONFIG": value})

    assert (where, found.line) == ("CONFIG", 3)


def test_the_same_secret_has_the_same_fingerprint_as_in_a_file(engine):
    for value in (SECRET, f"{SECRET}ä€"):
        [(_where, found)] = engine.scan_settings({"DB_PASSWORD": value})
        [in_file] = engine.scan(f'DB_PASSWORD = "{value}"'.encode())

        assert found.fingerprint == in_file.fingerprint


def test_a_neighbour_s_name_lends_a_value_no_meaning(engine):
    digest = "9fceb02d0ae598e95dc970b74767f193"

    assert engine.scan_settings({"DATADOG_SITE": "datadoghq.eu", "DIGEST_OF_BUILD": digest}) == []


def test_half_a_surrogate_breaks_nothing(engine):
    assert engine.scan_settings({"NAME": "\ud800"}) == []
