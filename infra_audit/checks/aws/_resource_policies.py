"""What the checks of resource policies have in common."""

from collections.abc import Iterator

from infra_audit.inventory import Inventory
from infra_audit.policy_documents import public_actions
from infra_audit.registry import Verdict

EVERYBODY = [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]
OWN = [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "*", "Resource": "*"}]


def public_verdicts(inventory: Inventory, operation: str, kind: str) -> Iterator[Verdict]:
    """One verdict a resource whose policy was read; one that was not is among the unit's misses."""
    for row in inventory[operation]:
        if row["statements"] is not None:
            yield public_verdict(row["arn"], public_actions(row["statements"]), kind)


def public_verdict(arn: str, actions: list[str], kind: str) -> Verdict:
    shown = ", ".join(actions[:5]) + (f" and {len(actions) - 5} more" if len(actions) > 5 else "")
    return Verdict(
        resource=arn,
        bad=bool(actions),
        detail=f"Its policy lets everybody do {'anything' if actions == ['*'] else shown}, under no condition that"
        " holds.",
        evidence={"actions": actions},
        resource_type=kind,
        resource_name=arn.split(":", 5)[-1].partition("/")[2] or arn.rpartition(":")[2],
    )
