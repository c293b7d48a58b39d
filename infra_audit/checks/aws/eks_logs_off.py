from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

SHOP = {"arn": "arn:aws:eks:eu-west-1:123456789012:cluster/shop", "type": "eks:cluster", "name": "shop", "tags": {}}


@check(
    id="eks_logs_off",
    title="A container cluster does not record who commanded it",
    headline="{n} of {m} container clusters do not record who commanded them",
    good_news="All {m} container clusters record who commanded them.",
    severity=Severity.LOW,
    effort=Effort.MINUTES,
    why="After a mistake or a break-in nobody could tell who did what inside the cluster.",
    action="Have container clusters record who commands them",
    consequence="nobody could find out what happened inside the cluster",
    needs=("eks.list_clusters",),
    iam=("eks:ListClusters", "eks:DescribeCluster"),
    remedy="Switch on the control plane's audit and authenticator logs, and give their log group a retention.",
    source="https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",
    bad={"eks.list_clusters": [{**SHOP, "log_types": ["api"]}]},
    good={"eks.list_clusters": [{**SHOP, "log_types": ["audit"]}]},
)
def eks_logs_off(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """The audit log is the one that tells; the others are welcome."""
    for cluster in inventory["eks.list_clusters"]:
        written = ", ".join(cluster["log_types"]) or "none"
        yield Verdict(
            resource=cluster["arn"],
            bad="audit" not in cluster["log_types"],
            detail=f"The audit log is off; of its logs, these are written: {written}.",
            evidence={"log_types": cluster["log_types"]},
        )
