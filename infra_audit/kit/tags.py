"""A script for each account that completes and corrects tags, and shows what it would do before it does."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pprint import pformat

from infra_audit.evaluate import Evaluation, Finding
from infra_audit.inventory import Inventory
from infra_audit.kit.files import KitFile

TEMPLATE = Path(__file__).with_name("fix_tags.py.txt")
PLACE_OF_THE_PLAN = "PLAN: list[dict] = []"
PLACE_OF_THE_ACCOUNT = 'ACCOUNT = ""'
LACKING = frozenset({"resource_untagged", "resource_missing_required_tags"})
SPELLING = "tag_value_inconsistent"


@dataclass
class Fix:
    """What one resource needs: `set` and `remove` are known, for `needs` somebody must say a value."""

    arn: str
    region: str
    set: dict[str, str] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)


def tag_fixes(inventory: Inventory, evaluation: Evaluation) -> Iterator[KitFile]:
    """`tags/<account>/fix_tags.py` where anything of an account is untagged, incomplete or spelled otherwise."""
    accounts: dict[str, dict[str, Fix]] = {}
    for finding in evaluation.findings:
        if finding.check in LACKING or finding.check == SPELLING:
            fixes = accounts.setdefault(finding.account, {})
            _add(fixes.setdefault(finding.resource, Fix(finding.resource, finding.region)), finding)
    template = TEMPLATE.read_text(encoding="utf-8")
    for account, fixes in sorted(accounts.items()):
        plan = pformat([asdict(fixes[arn]) for arn in sorted(fixes)], width=110, sort_dicts=False)
        text = template.replace(PLACE_OF_THE_ACCOUNT, f"ACCOUNT = {account!r}")
        yield KitFile(f"tags/{account}/fix_tags.py", text.replace(PLACE_OF_THE_PLAN, f"PLAN = {plan}"))


def _add(fix: Fix, finding: Finding) -> None:
    if finding.check in LACKING:
        fix.needs += finding.evidence["missing"]
        return
    keys = {one["key"]: one["usual"] for one in finding.evidence["deviations"] if not one["value"]}
    values = {one["key"]: one["usual"] for one in finding.evidence["deviations"] if one["value"]}
    for key in sorted(keys.keys() | values.keys()):
        right = keys.get(key, key)
        if right != key and right in finding.tags:  # both spellings are there: the usual one's value stays
            fix.remove.append(key)
            continue
        fix.set[right] = values.get(key, finding.tags.get(key, ""))
        if right != key:
            fix.remove.append(key)
