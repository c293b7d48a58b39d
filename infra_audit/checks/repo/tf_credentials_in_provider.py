from collections.abc import Iterator
from datetime import datetime

from infra_audit.checks.repo._terraform import blocks, eased, where
from infra_audit.checks.repo._terraform_secrets import example, secrets_in
from infra_audit.inventory import Inventory
from infra_audit.registry import CheckSettings, Effort, Scope, Severity, Verdict, check


@check(
    id="tf_credentials_in_provider",
    title="The keys that Terraform works with stand in its code",
    headline="{n} of {m} Terraform providers have credentials written down in plain text",
    good_news="None of {m} Terraform providers has credentials written into it.",
    severity=Severity.CRITICAL,
    effort=Effort.HOURS,
    why="Terraform may do nearly everything, so whoever reads the code could do the same.",
    action="Take the keys out of the Terraform providers",
    consequence="anyone who can read the code could change the whole infrastructure",
    needs=("repo.terraform",),
    remedy="Delete the keys where they were issued, then take them out; let people sign in with a profile and pipelines"
    " assume a role.",
    source="https://developer.hashicorp.com/terraform/language/providers/configuration",
    bad=example("provider", ["aws"], "secret_key", is_secret=True),
    good=example("provider", ["aws"], "secret_key", is_secret=False),
    scope=Scope.REPOSITORY,
)
def tf_credentials_in_provider(inventory: Inventory, settings: CheckSettings, now: datetime) -> Iterator[Verdict]:
    """A finding a provider: the id of a key and its secret are one. Stand-ins for an emulator are none."""
    for row in blocks(inventory, "provider"):
        found = list(secrets_in(row))
        confidence = "high" if any(secret["confidence"] == "high" for _name, secret in found) else "medium"
        yield Verdict(
            **where(row, found[0][1]["line"] if found else None),
            **eased(row, Severity.CRITICAL),
            bad=bool(found),
            sub_key=str(row["attributes"].get("alias", {}).get("value") or ""),
            detail=f"Written down: {' and '.join(name for name, _secret in found)}.",
            confidence=confidence,
        )
