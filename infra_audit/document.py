"""A run as a document: the published JSON (docs/schema/discovery-1.json) and a table for spreadsheets.

Within schema 1 fields are only ever added. Who wrote a commit is for staff's eyes and is in neither.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from infra_audit import CATALOGUE_VERSION, TOOL_VERSION, call_log, delivery_measures, repository_facts
from infra_audit.accounts import LeftOut
from infra_audit.cells import cell
from infra_audit.evaluate import Evaluation, Finding
from infra_audit.iac import told as told_of_code
from infra_audit.inventory import Inventory
from infra_audit.regions import empty_regions

SCHEMA = 1
NEW = "new"

COLUMNS = (
    "check",
    "severity",
    "severity_reason",
    "effort",
    "confidence",
    "title",
    "detail",
    "remedy",
    "account",
    "region",
    "resource_type",
    "resource_name",
    "resource",
    "environment",
    "tags",
    "repository",
    "path",
    "line",
    "commit",
    "date",
    "at_head",
    "evidence",
    "fingerprint",
)


def document(
    evaluation: Evaluation,
    inventory: Inventory,
    *,
    client: str,
    started_at: datetime,
    duration_s: float,
    accounts: Sequence[Mapping[str, str]],
    regions: Sequence[str],
    statuses: Mapping[str, str] | None = None,
    first_seen: Mapping[str, str] | None = None,
    now: datetime | None = None,
    signing_in: call_log.Logs | None = None,
    only_checks: Sequence[str] = (),
    left_out: Sequence[LeftOut] = (),
) -> dict[str, Any]:
    """The whole run in JSON types. `accounts` are {id, alias, partition, org_role}; `left_out` those not read.

    `statuses` and `first_seen` (ISO) are by fingerprint; a finding without is "new", first seen when the run started.
    `now`: what "the last twelve months" are counted to, if not the start. `signing_in`: what was sent by account
    before its units were read. `only_checks`: the ids of those that were made, where it was not every one; then too
    little was read to say what is in code, which tools are used and which regions are empty.
    """
    start = started_at.isoformat()
    whole = Inventory() if only_checks else inventory
    code = told_of_code(whole)
    return {
        "schema": SCHEMA,
        "tool_version": TOOL_VERSION,
        "catalogue_version": CATALOGUE_VERSION,
        "client": client,
        "started_at": start,
        "duration_s": round(duration_s, 3),
        "api_calls": sum(unit.api_calls for unit in inventory.all_units)
        + sum(map(call_log.counted, (signing_in or {}).values())),
        "accounts": [{key: one[key] for key in ("id", "alias", "partition", "org_role")} for one in accounts],
        "accounts_left_out": [one.as_json() for one in left_out],
        "regions": list(regions),
        "only_checks": list(only_checks),
        "empty_regions": empty_regions(whole),
        "findings": [
            _finding(one, (statuses or {}).get(one.fingerprint, NEW), (first_seen or {}).get(one.fingerprint, start))
            for one in evaluation.findings
        ],
        "chains": [one.as_json() for one in evaluation.chains],
        "examined": dict(evaluation.examined),
        "passed": dict(evaluation.passed),
        "not_assessed": [asdict(one) for one in evaluation.gaps],
        "inventory": counted(inventory),
        "iac_coverage": code.coverage,
        "iac_coverage_by": code.coverage_by,
        "iac_tools": code.tools,
        "iac_states": {"given": code.states_given, "read": code.states},
        "iac_verdicts": [one.as_json() for one in code.resources],
        "tools": repository_facts.tools(whole),
        "delivery": delivery_measures.told(whole, now or started_at),
        "documentation": repository_facts.documentation(whole),
        "calls": call_log.told(call_log.of_units(inventory.all_units, signing_in)),
    }


def as_bytes(told: Mapping[str, Any]) -> bytes:
    """The document as JSON, one line a finding, a verdict, a call: whoever compares two sees what moved.

    Each line is written by itself: the whole at once would take ten times its size in memory.
    """
    out = io.BytesIO()
    for number, (name, value) in enumerate(told.items()):
        out.write(f"{',' if number else '{'}\n{_compact(name)}: ".encode())
        if isinstance(value, list) and value:
            for place, item in enumerate(value):
                out.write(f"{',' if place else '['}\n{_compact(item)}".encode())
            out.write(b"\n]")
        else:
            out.write(_compact(value).encode())
    out.write(b"\n}\n")
    return out.getvalue()


_compact = json.JSONEncoder(ensure_ascii=False).encode


def counted(inventory: Inventory) -> dict[str, int]:
    """How many there are of each type of resource ("rds:db"); an ARN counts once."""
    kinds = {
        row["arn"]: row["type"]
        for unit in inventory.all_units
        for row in unit.rows
        if unit.ending.readable and {"arn", "type"} <= row.keys()
    }
    return dict(sorted(Counter(kinds.values()).items()))


def findings_csv(findings: Iterable[Finding]) -> str:
    """A table with a head, one line a finding, worst first as given. No cell is a formula to a spreadsheet."""
    written = io.StringIO(newline="")
    table = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for finding in findings:
        table.writerow([cell(getattr(finding, column)) for column in COLUMNS])
    return written.getvalue()


def _finding(finding: Finding, status: str, first_seen: str) -> dict[str, Any]:
    told = dict(vars(finding))  # asdict would copy all evidence, ten times slower
    del told["author"]
    return {"check": told.pop("check"), "status": status, **told, "first_seen": first_seen}
