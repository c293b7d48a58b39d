"""What commands that judge have in common: how what was read becomes documents and tables."""

import argparse
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from infra_audit import repository_wording, support
from infra_audit.accounts import LeftOut, of_account, of_accounts
from infra_audit.call_log import Calls
from infra_audit.cli_output import STANDARD_OUTPUT, named_files, write_documents, write_each
from infra_audit.document import document
from infra_audit.errors import NothingAssessableError
from infra_audit.evaluate import Evaluation, evaluate
from infra_audit.importing.files import read_findings
from infra_audit.inventory import Ending, Inventory, Unit
from infra_audit.registry import Check, CheckSettings, catalogue
from infra_audit.terminal import show_accounts, show_evaluation, show_lines

KEY_VARIABLE = "INFRA_AUDIT_KEY"
SEEN_SOMETHING = frozenset({Ending.OK, Ending.PARTIAL, Ending.TRUNCATED, Ending.NOT_ENABLED})


@dataclass(frozen=True)
class Accounts:
    """The accounts of a report: those that were read, {id, alias, partition, org_role} each, and those that were not.

    `regions` and `signing_in` are by account number.
    """

    read: Sequence[Mapping[str, str]] = ()
    regions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    signing_in: Mapping[str, Sequence[Calls]] = field(default_factory=dict)
    left_out: Sequence[LeftOut] = ()

    @property
    def all_regions(self) -> list[str]:
        """In the order in which they were asked for, where there is but one account."""
        if len(self.regions) == 1:
            return list(next(iter(self.regions.values())))
        return sorted({region for regions in self.regions.values() for region in regions})

    def only(self, number: str) -> "Accounts":
        """What there is to say of one that was read."""
        return Accounts(
            [one for one in self.read if one["id"] == number],
            {number: self.regions.get(number, ())},
            {number: self.signing_in[number]} if number in self.signing_in else {},
        )


@dataclass(frozen=True)
class Judging:
    """What each evaluation of one command has in common; `began` is of the monotonic clock."""

    key: bytes
    now: datetime
    began: float

    def judge(self, inventory: Inventory, checks: Iterable[Check]) -> Evaluation:
        return evaluate(inventory, settings=CheckSettings(), now=self.now, key=self.key, checks=checks)

    def told(self, evaluation: Evaluation, inventory: Inventory, accounts: Accounts) -> dict[str, Any]:
        return document(
            evaluation,
            inventory,
            client="",
            started_at=self.now,
            duration_s=time.monotonic() - self.began,
            accounts=accounts.read,
            regions=accounts.all_regions,
            signing_in=accounts.signing_in,
            left_out=accounts.left_out,
        )


def add_imported(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--import",
        dest="imported",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="what another tool found (OCSF, ASFF, SARIF, Checkov, cfn-lint, gitleaks), to join to ours; repeatable",
    )


def chosen_key() -> bytes:
    """What fingerprints are keyed with: of one's own choice, or new each time."""
    return os.environ.get(KEY_VARIABLE, "").encode() or secrets.token_bytes(32)


def imported(options: argparse.Namespace, key: bytes) -> list[Unit]:
    told = read_findings(options.imported, key=key)
    return [told] if told else []


def report(units: Iterable[Unit], options: argparse.Namespace, judging: Judging, accounts: Accounts) -> None:
    """Judge, write, show. Raises NothingAssessableError, after writing, if nothing at all could be read."""
    inventory = Inventory(tuple(sorted(units, key=lambda unit: (unit.place, unit.operation))))
    evaluation = judging.judge(inventory, _about(inventory))
    whole = judging.told(evaluation, inventory, accounts)
    write_documents(options, evaluation, inventory, whole, now=judging.now)
    if options.each:
        write_each(options.each, _each(inventory, judging, accounts))
    _require_something(inventory, accounts)
    if not options.quiet and STANDARD_OUTPUT not in named_files(options):
        _show(evaluation, whole, accounts, warning=support.warning(judging.now))


def _each(inventory: Inventory, judging: Judging, accounts: Accounts) -> Iterator[tuple[str, dict[str, Any]]]:
    """The number of each account that was read, and its document, judged by itself."""
    for number in (one["id"] for one in accounts.read):
        alone = of_account(inventory, number)
        evaluation = judging.judge(alone, of_accounts(_about(alone)))
        yield number, judging.told(evaluation, alone, accounts.only(number))


def _about(inventory: Inventory) -> list[Check]:
    """The checks that have something to read: of an account alone, none of those on repositories."""
    read = {unit.operation for unit in _readings(inventory)}
    return [one for one in catalogue().values() if read.intersection(one.reads)]


def _readings(inventory: Inventory) -> list[Unit]:
    return [unit for unit in inventory.all_units if unit.place.account or unit.place.repository]


def _require_something(inventory: Inventory, accounts: Accounts) -> None:
    readings = _readings(inventory)
    if not readings or any(unit.ending in SEEN_SOMETHING for unit in readings):
        return
    sentence = _why_nothing(readings)
    if len(accounts.left_out) > 1 and not accounts.read:
        sentence = f"None of {len(accounts.left_out)} accounts could be read. The first: {sentence}"
    raise NothingAssessableError(sentence)


def _why_nothing(units: Sequence[Unit]) -> str:
    asked = (unit for unit in units if unit.api_calls)  # what was not agreed to was not asked
    denied = next((unit for unit in asked if unit.ending is Ending.DENIED), None)
    if denied:
        return f"Everything was denied, by: {denied.denied_by}. Attach what `python -m infra_audit policy` prints."
    return next((unit.message for unit in units if unit.message), "Nothing could be read.")


def _show(evaluation: Evaluation, whole: Mapping[str, Any], accounts: Accounts, *, warning: str) -> None:
    """Of an account that could not be opened, one row says it all: each of its gaps would say the same."""
    if len(accounts.read) + len(accounts.left_out) > 1:
        show_accounts(accounts.read, accounts.left_out, evaluation.findings)
    read = {one["id"] for one in accounts.read}
    gaps = [gap for gap in evaluation.gaps if gap.account in read or not gap.account or not accounts.left_out]
    show_evaluation(replace(evaluation, gaps=gaps), empty=whole["empty_regions"], warning=warning)
    show_lines(repository_wording.lines(whole))
