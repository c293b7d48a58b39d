"""Who belongs to an AWS organisation, as its management account says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from infra_audit.collectors.aws.endings import DENIED, READ_ERRORS, error_code, outcome_of
from infra_audit.collectors.aws.refusals import sentence_for
from infra_audit.errors import NothingAssessableError

if TYPE_CHECKING:
    from infra_audit.aws import Account

LIST_ACCOUNTS = "organizations:ListAccounts"
IN_NONE = "The account {} is in no organisation: give a list of roles instead."
ACTIVE = "ACTIVE"
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html
STATES = {
    "CLOSED": "is closed",
    "PENDING_ACTIVATION": "was never activated",
    "PENDING_CLOSURE": "is being closed",
    "SUSPENDED": "is suspended",
}


@dataclass(frozen=True)
class Member:
    """One account of an organisation. Its e-mail address, which the list has too, is not kept."""

    account: str
    name: str
    state: str

    @classmethod
    def from_answer(cls, told: Mapping[str, Any]) -> Self:
        """`Status`, what `State` was called before, has not been told since September 2026.

        https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
        """
        return cls(told["Id"], told.get("Name") or "", told.get("State") or told.get("Status") or "")

    @property
    def is_active(self) -> bool:
        return self.state == ACTIVE

    @property
    def state_sentence(self) -> str:
        unknown = f"is in the state {self.state}" if self.state else "is in a state that AWS does not tell"
        what = STATES.get(self.state, unknown)
        return f"The account {what}, so nothing of it can be read."


def members_of(account: "Account") -> list[Member]:
    """Every account of the organisation that this one manages, or lists on its behalf; itself among them.

    Raises NothingAssessableError, in one sentence that names the mend, where it may not list them, or is in none.
    """
    try:
        told = [Member.from_answer(one) for one in account.list_pages("organizations", "list_accounts", "Accounts")]
    except READ_ERRORS as error:
        raise NothingAssessableError(_why(error, account)) from error
    if account.id not in {one.account for one in told}:
        raise NothingAssessableError(IN_NONE.format(account.id))
    return told


def _why(error: Exception, account: "Account") -> str:
    if error_code(error) == "AWSOrganizationsNotInUseException":
        return IN_NONE.format(account.id)
    if isinstance(error, ClientError) and error_code(error) in DENIED:
        by = outcome_of(error, (LIST_ACCOUNTS,)).denied_by
        return (
            f"The account {account.id} may not list the organisation's accounts ({LIST_ACCOUNTS}, denied by: {by}):"
            " sign in to the management account, and attach what `python -m infra_audit policy --organization` prints."
        )
    return sentence_for(error, account.target)
