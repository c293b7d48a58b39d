"""What repositories are made with and how changes reach people, in words and rows: from a run's result to pages and
documents."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.code_words import percent
from discovery.wording import plural
from infra_audit.delivery_measures import DEPLOYMENTS, RELEASE_TAGS
from infra_audit.repository_wording import span

MOST_TOOLS_ON_PAGE, MOST_TOOLS_IN_SUMMARY = 80, 10
MOST_REPOSITORIES = 20
MOST_VERSIONS = 3
CATEGORIES = {
    "language": gettext_lazy("Language"),
    "framework": gettext_lazy("Framework"),
    "database": gettext_lazy("Data store"),
    "ci": gettext_lazy("Pipeline"),
    "containers": gettext_lazy("Containers"),
    "orchestration": gettext_lazy("Orchestration"),
    "iac": gettext_lazy("Infrastructure as code"),
    "monitoring": gettext_lazy("Monitoring"),
    "tests": gettext_lazy("Tests"),
    "load_test": gettext_lazy("Load tests"),
}
MEASURES = {
    "lead_time": gettext_lazy("Lead time, commit to release"),
    "deployment_frequency": gettext_lazy("Deployment frequency, by releases"),
    "change_fail_rate": gettext_lazy("Change-fail rate"),
    "restore_time": gettext_lazy("Time to restore"),
    "reliability": gettext_lazy("Reliability"),
}
BY_DEPLOYMENTS = {
    "lead_time": gettext_lazy("Lead time, change to deployment"),
    "deployment_frequency": gettext_lazy("Deployment frequency"),
}
SOURCES = {RELEASE_TAGS: gettext_lazy("release tags"), DEPLOYMENTS: gettext_lazy("deployments on GitHub")}
FAILED = "failed_deployments"
CONFIDENCE = {"high": gettext_lazy("high"), "medium": gettext_lazy("medium"), "low": gettext_lazy("low")}
QUESTIONS = {
    "run": gettext_lazy("How to run it"),
    "test": gettext_lazy("How to test it"),
    "deploy": gettext_lazy("How to deploy it"),
    "roll_back": gettext_lazy("How to roll back"),
    "owner": gettext_lazy("Whom to ask"),
    "architecture": gettext_lazy("How it is built"),
}


@dataclass(frozen=True)
class ToolLine:
    """One tool, over all repositories; `proof` is a file of one of them, `more` how many others use it."""

    category: str
    name: str
    version: str
    repository: str
    proof: str
    more: int


@dataclass(frozen=True)
class MeasureLine:
    """One measure. Without a value `told` says so and `note` says why; `hint` is what hints at it, and is not it."""

    label: str
    is_known: bool
    told: str
    note: str
    source: str
    confidence: str
    hint: str


@dataclass(frozen=True)
class AnswerLine:
    """One question of a newcomer; `place` is empty where nothing answers it."""

    label: str
    place: str
    text: str


@dataclass(frozen=True)
class RepositoryLine:
    """How one repository delivers, and what it tells a newcomer."""

    name: str
    since: str
    commits: int
    measures: tuple[MeasureLine, ...]
    answered: int
    questions: int
    answers: tuple[AnswerLine, ...]


def tool_lines(result: Mapping[str, Any]) -> list[ToolLine]:
    """A row a tool, by category, what most repositories use first; none for a run from before they were counted."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in result.get("tools", ()):
        found[one["category"], one["name"]].append(one)
    lines = [_tool(category, name, rows) for (category, name), rows in found.items()]
    order = {str(label): number for number, label in enumerate(CATEGORIES.values())}
    return sorted(lines, key=lambda line: (order.get(line.category, len(order)), -line.more))


def telling_tools(lines: Sequence[ToolLine], most: int = MOST_TOOLS_IN_SUMMARY) -> tuple[ToolLine, ...]:
    """Of each category the first ones in turn, until there are enough."""
    by_category: dict[str, list[ToolLine]] = defaultdict(list)
    for line in lines:
        if line.category != str(CATEGORIES["tests"]):
            by_category[line.category].append(line)
    in_turn = [line for row in zip_longest(*by_category.values()) for line in row if line is not None]
    chosen = set(map(id, in_turn[:most]))
    return tuple(line for line in lines if id(line) in chosen)


