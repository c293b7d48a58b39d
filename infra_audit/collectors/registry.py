"""The collectors: the only code that calls AWS. Each fills one operation's units with plain rows.

What each one calls is declared, so that the least-privilege policy is generated from what is really used.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from infra_audit.inventory import Row

if TYPE_CHECKING:
    from infra_audit.collectors.aws.reader import Reader


class Consent(StrEnum):
    """What a client agreed to have read. Each tier includes the ones before."""

    METADATA = "metadata"
    CONFIGURATION = "configuration"  # that may hold secrets: user data, environments, parameters
    STATES = "states"  # the content of Terraform states, of exactly those objects that were named


Read = Callable[["Reader"], Iterator[Row]]


@dataclass(frozen=True)
class Collector:
    """One operation: where it is asked (every region, or once an account) and which IAM actions it uses.

    `paid`: AWS charges for each call, so it is sent only where that was agreed to.
    """

    operation: str
    iam: tuple[str, ...]
    read: Read
    is_global: bool = False
    consent: Consent = Consent.METADATA
    paid: bool = False

    @property
    def service(self) -> str:
        return self.operation.partition(".")[0]


_COLLECTORS: dict[str, Collector] = {}


def collector(
    operation: str,
    *,
    iam: tuple[str, ...],
    is_global: bool = False,
    consent: Consent = Consent.METADATA,
    paid: bool = False,
) -> Callable[[Read], Read]:
    """Register the decorated generator as the reader of `operation` ("rds.describe_db_instances")."""

    def register(read: Read) -> Read:
        if operation in _COLLECTORS:
            raise ValueError(f"Two collectors read {operation}.")
        _COLLECTORS[operation] = Collector(operation, iam, read, is_global, consent, paid)
        return read

    return register


@cache
def collectors() -> Mapping[str, Collector]:
    """Every AWS collector by operation."""
    package = importlib.import_module("infra_audit.collectors.aws")
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    return dict(sorted(_COLLECTORS.items()))
