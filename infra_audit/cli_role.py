"""The command that writes the role which a client deploys to let us in."""

import argparse
import sys
from datetime import UTC, date, datetime, timedelta

from infra_audit.collectors.registry import Consent
from infra_audit.role import TRUST_DAYS, Role, new_external_id
from infra_audit.role_files import Format, written
from infra_audit.state_objects import parse_objects


def add_role(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--principal", required=True, metavar="ARN", help="the one user or role that may come in")
    parser.add_argument("--external-id", help="what must be said to come in (default: a random one)")
    parser.add_argument(
        "--until",
        type=_day,
        metavar="DATE",
        help=f"the day, in UTC, on which nobody comes in any more (default: in {TRUST_DAYS} days)",
    )
    parser.add_argument(
        "--tier",
        choices=[Consent.METADATA.value, Consent.CONFIGURATION.value],
        default=Consent.METADATA.value,
        help="what the client agreed to have read (default: metadata)",
    )
    parser.add_argument(
        "--state", action="append", default=[], metavar="S3_URL", help="a Terraform state that may be read; repeatable"
    )
    parser.add_argument(
        "--organization", action="store_true", help="for the management account: it may list the other accounts"
    )
    parser.add_argument("--format", choices=[one.value for one in Format], default=Format.CLOUDFORMATION.value)
    parser.set_defaults(run=_role)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date: write it like 2027-03-01") from None


def _role(options: argparse.Namespace) -> None:
    today = datetime.now(UTC).date()
    role = Role(
        principal=options.principal,
        until=options.until or today + timedelta(days=TRUST_DAYS),
        today=today,
        external_id=options.external_id or new_external_id(),
        tier=Consent(options.tier),
        states=parse_objects(options.state),
        lists_organisation=options.organization,
    )
    sys.stdout.write(written(role, Format(options.format)))
