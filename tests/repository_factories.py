"""What a run's result says of repositories besides findings, as the engine tells it."""

from infra_audit.repository_wording import QUESTIONS


def make_tool(name, category="framework", version=None, repository="shop", path="requirements.txt"):
    return {"category": category, "name": name, "version": version, "path": path, "repository": repository, "files": 1}


def make_measure(name, value=None, unit="hours", number=0, because="Nobody can tell.", proxies=()):
    source, confidence = ("release tags", "low") if value is not None else (None, None)
    because = "" if value is not None else because
    return {"measure": name, "value": value, "unit": unit, "number": number, "source": source,
            "confidence": confidence, "because": because, "proxies": list(proxies)}  # fmt: skip


def make_delivery(commits=40, lead=50.0, often=0.25):
    hints = [{"name": "reverts", "share": 0.05, "number": 40}, {"name": "hotfixes", "share": 0.0, "number": 40}]
    return {
        "since": "2025-12",
        "commits": commits,
        "releases": 3,
        "measures": [
            make_measure("lead_time", lead, number=30),
            make_measure("deployment_frequency", often, "a month", number=round((often or 0) * 12)),
            make_measure("change_fail_rate", unit="share", proxies=hints),
            make_measure("restore_time"),
            make_measure("reliability", unit="share", because="It stands in monitoring."),
        ],
    }


def make_answers(*answered):
    return {"score": len(answered), "of": 6, "answers": [
        {"question": one, "is_answered": one in answered, "kind": "heading" if one in answered else None,
         "path": "README.md" if one in answered else None, "line": 3 if one in answered else None,
         "text": "Start it" if one in answered else "", "places": int(one in answered)}
        for one in QUESTIONS
    ]}  # fmt: skip


def told_of_repositories(tools=24):
    """The three parts, of one repository."""
    categories = ("language", "framework", "database", "ci", "containers", "iac", "monitoring", "tests")
    return {
        "tools": [make_tool(f"Tool {n}", categories[n % len(categories)], f"{n}.1") for n in range(tools)],
        "delivery": {"shop": make_delivery()},
        "documentation": {"shop": make_answers("run", "owner")},
    }
