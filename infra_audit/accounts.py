"""Which accounts an audit is of, where they are many: roles in a list, or the members of an organisation.

What is named and yet not read is never silently dropped: it is `LeftOut`, with a sentence.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from infra_audit.importing.joining import OPERATION as IMPORTED
from infra_audit.inventory import Inventory, Unit
from infra_audit.organisations import Member, members_of
from infra_audit.registry import Check, Scope
from infra_audit.role import EXTERNAL_ID

if TYPE_CHECKING:
    from infra_audit.aws import Account

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/[\w+=,.@/-]{1,576}", re.ASCII)
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}(/[\w+=,.@-]{1,64})*", re.ASCII)  # its path may stand before it
LONGEST_NAME = 100
MOST_LINES = 10_000
LONGEST_LINE = 4_000  # what is longer has a part that is too long, however it is cut
HEADS = frozenset({"role", "role_arn", "role arn", "rolearn", "arn"})
SEPARATORS = ",;\t"
LIKE = "write it like arn:aws:iam::123456789012:role/infra-audit"


class Left(StrEnum):
    """Why an account that was named was not read."""

    FAILED = "failed"  # it could not be opened
    LISTED_TWICE = "listed_twice"  # it was read by another way in
    NOT_ACTIVE = "not_active"  # suspended, closed, or not yet begun


@dataclass(frozen=True)
class LeftOut:
    """An account that was named and not read: a row of its own in every report, with one sentence."""

    account: str
    name: str
    reason: str  # a `Left`
    message: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Listed:
    """One account that was named; `line` is where in the list, from 1 on. Without an ARN it is the one that we are
    signed in to."""

    account: str
    role_arn: str
    external_id: str = ""
    name: str = ""
    line: int = 0


@dataclass(frozen=True)
class Listing:
    """What is to be read, each account once; what is left out; and a sentence for each line that is no role."""

    accounts: tuple[Listed, ...]
    left_out: tuple[LeftOut, ...] = ()
    complaints: tuple[str, ...] = ()


def account_in(role_arn: str) -> str:
    """The account that a role is of; "" for what is no role's ARN."""
    match = ROLE_ARN.fullmatch(role_arn)
    return match["account"] if match else ""


def read_roles(text: str, *, external_id: str = "", needs_external_id: bool = False) -> Listing:
    """A role a line: its ARN, then its external ID and a name if there are any; commas, semicolons, tabs or blanks
    between them. Empty lines, those that begin with # and a head are passed over.

    `external_id` is that of the lines that have none. What a bad line holds is never repeated: it could be a key.
    """
    roles: list[Listed] = []
    complaints = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if number > MOST_LINES:
            complaints.append(f"line {number}: {MOST_LINES:,} lines are the most: give the others in a second list.")
            break
        cells = _cells(line)
        if not cells or (not roles and cells[0].lower() in HEADS):
            continue
        one = _listed(number, cells, external_id)
        complaint = _complaint(one, cells, needs_external_id=needs_external_id)
        if complaint:
            complaints.append(f"line {number} {complaint}.")
        else:
            roles.append(one)
    accounts, left_out = each_once(roles)
    return Listing(accounts, left_out, tuple(complaints))


def _cells(line: str) -> list[str]:
    """Up to the last that holds something."""
    line = line[:LONGEST_LINE].strip()
    if not line or line.startswith("#"):
        return []
    separator = next((one for one in SEPARATORS if one in line), None)
    if separator is None:
        return line.split(maxsplit=2)
    cells = [one.strip() for one in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _listed(number: int, cells: list[str], external_id: str) -> Listed:
    arn, own, name = [*cells, "", ""][:3]
    return Listed(account_in(arn), arn, own or external_id, name, number)


def _complaint(one: Listed, cells: list[str], *, needs_external_id: bool) -> str:
    if not one.account:
        return f"does not begin with the ARN of an IAM role: {LIKE}"
    if len(cells) > 3:
        return "has more than an ARN, an external ID and a name: put quotation marks round what has commas in it"
    if one.external_id and not EXTERNAL_ID.fullmatch(one.external_id):
        return "has an external ID that is none: 2 to 1,224 letters, digits and +=,.@:/-"
    if needs_external_id and not one.external_id:
        return "has no external ID: write it after the ARN, or give one for all"
    if len(one.name) > LONGEST_NAME:
        return f"has a name of more than {LONGEST_NAME} characters"
    return ""


def each_once(roles: Iterable[Listed]) -> tuple[tuple[Listed, ...], tuple[LeftOut, ...]]:
    """Of several roles in one account the first counts; of the others it is told."""
    first: dict[str, Listed] = {}
    left_out = []
    for one in roles:
        known = first.setdefault(one.account, one)
        if known is not one:
            left_out.append(listed_twice(one, known))
    return tuple(first.values()), tuple(left_out)


def listed_twice(one: Listed, known: Listed) -> LeftOut:
    where = f" (lines {known.line} and {one.line})" if one.line and known.line else ""
    message = f"This account is listed twice{where}: it is read once, by {known.role_arn or 'the credentials at hand'}."
    return LeftOut(one.account, one.name, Left.LISTED_TWICE.value, message)


def listing_of(
    members: Iterable[Member], *, own: str, partition: str, role_name: str, external_id: str = ""
) -> Listing:
    """The active members of an organisation, each by the role of that name, but for `own`, where we are signed in
    already: its ARN is empty. Of the others it is told why they are left out."""
    accounts, left_out = [], []
    for member in members:
        if not member.is_active:
            left_out.append(LeftOut(member.account, member.name, Left.NOT_ACTIVE.value, member.state_sentence))
            continue
        arn = "" if member.account == own else f"arn:{partition}:iam::{member.account}:role/{role_name}"
        accounts.append(Listed(member.account, arn, external_id if arn else "", member.name[:LONGEST_NAME]))
    return Listing(tuple(accounts), tuple(left_out))


def listing_through(account: "Account", *, role_name: str, external_id: str = "") -> Listing:
    """The organisation that an account manages, as `listing_of`. Raises NothingAssessableError, as `members_of`."""
    return listing_of(
        members_of(account),
        own=account.id,
        partition=account.partition,
        role_name=role_name,
        external_id=external_id,
    )


def of_account(inventory: Inventory, account: str) -> Inventory:
    """What was read of one account, with what holds for every one: states, and what other tools found in it."""
    narrow = inventory.where(account=account)
    units = (_found_in(account, unit) if unit.operation == IMPORTED else unit for unit in narrow.all_units)
    return Inventory(tuple(units), narrow.run)


def _found_in(account: str, unit: Unit) -> Unit:
    return replace(unit, rows=tuple(row for row in unit.rows if row["account"] == account))


def of_accounts(checks: Iterable[Check]) -> list[Check]:
    """Those that decide within an account: what is judged once for a whole run is said in its report alone."""
    return [one for one in checks if one.scope is not Scope.RUN]
