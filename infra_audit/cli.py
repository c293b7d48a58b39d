"""The engine's command line.

Exit status: 0 done, whatever was found; 1 preflight misses something; 2 bad arguments; 3 nothing could be assessed.
"""

import argparse
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from infra_audit import TOOL_VERSION, support
from infra_audit.aws import Account, AwsTarget, open_account, planned
from infra_audit.call_log import Logs
from infra_audit.cli_options import add_way_in, target_of
from infra_audit.cli_output import STANDARD_OUTPUT, add_output, named_files, refuse_unwritable, write, write_documents
from infra_audit.cli_preflight import add_preflight
from infra_audit.cli_role import add_role
from infra_audit.collectors.registry import Consent
from infra_audit.document import document
from infra_audit.errors import BadArgumentError, NothingAssessableError
from infra_audit.evaluate import evaluate
from infra_audit.importing.files import read_findings
from infra_audit.inventory import Ending, Inventory, Place, Unit
from infra_audit.policy import policy
from infra_audit.pseudonyms import Pseudonyms, keep_names, open_names
from infra_audit.redaction import redacted
from infra_audit.registry import Check, CheckSettings, catalogue
from infra_audit.repositories import RepositoryTarget, collect_repository, planned_repository
from infra_audit.snapshots import Head, key_proof, merged_units, read_snapshots, write_snapshot
from infra_audit.state_objects import is_object, parse_objects
from infra_audit.states import read_states, strip_state
from infra_audit.terminal import progress, show_checks, show_evaluation

