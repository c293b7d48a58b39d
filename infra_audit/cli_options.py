"""What commands that open an AWS account have in common."""

import argparse
from collections.abc import Sequence

from infra_audit.aws import AwsTarget
from infra_audit.errors import BadArgumentError
from infra_audit.state_objects import StateObject


def add_way_in(parser: argparse.ArgumentParser, *, regions: str) -> None:
    """How the account is reached; `regions` is what that option's help says."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--profile", help="a profile of this machine's AWS configuration")
    way.add_argument("--role-arn", help="a role to assume")
    parser.add_argument("--external-id", help="goes with --role-arn")
    parser.add_argument("--endpoint-url", help="another address than AWS's, for an emulator")
    parser.add_argument("--regions", default="all", help=regions)
    parser.add_argument("--metadata-only", action="store_true", help="read no configuration that may hold secrets")
    parser.add_argument("--paid-calls", action="store_true", help="also ask what AWS charges for: some cents")


def target_of(options: argparse.Namespace, states: Sequence[StateObject] = ()) -> AwsTarget:
    """Raises BadArgumentError for what does not go together."""
    if options.external_id and not options.role_arn:
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
