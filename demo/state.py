"""A Terraform state as version 1.9 writes it: what of the account is kept as code by Terraform."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from demo.ledger import ACCOUNT, IRELAND, StateEntry

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
LINEAGE = uuid.uuid5(uuid.NAMESPACE_DNS, "harbourandpine.example")


def state_document(entries: Iterable[StateEntry]) -> dict[str, Any]:
    """Version 4: instances grouped by address, as `count` and `for_each` make them."""
    return {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": 214,
        "lineage": str(LINEAGE),
        "outputs": {},
        "resources": list(_resources([*entries, *read_only()])),
        "check_results": None,
    }


def read_only() -> tuple[StateEntry, ...]:
    """What Terraform merely looked up, which it does not manage: one of them exists and was made by hand."""
    return (
        StateEntry("aws_caller_identity", "current", {"id": ACCOUNT, "account_id": ACCOUNT}, mode="data"),
        StateEntry(
            "aws_dynamodb_table",
            "locks",
            {"id": "terraform-locks", "arn": f"arn:aws:dynamodb:{IRELAND}:{ACCOUNT}:table/terraform-locks"},
            mode="data",
        ),
    )


def _resources(entries: Iterable[StateEntry]) -> Iterator[dict[str, Any]]:
    grouped: dict[tuple[str, str, str, str], list[StateEntry]] = defaultdict(list)
    for one in entries:
        grouped[one.module, one.mode, one.type, one.name].append(one)
    for (module, mode, kind, name), members in sorted(grouped.items()):
        yield {
            **({"module": module} if module else {}),
            "mode": mode,
            "type": kind,
            "name": name,
            "provider": PROVIDER,
            "instances": [_instance(one) for one in members],
        }


def _instance(one: StateEntry) -> dict[str, Any]:
    key = {} if one.key is None else {"index_key": one.key}
    return {**key, "schema_version": 1, "attributes": dict(one.attributes), "sensitive_attributes": []}


def write_state(entries: Iterable[StateEntry], path: Path) -> Path:
    """Write it as JSON; returns the path."""
    path.write_text(json.dumps(state_document(entries), indent=2))
    return path
