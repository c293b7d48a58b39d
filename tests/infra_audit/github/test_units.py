"""What GitHub tells of a repository, as units, and what the checks make of them."""

import json
from dataclasses import replace

import pytest

from infra_audit.collectors.github.collecting import COLLECTORS, NO_WAY_IN, collect
from infra_audit.evaluate import evaluate
from infra_audit.inventory import Inventory, Place
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.repositories import RepositoryTarget, collect_repository, known_operations, planned_repository
from tests.infra_audit.github.conftest import NOW

PLACE = Place("", "", "", "acme/shop")
ROOT = "/repos/acme/shop"
BRANCH = f"{ROOT}/branches/main"
RULES = f"{ROOT}/rules/branches/main"
CHECKS = ("branch_unprotected", "reviews_not_required", "dependency_alerts_off", "stale_pull_requests")
CONTENT = frozenset(planned_repository())


@pytest.fixture
def shop(stub):
    stub.add_repository()
    return stub


@pytest.fixture
def units(github):
    """Ask, and give the units by operation."""

    def ask(*operations):
        found = {}
        wanted = operations or COLLECTORS
        collect(
            github, "acme/shop", PLACE, operations=wanted, now=NOW, emit=lambda one: found.update({one.operation: one})
        )
        return found

    return ask


def judged(units):
    """By check: the details of what is bad, and (reason, permission) of what is not assessed."""
    checks = [catalogue()[name] for name in CHECKS]
    inventory = Inventory(tuple(units.values()))
    told = evaluate(inventory, settings=CheckSettings(), now=NOW, key=b"key", checks=checks)
    bad = {one.check: one.detail for one in told.findings}
    gaps = {one.check: (one.reason, one.iam_action) for one in told.gaps}
    return bad, gaps, told.passed


def test_a_repository_that_nobody_looked_after(shop, units):
    shop.deny(f"{ROOT}/dependabot/alerts", data={"message": "Dependabot alerts are disabled for this repository."})
    shop.say(f"{ROOT}/pulls", [
        {"state": "open", "number": 3, "created_at": "2026-05-01T00:00:00Z", "updated_at": "2026-06-01T00:00:00Z",
         "title": "Words of cleo", "user": {"login": "cleo"}, "draft": False},
        {"state": "open", "number": 4, "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-19T00:00:00Z"},
        {"state": "open", "number": 5, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
         "draft": True},
    ])  # fmt: skip

    found = units()

    bad, gaps, _passed = judged(found)
    assert {one.ending.value for one in found.values()} == {"ok"}
    assert set(bad) == set(CHECKS)
    assert gaps == {}
    assert bad["stale_pull_requests"].startswith(
        "1 of 2 open pull requests had no change for 30 days; the one left longest"
    )
    assert "cleo" not in json.dumps([one.as_json() for one in found.values()])
    assert shop.methods == {"GET"}


def test_what_the_repository_is(shop, units):
    shop.add_repository(archived=True, default_branch="trunk")

    row = units("github.repository")["github.repository"].rows[0]

    assert row == {
        "arn": "repo:acme/shop", "full_name": "acme/shop", "default_branch": "trunk", "visibility": "private",
        "is_archived": True, "is_fork": False, "pushed_at": "2026-11-01T08:00:00Z",
    }  # fmt: skip


def test_an_archived_repository_is_not_judged(shop, units):
    shop.add_repository(archived=True)
    shop.deny(f"{ROOT}/dependabot/alerts", data={"message": "Dependabot alerts are disabled for this repository."})

    bad, gaps, passed = judged(units())

    assert (bad, gaps, sum(passed.values())) == ({}, {}, 0)


CLASSIC = {"required_pull_request_reviews": {"required_approving_review_count": 1}}
NO_REVIEWS = {"enforce_admins": {"enabled": True}}
RULE = [{"type": "pull_request", "parameters": {"required_approving_review_count": 2}}]
NAMES = [{"type": "branch_name_pattern", "parameters": {}}]


