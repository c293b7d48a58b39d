"""The log of every request that a run sent to AWS."""

from discovery.one_account import Seen
from infra_audit import call_log


def signing_in(run: Seen) -> dict[str, tuple[call_log.Calls, ...]]:
    """What opening accounts took, by account number."""
    parts: dict[str, list[list[call_log.Calls]]] = {}
    for account, calls in run.shards.exclude(calls=[]).values_list("aws_account__account_id", "calls"):
        parts.setdefault(account or "", []).append([call_log.Calls.from_json(one) for one in calls])
    return {account: call_log.merged(*logs) for account, logs in parts.items()}


def log_of(run: Seen) -> dict[str, tuple[call_log.Calls, ...]]:
    """All of it, by account number. Two queries, and no rows of what was read."""
    parts: dict[str, list[tuple[call_log.Calls, ...]]] = {one: [calls] for one, calls in signing_in(run).items()}
    for account, calls in run.units.exclude(calls=[]).values_list("account", "calls").iterator():
        parts.setdefault(account, []).append(tuple(call_log.Calls.from_json(one) for one in calls))
    return {account: call_log.merged(*logs) for account, logs in sorted(parts.items())}
