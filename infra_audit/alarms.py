"""Which alarms watch a thing, and tell somebody."""

from collections.abc import Iterable

from infra_audit.inventory import Row


class Alarms:
    """The alarms of one region, as `cloudwatch.describe_alarms` lists them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        rows = list(rows)
        self._metric_alarms = [row for row in rows if row["rule"] is None]
        self._rules = [row["rule"] for row in rows if row["rule"] and row["tells"]]

    def tells(self, alarm: Row) -> bool:
        """True where it does something by itself, or a composite alarm that does names it."""
        return alarm["tells"] or any(_named(alarm, rule) for rule in self._rules)

    def on(self, namespaces: Iterable[str], dimension: str, names: Iterable[str]) -> list[Row]:
        """Those that watch a metric of a namespace for one of the names, or for all there are at once.

        A search or a query over the namespace is taken to cover them all.
        """
        wanted, covered = set(names), frozenset(namespaces)
        return [one for one in self._metric_alarms if _watches(one, covered, dimension, wanted)]


def _named(alarm: Row, rule: str) -> bool:
    """A rule names alarms in quotes, or by ARN without."""
    return any(f"{mark}{alarm[key]}{mark}" in rule for key in ("name", "arn") for mark in "\"'") or (
        alarm["arn"] in rule.replace("(", " ").replace(")", " ").split()
    )


def _watches(alarm: Row, namespaces: frozenset[str], dimension: str, names: set[str]) -> bool:
    if any(namespace in expression for namespace in namespaces for expression in alarm["expressions"]):
        return True
    return any(
        metric["namespace"] in namespaces and (not metric["dimensions"] or metric["dimensions"].get(dimension) in names)
        for metric in alarm["metrics"]
    )
