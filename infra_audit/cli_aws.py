"""The command that audits AWS accounts: one, those of a list of roles, or those of an organisation."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from infra_audit.accounts import ROLE_NAME, Left, LeftOut, Listed, Listing, listing_through, read_roles
from infra_audit.aws import Account, AwsTarget, open_account
from infra_audit.cli_options import add_way_in, target_of, throttle_of
from infra_audit.cli_output import add_output, refuse_unwritable
from infra_audit.cli_report import Accounts, Judging, add_imported, chosen_key, imported, report
from infra_audit.collecting import ReadAccount, Reading
from infra_audit.collectors.registry import Consent
from infra_audit.errors import BadArgumentError
from infra_audit.inventory import Place, Unit
from infra_audit.pseudonyms import Pseudonyms, keep_names, open_names
from infra_audit.redaction import redacted
from infra_audit.snapshots import Head, key_proof, write_snapshot
from infra_audit.state_objects import is_object, parse_objects
from infra_audit.states import read_states
from infra_audit.terminal import progress

MOST_LIST_BYTES = 2_000_000


def add_aws(parser: argparse.ArgumentParser) -> None:
    add_way_in(parser, regions="r1,r2 or all (default: every enabled region)")
    add_many(parser)
    parser.add_argument(
        "--tfstate",
        action="append",
        default=[],
        metavar="STATE",
        help="a file, a folder of them, or s3://bucket/key if the client agreed; may be repeated",
    )
    parser.add_argument(
        "--snapshot",
        metavar="FILE",
        help="write what was read (out.jsonl.gz), to be checked elsewhere",
    )
    parser.add_argument(
        "--redact-names",
        type=Path,
        metavar="FILE",
        help="with --snapshot: put pseudonyms there in place of names, and keep in FILE what each stands for",
    )
    add_imported(parser)
    add_output(parser, of_account=True)
    parser.set_defaults(run=_aws)


def add_many(parser: argparse.ArgumentParser) -> None:
    """The ways to name many accounts."""
    parser.add_argument(
        "--roles", type=Path, metavar="FILE", help="read the account of each role in the list: ARN, external ID, name"
    )
    parser.add_argument(
        "--organization", action="store_true", help="read every active account of the organisation that we sign in to"
    )
    parser.add_argument("--role-name", metavar="NAME", help="with --organization: the role to assume in each account")


def _aws(options: argparse.Namespace) -> None:
    refuse_unwritable(options, options.snapshot, options.redact_names and str(options.redact_names))
    refuse_mixture(options)
    objects = parse_objects(one for one in options.tfstate if is_object(one))
    target = target_of(options, objects)
    if options.redact_names and not options.snapshot:
        raise BadArgumentError("--redact-names goes with --snapshot: give both.")
    if objects and options.metadata_only:
        raise BadArgumentError(f"{objects[0]} is no metadata: leave out --metadata-only, or give the state as a file.")
    names = open_names(options.redact_names) if options.redact_names else None
    judging = Judging(chosen_key(), options.now or datetime.now(UTC), time.monotonic())
    others = imported(options, judging.key)
    listing, read = _read(options, target, judging)
    states = read_states([Path(one) for one in options.tfstate if not is_object(one)])
    if options.snapshot:
        _hand_over(options, judging, [states, *read[0].units], read[0], names)
    units = [states, *(unit for one in read for unit in one.units), *others]
    report(units, options, judging, _accounts(listing, read))


def _read(options: argparse.Namespace, target: AwsTarget, judging: Judging) -> tuple[Listing, list[ReadAccount]]:
    """The accounts that were named, and what came of each that is to be read, in the same order."""
    throttle = throttle_of(options.requests_per_second, options.requests_in_all)
    signed_in: Account | None = None
    if options.roles:
        listing = listed_in(options.roles, external_id=options.external_id or "")
    else:
        signed_in = open_account(target, key=judging.key, now=judging.now, throttle=throttle)
        listing = _listing(options, signed_in)
    accounts = [signed_in if signed_in and not one.role_arn else by_role(target, one) for one in listing.accounts]
    with progress(quiet=options.quiet) as shown:
        reading = Reading(key=judging.key, now=judging.now, throttle=throttle, expect=shown.expect, show=shown)
        return listing, reading.read(accounts)


def refuse_mixture(options: argparse.Namespace) -> None:
    """Raises BadArgumentError for ways to name accounts that do not go together."""
    many = "--roles" if options.roles else "--organization" if options.organization else ""
    if options.roles and (options.organization or options.role_arn):
        raise BadArgumentError("--roles names every account by itself: leave out --organization and --role-arn.")
    if bool(options.role_name) != options.organization:
        raise BadArgumentError("--organization and --role-name go together: give both.")
    if options.role_name and not ROLE_NAME.fullmatch(options.role_name):
        raise BadArgumentError(f"--role-name {options.role_name} is no role's name: write it like infra-audit.")
    for given in (one for one in options.tfstate if many and is_object(one)):
        raise BadArgumentError(f"{given} is of one account, and {many} names many: give the state as a file.")
    if many and getattr(options, "snapshot", None):
        raise BadArgumentError(f"--snapshot takes one account, and {many} names many: read them one by one.")


def listed_in(path: Path, *, external_id: str = "", needs_external_id: bool = False) -> Listing:
    """The roles of a file. Raises BadArgumentError, with one sentence for each bad line."""
    try:
        if path.stat().st_size > MOST_LIST_BYTES:
            raise BadArgumentError(f"--roles {path} is too large to be a list of roles.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadArgumentError(f"--roles {path} could not be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise BadArgumentError(f"--roles {path} is no text in UTF-8.") from None
    listing = read_roles(text, external_id=external_id, needs_external_id=needs_external_id)
    if listing.complaints:
        raise BadArgumentError("\n".join(f"--roles {path}: {one}" for one in listing.complaints))
    if not listing.accounts:
        raise BadArgumentError(f"--roles {path} names no role.")
    return listing


def by_role(target: AwsTarget, one: Listed) -> AwsTarget:
    """The listed account, by a role that is taken on with the credentials at hand: the profile's, or the default."""
    return replace(target, role_arn=one.role_arn, external_id=one.external_id or None)


