"""What commands that open an AWS account have in common."""

import argparse
from collections.abc import Sequence

from infra_audit.aws import AwsTarget
from infra_audit.collectors.aws.throttle import Limits, Throttle
from infra_audit.errors import BadArgumentError
from infra_audit.state_objects import StateObject

TAKES_EXTERNAL_ID = ("role_arn", "roles", "organization")
SLOWEST, FASTEST = 0.01, 1_000_000  # requests a second


def add_way_in(parser: argparse.ArgumentParser, *, regions: str) -> None:
    """How the account is reached; `regions` is what that option's help says."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--profile", help="a profile of this machine's AWS configuration")
    way.add_argument("--role-arn", help="a role to assume")
    parser.add_argument("--external-id", help="what a role asks for to let us in")
    parser.add_argument("--endpoint-url", help="another address than AWS's, for an emulator")
    parser.add_argument("--regions", default="all", help=regions)
    parser.add_argument("--metadata-only", action="store_true", help="read no configuration that may hold secrets")
    parser.add_argument("--paid-calls", action="store_true", help="also ask what AWS charges for: some cents")
    add_pace(parser)


def add_pace(parser: argparse.ArgumentParser, usual: Limits | None = None) -> None:
    """How fast AWS is asked at most."""
    usual = usual or Limits()
    parser.add_argument(
        "--requests-per-second",
        type=_rate,
        default=usual.lane_per_second,
        metavar="N",
        help=f"to one service in one region of one account, at most (default: {usual.lane_per_second:g}; 0: any)",
    )
    parser.add_argument(
        "--requests-in-all",
        type=_rate,
        default=usual.overall_per_second,
        metavar="N",
        help=f"a second, to all of them together, at most (default: {usual.overall_per_second:g}; 0: any)",
    )


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1
    if rate != 0 and not SLOWEST <= rate <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text} is no number of requests a second: write it like 20, or 0 for any")
    return rate


def throttle_of(per_second: float, in_all: float) -> Throttle:
    """One for everything that a command reads."""
    return Throttle(Limits(lane_per_second=per_second, overall_per_second=in_all))


def target_of(options: argparse.Namespace, states: Sequence[StateObject] = ()) -> AwsTarget:
    """Raises BadArgumentError for what does not go together."""
    if options.external_id and not any(getattr(options, name, None) for name in TAKES_EXTERNAL_ID):
        raise BadArgumentError("--external-id goes with --role-arn: give both.")
    return AwsTarget(
        options.profile,
        options.role_arn,
        options.external_id,
        options.endpoint_url,
        tuple(filter(None, (one.strip() for one in options.regions.split(",")))),
        options.metadata_only,
        tuple(states),
        paid_calls=options.paid_calls,
    )
