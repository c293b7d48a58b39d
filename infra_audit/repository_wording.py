"""Tools, delivery and documents of repositories in a few lines, for terminals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra_audit.delivery_measures import DEPLOYMENTS, RELEASE_TAGS

MOST_TOOLS = 8
QUESTIONS = {
    "run": "how to run it",
    "test": "how to test it",
    "deploy": "how to deploy it",
    "roll_back": "how to roll back",
    "owner": "whom to ask",
    "architecture": "how it is built",
}
DELIVERED = {RELEASE_TAGS: "releases by tag", DEPLOYMENTS: "deployments on GitHub"}
LED = {
    RELEASE_TAGS: ("commits", "commit to release"),
    DEPLOYMENTS: ("pull requests", "change to deployment"),
}
DAY, LONG = 24.0, 72.0  # hours


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """From a document, or a run's result: at most three lines, of the busiest repository where there are several."""
    if tools := told.get("tools"):
        yield _runs_on(tools)
    if delivery := told.get("delivery"):
        name = busiest(delivery)
        yield f"{_called(name, delivery)}{_delivers(delivery[name])}"
    if documents := told.get("documentation"):
        name = busiest(delivery) if delivery and busiest(delivery) in documents else min(documents)
        yield f"{_called(name, documents)}{_tells(documents[name])}"


def busiest(delivery: Mapping[str, Mapping[str, Any]]) -> str:
    """The repository with most commits in the twelve months that are counted."""
    return min(delivery, key=lambda name: (-delivery[name]["commits"], name))


def span(hours: float) -> tuple[int, str]:
    """A number and its unit, as people say it: (0, "hours") is less than one."""
    if hours < LONG:
        return round(hours), "hours"
    return round(hours / DAY), "days"


def _runs_on(tools: Sequence[Mapping[str, Any]]) -> str:
    named = list(dict.fromkeys(_with_version(one["name"], one["version"]) for one in tools))
    more = f" and {len(named) - MOST_TOOLS} more" if len(named) > MOST_TOOLS else ""
    return f"Runs on {', '.join(named[:MOST_TOOLS])}{more}."


def _with_version(name: str, version: str | None) -> str:
    if not version:
        return name
    return f"{name} ({version})" if version[0].isalpha() else f"{name} {version}"


def _called(name: str, among: Mapping[str, object]) -> str:
    return f"{name}, and {len(among) - 1} more: " if len(among) > 1 else f"{name}: "


def _delivers(delivery: Mapping[str, Any]) -> str:
    measures = {one["measure"]: one for one in delivery["measures"]}
    lead, often = measures["lead_time"], measures["deployment_frequency"]
    parts = []
    if often["value"] is not None:
        parts.append(f"{often['number']} {DELIVERED.get(often['source'], 'releases')} in twelve months")
    if lead["value"] is not None:
        number, unit = span(lead["value"])
        what, way = LED.get(lead["source"], LED[RELEASE_TAGS])
        parts.append(f"{way} {number} {unit} (median of {lead['number']:,} {what})")
    told = "; ".join(parts)
    unknown = len(measures) - len(parts)
    rest = f"{unknown} of {len(measures)} measures of delivery are not measurable from here."
    return f"{told}; {rest}" if told else rest


def _tells(documents: Mapping[str, Any]) -> str:
    missing = [QUESTIONS[one["question"]] for one in documents["answers"] if not one["is_answered"]]
    told = f"its documents answer {documents['score']} of {documents['of']} questions of a newcomer"
    return f"{told}; not {', '.join(missing)}." if missing else f"{told}."
