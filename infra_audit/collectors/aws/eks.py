"""Container clusters. The list gives names alone, so each is asked for once."""

from collections.abc import Iterator

from infra_audit.collectors.aws._rows import iso
from infra_audit.collectors.aws.endings import READ_ERRORS
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector("eks.list_clusters", iam=("eks:ListClusters", "eks:DescribeCluster"))
def list_clusters(reader: Reader) -> Iterator[Row]:
    """{arn, type "eks:cluster", name, tags, created_at, status, version, public, private, public_cidrs, log_types}.

    `public`: its API answers on the internet, to `public_cidrs`; `log_types` of its control plane that are written.
    """

    def read(name: str) -> Row | None:
        try:
            return _row(reader.ask("eks", "describe_cluster", name=name)["cluster"])
        except READ_ERRORS as error:
            reader.miss(reader.arn("eks", f"cluster/{name}"), error)
            return None

    for row in reader.each(read, reader.pages("eks", "list_clusters", "clusters", page_size=100)):
        if row:
            yield row


def _row(one: Row) -> Row:
    network = one.get("resourcesVpcConfig") or {}
    logging = (one.get("logging") or {}).get("clusterLogging") or ()
    return {
        "arn": one["arn"],
        "type": "eks:cluster",
        "name": one["name"],
        "tags": dict(one.get("tags") or {}),
        "created_at": iso(one.get("createdAt")),
        "status": one.get("status", ""),
        "version": one.get("version", ""),
        "public": bool(network.get("endpointPublicAccess")),
        "private": bool(network.get("endpointPrivateAccess")),
        "public_cidrs": list(network.get("publicAccessCidrs") or ()),
        "log_types": sorted({kind for each in logging if each.get("enabled") for kind in each.get("types") or ()}),
    }
