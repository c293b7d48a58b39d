"""Content delivery. One service for a whole partition, answered from its home region."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra_audit.collectors.aws._rows import iso, tags_of
from infra_audit.collectors.aws._tagging import Tagged
from infra_audit.collectors.aws.reader import Reader
from infra_audit.collectors.registry import collector
from infra_audit.inventory import Row


@collector(
    "cloudfront.list_distributions",
    iam=("cloudfront:ListDistributions", "cloudfront:ListTagsForResource", "tag:GetResources"),
    is_global=True,
)
def list_distributions(reader: Reader) -> Iterator[Row]:
    """{arn, type "cloudfront:distribution", id, name, tags, changed_at, enabled, behaviours, origins, certificate}.

    `behaviours`: {path, viewers: "allow-all" / "https-only" / "redirect-to-https"}, the default one last.
    `origins`: {id, domain, protocol: "http-only" / "match-viewer" / "https-only", None for a bucket}.
    """
    listed = list(reader.pages("cloudfront", "list_distributions", "DistributionList.Items", page_size=100))
    tagged = Tagged(
        reader,
        "cloudfront:distribution",
        lambda arn: tags_of(
            reader.ask("cloudfront", "list_tags_for_resource", Resource=arn).get("Tags") or {}, "Items"
        ),
    )

    def read(one: Mapping[str, Any]) -> Row:
        aliases = (one.get("Aliases") or {}).get("Items") or []
        return {
            "arn": one["ARN"],
            "type": "cloudfront:distribution",
            "id": one["Id"],
            "name": aliases[0] if aliases else one["DomainName"],
            "tags": tagged.of(one["ARN"]),
            "changed_at": iso(one.get("LastModifiedTime")),
            "enabled": bool(one.get("Enabled")),
            "behaviours": list(_behaviours(one)),
            "origins": [_origin(origin) for origin in (one.get("Origins") or {}).get("Items") or ()],
            "certificate": (one.get("ViewerCertificate") or {}).get("ACMCertificateArn"),
        }

    yield from reader.each(read, listed)


def _behaviours(one: Mapping[str, Any]) -> Iterator[Row]:
    for each in (one.get("CacheBehaviors") or {}).get("Items") or ():
        yield {"path": each["PathPattern"], "viewers": each["ViewerProtocolPolicy"]}
    if default := one.get("DefaultCacheBehavior"):
        yield {"path": "*", "viewers": default["ViewerProtocolPolicy"]}


def _origin(one: Mapping[str, Any]) -> Row:
    return {
        "id": one["Id"],
        "domain": one["DomainName"],
        "protocol": (one.get("CustomOriginConfig") or {}).get("OriginProtocolPolicy"),
    }
