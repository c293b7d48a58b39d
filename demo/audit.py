"""An audit of the company end to end, over real HTTP, by the engine alone: what the truth is scored against."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.account import REGIONS
from demo.company import Company
from demo.truth import Score, scores
from infra_audit.aws import AwsTarget, open_account
from infra_audit.evaluate import Evaluation, Finding, evaluate
from infra_audit.inventory import Inventory, Unit
from infra_audit.registry import CheckSettings, catalogue
from infra_audit.repositories import RepositoryTarget, collect_repository
from infra_audit.states import read_states


@dataclass(frozen=True)
class Audit:
    """What was collected, and what the checks made of it."""

    units: tuple[Unit, ...]
    evaluation: Evaluation

    def keys(self) -> Iterator[tuple[str, str, str]]:
        """The findings as the truth names what it planted."""
        return map(key_of, self.evaluation.findings)

    def scores(self, company: Company) -> list[Score]:
        """Every check of the catalogue against what was planted."""
        return scores(company.truth, self.keys(), catalogue())


def key_of(finding: Finding) -> tuple[str, str, str]:
    """(check, "", ARN), or (check, repository, "path:line" or "path"); what has neither is of the whole repository."""
    if not finding.repository:
        return finding.check, "", finding.resource
    line = f":{finding.line}" if finding.line else ""
    return finding.check, finding.repository, f"{finding.path}{line}" if finding.path else ""


def audit(company: Company, *, now: datetime | None = None) -> Audit:
    """Account, repositories and states of the company, as one run."""
    moment, key = now or datetime.now(UTC), secrets.token_bytes(32)
    units = [
        *account_units(company, key=key, now=moment),
        *repository_units(company.repositories, key=key, now=moment),
        read_states(company.states),
    ]
    return judged(units, key=key, now=moment)


def judged(units: Iterable[Unit], *, key: bytes, now: datetime) -> Audit:
    """What the whole catalogue says of some units, under a practice's default settings."""
    collected = tuple(units)
    return Audit(collected, evaluate(Inventory(collected), settings=CheckSettings(), now=now, key=key))


def account_units(company: Company, *, key: bytes, now: datetime) -> list[Unit]:
    """The emulated account, place by place."""
    units: list[Unit] = []
    with _credentials_of(company):
        account = open_account(AwsTarget(endpoint_url=company.emulator.url, regions=REGIONS), key=key, now=now)
        for place in account.places():
            account.collect(place, emit=units.append, stop=lambda: False)
    return units


def repository_units(repositories: Iterable[Path], *, key: bytes, now: datetime) -> list[Unit]:
    """Each of the repositories."""
    units: list[Unit] = []
    for one in repositories:
        collect_repository(RepositoryTarget(str(one)), key=key, now=now, emit=units.append, stop=lambda: False)
    return units


@contextmanager
def _credentials_of(company: Company) -> Iterator[None]:
    """For the time being this process knows the emulated account's credentials and nobody's own."""
    before = dict(os.environ)
    os.environ.update(company.emulator.environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
