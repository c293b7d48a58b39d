"""What one pass over the history tells: releases, waiting times, and how work is spread. Nobody is named."""

from datetime import timedelta

import pytest

from infra_audit.collectors.repo import history
from infra_audit.collectors.repo.history import is_release
from infra_audit.collectors.repo.ownership import FEWEST

BEN = "Ben Pine <ben@practice.example>"
BOT = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.host.example>"


def commits(repo, number, *, path="shop/app.py", author=None, message="A change"):
    """That many commits to one file, a day apart, by ada or by somebody else."""
    for _time in range(number):
        repo.day += 1
        repo.write(path, f"{repo.day}\n")
        repo.git("add", "--all")
        named = [f"--author={author}"] if author else []
        repo.git("commit", "--quiet", "--message", message, *named)


def events(collected, event):
    return [row for row in collected["repo.delivery"].rows if row["event"] == event]


def folders(collected):
    return {row["folder"]: (row["commits"], row["people"], row["share"]) for row in collected["repo.ownership"].rows}


@pytest.mark.parametrize(
    ("tag", "released"),
    [
        *((name, True) for name in ("v1.2.3", "1.0", "release-2026-05-01", "web@2.0.1", "rel/7", "v1.0.0+build.5")),
        *((name, False) for name in ("v2.0.0-rc1", "1.0-beta.2", "nightly-2026-05-01", "before-move", "latest")),
    ],
)
def test_only_what_reads_like_a_version_or_a_date_is_a_release(tag, released):
    assert is_release(tag) is released


def test_each_commit_waits_for_the_first_release_that_holds_it(repo, collect):
    commits(repo, 2)
    repo.git("tag", "v1.0.0")
    commits(repo, 3)
    repo.git("tag", "--annotate", "--message=Release", "v1.1.0")
    commits(repo, 1)
    repo.git("tag", "experiment")

    first, second = events(collect(repo), "release")

    assert (first["commits"], first["lead_hours"], first["is_annotated"]) == (2, [], False)
    assert (second["commits"], second["lead_hours"], second["is_annotated"]) == (3, [0.0, 24.0, 48.0], True)
    assert (first["at"], second["at"]) == ("2026-01-03T09:00:00+00:00", "2026-01-06T09:00:00+00:00")


def test_months_count_merges_reverts_and_hotfixes(repo, collect):
    commits(repo, 2)
    commits(repo, 1, message='Revert "A change"')
    repo.git("checkout", "--quiet", "-b", "hotfix/cart")
    commits(repo, 1, path="b.py", message="Reverting is explained in the docs")
    repo.git("checkout", "--quiet", "main")
    repo.day += 1
    repo.git("merge", "--quiet", "--no-ff", "--message=Merge branch 'hotfix/cart'", "hotfix/cart")

    (month,) = events(collect(repo), "month")

    assert month == {"event": "month", "month": "2026-01", "commits": 5, "merges": 1, "reverts": 2, "hotfixes": 1}


def test_tags_that_lead_nowhere_are_passed_over(repo, collect):
    commits(repo, 1)
    blob = repo.git("hash-object", "-w", "shop/app.py")
    repo.git("tag", "v1", blob)
    repo.git("tag", "v2", "HEAD^{tree}")
    repo.git("tag", "--annotate", "--message=x", "v3", blob)

    collected = collect(repo)

    assert collected.endings["repo.delivery"] == "ok"
    assert events(collected, "release") == []


def test_people_are_counted_once_by_the_mailmap_and_programs_not_at_all(repo, collect):
    repo.write(".mailmap", "Ben Pine <ben@practice.example> <ben@home.example>\n")
    commits(repo, 16)
    commits(repo, 3, author=BEN)
    commits(repo, 3, author="benny <ben@home.example>")
    commits(repo, 9, author=BOT)

    collected = collect(repo)

    assert folders(collected) == {".": (22, 2, 0.727), "shop": (22, 2, 0.727)}
    told = repr([unit for unit in collected.units if unit.operation in {"repo.ownership", "repo.delivery"}])
    assert not [name for name in ("Ben", "ben", "ada", "dependabot", "practice.example") if name in told]


def test_one_person_who_knows_a_folder_is_a_finding_on_the_outermost_folder_alone(repo, collect):
    commits(repo, FEWEST + 5, path="billing/tax/vat.py")
    commits(repo, FEWEST, path="shop/app.py", author=BEN)

    evaluation = collect(repo).evaluation("bus_factor_one")

    assert [(one.resource, one.detail) for one in evaluation.findings] == [
        ("billing", "One person made 100 % of the 25 commits in billing/ in the last twelve months."),
        ("shop", "One person made 100 % of the 20 commits in shop/ in the last twelve months."),
    ]
    assert evaluation.examined == {"bus_factor_one": 3}
    assert not [one for one in evaluation.findings if "ada" in repr(one) or "Ben" in repr(one)]


def test_too_few_commits_other_peoples_code_and_folders_that_are_gone_are_not_judged(repo, collect):
    commits(repo, FEWEST, path="vendor/lib.py")
    commits(repo, FEWEST - 1, path="shop/app.py")
    (repo.folder / "vendor/lib.py").unlink()

    assert folders(collect(repo)) == {}


def test_all_of_the_history_counts_where_the_last_year_is_too_short(repo, collect, monkeypatch):
    commits(repo, FEWEST)
    monkeypatch.setattr(history, "RECENT", timedelta(days=30))

    (finding,) = collect(repo).findings("bus_factor_one")

    assert finding.detail == "One person made 100 % of the 20 commits to this repository in all of its history."


def test_a_history_past_its_limit_is_said_to_be_cut(repo, collect):
    commits(repo, 5)

    collected = collect(repo, commits=3)

    assert collected.endings["repo.delivery"] == "truncated"
    assert events(collected, "history")[0]["commits"] == 3


@pytest.mark.parametrize(("number", "tag", "bad"), [(12, "", True), (12, "v1", False), (9, "", None)])
def test_a_repository_that_releases_nothing_by_name_is_found(number, tag, bad, repo, collect):
    commits(repo, number)
    if tag:
        repo.git("tag", tag)

    evaluation = collect(repo).evaluation("no_release_tags")

    assert evaluation.examined == {"no_release_tags": 0 if bad is None else 1}
    assert bool(evaluation.findings) is bool(bad)


def test_of_a_shallow_clone_nothing_is_said_about_releases(repo, collect, tmp_path):
    commits(repo, 12)
    repo.git("clone", "--quiet", "--bare", "--depth=11", f"file://{repo.folder}", str(tmp_path / "shallow.git"))

    evaluation = collect(tmp_path / "shallow.git").evaluation("no_release_tags")

    assert (evaluation.findings, len(evaluation.gaps)) == ([], 1)
    assert "shallow" in evaluation.gaps[0].message
