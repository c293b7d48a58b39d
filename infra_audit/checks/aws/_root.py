"""What the checks of the root user have in common."""

from collections.abc import Mapping
from typing import Any

from infra_audit.inventory import Place
from infra_audit.policy_documents import account_of
from infra_audit.registry import Verdict

SUMMARY = "iam.get_account_summary"
IN_GOVCLOUD = (
    "In AWS GovCloud the root user cannot sign in; it is that of the standard account which this one belongs to, and"
    " only there can it be judged."
)


def is_govcloud(place: Place) -> bool:
    return place.partition == "aws-us-gov"


def root_verdict(arn: str, *, bad: bool, detail: str, evidence: Mapping[str, Any]) -> Verdict:
    return Verdict(
        resource=arn,
        bad=bad,
        detail=detail,
        evidence=evidence,
        resource_type="iam:root",
        resource_name=f"root user of {account_of(arn)}",
    )