DONE, BAD_ARGUMENTS, NOTHING_ASSESSED, INTERRUPTED = 0, 2, 3, 130
PLACES_AT_ONCE = 4
KEY_VARIABLE = "INFRA_AUDIT_KEY"
OTHER_KEY = (
    f"a snapshot was read with another {KEY_VARIABLE} than is set here: a secret in it is not recognised elsewhere."
)
SEEN_SOMETHING = frozenset({Ending.OK, Ending.PARTIAL, Ending.TRUNCATED, Ending.NOT_ENABLED})


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage. No option may be shortened: `--imp` could mean two."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise BadArgumentError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status. Whatever goes wrong is one line on the error stream."""
    try:
        options = _parser().parse_args(arguments)
        return options.run(options) or DONE
    except BadArgumentError as error:
        return _refuse(str(error), BAD_ARGUMENTS)
    except NothingAssessableError as error:
        return _refuse(str(error), NOTHING_ASSESSED)
    except KeyboardInterrupt:
        return _refuse("stopped before the end: nothing was written.", INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has read enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it when it ends
    return DONE


def _refuse(sentence: str, status: int) -> int:
    sys.stderr.write(f"infra_audit: {sentence}\n")
    return status


def _parser() -> Parser:
    parser = Parser(
        prog="python -m infra_audit",
        description="Reads AWS accounts and git repositories, and says what is bad and what could not be seen.",
        epilog=f"Set {KEY_VARIABLE} to a text of your own to have the same fingerprints from run to run.",
    )
    parser.add_argument("--version", action="version", version=TOOL_VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_aws(commands.add_parser("aws", help="audit an AWS account"))
    _add_repo(commands.add_parser("repo", help="audit a git repository"))
    _add_check(commands.add_parser("check", help="audit what somebody else read: snapshots of accounts"))
    _add_import(commands.add_parser("import", help="turn other tools' findings (Prowler, Security Hub) into ours"))
    checks = commands.add_parser("checks", help="list the catalogue of checks")
    checks.add_argument("--json", metavar="FILE", help="write it as JSON; - is the standard output")
    checks.set_defaults(run=_checks)
    allowed = commands.add_parser("policy", help="print the IAM policy that an audit needs")
    allowed.add_argument("--metadata-only", action="store_true", help="without configuration that may hold secrets")
    allowed.add_argument(
        "--state", action="append", default=[], metavar="S3_URL", help="a Terraform state that may be read; repeatable"
    )
    allowed.add_argument("--partition", default="aws", help="aws, aws-cn or aws-us-gov, for --state")
    allowed.set_defaults(run=_policy)
    add_role(commands.add_parser("role", help="write the role that a client makes to let us in"))
    add_preflight(commands.add_parser("preflight", help="try once whatever an audit needs, and say what is missing"))
    strip = commands.add_parser("strip-state", help="take everything but ids and tags out of Terraform states")
    strip.add_argument("files", nargs="+", type=Path, metavar="FILE")
    strip.add_argument("--to", type=Path, metavar="FOLDER", help="where to write them; needed for more than one")
    strip.set_defaults(run=_strip_state)
    return parser


def _add_aws(parser: argparse.ArgumentParser) -> None:
    add_way_in(parser, regions="r1,r2 or all (default: every enabled region)")
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
    _add_imported(parser)
    add_output(parser, of_account=True)
    parser.set_defaults(run=_aws)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what `aws --snapshot FILE` wrote")
    _add_imported(parser)
    add_output(parser, of_account=True)
    parser.set_defaults(run=_check)


def _add_imported(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--import",
        dest="imported",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="findings of another tool (Prowler's OCSF, ASFF) to join to ours; may be repeated",
    )


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("imported", nargs="+", type=Path, metavar="FILE", help="Prowler's OCSF JSON, or ASFF")
    add_output(parser, of_account=False)
    parser.set_defaults(run=_import)


def _add_repo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("location", metavar="PATH_OR_URL")
    parser.add_argument("--name", default="", help="what to call it (default: the last part of where it is)")
    add_output(parser, of_account=False)
    parser.set_defaults(run=_repo)


def _aws(options: argparse.Namespace) -> None:
    objects = parse_objects(one for one in options.tfstate if is_object(one))
    target = target_of(options, objects)
    refuse_unwritable(options, options.snapshot, options.redact_names and str(options.redact_names))
    if options.redact_names and not options.snapshot:
        raise BadArgumentError("--redact-names goes with --snapshot: give both.")
    names = open_names(options.redact_names) if options.redact_names else None
    if objects and options.metadata_only:
        raise BadArgumentError(f"{objects[0]} is no metadata: leave out --metadata-only, or give the state as a file.")
    began, key, now = time.monotonic(), _key(), options.now or datetime.now(UTC)
    others = _imported(options, key)
    account = open_account(target, key=key, now=now)
    files = [Path(one) for one in options.tfstate if not is_object(one)]
    units = [read_states(files), *_collected(account, quiet=options.quiet)]
    told = {"id": account.id, "alias": account.alias, "partition": account.partition, "org_role": account.org_role}
    if options.snapshot:
        head = Head(now, told, account.regions, _consent(target), target.paid_calls, key_proof(key), account.signing_in)
        _hand_over(options, head, units, names)
    units += others
    _report(
        units,
        options,
        began=began,
        key=key,
        now=now,
        accounts=[told],
        regions=account.regions,
        signing_in={account.id: account.signing_in},
    )


def _hand_over(options: argparse.Namespace, head: Head, units: Sequence[Unit], names: Pseudonyms | None) -> None:
    """Write the snapshot; first what its pseudonyms stand for, without which nobody could read it."""
    path = Path(options.snapshot)
    if names:
        head = replace(head, account={**head.account, "alias": names.of_whole(head.account["alias"])})
        units = redacted(units, Place(head.account["partition"], head.account["id"]), names)
        keep_names(options.redact_names, names)
    try:
        write_snapshot(path, head, units)
    except OSError as error:
        raise BadArgumentError(f"{path} could not be written: {error.strerror}.") from error


def _consent(target: AwsTarget) -> str:
    return (Consent.METADATA if target.metadata_only else Consent.CONFIGURATION).value


def _check(options: argparse.Namespace) -> None:
    """Judge snapshots, by default at the moment when the last of them was read."""
    refuse_unwritable(options)
    began, key = time.monotonic(), _key()
    snapshots = read_snapshots(options.files)
    heads = [one.head for one in snapshots]
    if os.environ.get(KEY_VARIABLE) and not options.quiet and not all(head.keyed_with(key) for head in heads):
        sys.stderr.write(f"infra_audit: {OTHER_KEY}\n")
    _report(
        [*merged_units(snapshots), *_imported(options, key)],
        options,
        began=began,
        key=key,
        now=options.now or max(head.read_at for head in heads),
        accounts=[dict(head.account) for head in heads],
        regions=sorted({region for head in heads for region in head.regions}),
        signing_in={head.account["id"]: head.signing_in for head in heads},
    )


def _imported(options: argparse.Namespace, key: bytes) -> list[Unit]:
    told = read_findings(options.imported, key=key)
    return [told] if told else []


def _import(options: argparse.Namespace) -> None:
    """Other tools' findings alone: nothing of ours was judged, so nothing is said to be good or unread."""
    refuse_unwritable(options)
    began, key = time.monotonic(), _key()
    _report(_imported(options, key), options, began=began, key=key, now=options.now or datetime.now(UTC))


def _collected(account: Account, *, quiet: bool) -> list[Unit]:
    """Every unit of the account, several places at once."""
    units: list[Unit] = []
    lock, stopping = threading.Lock(), threading.Event()
    places = account.places()
    with progress(sum(len(planned(place, account.target)) for place in places), quiet=quiet) as show:

        def keep(unit: Unit) -> None:
            with lock:
                units.append(unit)
                show(unit)

        with ThreadPoolExecutor(PLACES_AT_ONCE) as pool:
            try:
                list(pool.map(partial(account.collect, emit=keep, stop=stopping.is_set), places))
            except BaseException:  # an interrupt too: let the threads end before we do
                stopping.set()
                raise
    return units


def _repo(options: argparse.Namespace) -> None:
    refuse_unwritable(options)
    began, key, now = time.monotonic(), _key(), options.now or datetime.now(UTC)
    units: list[Unit] = []
    with progress(len(planned_repository()), quiet=options.quiet) as show:

        def keep(unit: Unit) -> None:
            units.append(unit)
            show(unit)

        target = RepositoryTarget(options.location, options.name)
        collect_repository(target, key=key, now=now, emit=keep, stop=lambda: False)
    _report(units, options, began=began, key=key, now=now)


def _report(
    units: list[Unit],
    options: argparse.Namespace,
    *,
    began: float,
    key: bytes,
    now: datetime,
    accounts: Sequence[dict[str, str]] = (),
    regions: Sequence[str] = (),
    signing_in: Logs | None = None,
) -> None:
    """Judge, write, show. Raises NothingAssessableError, after writing, if nothing at all could be read."""
    inventory = Inventory(tuple(sorted(units, key=lambda unit: (unit.place, unit.operation))))
    evaluation = evaluate(inventory, settings=CheckSettings(), now=now, key=key, checks=_about(inventory))
    whole = document(
        evaluation,
        inventory,
        client="",
        started_at=now,
        duration_s=time.monotonic() - began,
        accounts=accounts,
        regions=regions,
        signing_in=signing_in,
    )
    write_documents(options, evaluation, inventory, whole, now=now)
    read = [unit for unit in units if unit.place.account or unit.place.repository]
    if read and not any(unit.ending in SEEN_SOMETHING for unit in read):
        raise NothingAssessableError(_why_nothing(read))
    if not options.quiet and STANDARD_OUTPUT not in named_files(options):
        show_evaluation(evaluation, empty=whole["empty_regions"], warning=support.warning(now))


def _about(inventory: Inventory) -> list[Check]:
    """The checks that have something to read: of an account alone, none of those on repositories."""
    read = {unit.operation for unit in inventory.all_units if unit.place.account or unit.place.repository}
    return [one for one in catalogue().values() if read.intersection(one.reads)]


def _why_nothing(units: Sequence[Unit]) -> str:
    asked = (unit for unit in units if unit.api_calls)  # what was not agreed to was not asked
    denied = next((unit for unit in asked if unit.ending is Ending.DENIED), None)
    if denied:
        return f"Everything was denied, by: {denied.denied_by}. Attach what `python -m infra_audit policy` prints."
    return next((unit.message for unit in units if unit.message), "Nothing could be read.")


def _checks(options: argparse.Namespace) -> None:
    checks = list(catalogue().values())
    if not options.json:
        show_checks(checks)
        return
    hidden = {"judge", "bad", "good", "examples_at"}
    rows = [{key: value for key, value in vars(one).items() if key not in hidden} for one in checks]
    write(options.json, json.dumps(rows, indent=2) + "\n")


def _policy(options: argparse.Namespace) -> None:
    states = parse_objects(options.state)
    if states and options.metadata_only:
        raise BadArgumentError("--state opens more than metadata: leave out one of the two.")
    told = policy(metadata_only=options.metadata_only, states=states, partition=options.partition)
    write(STANDARD_OUTPUT, json.dumps(told, indent=2) + "\n")


def _strip_state(options: argparse.Namespace) -> None:
    if len(options.files) > 1 and not options.to:
        raise BadArgumentError("several states need a folder to be written to: add --to FOLDER.")
    if options.to and not options.to.is_dir():
        raise BadArgumentError(f"there is no folder {options.to}: make it first.")
    for path in options.files:
        stripped = json.dumps(strip_state(path), indent=1) + "\n"
        write(str(options.to / f"{path.stem}.stripped.json") if options.to else STANDARD_OUTPUT, stripped)


def _key() -> bytes:
    """What fingerprints are keyed with: of one's own choice, or new each time."""
    return os.environ.get(KEY_VARIABLE, "").encode() or secrets.token_bytes(32)