def _listing(options: argparse.Namespace, account: Account) -> Listing:
    """The one account that we are signed in to, with the others of its organisation where those were asked for."""
    if not options.organization:
        return Listing((Listed(account.id, ""),))
    return listing_through(account, role_name=options.role_name, external_id=options.external_id or "")


def _accounts(listing: Listing, read: Sequence[ReadAccount]) -> Accounts:
    """What the report says of each account that was named."""
    names = {one.account: one.name for one in listing.accounts}
    opened = [one for one in read if one.told]
    failed = [
        LeftOut(named.account, named.name, Left.FAILED.value, one.failure)
        for named, one in zip(listing.accounts, read, strict=True)
        if not one.told
    ]
    return Accounts(
        [{**one.told, "name": names.get(one.told["id"], "")} for one in opened if one.told],
        {one.told["id"]: one.regions for one in opened if one.told},
        {one.told["id"]: one.signing_in for one in opened if one.told},
        (*failed, *listing.left_out),
    )


def _hand_over(
    options: argparse.Namespace, judging: Judging, units: Sequence[Unit], read: ReadAccount, names: Pseudonyms | None
) -> None:
    """Write the snapshot; first what its pseudonyms stand for, without which nobody could read it."""
    path, head = Path(options.snapshot), _head(judging, read)
    if names:
        head = replace(head, account={**head.account, "alias": names.of_whole(head.account["alias"])})
        units = redacted(units, Place(head.account["partition"], head.account["id"]), names)
        keep_names(options.redact_names, names)
    try:
        write_snapshot(path, head, units)
    except OSError as error:
        raise BadArgumentError(f"{path} could not be written: {error.strerror}.") from error


def _head(judging: Judging, read: ReadAccount) -> Head:
    target = read.target
    consent = Consent.METADATA if target.metadata_only else Consent.CONFIGURATION
    return Head(
        judging.now,
        read.told or {},
        read.regions,
        consent.value,
        target.paid_calls,
        key_proof(judging.key),
        read.signing_in,
    )