@pytest.mark.parametrize(
    ("classic", "rules", "flag", "is_protected", "reviews", "by"),
    [
        (CLASSIC, [], True, True, 1, ["branch protection"]),
        (NO_REVIEWS, [], True, True, 0, ["branch protection"]),
        (None, RULE, True, True, 2, ["ruleset"]),
        (CLASSIC, RULE, True, True, 2, ["branch protection", "ruleset"]),
        (None, [{"type": "deletion"}], False, True, 0, ["ruleset"]),
        (None, NAMES, False, False, 0, []),
        (None, [], False, False, 0, []),
        ("denied", RULE, True, True, 2, ["ruleset"]),  # what an administrator could tell besides decides nothing
        ("denied", [], False, False, 0, []),  # GitHub itself calls the branch unprotected
        ("denied", [], True, True, None, []),
        ("denied", [], None, None, None, []),
        (None, "denied", False, None, None, []),
        ("plan", "plan", False, False, 0, []),
    ],
)
def test_protection_is_that_of_both_kinds(classic, rules, flag, is_protected, reviews, by, shop, units):
    plan = {"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}
    for path, said, permission in (
        (f"{BRANCH}/protection", classic, "administration=read"), (RULES, rules, "metadata=read"),
        (BRANCH, {"protected": flag} if flag is not None else "denied", "contents=read"),
    ):  # fmt: skip
        if said == "denied":
            shop.deny(path, permission)
        elif said == "plan":
            shop.deny(path, data=plan)
        elif said is not None:
            shop.say(path, said)

    unit = units("github.branch_protection")["github.branch_protection"]

    (row,) = unit.rows
    assert (row["is_protected"], row["reviews"], row["by"]) == (is_protected, reviews, by)
    undecided = None in (is_protected, reviews)
    assert unit.ending.value == ("partial" if undecided else "ok")
    bad, gaps, _passed = judged({"": unit})
    assert ("branch_unprotected" in bad, "reviews_not_required" in bad) == (is_protected is False, reviews == 0)
    missing = "Metadata: read" if rules == "denied" else "Administration: read"
    unknown = [name for name, value in zip(CHECKS, (is_protected, reviews), strict=False) if value is None]
    assert gaps == dict.fromkeys(unknown, ("partial", missing))


def test_a_repository_without_a_commit_has_no_branch_to_protect(shop, units):
    shop.say(BRANCH, {"message": "Branch not found"}, 404)

    unit = units("github.branch_protection")["github.branch_protection"]

    assert (unit.ending.value, unit.rows) == ("ok", ())
    assert judged({"": unit})[:2] == ({}, {})


@pytest.mark.parametrize(
    ("operation", "denied", "throttled"),
    [
        ("github.branch_protection", None, BRANCH),
        ("github.branch_protection", None, RULES),
        ("github.branch_protection", None, f"{BRANCH}/protection"),
        ("github.alerts", None, f"{ROOT}/dependabot/alerts"),
        ("github.alerts", f"{ROOT}/dependabot/alerts", f"{ROOT}/vulnerability-alerts"),
        ("github.pulls", None, f"{ROOT}/pulls"),
    ],
)
def test_a_question_too_many_is_no_missing_permission(operation, denied, throttled, shop, units):
    if denied:
        shop.deny(denied, "vulnerability_alerts=read")
    shop.say(throttled, {"message": "API rate limit exceeded"}, 403, retry_after=3_000)

    unit = units(operation)[operation]

    assert (unit.ending.value, unit.rows, unit.iam_action) == ("throttled", (), None)
    assert "until 2026-11-20 12:50 UTC" in unit.message


def test_a_server_without_rulesets_has_none(shop, units):
    del shop.says[RULES]

    unit = units("github.branch_protection")["github.branch_protection"]

    assert (unit.ending.value, unit.rows[0]["is_protected"]) == ("ok", False)


def test_a_branch_may_be_called_anything(shop, units):
    shop.add_repository(default_branch="release/next #1")
    shop.say(f"{ROOT}/branches/release%2Fnext%20%231/protection", CLASSIC)
    shop.say(f"{ROOT}/branches/release%2Fnext%20%231", {"protected": True})
    shop.say(f"{ROOT}/rules/branches/release%2Fnext%20%231", [])

    unit = units("github.branch_protection")["github.branch_protection"]

    assert unit.rows[0]["reviews"] == 1


@pytest.mark.parametrize(
    ("alerts", "vulnerability_alerts", "admin", "expected"),
    [
        ([], None, False, True),
        ("off", None, False, False),
        ("denied", (204, None), False, True),
        ("denied", (404, {"message": "Vulnerability alerts are disabled."}), False, False),
        ("denied", (404, {"message": "Not Found"}), True, False),
        ("denied", (404, {"message": "Not Found"}), False, None),
        ("denied", (403, {"message": "Resource not accessible"}), False, None),
    ],
)
def test_dependency_alerts_are_on_off_or_not_told(alerts, vulnerability_alerts, admin, expected, shop, units):
    shop.add_repository(permissions={"admin": admin})
    if alerts == "off":
        shop.deny(f"{ROOT}/dependabot/alerts", data={"message": "Dependabot alerts are disabled for this repository."})
    elif alerts == "denied":
        shop.deny(f"{ROOT}/dependabot/alerts", "vulnerability_alerts=read")
        status, data = vulnerability_alerts
        shop.say(f"{ROOT}/vulnerability-alerts", data, status)

    unit = units("github.alerts")["github.alerts"]

    bad, gaps, _passed = judged({"": unit})
    assert unit.rows[0]["dependency_alerts"] is expected
    assert ("dependency_alerts_off" in bad) == (expected is False)
    told = {"dependency_alerts_off": ("partial", "Dependabot alerts: read")} if expected is None else {}
    assert gaps == told


def test_open_alerts_are_counted_and_secrets_are_never_asked_for(shop, units, mint):
    value = mint.github_token()
    shop.add_repository(security_and_analysis={"secret_scanning": {"status": "enabled"}})
    shop.say(f"{ROOT}/dependabot/alerts", [
        {"state": "open", "security_advisory": {"severity": severity}} for severity in ["high"] * 120 + ["low"]
    ])  # fmt: skip
    shop.say(f"{ROOT}/secret-scanning/alerts", [{"state": "open", "secret": value}])

    row = units("github.alerts")["github.alerts"].rows[0]

    assert (row["open"], row["open_by_severity"]) == (121, {"high": 120, "low": 1})
    assert (row["secret_scanning"], row["push_protection"]) == ("enabled", None)
    assert not any("secret-scanning" in path for path in shop.paths)


def test_what_was_merged_is_told_with_its_first_commit(shop, units):
    shop.say(f"{ROOT}/pulls", [
        {"state": "closed", "number": 9, "created_at": "2026-11-02T00:00:00Z", "updated_at": "2026-11-04T00:00:00Z",
         "merged_at": "2026-11-04T00:00:00Z", "merge_commit_sha": "abc", "base": {"ref": "main"}},
        {"state": "closed", "number": 8, "updated_at": "2026-11-03T00:00:00Z", "merged_at": None},
        {"state": "closed", "number": 1, "updated_at": "2024-01-01T00:00:00Z", "merged_at": "2024-01-01T00:00:00Z"},
    ])  # fmt: skip
    shop.say(f"{ROOT}/pulls/9/commits", [{"commit": {"author": {"date": "2026-11-01T10:00:00Z", "name": "cleo"}}}])

    rows = units("github.pulls")["github.pulls"].rows

    assert rows == ({
        "arn": "repo:acme/shop", "event": "merged", "number": 9, "created_at": "2026-11-02T00:00:00Z",
        "merged_at": "2026-11-04T00:00:00Z", "base": "main", "commit": "abc",
        "first_commit_at": "2026-11-01T10:00:00+00:00",
    },)  # fmt: skip


def test_deployments_and_releases_are_told_oldest_first_with_how_they_went(shop, units):
    shop.say(f"{ROOT}/deployments", [
        {"id": 3, "created_at": "2026-11-09T00:00:00Z", "environment": "pr-7", "transient_environment": True},
        {"id": 2, "created_at": "2026-11-08T00:00:00Z", "environment": "Production", "sha": "b2",
         "creator": {"login": "cleo"}},
        {"id": 1, "created_at": "2026-11-07T00:00:00Z", "environment": "eu", "sha": "a1",
         "production_environment": True},
        {"id": 0, "created_at": "2024-11-07T00:00:00Z", "environment": "production"},
    ])  # fmt: skip
    shop.say(f"{ROOT}/deployments/1/statuses", [
        {"state": "inactive", "created_at": "2026-11-08T00:10:00Z"},
        {"state": "success", "created_at": "2026-11-07T00:05:00Z"}, {"state": "in_progress"},
    ])  # fmt: skip
    shop.say(f"{ROOT}/deployments/2/statuses", [{"state": "failure", "created_at": "2026-11-08T00:10:00Z"}])
    shop.say(f"{ROOT}/deployments/3/statuses", [])
    shop.say(f"{ROOT}/releases", [
        {"created_at": "2026-10-02T00:00:00Z", "published_at": "2026-10-02T01:00:00Z", "tag_name": "v2",
         "prerelease": True},
        {"created_at": "2026-10-01T00:00:00Z", "published_at": None, "tag_name": "v1", "draft": True},
    ])  # fmt: skip

    found = units("github.deployments", "github.releases")

    told = [
        (row["commit"], row["is_production"], row["status"], row["done_at"]) for row in found["github.deployments"].rows
    ]
    assert told == [
        ("a1", True, "success", "2026-11-07T00:05:00Z"),
        ("b2", True, "failure", None),
        (None, False, None, None),
    ]
    assert [(row["tag"], row["at"]) for row in found["github.releases"].rows] == [("v2", "2026-10-02T01:00:00Z")]
    assert "cleo" not in json.dumps([one.as_json() for one in found.values()])


def test_what_may_not_be_seen_is_named_with_its_permission(shop, units):
    shop.deny(f"{ROOT}/pulls", "pull_requests=read")
    shop.deny(f"{ROOT}/deployments", "deployments=read")

    found = units()

    assert {name: one.iam_action for name, one in found.items() if one.ending.value == "denied"} == {
        "github.pulls": "Pull requests: read",
        "github.deployments": "Deployments: read",
    }
    assert judged(found)[1] == {"stale_pull_requests": ("denied", "Pull requests: read")}


def test_a_repository_that_is_not_there_is_asked_for_once(stub, units):
    found = units()

    assert {one.ending.value for one in found.values()} == {"denied"}
    assert all("or there is no such repository" in one.message for one in found.values())
    assert stub.paths == [ROOT]
    assert set(judged(found)[1]) == set(CHECKS)


def test_a_mistake_in_one_part_leaves_the_others(shop, units):
    shop.say(f"{ROOT}/releases", [{"created_at": "2026-10-02T00:00:00Z", "draft": False}, 7])
    shop.say(
        f"{ROOT}/branches/main/protection", {"required_pull_request_reviews": {"required_approving_review_count": "x"}}
    )

    found = units()

    assert found["github.branch_protection"].ending.value == "error"
    assert "ValueError" in found["github.branch_protection"].message
    assert found["github.alerts"].ending.value == "ok"


def collected(target, **more):
    units = []
    collect_repository(
        target, key=b"key", now=NOW, emit=units.append, stop=lambda: False, done=more.pop("done", CONTENT)
    )
    return {one.operation: one for one in units}


def test_a_repository_is_asked_about_where_it_is_on_github(shop, way_in):
    target = RepositoryTarget("https://github.com/acme/shop.git", github=way_in)

    found = collected(target)

    assert list(found) == known_operations()[len(CONTENT) :]
    assert planned_repository(target) == known_operations()
    assert {one.ending.value for one in found.values()} == {"ok"}
    assert found["github.alerts"].place == PLACE


def test_elsewhere_github_is_not_asked(shop, way_in):
    for location in ("https://git.example/acme/shop.git", "/srv/shop"):
        target = RepositoryTarget(location, github=way_in)
        assert planned_repository(target) == planned_repository()
        assert collected(target) == {}
    assert shop.asked == []


@pytest.mark.parametrize("address", [None, "https://github.example.com/api/v3"])
def test_without_a_way_in_to_it_nothing_is_assessed_and_that_is_said(address, shop, way_in):
    other = replace(way_in, base_url=address) if address else None

    found = collected(RepositoryTarget("https://github.com/acme/shop", github=other))

    assert {(one.ending.value, one.message) for one in found.values()} == {("error", NO_WAY_IN)}
    assert set(judged(found)[1]) == set(CHECKS)
    assert shop.asked == []


def test_a_clone_that_fails_leaves_what_github_tells(shop, way_in, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # without git

    found = collected(RepositoryTarget("https://github.com/acme/shop", github=way_in), done=frozenset())

    assert {found[name].ending.value for name in CONTENT} == {"error"}
    assert found["github.repository"].ending.value == "ok"