def repository_lines(result: Mapping[str, Any]) -> list[RepositoryLine]:
    """The busiest first."""
    delivery, documents = result.get("delivery", {}), result.get("documentation", {})
    lines = [
        RepositoryLine(
            name=name,
            since=delivery.get(name, {}).get("since", ""),
            commits=delivery.get(name, {}).get("commits", 0),
            measures=tuple(_measure(one) for one in delivery.get(name, {}).get("measures", ())),
            answered=documents.get(name, {}).get("score", 0),
            questions=documents.get(name, {}).get("of", 0),
            answers=tuple(_answer(one) for one in documents.get(name, {}).get("answers", ())),
        )
        for name in {*delivery, *documents}
    ]
    return sorted(lines, key=lambda line: (-line.commits, line.name))


def _tool(category: str, name: str, rows: Sequence[Mapping[str, Any]]) -> ToolLine:
    """The row that tells a version proves most."""
    best = next((one for one in rows if one["version"]), rows[0])
    versions = list(dict.fromkeys(one["version"] for one in rows if one["version"]))
    shown = ", ".join(versions[:MOST_VERSIONS]) + (", …" if len(versions) > MOST_VERSIONS else "")
    return ToolLine(
        category=str(CATEGORIES.get(category, category)),
        name=name,
        version=shown,
        repository=best["repository"],
        proof=best["path"],
        more=len({one["repository"] for one in rows}) - 1,
    )


def _measure(one: Mapping[str, Any]) -> MeasureLine:
    is_known = one["value"] is not None
    return MeasureLine(
        label=_label(one),
        is_known=is_known,
        told=_value(one) if is_known else _("not measurable from here"),
        note=_rests_on(one) if is_known else one["because"],
        source=str(SOURCES.get(one["source"], one["source"] or "")),
        confidence=str(CONFIDENCE.get(one["confidence"] or "", "")),
        hint=_hint(one["proxies"]),
    )


def _label(one: Mapping[str, Any]) -> str:
    name = one["measure"]
    by_source = BY_DEPLOYMENTS if one["source"] == DEPLOYMENTS else {}
    return str(by_source.get(name) or MEASURES.get(name, name))


def _value(one: Mapping[str, Any]) -> str:
    if one["unit"] == "hours":
        number, unit = span(one["value"])
        if not number:
            return _("under an hour")
        return plural(number, "hour") if unit == "hours" else plural(number, "day")
    if one["value"] >= 1:
        return _("%(n)s a month") % {"n": f"{one['value']:.1f}".removesuffix(".0")}
    if not one["number"]:
        return _("not once in twelve months")
    return _("%(n)s in twelve months") % {"n": one["number"]}


def _rests_on(one: Mapping[str, Any]) -> str:
    change, delivery = ("pull request", "deployment") if one["source"] == DEPLOYMENTS else ("commit", "release")
    if one["unit"] == "hours":
        return _("The median of %(n)s.") % {"n": plural(one["number"], change)}
    return _("%(n)s.") % {"n": plural(one["number"], delivery)}


def _hint(proxies: Sequence[Mapping[str, Any]]) -> str:
    """ "A hint: 2 % of 180 commits are reverts, none of 190 are hotfixes." """
    words = {"reverts": _("taken back"), "hotfixes": _("called hotfixes"), FAILED: _("failed")}
    parts = [
        _("%(share)s of %(n)s %(what)s")
        % {
            "share": percent(round(one["share"] * one["number"]), one["number"]),
            "n": plural(one["number"], "deployment" if one["name"] == FAILED else "commit"),
            "what": words.get(one["name"], one["name"]),
        }
        for one in proxies
    ]
    return _("A hint, no measure: %(parts)s.") % {"parts": ", ".join(parts)} if parts else ""


def _answer(one: Mapping[str, Any]) -> AnswerLine:
    place = f"{one['path']}:{one['line']}" if one["is_answered"] else ""
    return AnswerLine(str(QUESTIONS.get(one["question"], one["question"])), place, one["text"])
