"""The command that tries, before the meeting, what an audit is going to need."""

import argparse
import json
import sys
from datetime import UTC, datetime

from infra_audit.aws import open_account
from infra_audit.cli_options import add_way_in, target_of, throttle_of
from infra_audit.errors import NothingAssessableError
from infra_audit.inventory import GLOBAL, Place
from infra_audit.preflight import State, preflight
from infra_audit.terminal import show_preflight

ALL_THERE, SOMETHING_MISSING = 0, 1


def add_preflight(parser: argparse.ArgumentParser) -> None:
    add_way_in(parser, regions="r1,r2: where to try (default: one region, and what is account-wide)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=_preflight)


def _preflight(options: argparse.Namespace) -> int:
    """Exit status 0: all there; 1: something is missing. Raises NothingAssessableError if nothing works."""
    target = target_of(options)
    throttle = throttle_of(options.requests_per_second, options.requests_in_all)
    account = open_account(target, key=b"", now=datetime.now(UTC), throttle=throttle)
    regions = [one for one in target.regions if one != "all"] or [account.sign_in_region]
    came_of_it = preflight(account, [Place(account.partition, account.id, one) for one in (GLOBAL, *regions)])
    if options.json:
        sys.stdout.write(json.dumps(came_of_it.as_json(), indent=2) + "\n")
    else:
        show_preflight(came_of_it)
    missing = came_of_it.of(State.DENIED)
    if not came_of_it.of(State.ALLOWED):
        denied_by = missing[0].denied_by if missing else "nobody who would say so"
        raise NothingAssessableError(
            f"Nothing works; denied by: {denied_by}. Attach what `python -m infra_audit policy` prints."
        )
    return SOMETHING_MISSING if missing else ALL_THERE
