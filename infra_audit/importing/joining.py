"""Joining what others found to what we found: one finding a resource and topic, and who else says so."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra_audit.environments import environment_of
from infra_audit.finding import Finding
from infra_audit.fingerprints import finding_fingerprint
from infra_audit.importing.in_code import InCode, is_in_code
from infra_audit.importing.same_meaning import BY_TOOL, NAMED_BY_US
from infra_audit.inventory import GLOBAL, Inventory, Place, Row
from infra_audit.registry import Check, Effort, Scope, Severity, catalogue

OPERATION = "imported.findings"
LONGEST_ID = 64
TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json")
DISAGREE = "Our own check looked at the same resource and found it good."


def is_imported(finding: Finding) -> bool:
    """Whether another tool found it and ours did not."""
    return "found_by" in finding.evidence


def join(
    inventory: Inventory,
    findings: Sequence[Finding],
    examined: Mapping[str, set[str]],
    *,
    key: bytes,
) -> tuple[list[Finding], dict[str, int]]:
    """All findings, ours told who else found them; and of our checks how many resources only others looked at.

    `examined` are the resources that each of our checks judged.
    """
    ours: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        ours[finding.check, finding.resource].append(finding)
    agreeing: dict[str, set[str]] = defaultdict(set)
    added: dict[str, Finding] = {}
    beyond: dict[str, set[str]] = defaultdict(set)
    code = InCode(inventory, findings)
    for given in inventory[OPERATION]:
        row = code.located(given) if is_in_code(given) else given
        check, resource = _check_of(row), _resource_of(row)
        same = code.same(row) if is_in_code(row) else ours.get((check.id, resource), []) if check else []
        if same:
            for finding in same:
                agreeing[finding.fingerprint].add(_who(row))
            continue
        if check and resource in examined.get(check.id, ()):
            check, row = None, {**row, "disagrees": True}
        if check:
            beyond[check.id].add(resource)
        finding = _finding(_completed(row, resource, inventory), check, resource, key)
        known = added.get(finding.fingerprint)
        added[finding.fingerprint] = _merged(known, finding) if known else finding
    told = [
        replace(one, evidence={**one.evidence, "also_found_by": sorted(agreeing[one.fingerprint])})
        if one.fingerprint in agreeing
        else one
        for one in findings
    ]
    return [*told, *added.values()], {check: len(resources) for check, resources in beyond.items()}


def _check_of(row: Row) -> Check | None:
    """Ours of the same meaning, in the same language where it is about code."""
    one = catalogue().get(BY_TOOL.get(row["tool"], {}).get(row["check"], ""))
    if one and is_in_code(row) and not (one.scope is Scope.REPOSITORY and row["path"].endswith(TERRAFORM)):
        return None
    return one


def _resource_of(row: Row) -> str:
    check = BY_TOOL.get(row["tool"], {}).get(row["check"], "")
    if check in NAMED_BY_US:
        return NAMED_BY_US[check].format(**{name: row[name] for name in ("partition", "account", "region")})
    return str(row["resource"])


def _completed(row: Row, resource: str, inventory: Inventory) -> Row:
    """With what we know of the resource ourselves, in our words."""
    found = inventory.find(resource)
    if not found:
        return row
    mine, unit = found
    told = {
        "resource_type": mine.get("type"),
        "resource_name": mine.get("name"),
        "tags": mine.get("tags"),
        "region": mine.get("region") or unit.place.region,
    }
    return {**row, **{name: value for name, value in told.items() if value}}


def _place(row: Row, resource: str) -> Place:
    """As our own findings name it: what has no region in its ARN is global, but for buckets, which have one."""
    if is_in_code(row):
        return Place("", "", "", row["repository"])
    parts = resource.split(":")
    is_arn = resource.startswith("arn:") and len(parts) > 5
    region = parts[3] if is_arn and parts[2] != "s3" else row["region"]
    return Place(row["partition"], row["account"], region or GLOBAL)


def _who(row: Row) -> str:
    return f"{row['tool_name']} {row['tool_version']}".strip() + f": {row['check']}"


def own_id(tool: str, check: str) -> str:
    """`prowler_ec2_ebs_volume_encryption`; what is longer than an id may be ends in a hash of it."""
    whole = f"{tool}_{_as_id(check)}"
    if len(whole) <= LONGEST_ID:
        return whole
    return f"{whole[: LONGEST_ID - 9]}_{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _as_id(check: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in check.lower()).strip("_") or "finding"


def _finding(row: Row, check: Check | None, resource: str, key: bytes) -> Finding:
    place = _place(row, resource)
    name = check.id if check else own_id(row["tool"], row["check"])
    title = f"{row['tool_name']} asks for: {row['title']}" if row["requirement"] else row["title"]
    evidence: dict[str, Any] = {"found_by": [_who(row)]}
    evidence |= {name: row[name] for name in ("why", "source") if row[name] and not check}
    return Finding(
        check=name,
        severity=(check.severity if check else Severity(row["severity"])).value,
        severity_reason="",
        effort=(check.effort if check else Effort.HOURS).value,
        confidence="low" if row.get("disagrees") else "medium",
        title=check.title if check else title,
        detail=" ".join(filter(None, (row["detail"], DISAGREE if row.get("disagrees") else ""))),
        remedy=check.remedy if check else row["remedy"],
        evidence=evidence,
        account=place.account,
        region=place.region,
        resource=resource,
        resource_type=row["resource_type"],
        resource_name=row["resource_name"],
        tags=row["tags"],
        environment=environment_of(row["tags"], row["resource_name"]),
        fingerprint=finding_fingerprint(key, name, place, resource),
        repository=place.repository,
        path=row.get("path") or None,
        line=row.get("line") or None,
        at_head=True if is_in_code(row) else None,
    )


def _merged(known: Finding, other: Finding) -> Finding:
    """The same from two tools, or twice from one."""
    who = sorted({*known.evidence["found_by"], *other.evidence["found_by"]})
    return replace(known, evidence={**known.evidence, "found_by": who})
