"""What deploy/ refers to exists: commands, settings, files, packages."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from core.pdf import SYSTEM_PACKAGES

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
UNITS = sorted((DEPLOY / "systemd").iterdir())
IMAGES = {"practice", "postgres", "redis", "caddy", "python"}
# Of the programs themselves, or of those that we run beside them.
NOT_OURS = {
    "DJANGO_SETTINGS_MODULE",
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "XDG_CACHE_HOME",
    "WEB_BIND",
    "WEB_WORKERS",
}


def known_settings():
    """Every name that the settings read from the environment."""
    text = "".join(path.read_text() for path in (ROOT / "config" / "settings").glob("*.py"))
    return set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', text)) | NOT_OURS


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def words_of(command):
    return shlex.split(command) if isinstance(command, str) else list(command)


def wrong_programs(text):
    """What a command line calls that there is not."""
    wrong = [name for name in re.findall(r"manage\.py ([\w-]+)", text) if name not in get_commands()]
    wrong += [name for name in re.findall(r"\b(gunicorn|celery)\b", text) if not (BIN / name).exists()]
    wrong += [path for path in re.findall(r"deploy/[\w./-]+", text) if not (ROOT / path).exists()]
    return wrong + [module for module in re.findall(r"config\.[\w.]+", text) if not module_exists(module)]


def module_exists(name):
    path = ROOT / name.partition(":")[0].replace(".", "/")
    return path.with_suffix(".py").exists() or path.is_dir()


def test_every_service_calls_what_there_is():
    for name, service in compose()["services"].items():
        text = " ".join(words_of(service.get("command", "")))
        text += " " + " ".join(service.get("healthcheck", {}).get("test", []))
        assert (name, wrong_programs(text)) == (name, [])


def test_services_refer_to_each_other_and_to_volumes_that_there_are():
    told = compose()
    for name, service in told["services"].items():
        needed = service.get("depends_on", {})
        assert set(needed) <= set(told["services"]), name
        for other, how in needed.items() if isinstance(needed, dict) else ():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in told["services"][other], (name, other)
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in told["volumes"] or (DEPLOY / source).is_file(), (name, volume)
        assert service["image"].partition(":")[0] in IMAGES
    assert {"web", "worker", "beat", "backup", "postgres", "redis", "proxy"} <= set(told["services"])


def test_every_long_running_service_is_looked_after():
    services = compose()["services"]

    assert {name for name, one in services.items() if one["restart"] == "unless-stopped"} == set(services) - {"prepare"}
    assert {"web", "worker", "beat", "postgres", "redis"} <= {
        name for name, one in services.items() if "healthcheck" in one
    }
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]


def test_every_setting_is_one_of_ours():
    told = compose()
    names = {name for service in told["services"].values() for name in service.get("environment", {})}
    names |= set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text()))
    names |= set(re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "practice.env.example").read_text(), re.MULTILINE))
    for unit in UNITS:
        names |= set(re.findall(r"([A-Z_]{4,})=", "".join(re.findall(r"^Environment=(.*)$", unit.read_text(), re.M))))
    names |= set(re.findall(r"--setenv=([A-Z_]+)", (DEPLOY / "practice").read_text()))

    assert names - known_settings() == set()
    assert {"SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS", "BASE_URL"} <= names


def test_what_must_be_set_is_in_the_example_and_no_secret_is():
    text = (DEPLOY / "practice.env.example").read_text()

    for name in ("SECRET_KEY", "FIELD_KEYS", "POSTGRES_PASSWORD"):
        assert re.search(rf"^{name}=$", text, re.MULTILINE)
    assert "ALLOWED_HOSTS=practice.example" in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_calls_what_there_is(unit):
    for command in re.findall(r"^Exec\w+=(.*)$", unit.read_text(), re.MULTILINE):
        program = command.split()[0]
        if program.startswith("/srv/practice/.venv/bin/"):
            assert (BIN / Path(program).name).exists()
        else:
            assert program == "/bin/kill"
        assert wrong_programs(command) == []
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service").is_file()
    elif "ExecStart" in unit.read_text():
        assert {"User=practice", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(unit.read_text().splitlines())


def test_systemd_takes_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed: the units were only read")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/srv/practice/.venv/bin", str(BIN)))

    ended = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, [line for line in ended.stderr.splitlines() if "practice" in line]) == (0, [])


def test_nginx_takes_its_file(tmp_path):
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed: its file was only read")
    key, certificate = str(tmp_path / "privkey.pem"), str(tmp_path / "fullchain.pem")
    make = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=practice.example -days 2 -keyout"
    subprocess.run([*make.split(), key, "-out", certificate], check=True, capture_output=True)
    site = (DEPLOY / "nginx" / "practice.conf").read_text()
    site = site.replace("/etc/letsencrypt/live/practice.example", str(tmp_path)).replace(
        "/var/log/nginx", str(tmp_path)
    )
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} http {{ include {tmp_path}/site.conf; }}"
    )

    ended = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr


def test_nginx_is_read():
    site = (DEPLOY / "nginx" / "practice.conf").read_text()

    assert site.count("{") == site.count("}")
    assert "Strict-Transport-Security" in site
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in site  # what a visitor claims is not believed
    assert "$request_uri" not in site.partition("upstream")[0]  # a link's address is its key
    assert "$request;" not in site


def test_the_image_holds_what_the_program_needs_and_is_no_root():
    text = (DEPLOY / "Dockerfile").read_text()
    unit_readme = (DEPLOY / "README.md").read_text()

    for package in [*SYSTEM_PACKAGES.split(), "git"]:
        assert package in text
        assert package in unit_readme
    assert "postgresql-client" in text
    assert "--require-hashes" in text
    assert text.index("USER practice") < text.index("CMD ")
    assert set(re.findall(r"^FROM ([\w./-]+)", text, re.MULTILINE)) == {"python"}
    assert wrong_programs(text) == []


def test_keys_do_not_get_into_the_image():
    kept_out = (ROOT / ".dockerignore").read_text().split()

    assert {".env", "var", "deploy/practice.env", ".git"} <= set(kept_out)
    assert "practice.env" in (ROOT / ".gitignore").read_text()


def test_the_web_servers_settings_can_be_read(monkeypatch):
    monkeypatch.setenv("WEB_WORKERS", "3")
    told = {}
    exec(compile((DEPLOY / "gunicorn_conf.py").read_text(), "gunicorn_conf.py", "exec"), told)

    assert (told["workers"], told["bind"], told["accesslog"]) == (3, "127.0.0.1:8000", None)


@pytest.mark.parametrize("page", [DEPLOY / "README.md", ROOT / "docs" / "operations.md"], ids=lambda page: page.name)
def test_the_walk_through_names_what_there_is(page):
    text = page.read_text()
    commands = re.findall(r"manage\.py (\w+)", text) + re.findall(r"^ *# practice (\w+)", text, re.MULTILINE)
    units = {unit.stem for unit in UNITS} | {unit.name for unit in UNITS}

    assert [name for name in commands if name not in get_commands()] == []
    assert [name for name in re.findall(r"\bpractice-[a-z]+(?:\.timer)?\b", text) if name not in units] == []
    assert [
        path
        for path in re.findall(r"/srv/practice/((?:deploy|requirements)/[\w./-]+\w)", text)
        if not (ROOT / path).exists()
    ] == []
