"""What gitleaks writes with `--report-format json`: a list of leaks, each a rule at a place of a commit.

Its `Secret` and `Match` are the credential itself, and its fingerprint names no more than the place: none is read.
https://github.com/gitleaks/gitleaks#report-formats
"""

from collections.abc import Mapping
from typing import Any

from infra_audit.importing.rows import Told, number, text

NAME = "gitleaks"


def is_leak(one: Mapping[str, Any]) -> bool:
    return {"RuleID", "File", "StartLine", "Secret"} <= one.keys()


def told_by(one: Mapping[str, Any]) -> Told:
    first, commit = number(one, "StartLine", 0), text(one, "Commit")
    where = f" in commit {commit[:12]}" if commit else ""
    return Told(
        tool="gitleaks",
        tool_name=NAME,
        tool_version="",
        check=text(one, "RuleID"),
        title=f"What gitleaks calls {text(one, 'RuleID')}",
        detail=f"It takes line {first} of this file{where} for a credential.",
        why=text(one, "Description"),
        remedy="Look at the line; where it holds a credential, revoke it first, then take it out of the code.",
        source="",
        severity="medium",
        partition="",
        account="",
        region="",
        resource=text(one, "File"),
        resource_type="",
        resource_name="",
        requirement=False,
        path=text(one, "File"),
        line=first,
        last_line=max(first, number(one, "EndLine", first)),
    )
