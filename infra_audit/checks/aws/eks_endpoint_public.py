from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_network

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Severity, Verdict, check

SHOP = {
    "arn": "arn:aws:eks:eu-west-1:123456789012:cluster/shop",
    "type": "eks:cluster",
    "name": "shop",
    "tags": {},
    "public": True,
    "private": True,
}


@check(
    id="eks_endpoint_public",
    title="A container cluster's controls answer the whole internet",
    headline="{n} of {m} container clusters answer the whole internet at their controls",
    good_news="None of {m} container clusters answers the whole internet at its controls.",
    severity=Severity.MEDIUM,
    effort=Effort.HOURS,
    why="It still asks who is there, but one leaked login or one flaw in it, and a stranger commands the cluster.",
    action="Close the container cluster's controls to the internet",
    consequence="a stranger with a leaked login could command the cluster",
    needs=("eks.list_clusters",),
    iam=("eks:ListClusters", "eks:DescribeCluster"),
    remedy="Switch on the private endpoint, and limit the public one to the office's and the pipeline's addresses, or"
    " switch it off.",
    source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
    bad={"eks.list_clusters": [{**SHOP, "public_cidrs": ["0.0.0.0/0"]}]},
    good={
        "eks.list_clusters": [
            {**SHOP, "public_cidrs": ["203.0.113.0/24"]},
            {**SHOP, "public": False, "public_cidrs": ["0.0.0.0/0"]},
        ]
    },
)
def eks_endpoint_public(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """Public, and open to every address. Who may do what once there is another matter: it asks for a login."""
    for cluster in inventory["eks.list_clusters"]:
        everybody = [one for one in cluster["public_cidrs"] if ip_network(one, strict=False).prefixlen == 0]
        yield Verdict(
            resource=cluster["arn"],
            bad=cluster["public"] and bool(everybody),
            detail=f"Its endpoint is public, and open to {', '.join(everybody)}; "
            f"the private one is {'on' if cluster['private'] else 'off'}.",
            evidence={"public_cidrs": cluster["public_cidrs"], "private": cluster["private"]},
        )
