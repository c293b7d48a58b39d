"""Resource policies, read one by one."""

from collections.abc import Callable, Mapping
from typing import Any

from infra_audit.collectors.aws.endings import READ_ERRORS, outcome_of
from infra_audit.collectors.aws.reader import Reader
from infra_audit.inventory import Ending
from infra_audit.policy_documents import plain_statements

Statements = list[dict[str, Any]]


def statements_of(reader: Reader, arn: str, ask: Callable[[], Mapping[str, Any] | str | None]) -> Statements | None:
    """The statements of a resource's policy, [] where it has none; None, and a miss, where it could not be read."""
    try:
        return plain_statements(ask())
    except READ_ERRORS as error:
        miss_or_end(reader, arn, error)
        return None


def miss_or_end(reader: Reader, arn: str, error: Exception) -> None:
    """Miss that one resource; but what an endpoint does not know it knows for none: raise, and the unit ends."""
    if outcome_of(error, emulated=reader.emulated).ending is Ending.UNSUPPORTED:
        raise error
    reader.miss(arn, error)
