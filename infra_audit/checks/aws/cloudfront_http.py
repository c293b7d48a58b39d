from collections.abc import Iterator
from datetime import datetime

from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check

MEDIA = {
    "arn": "arn:aws:cloudfront::123456789012:distribution/E1A2B3C4D5E6F7",
    "type": "cloudfront:distribution",
    "name": "media.shop.example",
    "tags": {},
    "enabled": True,
    "origins": [],
}


@check(
    id="cloudfront_http",
    title="Pages are delivered without encryption",
    headline="{n} of {m} delivery networks hand out pages without encryption",
    good_news="All {m} delivery networks insist on encryption.",
    severity=Severity.MEDIUM,
    effort=Effort.MINUTES,
    why="Whoever sits between a visitor and the site can read and change what is delivered.",
    action="Have the delivery network redirect to encrypted pages",
    consequence="pages could be read and changed on their way to visitors",
    needs=("cloudfront.list_distributions",),
    iam=("cloudfront:ListDistributions", "cloudfront:ListTagsForResource", "tag:GetResources"),
    remedy='Set the viewer protocol policy of every behaviour to "redirect to HTTPS", in the code that makes it.',
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html",
    bad={"cloudfront.list_distributions": [{**MEDIA, "behaviours": [{"path": "*", "viewers": "allow-all"}]}]},
    good={"cloudfront.list_distributions": [{**MEDIA, "behaviours": [{"path": "*", "viewers": "redirect-to-https"}]}]},
    scope=Scope.ACCOUNT,
)
def cloudfront_http(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """One that is switched off delivers nothing, so it is not judged."""
    for one in inventory["cloudfront.list_distributions"]:
        if one["enabled"]:
            open_paths = [each["path"] for each in one["behaviours"] if each["viewers"] == "allow-all"]
            yield Verdict(
                resource=one["arn"],
                bad=bool(open_paths),
                detail=f"HTTP is answered for the paths {', '.join(open_paths)}.",
                evidence={"paths": open_paths},
            )
