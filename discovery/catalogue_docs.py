"""The catalogue as a page for users, written from the checks themselves."""

from infra_audit import CATALOGUE_VERSION
from infra_audit.registry import Check, Scope, catalogue

HEAD = f"""# What is looked for

Written by `make docs` from the catalogue {CATALOGUE_VERSION}; do not edit it by hand.

A check reads what AWS or git says and never guesses. What could not be read is listed as *not assessed*, with the
permission that was missing and who denied it. A severity is one step milder for what is tagged or named as a
development or test environment.
"""


def catalogue_page() -> str:
    """Markdown: AWS first, then repositories, each check with why it matters and how to mend it."""
    checks = list(catalogue().values())
    accounts = [one for one in checks if one.scope not in {Scope.REPOSITORY, Scope.RUN}]
    rest = [one for one in checks if one.scope in {Scope.REPOSITORY, Scope.RUN}]
    parts = [HEAD, "## In an AWS account\n", *map(_entry, accounts), "## In repositories\n", *map(_entry, rest)]
    return "\n".join(parts)


def _entry(one: Check) -> str:
    permissions = ", ".join(f"`{action}`" for action in one.iam)
    lines = [
        f"### {one.title}",
        "",
        f"`{one.id}` · {one.severity.value} · {one.effort.value} to mend",
        "",
        one.why,
        "",
        f"*Mend:* {one.remedy}",
        "",
        f"*Source:* <{one.source}>" if one.source else "",
        "",
        f"*Reads with:* {permissions}" if permissions else "",
        "",
    ]
    return "\n".join(line for number, line in enumerate(lines) if line or (number and lines[number - 1]))
