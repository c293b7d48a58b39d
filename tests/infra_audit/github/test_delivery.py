"""Deployments that GitHub knows of, measured instead of tags."""

import pytest

from discovery.delivery_words import repository_lines
from infra_audit import delivery_measures
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.repository_wording import lines
from tests.infra_audit.github.conftest import NOW

SHOP = Place("", "", "", "acme/shop")
TAGS = (
    {"event": "history", "commits": 3, "is_shallow": False, "is_cut": False},
    {"event": "release", "at": "2026-05-01T09:00:00+00:00", "is_annotated": True, "commits": 2, "lead_hours": [3.0]},
    {"event": "month", "month": "2026-05", "commits": 3, "merges": 0, "reverts": 0, "hotfixes": 0},
)


def deployed(day, *, status="success", hour=12, is_production=True):
    at = f"2026-11-{day:02d}T{hour:02d}:00:00Z"
    return {"at": at, "is_production": is_production, "status": status, "done_at": at if status == "success" else None}


def merged(day, first=None, base="main"):
    at = f"2026-11-{day:02d}T12:00:00Z"
    return {
        "event": "merged",
        "merged_at": at,
        "first_commit_at": first and f"2026-11-{first:02d}T12:00:00Z",
        "base": base,
    }


def measures(deployments, pulls=(), place=SHOP, tags=TAGS):
    rows = {
        "repo.delivery": (SHOP, tags), "github.deployments": (place, deployments), "github.pulls": (place, pulls),
        "github.repository": (place, [{"default_branch": "main"}]),
    }  # fmt: skip
    units = [Unit(name, where, Ending.OK, tuple(some)) for name, (where, some) in rows.items()]
    return delivery_measures.told(Inventory(tuple(units)), NOW)


def values(told):
    return [(one["value"], one["number"], one["source"]) for one in told["acme/shop"]["measures"][:2]]


def test_deployments_to_production_take_the_place_of_tags():
    told = measures(
        [deployed(1), deployed(4), deployed(8), deployed(6, status="failure"), deployed(2, is_production=False)],
        [merged(1, 1), merged(3, 2), merged(5, 4), merged(7, 7, base="side"), merged(9, 8)],
    )

    assert values(told) == [(72.0, 2, "deployments on GitHub"), (0.25, 3, "deployments on GitHub")]
    assert told["acme/shop"]["measures"][2]["proxies"][0] == {
        "name": "failed_deployments", "share": 0.25, "number": 4,
    }  # fmt: skip
    said = next(lines({"delivery": told}))
    assert "3 deployments on GitHub in twelve months; change to deployment 3 days (median of 2 pull requests)" in said
    (line,) = repository_lines({"delivery": told})
    assert [one.label for one in line.measures[:2]] == ["Lead time, change to deployment", "Deployment frequency"]
    assert [one.note for one in line.measures[:2]] == ["The median of 2 pull requests.", "3 deployments."]
    assert "25 % of 4 deployments failed" in line.measures[2].hint


def test_without_first_commits_a_change_waits_from_its_merge():
    assert values(measures([deployed(1), deployed(4)], [merged(2), merged(3)]))[0][:2] == (36.0, 2)


@pytest.mark.parametrize(
    ("deployments", "place"),
    [
        ([], SHOP),
        ([deployed(1, status="failure")], SHOP),
        ([deployed(1, is_production=False)], SHOP),
        ([deployed(1)], Place("", "", "", "acme/other")),
    ],
)
def test_without_any_tags_are_measured(deployments, place):
    assert values(measures(deployments, place=place))[1] == (0.08, 1, "release tags")


def test_environments_that_say_nothing_count_where_none_is_called_production():
    told = measures([deployed(1, is_production=None), deployed(2, is_production=None, status=None)])

    assert values(told)[1] == (0.17, 2, "deployments on GitHub")
    assert told["acme/shop"]["measures"][1]["confidence"] == "low"


def test_a_shallow_clone_hides_no_deployment():
    shallow = ({**TAGS[0], "is_shallow": True}, *TAGS[1:])

    told = measures([deployed(1), deployed(4)], tags=shallow)

    assert values(told)[1] == (0.17, 2, "deployments on GitHub")
    assert [one["name"] for one in told["acme/shop"]["measures"][2]["proxies"]] == ["failed_deployments"]
