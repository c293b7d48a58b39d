"""How databases were told to log what is slow."""

from collections.abc import Iterator

from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.rds import ALL_RECORDS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row

SLOW_LOG_PARAMETERS = frozenset({"slow_query_log", "log_min_duration_statement"})
PARAMETERS = {
    "instance": ("describe_db_parameters", "DBParameterGroupName"),
    "cluster": ("describe_db_cluster_parameters", "DBClusterParameterGroupName"),
}


@collector(
    "rds.describe_db_parameters",
    iam=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeDBParameters",
        "rds:DescribeDBClusterParameters",
    ),
)
def parameters(reader: Reader) -> Iterator[Row]:
    """One row a parameter group in use, {group, of ("instance" or "cluster"), slow_log: {parameter: value}}.

    Only what somebody set; and AWS's own groups ("default.…") are not asked, for nobody can change them.
    """
    for of, names in _groups_in_use(reader).items():
        for name in sorted(names):
            try:
                yield {"group": name, "of": of, "slow_log": _slow_log(reader, of, name)}
            except READ_ERRORS as error:
                reader.miss(name, error)


def _groups_in_use(reader: Reader) -> dict[str, set[str]]:
    instances = reader.pages("rds", "describe_db_instances", "DBInstances", page_size=ALL_RECORDS)
    clusters = reader.pages("rds", "describe_db_clusters", "DBClusters", page_size=ALL_RECORDS)
    found = {
        "instance": {group["DBParameterGroupName"] for one in instances for group in one.get("DBParameterGroups", [])},
        "cluster": {str(one.get("DBClusterParameterGroup") or "") for one in clusters},
    }
    return {of: {name for name in names if name and not name.startswith("default.")} for of, names in found.items()}


def _slow_log(reader: Reader, of: str, name: str) -> dict[str, str]:
    operation, key = PARAMETERS[of]
    listed = reader.pages("rds", operation, "Parameters", page_size=ALL_RECORDS, Source="user", **{key: name})
    return {
        one["ParameterName"]: str(one.get("ParameterValue") or "")
        for one in listed
        if one.get("ParameterName") in SLOW_LOG_PARAMETERS
    }
