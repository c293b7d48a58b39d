"""What people and roles may do, put together from their own policies, those attached to them, and their groups'."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra_audit.inventory import Inventory, Row
from infra_audit.policy_documents import allows_everything

PRINCIPALS = "iam.get_account_authorization_details"
GROUPS = "iam.groups"
POLICIES = "iam.policy_documents"

# AWS's own policies whose holder is an administrator: one may do everything, the other may allow himself everything.
ALL = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)
ADMINISTRATION = {"policy/AdministratorAccess": ALL, "policy/IAMFullAccess": ALL}


@dataclass(frozen=True)
class Grant:
    """One policy that counts for somebody. `via` is how it reaches them; statements are None where AWS wrote it."""

    policy: str
    via: str
    statements: tuple[Mapping[str, Any], ...] | None

    @property
    def is_administration(self) -> bool:
        return self.statements is not None and any(allows_everything(self.statements))


class Permissions:
    """The grants of one account. Asks only for `PRINCIPALS`, `GROUPS` and `POLICIES`."""

    def __init__(self, inventory: Inventory) -> None:
        self._documents = {row["arn"]: tuple(row["statements"]) for row in inventory[POLICIES]}
        self._groups = {row["name"]: row for row in inventory[GROUPS]}

    def of(self, principal: Row) -> Iterator[Grant]:
        """Every policy that allows or denies a user or role something, the permissions boundary apart."""
        yield from self._own(principal, "")
        for name in principal.get("groups", ()):
            if name in self._groups:
                yield from self._own(self._groups[name], f"the group {name}")

    def administration(self, principal: Row) -> list[Grant]:
        """What makes a user or role an administrator; [] where nothing does, or a boundary keeps it from working."""
        if principal["boundary"] and not self._statements_allow_everything(principal["boundary"]):
            return []
        return [one for one in self.of(principal) if one.is_administration]

    def _own(self, holder: Row, via: str) -> Iterator[Grant]:
        for name, statements in holder["inline"].items():
            yield Grant(name, via or "a policy of its own", tuple(statements))
        for arn in holder["policies"]:
            yield Grant(arn, via or "an attached policy", self._statements(arn))

    def _statements(self, arn: str) -> tuple[Mapping[str, Any], ...] | None:
        return self._documents.get(arn) or ADMINISTRATION.get(arn.partition(":iam::aws:")[2])

    def _statements_allow_everything(self, arn: str) -> bool:
        return any(allows_everything(self._statements(arn) or ()))
