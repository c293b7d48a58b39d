"""Whether a database writes down which statements are slow, by what its parameter groups say."""

from collections.abc import Mapping

from infra_audit.inventory import Inventory, Row

PARAMETERS = "rds.describe_db_parameters"

# Engine → the parameter that says it. Both are off unless somebody set them.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.html
SWITCHES = {
    "mysql": "slow_query_log",
    "mariadb": "slow_query_log",
    "aurora-mysql": "slow_query_log",
    "postgres": "log_min_duration_statement",
    "aurora-postgresql": "log_min_duration_statement",
}


class SlowLogs:
    """Asks the parameter groups that an inventory shows."""

    def __init__(self, inventory: Inventory) -> None:
        self._set = {(row["of"], row["group"]): row["slow_log"] for row in inventory[PARAMETERS]}

    def of(self, server: Row, cluster: Row | None) -> bool | None:
        """True where it is on; None where a parameter group was not read. The server's own word goes first."""
        groups = [("instance", name) for name in server["parameter_groups"]]
        if cluster and cluster["parameter_group"]:
            groups.append(("cluster", cluster["parameter_group"]))
        switch = SWITCHES[server["engine"]]
        for group in groups:
            told = self._told(group)
            if told is None:
                return None
            if switch in told:
                return _is_on(switch, told[switch])
        return False

    def _told(self, group: tuple[str, str]) -> Mapping[str, str] | None:
        """What somebody set in a group; nobody can set anything in AWS's own."""
        return {} if group[1].startswith("default.") else self._set.get(group)


def _is_on(switch: str, value: str) -> bool:
    """Of PostgreSQL's, the milliseconds from which on a statement is slow: -1 is never."""
    if switch == "slow_query_log":
        return value.strip().lower() in {"1", "on", "true"}
    return not value.strip().startswith("-") and value.strip() != ""
