"""A private repository is cloned with the token, which stands in no address, configuration or list of processes."""

import base64
import json
import stat
import sys

import pytest

from infra_audit import repositories
from infra_audit.collectors.repo import cloning
from infra_audit.collectors.repo.cloning import Login, import_url, sent_to
from infra_audit.collectors.repo.sandbox import Limits, RepositoryError
from infra_audit.github.way_in import by_token
from infra_audit.repositories import RepositoryTarget, collect_repository
from tests.infra_audit.github.conftest import NOW

SPY = """#!{python}
import json, os, sys
json.dump({{"arguments": sys.argv, "environment": dict(os.environ)}}, open({path!r}, "w"))
sys.exit(128)
"""


@pytest.fixture
def spied(tmp_path, monkeypatch):
    """A git that writes down how it was called, and gives up."""
    told = tmp_path / "told.json"
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(SPY.format(python=sys.executable, path=str(told)))
    git.chmod(git.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{git.parent}")
    monkeypatch.setattr(cloning, "pinned", lambda url, host: {})  # no name is looked up here
    return lambda: json.loads(told.read_text())


def settings(environment):
    count = int(environment["GIT_CONFIG_COUNT"])
    return {environment[f"GIT_CONFIG_KEY_{n}"]: environment[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}


@pytest.mark.parametrize("location", ["https://github.com/acme/shop.git", "https://github.example.com/acme/shop"])
def test_git_gets_the_token_for_that_host_alone(location, spied, token, caplog):
    host = location.split("/")[2]
    way_in = by_token(token, f"https://{'api.' if host == 'github.com' else ''}{host}")
    units = []

    collect_repository(
        RepositoryTarget(location, github=way_in), key=b"key", now=NOW, emit=units.append, stop=lambda: False,
        done=frozenset(repositories.known_operations()) - {"repo.files"},
    )  # fmt: skip

    told = spied()
    sent = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    assert settings(told["environment"])[f"http.https://{host}/.extraHeader"] == f"Authorization: Basic {sent}"
    assert told["arguments"][-2] == location
    for text in (" ".join(told["arguments"]), units[0].message, repr(units), caplog.text):
        assert token not in text
        assert sent not in text
    assert units[0].ending.value == "error"


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("git@github.com:acme/shop.git", "https://api.github.com"),  # the keys of this machine open it
        ("https://git.example/acme/shop", "https://api.github.com"),
        ("https://github.com/acme/shop", "https://github.example.com/api/v3"),
        ("https://github.com/acme/shop", "http://localhost:9"),
    ],
)
def test_nobody_else_gets_it(location, address, spied, token):
    collect_repository(
        RepositoryTarget(location, github=by_token(token, address)), key=b"key", now=NOW, emit=lambda _unit: None,
        stop=lambda: False, done=frozenset(repositories.known_operations()) - {"repo.files"},
    )  # fmt: skip

    told = json.dumps(spied())
    assert token not in told
    assert "Authorization" not in told


def test_a_login_goes_with_https_alone_and_names_no_password(token):
    login = Login("x-access-token", token)

    assert sent_to("ssh://git@github.com/acme/shop", login) == {}
    assert token not in repr(login)
    assert token not in repr(list(sent_to(f"https://ada:{token}@github.com/acme/shop", login)))


def test_an_inner_address_gets_no_login_either(token, tmp_path):
    with pytest.raises(RepositoryError, match="private network"):
        import_url("https://169.254.169.254/a/b", tmp_path, Limits(), lambda: False, Login("x", token))
