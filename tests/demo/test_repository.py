import subprocess

import pytest

from demo.repository import build, line_of
from demo.samples.shop import shop
from demo.samples.warehouse import warehouse


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(shop(5), tmp_path_factory.mktemp("shop"))


def test_the_same_seed_makes_the_same_commits(built, tmp_path):
    again = build(shop(5), tmp_path)

    assert git(again, "rev-parse", "--all") == git(built, "rev-parse", "--all")


def test_another_seed_makes_other_credentials(built, tmp_path):
    other = build(shop(6), tmp_path)

    assert (other / "deploy/production.env").read_text() != (built / "deploy/production.env").read_text()


def test_the_history_is_that_of_three_people_over_months(built):
    authors = set(git(built, "log", "--all", "--format=%an").split())
    years = set(git(built, "log", "--all", "--format=%cd", "--date=format:%Y").split())

    assert authors == {"Ada", "Ben", "Cleo"}
    assert len(years) > 1


def test_the_tree_is_checked_out_clean(built):
    assert git(built, "status", "--porcelain") == ""
    assert not [path for path in built.iterdir() if path.name.lower().startswith("readme")]


def test_what_is_planted_at_head_stands_at_that_line(built):
    history = {one.resource for one in shop(5).planted if one.check == "secret_in_history"}
    for one in shop(5).planted:
        if one.resource and one.resource not in history:
            path, _, line = one.resource.rpartition(":")
            assert (built / path).read_text().splitlines()[int(line) - 1].strip()


def test_what_is_planted_in_history_is_gone_from_the_tree(built):
    history = [one for one in shop(5).planted if one.check == "secret_in_history"]

    assert len(history) == 4
    for one in history:
        path, _, line = one.resource.rpartition(":")
        added = git(built, "log", "--all", "--diff-filter=A", "--format=%H", "--", path).strip()
        text = git(built, "show", f"{added}:{path}").splitlines()[int(line) - 1]
        at_head = (built / path).read_text() if (built / path).exists() else ""
        assert text not in at_head


def test_the_warehouse_has_a_readme_and_no_infrastructure(tmp_path):
    built = build(warehouse(), tmp_path)

    assert (built / "README.md").read_text().startswith("# Warehouse")
    assert list(built.rglob("*.tf")) == []
    assert warehouse().planted == []


def test_lines_are_counted_from_one():
    assert line_of("a\nb = 1\nc", "b =") == 2
