"""The kit's way to install the hooks."""

import subprocess

from infra_audit import kit
from infra_audit.evaluate import evaluate
from infra_audit.hook.installing import ROOT
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.registry import CheckSettings, catalogue
from tests.infra_audit.repo.conftest import NOW


def kit_of(rows):
    units = (Unit("repo.secrets", Place("", "", "", "a/shop`x"), Ending.OK, tuple(rows)),)
    check = catalogue()["secret_at_head"]
    found = evaluate(Inventory(units), settings=CheckSettings(), now=NOW, key=b"k", checks=[check])
    return {one.path: one.text for one in kit.files(Inventory(units), found)}


def test_the_kit_has_the_hooks_only_where_a_repository_holds_a_credential(tmp_path):
    made = kit_of(catalogue()["secret_at_head"].bad["repo.secrets"])
    assert not any(path.startswith("hooks/") for path in kit_of([]))
    assert "Credentials were found in: a/shopx." in made["hooks/README.md"]

    subprocess.run(["git", "init", "--quiet", str(tmp_path / "shop")], check=True)
    script = tmp_path / "install-hook.sh"
    script.write_text(made["hooks/install-hook.sh"])

    def run(*arguments):
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "INFRA_AUDIT": str(ROOT),
            "TEAM": "team@practice.example",
        }
        command = ["bash", str(script), *arguments]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)

    hook = tmp_path / "shop/.git/hooks/pre-commit"
    assert run().returncode == 2
    shown = run("shop")
    assert ("hook install --mail team@practice.example" in shown.stdout, hook.exists()) == (True, False)
    done = run("--run", "shop")
    assert (done.returncode, hook.exists()) == (0, True), done.stderr
    assert "team@practice.example" in (tmp_path / "shop/.git/hooks/infra-audit.ini").read_text()
