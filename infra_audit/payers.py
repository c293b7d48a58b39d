"""What only the account can tell that manages a member's organisation and pays its bill, where one run read both."""

from dataclasses import dataclass

from infra_audit.copies import was_read
from infra_audit.inventory import EXAMPLE_ACCOUNT, Inventory, Place, Row
from infra_audit.registry import Unknown, Verdict

ORGANISATION = "organizations.describe_organization"
# What checks read in the manager of a member, too.
TOLD_BY_MANAGERS = frozenset(
    {
        "budgets.describe_budgets",
        "ce.get_anomaly_monitors",
        "cloudtrail.describe_trails",
        "cloudwatch.describe_billing_alarms",
    }
)


def organisation_of(inventory: Inventory) -> Row | None:
    """The one row of ORGANISATION, or None where it could not be read."""
    return next(iter(inventory[ORGANISATION]), None)


@dataclass(frozen=True)
class Member:
    """An account of an organisation, and what the run read in the account that manages it: often nothing."""

    place: Place
    manager: str
    theirs: Inventory

    @property
    def arn(self) -> str:
        return f"arn:{self.place.partition}:iam::{self.place.account}:root"

    def judged(self, *, bad: bool, detail: str) -> Verdict:
        return Verdict(
            resource=self.arn,
            bad=bad,
            detail=detail,
            evidence={"seen_in": self.manager},
            resource_type="account",
            resource_name=self.place.account or EXAMPLE_ACCOUNT,
        )

    def could_tell(self, operation: str) -> bool:
        """Whether the manager's list was read to its end, so that "there is none" may be said."""
        return was_read(self.theirs, operation)

    def unknown(self, operation: str, *, unread: str, elsewhere: str) -> Unknown:
        """`unread`: the sentence where it was tried at the manager, `elsewhere`: where nobody asked there."""
        return Unknown(self.arn, operation, because=unread if self.theirs.units(operation) else elsewhere)


def member_at(place: Place, inventory: Inventory) -> Member | None:
    """None for who manages itself, and where that is not known."""
    organisation = organisation_of(inventory)
    if organisation is None or organisation["role"] != "member":
        return None
    return Member(place, organisation["payer"], inventory.of_another(organisation["payer"]))
