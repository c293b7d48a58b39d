"""What cfn-lint writes with `--format json`: a list of matches, each a rule at a place of a template.

https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md
"""

from collections.abc import Mapping
from typing import Any

from infra_audit.importing.rows import Told, listed, number, part, text

NAME = "cfn-lint"
SEVERITIES = {"Error": "medium", "Warning": "low", "Informational": "info"}


def is_match(one: Mapping[str, Any]) -> bool:
    return {"Filename", "Location", "Rule", "Level"} <= one.keys()


def told_by(one: Mapping[str, Any]) -> Told:
    rule, location = part(one, "Rule"), part(one, "Location")
    first = number(part(location, "Start"), "LineNumber", 0)
    inside = [name for name in listed(location, "Path") if isinstance(name, str)]
    name = inside[1] if len(inside) > 1 and inside[0] in {"Resources", "Parameters", "Outputs"} else ""
    return Told(
        tool="cfn_lint",
        tool_name=NAME,
        tool_version="",
        check=text(rule, "Id"),
        title=text(rule, "ShortDescription") or text(rule, "Id"),
        detail=text(one, "Message"),
        why=text(rule, "Description"),
        remedy="",
        source=text(rule, "Source"),
        severity=SEVERITIES.get(text(one, "Level"), "low"),
        partition="",
        account="",
        region="",
        resource=name or text(one, "Filename"),
        resource_type="",
        resource_name=name,
        requirement=False,
        path=text(one, "Filename"),
        line=first,
        last_line=max(first, number(part(location, "End"), "LineNumber", first)),
    )
