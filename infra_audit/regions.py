"""Which regions of an account hold nothing, proved list by list.

A region is empty only where every list was read to its end and held nothing of the account's own. One list that was
denied, cut short or not offered leaves it open: then it is neither used nor empty. What an account that is empty costs
is one call a list, because nothing else is asked about what is not there.
"""

from collections.abc import Iterator

from infra_audit.inventory import GLOBAL, Inventory, Unit
from infra_audit.resources import Resources

# They hold no resources, yet tell of one that no list of ours may know.
TRACES = frozenset({"backup.list_recovery_points", "ec2.describe_network_interfaces"})
CONSENT = "consent"  # what looks closer at things already listed, and was not agreed to


def empty_regions(inventory: Inventory) -> list[dict[str, str]]:
    """{account, region} of each region that was read whole and holds nothing, in order."""
    holding = set(_holding(inventory))
    unread: set[tuple[str, str]] = set()
    read: set[tuple[str, str]] = set()
    for unit in inventory.all_units:
        place = (unit.place.account, unit.place.region)
        if unit.place.account and unit.place.region not in {"", GLOBAL}:
            read.add(place)
            if not unit.ending.complete and CONSENT not in (unit.denied_by or ""):
                unread.add(place)
    return [{"account": account, "region": region} for account, region in sorted(read - holding - unread)]


def _holding(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """(account, region) of whatever there is that AWS did not make by itself."""
    resources = {account: Resources(inventory.where(account=account)) for account in _accounts(inventory)}
    for unit in inventory.all_units:
        if unit.place.account:
            for region in _regions_of(unit, resources[unit.place.account]):
                yield unit.place.account, region


def _accounts(inventory: Inventory) -> set[str]:
    return {unit.place.account for unit in inventory.all_units if unit.place.account}


def _regions_of(unit: Unit, resources: Resources) -> Iterator[str]:
    for row in unit.rows:
        if unit.operation in TRACES or ("arn" in row and "type" in row and not resources.made_by_aws(row)):
            yield str(row.get("region") or unit.place.region)
